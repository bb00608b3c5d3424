"""The labels that ship with the project: valid, filled, split without a leak, read twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from stancewire.agreement import agreement
from stancewire.codebook import Codebook, read_codebook
from stancewire.label_stats import label_stats
from stancewire.labels import read_labels, read_reading
from stancewire.records import AUTHOR, LabelledSet
from stancewire.splits import duplicate_groups, near_duplicates

LABELS = Path(__file__).parents[1] / "labels"


@pytest.fixture(scope="module")
def book() -> Codebook:
    return read_codebook(LABELS / "codebook.yaml")


@pytest.fixture(scope="module")
def labelled(book: Codebook) -> LabelledSet:
    return read_labels(LABELS, book)


def test_there_are_at_least_220_documents_and_3000_sentences(labelled: LabelledSet):
    assert len(labelled.documents) >= 220
    assert len(labelled.scored) >= 3000


def test_every_cell_has_at_least_120_sentences(labelled: LabelledSet, book: Codebook):
    cells = label_stats(labelled, book).cells
    assert {f"{t}/{s}": n for t, counts in cells.items() for s, n in counts.items() if n < 120} == {}


def test_between_30_and_40_percent_of_the_sentences_have_no_topic(labelled: LabelledSet, book: Codebook):
    stats = label_stats(labelled, book)
    assert 0.30 <= stats.background / stats.sentences <= 0.40


def test_at_least_150_minimal_pairs_have_two_sentences_with_different_labels(labelled: LabelledSet):
    pairs: dict[str, list[object]] = {}
    for row in labelled.sentences:
        if row.pair:
            pairs.setdefault(row.pair, []).append(row.labels)
    assert len(pairs) >= 150
    assert [name for name, both in pairs.items() if len(both) != 2 or both[0] == both[1]] == []


def test_every_stance_that_is_not_neutral_has_a_holder(labelled: LabelledSet):
    missing = [
        (row.id, topic)
        for row in labelled.scored
        for topic, label in (row.labels or {}).items()
        if label.stance != "neutral" and label.holder != AUTHOR and (not label.holder or label.holder not in row.text)
    ]
    assert missing == []


def test_every_document_is_in_a_split(labelled: LabelledSet):
    assert {row.split for row in labelled.sentences} == {"train", "dev"}


def test_no_near_duplicate_crosses_the_splits(labelled: LabelledSet):
    split = {row.id: row.split for row in labelled.sentences}
    assert [(a, b) for a, b in near_duplicates(labelled.sentences) if split[a] != split[b]] == []


def test_no_minimal_pair_crosses_the_splits(labelled: LabelledSet):
    sides: dict[str, set[str | None]] = {}
    for row in labelled.sentences:
        if row.pair:
            sides.setdefault(row.pair, set()).add(row.split)
    assert [pair for pair, side in sides.items() if len(side) > 1] == []


def test_no_two_sentences_are_alike_but_the_marked_pairs(labelled: LabelledSet):
    assert [[row.id for row in group] for group in duplicate_groups(labelled.sentences)] == []


def test_a_quarter_of_the_documents_was_read_twice(labelled: LabelledSet, book: Codebook):
    first, second = (read_reading(LABELS / f"{name}_reading.jsonl", book) for name in ("first", "second"))
    home = {row.id: row.doc for row in labelled.sentences}
    assert set(first) == set(second)
    assert len({home[i] for i in second}) >= 0.25 * len(labelled.documents)
    assert agreement(first, second, book.topic_ids).sentences == len(second)


def test_no_test_sentence_of_the_codebook_is_among_the_labels(labelled: LabelledSet, book: Codebook):
    tests = {test.text for rule in book.rules for test in rule.tests}
    tests |= {example.text for topic in book.topics for example in topic.examples}
    assert tests & {row.text for row in labelled.sentences} == set()
