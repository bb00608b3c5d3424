"""The files beside documents and sentences: readings and splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from stancewire.codebook import Codebook
from stancewire.errors import ProblemsError
from stancewire.files import write_jsonl
from stancewire.labels import labels_hash, read_labels, read_reading
from stancewire.records import Label, LabelledSentence, Sentence
from stancewire.splits import assign_splits, duplicate_groups

FOX = "The quick brown fox jumps over the lazy dog near the river bank"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "documents.jsonl", [{"doc": "a"}, {"doc": "b"}])
    rows = [{"id": f"{doc}.0", "doc": doc, "n": 0, "text": "Oslo sent tents.", "labels": {}} for doc in "ab"]
    write_jsonl(tmp_path / "sentences.jsonl", rows)
    return tmp_path


def test_sentences_get_the_split_of_their_document(folder: Path, codebook: Codebook):
    write_jsonl(folder / "splits.jsonl", [{"doc": "a", "split": "dev"}])
    assert [row.split for row in read_labels(folder, codebook).sentences] == ["dev", None]


def test_a_split_of_an_unknown_document_and_an_unknown_split_are_problems(folder: Path, codebook: Codebook):
    write_jsonl(folder / "splits.jsonl", [{"doc": "z", "split": "dev"}, {"doc": "a", "split": "test"}])
    with pytest.raises(ProblemsError) as caught:
        read_labels(folder, codebook)
    where = folder / "splits.jsonl"
    assert [problem[:100] for problem in caught.value.problems] == [
        f"{where}:1: document 'z' is not in documents.jsonl. Run 'stancewire labels split'."[:100],
        f"{where}:2: 'split': Input should be 'train' or 'dev' (found 'test')."[:100],
    ]


def test_the_splits_are_a_part_of_the_labels_hash(folder: Path):
    before = labels_hash([folder])
    write_jsonl(folder / "splits.jsonl", [{"doc": "a", "split": "dev"}])
    assert labels_hash([folder]) != before


def test_a_reading_is_labels_by_sentence_id(tmp_path: Path, codebook: Codebook):
    labels = {"aid": {"stance": "favor", "holder": "Oslo"}}
    write_jsonl(
        tmp_path / "r.jsonl", [{"id": "a.0", "labels": labels, "annotator": "ana"}, {"id": "a.1", "labels": {}}]
    )
    assert read_reading(tmp_path / "r.jsonl", codebook) == {"a.0": {"aid": Label("favor", "Oslo")}, "a.1": {}}


def test_every_problem_of_a_reading_is_reported(tmp_path: Path, codebook: Codebook):
    rows = [{"id": "a.0", "labels": {}}, {"id": "a.0", "labels": {"aid": {"stance": "positve"}}}, {"id": "a.1"}]
    write_jsonl(tmp_path / "r.jsonl", rows)
    with pytest.raises(ProblemsError) as caught:
        read_reading(tmp_path / "r.jsonl", codebook)
    assert [problem.removeprefix(f"{tmp_path}/")[:50] for problem in caught.value.problems] == [
        "r.jsonl:2: sentence id 'a.0' is used twice.",
        "r.jsonl:2: stance 'positve' is not in the codebook"[:50],
        "r.jsonl:3: 'labels': Field required (found \"{'id':"[:50],
    ]


def _row(i: str, text: str, pair: str | None = None) -> LabelledSentence:
    return LabelledSentence(i, i[0], 0, Sentence(text), {}, pair=pair, split="dev")


def test_splits_are_drawn_anew_for_every_document():
    rows = [_row(f"{doc}.0", f"Sentence number {n} of its own.") for n, doc in enumerate("abcdefghij")]
    splits = assign_splits(rows, 0.2, 0)
    assert sorted(splits) == list("abcdefghij")
    assert sorted(splits.values()) == ["dev"] * 2 + ["train"] * 8


def test_near_duplicates_are_grouped_without_the_marked_pairs():
    rows = [
        _row("a.0", FOX),
        _row("b.0", f"{FOX} today"),
        _row("c.0", "Rain fell on the tents of the army all week.", "p"),
    ]
    rows.append(_row("d.0", "Rain fell on the tents of the army all day.", "p"))
    assert [[row.id for row in group] for group in duplicate_groups(rows)] == [["a.0", "b.0"]]
