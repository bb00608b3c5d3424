"""The labels as a Hugging Face data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from stancewire.codebook import Codebook
from stancewire.errors import OutputError
from stancewire.hub_dataset import write_dataset
from stancewire.records import Label, LabelledSentence, Sentence

ROWS = [
    LabelledSentence("a.0", "a", 0, Sentence("Rain fell.", "News"), {}),
    LabelledSentence("a.1", "a", 1, Sentence("Oslo pays.", "News", ("Rain fell.",)), {"aid": Label("favor", "Oslo")}),
    LabelledSentence("b.0", "b", 0, Sentence("They met."), {"sport": Label("neutral")}, split="dev"),
    LabelledSentence("b.1", "b", 1, Sentence("Context."), None),
]


def test_it_is_read_back_with_classes_by_name(codebook: Codebook, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    assert write_dataset(ROWS, codebook, tmp_path / "set") == {"train": 2, "dev": 1}
    found = datasets.load_from_disk(str(tmp_path / "set"))
    assert found["train"].features["aid"].names == ["absent", "favor", "against", "neutral"]
    assert found["train"][1] == {
        "id": "a.1",
        "doc": "a",
        "title": "News",
        "text": "Oslo pays.",
        "before": ["Rain fell."],
        "aid": 1,
        "aid_holder": "Oslo",
        "sport": 0,
        "sport_holder": None,
    }
    assert found["dev"]["sport"][0] == 3


def test_a_folder_that_holds_something_is_left_alone(codebook: Codebook, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(OutputError, match="is there already and not empty"):
        write_dataset(ROWS, codebook, tmp_path)
