from __future__ import annotations

import numpy as np
import pytest

from stancewire import Article, Tagger
from stancewire.holders import find_holder
from stancewire.metrics import Decisions
from stancewire.output import columns, flatten
from stancewire.records import Label, Tag
from stancewire.scores import Probabilities
from stancewire.tag_columns import Maker, Places, TagColumns, to_review

TEXTS = ("Kyiv asked for boots.", "Oslo lost the match.", "Rain fell.")
TOPIC_P = np.array([[0.9, 0.12345], [0.4, 0.8], [0.1, 0.1]], np.float32)
STANCE_P = np.array([[[0.7, 0.2, 0.1]] * 2, [[0.1, 0.1, 0.8]] * 2, [[0.2, 0.4, 0.4]] * 2], np.float32)
COLUMNS = TagColumns(
    Maker(("aid", "sport"), "tiny@01234567", "89abcdef"),
    Places(["d1", "d1", "d2"], [0, 1, 0], [0, 22, 0], [21, 42, 10]),
    TEXTS,
    Decisions(np.array([[True, False], [False, True], [False, False]]), np.array([[0, 0], [2, 2], [1, 1]])),
    Probabilities(TOPIC_P, STANCE_P, np.array([False, False, True])),
    np.array([False, True, False]),
)


def test_columns_are_tags_one_by_one() -> None:
    first, second, third = COLUMNS.tags()
    assert first == Tag(
        doc="d1",
        n=0,
        start=0,
        end=21,
        text="Kyiv asked for boots.",
        labels={"aid": Label("favor", "Kyiv")},
        topic_p={"aid": 0.9, "sport": 0.1235},
        stance_p={topic: {"favor": 0.7, "against": 0.2, "neutral": 0.1} for topic in ("aid", "sport")},
        review=False,
        truncated=False,
        model="tiny@01234567",
        codebook="89abcdef",
    )
    assert (second.labels, second.review) == ({"sport": Label("neutral")}, True)
    assert (third.doc, third.labels, third.truncated) == ("d2", {}, True)


def test_flat_columns_hold_what_flat_rows_hold() -> None:
    names = columns(("aid", "sport"))
    found = COLUMNS.flat(names)
    rows = zip(*(np.asarray(found[name], object).tolist() for name in names), strict=True)
    assert [dict(zip(names, row, strict=True)) for row in rows] == [flatten(tag) for tag in COLUMNS.tags()]


def test_only_the_columns_that_are_wanted_are_given() -> None:
    found = COLUMNS.flat(["aid", "doc"])
    assert {name: list(column) for name, column in found.items()} == {
        "aid": [True, False, False],
        "doc": ["d1", "d1", "d2"],
    }


def test_nobody_holds_a_neutral_stance_or_none() -> None:
    assert COLUMNS.holders() == [find_holder(TEXTS[0]), None, None]


def test_labels_are_counted_without_zeros() -> None:
    assert COLUMNS.counts() == {"aid/favor": 1, "sport/neutral": 1, "review": 1, "truncated": 1}


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_rounded_as_python_rounds_them(seed: int) -> None:
    draws = np.random.default_rng(seed).random((5000, 2)).astype(np.float32)
    draws[::3] = np.round(draws[::3], 4) + np.float32(0.00005)  # near the middle between two values
    n = len(draws)
    made = TagColumns(
        COLUMNS.maker,
        Places(["d"] * n, range(n), range(n), range(n)),
        ["Rain."] * n,
        Decisions(np.zeros((n, 2), bool), np.zeros((n, 2), np.int64)),
        Probabilities(draws, np.repeat(draws[..., None], 3, axis=2), np.zeros(n, bool)),
        np.zeros(n, bool),
    )
    assert [tuple(tag.topic_p.values()) for tag in made.tags()] == [
        (round(float(a), 4), round(float(b), 4)) for a, b in draws
    ]


def test_a_topic_near_its_threshold_and_a_stance_without_majority_are_to_be_looked_at() -> None:
    thresholds = np.array([0.5, 0.5], np.float32)
    probabilities = Probabilities(
        np.array([[0.9, 0.1], [0.45, 0.1], [0.9, 0.1], [0.9, 0.9]], np.float32),
        np.array([[[0.6, 0.2, 0.2]] * 2] * 2 + [[[0.6, 0.2, 0.2], [0.4, 0.3, 0.3]]] * 2, np.float32),
        np.zeros(4, bool),
    )
    decisions = Decisions(probabilities.topic >= thresholds, np.zeros((4, 2), np.int64))
    assert to_review(probabilities, decisions, thresholds).tolist() == [False, True, False, True]


def test_a_tagger_gives_the_same_tags_as_columns_and_one_by_one(tagger: Tagger) -> None:
    articles = [Article(str(i), f"The minister promised to send more tents. Rain fell on {i}.") for i in range(5)]
    assert [tag for part in tagger.tag_columns(articles) for tag in part.tags()] == list(tagger.tag_many(articles))
