import math
from collections.abc import Sequence

import numpy as np
import pytest

from stancewire.calibration import Calibration
from stancewire.passages import in_passages
from stancewire.records import Sentence
from stancewire.runtimes.cascade import CascadeRuntime, Member, Rule, risk_of
from stancewire.scores import Probabilities, Scores

RULE = Rule(np.array([0.5, 0.5], np.float32), np.ones((2, 3), np.float32))
CALIBRATION = Calibration(
    np.array([1.5, 0.5], np.float32),
    np.array([0.25, -0.1], np.float32),
    np.array([2, 1], np.float32),
    np.array([[0.1, 0, 0], [0, 0.3, 0]], np.float32),
)
SENTENCES = [Sentence(text) for text in ("+9", "+1", "-1", "-9", "+0.1")]


class Numbers:
    """A model that reads its logit off the sentence, says how it was called, and marks what it saw."""

    def __init__(self, factor: float, truncated: bool = False) -> None:
        self.factor, self.truncated, self.seen = factor, truncated, []

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Scores of two topics, the second always far away."""
        self.seen += [s.text for s in sentences]
        x = self.factor * np.array([float(s.text) for s in sentences], np.float32)
        topic = np.stack([x, np.full_like(x, -9)], axis=1)
        stance = np.stack([np.abs(topic), np.zeros_like(topic), np.zeros_like(topic)], axis=2)
        return Scores(topic, stance, np.full(len(x), self.truncated))


def cascade(cut: float, context: int | None = None) -> tuple[CascadeRuntime, Numbers, Numbers]:
    """A cascade and its members."""
    fast, strong = Numbers(1), Numbers(3, truncated=True)
    runtime = CascadeRuntime(Member(fast, CALIBRATION), Member(strong, CALIBRATION), RULE, cut, context)
    return runtime, fast, strong


def probabilities(topic: list[float], stance: list[list[float]]) -> Probabilities:
    """Of one sentence."""
    return Probabilities(np.array([topic], np.float32), np.array([stance], np.float32), np.zeros(1, bool))


def test_the_risk_grows_with_the_wrong_and_missing_triples_that_are_expected() -> None:
    found = risk_of(probabilities([0.2, 0.9], [[1, 0, 0], [0.1, 0.7, 0.2]]), RULE, np.array([0]))
    assert found == pytest.approx([1 - math.exp(-(0.2 + (1 - 0.9 * 0.7) + 0.9 * 0.3))], abs=1e-6)


def test_the_stance_that_counts_is_the_one_that_is_decided() -> None:
    weighted = Rule(RULE.thresholds, np.array([[1, 1, 1], [1, 0.1, 1]], np.float32))
    found = risk_of(probabilities([0.2, 0.9], [[1, 0, 0], [0.1, 0.7, 0.2]]), weighted, np.array([0]))
    assert found == pytest.approx([1 - math.exp(-(0.2 + (1 - 0.9 * 0.2) + 0.9 * 0.8))], abs=1e-6)


@pytest.mark.parametrize(("cut", "answers"), [(0.0, 1), (1.0, 0)])
def test_at_the_ends_one_member_answers_to_the_last_bit(cut: float, answers: int) -> None:
    runtime, *members = cascade(cut)
    found = Calibration.identity(2).predict_proba(runtime.decision_function(SENTENCES))
    alone = CALIBRATION.predict_proba(members[answers].decision_function(SENTENCES))
    assert np.array_equal(found.topic, alone.topic)
    assert np.array_equal(found.stance, alone.stance)
    assert np.array_equal(found.truncated, alone.truncated)


def test_the_strong_member_sees_only_what_is_risky() -> None:
    runtime, fast, strong = cascade(0.1)
    found = runtime.decision_function(SENTENCES)
    assert fast.seen == ["+9", "+1", "-1", "-9", "+0.1"]
    assert strong.seen == ["+1", "-1", "+0.1"]
    assert found.topic[:, 0].tolist() == pytest.approx([13.75, 4.75, -4.25, -13.25, 0.7])
    assert found.truncated.tolist() == [False, True, True, False, True]


def test_it_is_not_called_for_nothing() -> None:
    runtime, _, strong = cascade(0.1)
    runtime.decision_function([SENTENCES[0], SENTENCES[3]])
    assert strong.seen == []


def test_a_sentence_s_scores_do_not_depend_on_its_neighbours() -> None:
    runtime, _, _ = cascade(0.1)
    together = runtime.decision_function(SENTENCES * 40)
    for i, sentence in enumerate(SENTENCES):
        alone = runtime.decision_function([sentence])
        assert np.array_equal(alone.topic[0], together.topic[i + 5 * 39])
        assert np.array_equal(alone.stance[0], together.stance[i + 5 * 39])


def test_no_sentences_give_empty_scores() -> None:
    found = cascade(0.1)[0].decision_function([])
    assert (found.topic.shape, found.stance.shape, found.truncated.shape) == ((0, 2), (0, 2, 3), (0,))


def test_sentences_that_are_asked_about_together_have_the_risk_of_their_mean() -> None:
    each, together = (
        risk_of(
            Probabilities(np.array([[0.2, 0.9], [0.1, 0.1], [0.3, 0.0]]), np.full((3, 2, 3), 1 / 3), np.zeros(3, bool)),
            RULE,
            np.array(units),
        )
        for units in ([0, 1, 2], [0, 0, 1])
    )
    errors = -np.log1p(-each)
    assert together == pytest.approx(-np.expm1(-np.array([errors[:2].mean()] * 2 + [errors[2]])))


PASSAGES = in_passages([Sentence(text) for text in ("+9", "-9", "+9", "-9", "+9", "+1", "-9")])
"""Of five and of two sentences; the second has a risky one."""


def test_a_strong_member_that_reads_passages_is_asked_about_whole_ones() -> None:
    runtime, fast, strong = cascade(0.1, context=2)
    found = runtime.decision_function(PASSAGES)
    assert fast.seen == ["+9", "-9", "+9", "-9", "+9", "+1", "-9"]
    assert strong.seen == ["+1", "-9"]
    assert found.truncated.tolist() == [False] * 5 + [True] * 2


@pytest.mark.parametrize("asked", [[5], [6], [6, 1], [0, 5, 6], [6, 6]])
def test_a_sentence_is_answered_alike_whatever_else_of_its_passage_is_asked_about(asked: list[int]) -> None:
    whole = cascade(0.1, context=2)[0].decision_function(PASSAGES)
    some = cascade(0.1, context=2)[0].decision_function([PASSAGES[i] for i in asked])
    assert np.array_equal(some.topic, whole.topic[asked])
    assert np.array_equal(some.stance, whole.stance[asked])
    assert np.array_equal(some.truncated, whole.truncated[asked])
