"""Labels without text, put back on their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from stancewire.codebook import Codebook
from stancewire.errors import InputError, OutputError
from stancewire.files import write_jsonl
from stancewire.labels import read_labels
from stancewire.records import Article, Label
from stancewire.standoff import Attached, attach, text_digest

TEXT = "Rain fell. Oslo met. Kyiv waited. The envoy promised boots."
ARTICLE = Article("a1", TEXT, title="Boots", extra={"source": "agency", "licence": "CC0"})


@pytest.fixture
def standoff(tmp_path: Path) -> Path:
    """One window over the last two sentences."""
    window = {
        "article": "a1",
        "sha256": text_digest(TEXT),
        "sentences": [[21, 33, {}], [34, 59, {"aid": ["favor", [0, 9]], "sport": ["neutral"]}]],
    }
    write_jsonl(tmp_path / "x.standoff.jsonl", [window, window | {"article": "elsewhere"}])
    return tmp_path / "x.standoff.jsonl"


def test_attached_windows_are_a_labelled_set_with_the_context_before_them(
    standoff: Path, tmp_path: Path, codebook: Codebook
) -> None:
    assert attach(standoff, [ARTICLE], tmp_path / "set") == Attached(windows=1, sentences=2, missing=1)
    rows = read_labels(tmp_path / "set", codebook).sentences
    assert [(row.text, row.labels) for row in rows] == [
        ("Rain fell.", None),
        ("Oslo met.", None),
        ("Kyiv waited.", {}),
        ("The envoy promised boots.", {"aid": Label("favor", "The envoy"), "sport": Label("neutral")}),
    ]
    assert rows[3].sentence.before == ("Oslo met.", "Kyiv waited.")
    assert rows[3].source == "agency"


def test_a_changed_text_is_not_labelled(standoff: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the ids or the texts differ"):
        attach(standoff, [Article("a1", TEXT + " More.")], tmp_path / "set")


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"article": "a1"}])
    with pytest.raises(InputError, match=r"x.jsonl:1: not a standoff line"):
        attach(tmp_path / "x.jsonl", [ARTICLE], tmp_path / "set")


def test_a_window_without_sentences_is_a_broken_line(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"article": "a1", "sha256": text_digest(TEXT), "sentences": []}])
    with pytest.raises(InputError, match=r"x.jsonl:1: not a standoff line \(ValueError: no sentences\)"):
        attach(tmp_path / "x.jsonl", [ARTICLE], tmp_path / "set")


def test_a_folder_that_cannot_be_made_is_said(standoff: Path, tmp_path: Path) -> None:
    (tmp_path / "set").write_text("a file")
    with pytest.raises(OutputError, match=r"set: cannot be made \(File exists\)\. Choose another --output\."):
        attach(standoff, [ARTICLE], tmp_path / "set")
