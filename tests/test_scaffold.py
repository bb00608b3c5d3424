import json
from pathlib import Path

import pytest

from conftest import Command
from stancewire.checks import check_workspace
from stancewire.errors import OutputError
from stancewire.scaffold import make_workspace
from stancewire.workspace import Workspace


def test_a_new_workspace_has_its_folders_and_files(tmp_path: Path) -> None:
    made = [p.relative_to(tmp_path).as_posix() for p in make_workspace(tmp_path)]
    assert made == [
        "README.md", "labels/codebook.yaml", "labels/documents.jsonl", "labels/sentences.jsonl",
        "training/tfidf-linear.yaml", "seeds/article.txt",
    ]  # fmt: skip
    assert {p.name for p in tmp_path.iterdir()} == {"README.md", "labels", "training", "seeds", "models", "mlruns"}


def test_its_codebook_is_the_user_s_and_not_ours(tmp_path: Path) -> None:
    list(make_workspace(tmp_path))
    assert check_workspace(Workspace(tmp_path)).problems == []
    assert "aid" not in Workspace(tmp_path).codebook().topic_ids


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(OutputError, match=r"README\.md: is there already and will not be overwritten\. Choose another"):
        list(make_workspace(tmp_path))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"README.md": "mine"}


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match=r"taken: cannot be made"):
        list(make_workspace(tmp_path / "taken"))


def test_a_new_workspace_works_end_to_end(tmp_path: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stancewire("init", tmp_path / "mine").code == 0
    monkeypatch.chdir(tmp_path / "mine")
    checked = stancewire("check")
    assert (checked.code, checked.out) == (0, "")
    trained = stancewire("train", "training/tfidf-linear.yaml", "--name", "default", "--no-track")
    assert (trained.code, trained.err.splitlines()[-1]) == (0, f"bundle written to {tmp_path / 'mine/models/default'}")
    tagged = stancewire("predict", "seeds/article.txt")
    rows = [json.loads(line) for line in tagged.out.splitlines()]
    assert tagged.code == 0
    assert len(rows) >= 3
    assert tuple(rows[0]["topic_p"]) == Workspace(tmp_path / "mine").codebook().topic_ids
    measured = stancewire("evaluate", "labels", "--json", "--resamples", 100)
    assert measured.code == 0
    assert json.loads(measured.out)["topic_macro_f1"][0] > 0.5
