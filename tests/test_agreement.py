"""Agreement: published and hand-counted values."""

from __future__ import annotations

import pytest

from stancewire.agreement import agreement, disagreements, krippendorff_alpha
from stancewire.records import Label

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", example C: four observers, twelve units
PUBLISHED = """
    1 2 3 3 2 1 4 1 2 . . .
    1 2 3 3 2 2 4 1 2 5 . 3
    . 3 3 3 2 3 4 2 2 5 1 .
    1 2 3 3 2 4 4 1 2 5 1 .
"""

FIRST = {
    "a.0": {"aid": Label("favor", "Oslo")},
    "a.1": {"aid": Label("against", "Kyiv"), "sport": Label("neutral")},
    "a.2": {},
    "a.3": {"aid": Label("neutral")},
}
SECOND = {
    "a.0": {"aid": Label("favor", "author")},
    "a.1": {"aid": Label("against", "Kyiv")},
    "a.2": {"aid": Label("neutral")},
    "a.3": {"aid": Label("favor", "Oslo")},
}


def test_alpha_is_the_one_of_krippendorffs_published_example():
    observers = [[None if v == "." else v for v in line.split()] for line in PUBLISHED.strip().splitlines()]
    assert krippendorff_alpha(zip(*observers, strict=True)) == pytest.approx(0.743, abs=0.0005)


def test_alpha_of_two_observers_is_the_one_of_krippendorffs_published_binary_example():
    meg = ["0", "1", "0", "0", "0", "0", "0", "0", "1", "0"]
    owen = ["1", "1", "1", "0", "0", "1", "0", "0", "0", "0"]
    assert krippendorff_alpha(zip(meg, owen, strict=True)) == pytest.approx(0.095, abs=0.0005)


def test_alpha_is_one_for_identical_readings():
    assert krippendorff_alpha([("x", "x"), ("y", "y")]) == 1.0


def test_alpha_is_below_zero_for_systematic_disagreement():
    assert krippendorff_alpha([("x", "y"), ("y", "x")]) == pytest.approx(-0.5)  # 1 - 3 * 4 / (16 - 8)


def test_alpha_is_undefined_when_only_one_value_occurs():
    assert krippendorff_alpha([("x", "x"), ("x", "x")]) is None


def test_alpha_leaves_out_units_that_one_observer_saw():
    assert krippendorff_alpha([("x", "x"), ("y", "y"), ("x", None)]) == 1.0


def test_topic_f1_counts_topics_whatever_their_stance():
    # hits a.0 a.1 a.3, one more in the second reading
    assert agreement(FIRST, SECOND, ["aid", "sport"]).f1["topic/aid"] == pytest.approx(2 * 3 / 7)


def test_triple_f1_asks_for_topic_and_stance():
    # hits a.0 and a.1; 4 triples in the first reading, 4 in the second
    assert agreement(FIRST, SECOND, ["aid", "sport"]).f1["triple/micro"] == pytest.approx(2 * 2 / 8)


def test_f1_is_undefined_where_no_reading_has_the_cell():
    assert agreement(FIRST, SECOND, ["aid", "sport"]).f1["triple/sport/favor"] is None


def test_holders_count_on_shared_triples_that_are_not_neutral():
    found = agreement(FIRST, SECOND, ["aid", "sport"])
    assert (found.holder_exact, found.holders) == (0.5, 2)


def test_identical_sentences_have_the_same_topics_and_stances():
    found = agreement(FIRST, SECOND, ["aid", "sport"])
    assert (found.sentences, found.identical) == (4, 1)


def test_only_sentences_of_both_readings_are_compared():
    assert agreement(FIRST, {"a.2": {}, "z.9": {}}, ["aid"]).sentences == 1


def test_disagreements_name_sentence_topic_and_both_stances():
    assert list(disagreements(FIRST, SECOND, ["aid", "sport"])) == [
        ("a.2", "aid", "absent", "neutral"),
        ("a.3", "aid", "neutral", "favor"),
        ("a.1", "sport", "neutral", "absent"),
    ]
