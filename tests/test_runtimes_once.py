from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stancewire import Article, Tagger
from stancewire.records import Sentence
from stancewire.runtimes.once import OnceRuntime
from stancewire.scores import Scores


class Counting:
    """A runtime whose scores are the length of the sentence; it keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Sentence] = []

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        self.asked += sentences
        lengths = np.array([len(s.text) for s in sentences], np.float32)
        n = len(sentences)
        return Scores(lengths.reshape(n, 1), np.repeat(lengths, 3).reshape(n, 1, 3), lengths > 5)


RAIN, SNOW, HAIL = Sentence("Rain fell."), Sentence("Snow."), Sentence("Hail fell.")


def test_a_sentence_is_computed_once_within_a_call_and_across_calls() -> None:
    inner = Counting()
    once = OnceRuntime(inner)
    scores = once.decision_function([RAIN, SNOW, RAIN])
    assert scores.topic.tolist() == [[10], [5], [10]]
    assert scores.stance.tolist() == [[[10] * 3], [[5] * 3], [[10] * 3]]
    assert scores.truncated.tolist() == [True, False, True]
    assert once.decision_function([SNOW, HAIL]).topic.tolist() == [[5], [10]]
    assert sorted(s.text for s in inner.asked) == ["Hail fell.", "Rain fell.", "Snow."]


def test_the_same_words_in_another_context_are_another_sentence() -> None:
    inner = Counting()
    rows = [
        Sentence("It fell.", "Rain", ("a", "b")),
        Sentence("It fell.", "Snow", ("a", "b")),
        Sentence("It fell.", "Rain", ("ab",)),
        Sentence("It fell.", "Rain", ("a",)),
    ]
    OnceRuntime(inner).decision_function(rows)
    assert inner.asked == rows


def test_only_so_many_sentences_are_remembered() -> None:
    inner = Counting()
    once = OnceRuntime(inner, kept=2)
    for sentence in (RAIN, SNOW, RAIN, HAIL, RAIN, SNOW):  # RAIN is met again and stays
        once.decision_function([sentence])
    assert inner.asked == [RAIN, SNOW, HAIL, SNOW]


def test_more_new_sentences_than_there_is_room_for_have_their_own_scores() -> None:
    once = OnceRuntime(Counting(), kept=2)
    texts = ["a", "bb", "ccc", "dddd", "bb", "eeeee"]
    once.decision_function([Sentence("bb")])
    for _ in range(2):
        assert once.decision_function([Sentence(t) for t in texts]).topic.tolist() == [[1], [2], [3], [4], [2], [5]]


def test_no_sentences_give_no_scores() -> None:
    assert len(OnceRuntime(Counting()).decision_function([])) == 0


@pytest.mark.parametrize("times", [1, 3])
def test_tags_are_the_same_with_and_without(tagger: Tagger, times: int) -> None:
    text = "The minister promised to send more tents. Rain fell. Brussels refused to send any grain. Rain fell."
    articles = [Article(str(i), text) for i in range(times)]
    fresh = [tag for article in articles for tag in Tagger(tagger.bundle).tag(article)]
    assert list(tagger.tag_many(articles)) == fresh
