from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from stancewire.calibration import Calibration, choose_stance_weights, choose_thresholds, fit_calibration
from stancewire.scores import Gold, Scores


def scores_of(topic, stance=None):
    topic = np.asarray(topic, np.float32)
    stance = np.zeros((*topic.shape, 3)) if stance is None else stance
    return Scores(topic, np.asarray(stance, np.float32), np.zeros(len(topic), bool))


def test_the_identity_is_the_sigmoid_and_the_softmax():
    scores = scores_of([[0.0], [np.log(3)]], [[[0, 0, 0]], [[np.log(2), np.log(1), np.log(1)]]])
    found = Calibration.identity(1).predict_proba(scores)
    assert found.topic == pytest.approx(np.array([[0.5], [0.75]]))
    assert found.stance == pytest.approx(np.array([[[1 / 3, 1 / 3, 1 / 3]], [[0.5, 0.25, 0.25]]]))


def test_slopes_intercepts_and_biases_are_applied_per_topic():
    calibration = Calibration.from_dict(
        {
            "slope": [1, 2],
            "intercept": [0, -1],
            "stance_slope": [1, 0],
            "stance_bias": [[0, 0, 0], [0, 0, np.log(2)]],
        }
    )
    found = calibration.predict_proba(scores_of([[1, 1]], [[[1, 1, 1], [5, 6, 7]]]))
    assert found.topic == pytest.approx(np.full((1, 2), 1 / (1 + np.exp(-1))))
    assert found.stance == pytest.approx(np.array([[[1 / 3, 1 / 3, 1 / 3], [0.25, 0.25, 0.5]]]))


def test_huge_logits_give_finite_probabilities():
    found = Calibration.identity(1).predict_proba(scores_of([[-1e4], [1e4]], [[[1e4, 0, -1e4]]] * 2))
    assert found.topic.tolist() == [[0.0], [1.0]]
    assert found.stance.tolist() == [[[1.0, 0.0, 0.0]]] * 2


def test_no_sentences_have_no_probabilities():
    found = Calibration.identity(2).predict_proba(scores_of(np.zeros((0, 2))))
    assert (found.topic.shape, found.stance.shape, len(found)) == ((0, 2), (0, 2, 3), 0)


def test_truncation_is_passed_on():
    scores = Scores(np.zeros((2, 1), np.float32), np.zeros((2, 1, 3), np.float32), np.array([True, False]))
    assert Calibration.identity(1).predict_proba(scores).truncated.tolist() == [True, False]


def overconfident(n=4000):
    """Logits three times too large and shifted by one, of truths drawn from the right ones."""
    rng = np.random.default_rng(0)
    z = rng.normal(0, 1, (n, 1))
    y = rng.random((n, 1)) < 1 / (1 + np.exp(-z))
    stance = rng.normal(0, 1, (n, 1, 3))
    cumulative = np.cumsum(np.exp(stance) / np.exp(stance).sum(axis=2, keepdims=True), axis=2)
    chosen = (rng.random((n, 1, 1)) > cumulative).sum(axis=2)
    return scores_of(3 * z + 1, 2 * stance), Gold(y, np.where(y, chosen, -1))


def test_platt_scaling_is_a_logistic_regression_on_the_logit():
    scores, gold = overconfident()
    expected = LogisticRegression(C=1e6).fit(scores.topic, gold.topic[:, 0])
    fitted = fit_calibration(scores, gold)
    assert fitted.slope == pytest.approx(expected.coef_[0], abs=0.01)
    assert fitted.intercept == pytest.approx(expected.intercept_, abs=0.01)


def test_the_temperature_that_made_the_stances_is_found():
    fitted = fit_calibration(*overconfident())
    assert fitted.stance_slope == pytest.approx([0.5], abs=0.05)
    assert fitted.stance_bias - fitted.stance_bias.mean() == pytest.approx(np.zeros((1, 3)), abs=0.1)


@pytest.mark.parametrize("truth", [False, True])
def test_a_topic_with_one_kind_of_sentence_keeps_its_probabilities(truth):
    gold = Gold(np.full((5, 1), truth), np.full((5, 1), 0 if truth else -1))
    fitted = fit_calibration(scores_of(np.arange(5)[:, None]), gold)
    assert (fitted.slope.tolist(), fitted.intercept.tolist()) == ([1.0], [0.0])


def test_a_topic_without_sentences_keeps_its_stances():
    fitted = fit_calibration(scores_of([[1.0], [2.0]]), Gold(np.zeros((2, 1), bool), np.full((2, 1), -1)))
    assert (fitted.stance_slope.tolist(), fitted.stance_bias.tolist()) == ([1.0], [[0.0, 0.0, 0.0]])


def test_a_head_that_is_wrong_is_flattened_and_not_turned_round():
    z = np.linspace(-3, 3, 200)[:, None]
    fitted = fit_calibration(scores_of(z), Gold(z < 0, np.where(z < 0, 0, -1)))
    assert fitted.slope == pytest.approx([0.05])


def test_what_is_written_is_what_was_fitted():
    fitted = fit_calibration(*overconfident(200))
    again = Calibration.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again.to_dict() == fitted.to_dict()
    assert all((getattr(again, name) == getattr(fitted, name)).all() for name in Calibration.__slots__)


def test_a_threshold_is_in_the_middle_of_the_gap():
    p = np.array([[0.1], [0.2], [0.3], [0.7], [0.8]], np.float32)
    assert choose_thresholds(p, np.array([[False], [False], [False], [True], [True]])) == pytest.approx([0.5], abs=0.01)


def test_each_topic_has_its_own_threshold():
    p = np.array([[0.1, 0.6], [0.2, 0.7], [0.4, 0.9], [0.5, 0.95]], np.float32)
    truth = np.array([[False] * 2, [False] * 2, [True] * 2, [True] * 2])
    assert choose_thresholds(p, truth) == pytest.approx([0.3, 0.8], abs=0.01)


def test_a_topic_that_does_not_occur_has_threshold_one_half():
    assert choose_thresholds(np.array([[0.9], [0.1]], np.float32), np.zeros((2, 1), bool)).tolist() == [0.5]


def test_rare_stances_weigh_as_much_as_it_takes_to_find_them():
    p = np.array([[[0.90, 0.08, 0.02]]] * 18 + [[[0.55, 0.43, 0.02]]] * 2, np.float32)
    stance = np.array([[0]] * 18 + [[1]] * 2)
    expected = np.array([19, 3, 1]) ** -0.2  # (sentences + 1) to the smallest power that finds the two
    assert choose_stance_weights(p, Gold(stance >= 0, stance)) == pytest.approx(expected[None], abs=1e-4)


def test_stances_that_are_right_already_weigh_the_same():
    p = np.array([[[0.90, 0.08, 0.02]]] * 3 + [[[0.02, 0.90, 0.08]]], np.float32)
    stance = np.array([[0], [0], [0], [1]])
    assert choose_stance_weights(p, Gold(stance >= 0, stance)).tolist() == [[1.0, 1.0, 1.0]]


def test_a_topic_that_does_not_occur_gets_equal_weights():
    gold = Gold(np.zeros((2, 1), bool), np.full((2, 1), -1))
    assert choose_stance_weights(np.full((2, 1, 3), 1 / 3, np.float32), gold).tolist() == [[1.0, 1.0, 1.0]]
