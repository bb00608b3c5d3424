from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score

from stancewire.errors import InputError
from stancewire.metrics import Decisions, Metric, Resamples, compute_columns, decide, f1, summarise
from stancewire.scores import Gold, Probabilities

TOPICS = ("aid", "sport")
DOCS = tuple(f"d{i // 5}" for i in range(60))


def random_case(seed=0, n=60):
    """Probabilities and gold of `n` sentences in twelve documents, two topics."""
    rng = np.random.default_rng(seed)
    stance = np.where(rng.random((n, 2)) < 0.5, rng.integers(0, 3, (n, 2)), -1)
    topic_p = np.round(np.clip(0.3 + 0.4 * (stance >= 0) + rng.normal(0, 0.25, (n, 2)), 0, 1), 1)  # with ties
    stance_p = rng.dirichlet((1, 1, 1), (n, 2))
    probabilities = Probabilities(topic_p.astype(np.float32), stance_p.astype(np.float32), np.zeros(n, bool))
    return probabilities, Gold(stance >= 0, stance)


def columns_of(probabilities, gold, docs=DOCS, topics=TOPICS, **options):
    thresholds = np.full(len(topics), 0.5, np.float32)
    resamples = Resamples(docs, **options)
    return compute_columns(decide(probabilities, thresholds), probabilities, gold, topics, resamples)


def values_of(probabilities, gold, **options):
    return {name: column[0] for name, column in columns_of(probabilities, gold, n_resamples=0, **options).items()}


@pytest.fixture(scope="module")
def case():
    return random_case()


@pytest.fixture(scope="module")
def values(case):
    return values_of(*case)


def test_decisions_are_at_the_threshold_or_above():
    topic = np.array([[0.5, 0.49], [0.2, 0.3]], np.float32)
    stance = np.array([[[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], [[0.2, 0.3, 0.5], [0.3, 0.4, 0.3]]], np.float32)
    decisions = decide(Probabilities(topic, stance, np.zeros(2, bool)), np.array([0.5, 0.3], np.float32))
    assert decisions.topic.tolist() == [[True, True], [False, True]]
    assert decisions.stance.tolist() == [[1, 0], [2, 1]]


def test_a_weighted_stance_can_win_over_the_likeliest():
    p = Probabilities(np.ones((1, 2), np.float32), np.array([[[0.6, 0.4, 0.0]] * 2], np.float32), np.zeros(1, bool))
    weights = np.array([[0.5, 1, 1], [1, 1, 1]], np.float32)
    assert decide(p, np.zeros(2, np.float32), weights).stance.tolist() == [[1, 0]]


# --- against scikit-learn


def test_topic_f1_is_scikit_learns(case, values):
    probabilities, gold = case
    found = probabilities.topic >= 0.5
    expected = {
        "topic_macro_f1": f1_score(gold.topic, found, average="macro"),
        "topic_micro_f1": f1_score(gold.topic, found, average="micro"),
        "topic_f1/aid": f1_score(gold.topic[:, 0], found[:, 0]),
        "topic_f1/sport": f1_score(gold.topic[:, 1], found[:, 1]),
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)


def test_stance_f1_is_scikit_learns_on_the_sentences_that_have_the_topic(case, values):
    probabilities, gold = case
    expected = {}
    for k, topic in enumerate(TOPICS):
        has = gold.topic[:, k]
        each = f1_score(
            gold.stance[has, k], probabilities.stance[has, k].argmax(axis=1), average=None, labels=[0, 1, 2]
        )
        expected |= {f"stance_f1/{topic}/{s}": v for s, v in zip(("favor", "against", "neutral"), each, strict=True)}
        expected[f"stance_macro_f1/{topic}"] = each.mean()
    expected["stance_macro_f1"] = (expected["stance_macro_f1/aid"] + expected["stance_macro_f1/sport"]) / 2
    polar = [expected[f"stance_f1/{topic}/{stance}"] for topic in TOPICS for stance in ("favor", "against")]
    expected["stance_favg"] = sum(polar) / 4
    assert {name: values[name] for name in expected} == pytest.approx(expected)


def test_triple_f1_is_scikit_learns_on_topic_by_stance_cells(case, values):
    probabilities, gold = case
    stance = probabilities.stance.argmax(axis=2)
    found = np.stack([(probabilities.topic >= 0.5) & (stance == s) for s in range(3)], axis=2).reshape(60, 6)
    truth = np.stack([gold.stance == s for s in range(3)], axis=2).reshape(60, 6)
    assert values["triple_micro_f1"] == pytest.approx(f1_score(truth, found, average="micro"))
    assert values["triple_macro_f1"] == pytest.approx(f1_score(truth, found, average="macro"))


def test_average_precision_is_scikit_learns_with_ties(case, values):
    probabilities, gold = case
    expected = [average_precision_score(gold.topic[:, k], probabilities.topic[:, k]) for k in range(2)]
    assert [values[f"topic_average_precision/{topic}"] for topic in TOPICS] == pytest.approx(expected)


def test_average_precision_of_a_resample_is_scikit_learns_with_weights(case):
    probabilities, gold = case
    resamples = Resamples(DOCS, n_resamples=5)
    columns = columns_of(probabilities, gold, n_resamples=5)
    expected = [
        average_precision_score(gold.topic[:, 0], probabilities.topic[:, 0], sample_weight=weights)
        for weights in resamples.sentence_weights()
    ]
    assert columns["topic_average_precision/aid"] == pytest.approx(expected)


def test_brier_score_of_a_topic_is_scikit_learns(case, values):
    probabilities, gold = case
    expected = brier_score_loss(gold.topic[:, 0], probabilities.topic[:, 0])
    assert values["brier/topic/aid"] == pytest.approx(expected)


def test_brier_score_of_a_stance_is_scikit_learns_over_three_classes(case, values):
    probabilities, gold = case
    has = gold.topic[:, 0]
    p = probabilities.stance[has, 0].astype(float)
    p /= p.sum(axis=1, keepdims=True)  # 32-bit sums are not near enough to 1 for scikit-learn
    expected = brier_score_loss(gold.stance[has, 0], p, labels=[0, 1, 2], scale_by_half=False)
    assert values["brier/stance/aid"] == pytest.approx(expected)


# --- counted by hand

# Four sentences: favor found as favor; against found as favor; neutral not found; nothing found as neutral.
HAND_GOLD = Gold(np.array([[True], [True], [True], [False]]), np.array([[0], [1], [2], [-1]]))
HAND = Probabilities(
    np.array([[0.95], [0.85], [0.35], [0.65]], np.float32),
    np.array([[[0.8, 0.1, 0.1]], [[0.6, 0.3, 0.1]], [[0.2, 0.2, 0.6]], [[0.1, 0.2, 0.7]]], np.float32),
    np.zeros(4, bool),
)


def test_metrics_of_four_sentences_are_as_counted_by_hand():
    values = values_of(HAND, HAND_GOLD, docs=("a", "a", "b", "b"), topics=("aid",))
    expected = {
        "topic_f1/aid": 2 * 2 / (2 * 2 + 1 + 1),  # two hits, one false, one missed
        "topic_macro_f1": 4 / 6,
        "topic_micro_f1": 4 / 6,
        "topic_average_precision/aid": (1 / 1 + 2 / 2 + 3 / 4) / 3,
        "stance_f1/aid/favor": 2 / 3,  # one hit, one false
        "stance_f1/aid/against": 0.0,
        "stance_f1/aid/neutral": 1.0,  # the topic head is not asked
        "stance_macro_f1/aid": 5 / 9,
        "stance_accuracy/aid": 2 / 3,
        "stance_macro_f1": 5 / 9,
        "stance_favg": 1 / 3,
        "triple_f1/aid/favor": 2 / 3,
        "triple_f1/aid/against": 0.0,
        "triple_f1/aid/neutral": 0.0,  # one false, one missed
        "triple_micro_f1": 2 / (2 + 2 + 2),
        "triple_macro_f1": 2 / 9,
        "ece/topic/aid": (0.05 + 0.15 + 0.65 + 0.65) / 4,  # each in a bin of its own
        "ece/topic": (0.05 + 0.15 + 0.65 + 0.65) / 4,
        "brier/topic/aid": (0.05**2 + 0.15**2 + 0.65**2 + 0.65**2) / 4,
        "ece/stance/aid": (0.2 + abs(0.6 - 0 + 0.6 - 1)) / 3,  # 0.8 right; 0.6 wrong and 0.6 right share a bin
        "ece/stance": (0.2 + 0.2) / 3,
        "brier/stance/aid": (0.06 + (0.36 + 0.49 + 0.01) + (0.04 + 0.04 + 0.16)) / 3,
    }
    assert values == pytest.approx(expected)


def test_a_probability_of_one_is_in_the_last_bin():
    gold = Gold(np.array([[True], [False]]), np.array([[0], [-1]]))
    p = Probabilities(np.array([[1.0], [0.95]], np.float32), np.full((2, 1, 3), 1 / 3, np.float32), np.zeros(2, bool))
    assert values_of(p, gold, docs=("a", "b"), topics=("aid",))["ece/topic"] == pytest.approx(0.95 / 2)


def test_triples_that_are_not_in_gold_do_not_count_in_the_macro_mean():
    gold = Gold(np.array([[True], [True]]), np.array([[0], [0]]))
    stance = np.array([[[0.8, 0.1, 0.1]], [[0.1, 0.8, 0.1]]], np.float32)
    p = Probabilities(np.full((2, 1), 0.9, np.float32), stance, np.zeros(2, bool))
    values = values_of(p, gold, docs=("a", "b"), topics=("aid",))
    assert values["triple_macro_f1"] == pytest.approx(2 / 3)


def test_a_topic_that_is_neither_in_gold_nor_found_has_no_f1():
    gold = Gold(np.zeros((3, 2), bool), np.full((3, 2), -1))
    p = Probabilities(np.full((3, 2), 0.1, np.float32), np.full((3, 2, 3), 1 / 3, np.float32), np.zeros(3, bool))
    summary = summarise(columns_of(p, gold, docs=("a", "b", "c"), n_resamples=20))
    assert set(summary) == {"ece/topic", *(f"{kind}/topic/{topic}" for kind in ("ece", "brier") for topic in TOPICS)}


def test_f1_of_nothing_is_not_a_number():
    counts = (np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0]))
    assert f1(*counts) == pytest.approx([2 / 3, 0, np.nan], nan_ok=True)


# --- the bootstrap


def test_the_first_row_of_every_column_is_the_plain_estimate(case, values):
    columns = columns_of(*case, n_resamples=30)
    assert {name: column[0] for name, column in columns.items()} == pytest.approx(values)
    assert {column.shape for column in columns.values()} == {(31,)}


def test_every_resample_draws_as_many_documents_as_there_are():
    weights = Resamples(("b", "a", "a", "c"), n_resamples=50).weights
    assert weights[0].tolist() == [1, 1, 1]
    assert weights.sum(axis=1).tolist() == [3] * 51


def test_the_sentences_of_a_document_are_drawn_together():
    weights = Resamples(("b", "a", "a", "b"), n_resamples=50).sentence_weights()
    assert (weights[:, 0] == weights[:, 3]).all()
    assert (weights[:, 1] == weights[:, 2]).all()
    assert (weights[:, 0] + weights[:, 1] == 2).all()


def test_sums_are_over_the_drawn_documents():
    resamples = Resamples(("b", "a", "a"), n_resamples=4)
    values = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    a, b = resamples.weights.T  # documents are in the order of their names
    assert resamples.sums(values).tolist() == np.column_stack([5 * a + b, 50 * a + 10 * b]).tolist()


def test_a_resample_is_the_metric_of_the_drawn_documents(case):
    probabilities, gold = case
    drawn = np.repeat(np.arange(60), Resamples(DOCS, n_resamples=1).sentence_weights()[1].astype(int))
    again = Probabilities(probabilities.topic[drawn], probabilities.stance[drawn], probabilities.truncated[drawn])
    expected = values_of(again, Gold(gold.topic[drawn], gold.stance[drawn]), docs=[DOCS[i] for i in drawn])
    columns = columns_of(probabilities, gold, n_resamples=1)
    assert {name: column[1] for name, column in columns.items()} == pytest.approx(expected, nan_ok=True)


def test_intervals_widen_when_sentences_come_in_fewer_documents(case):
    probabilities, gold = case
    repeated = [
        np.repeat(array, 4, axis=0) for array in (probabilities.topic, probabilities.stance, gold.topic, gold.stance)
    ]
    copied = Probabilities(repeated[0], repeated[1], np.zeros(240, bool)), Gold(repeated[2], repeated[3])
    apart = summarise(columns_of(*copied, docs=[str(i) for i in range(240)]))["topic_macro_f1"]
    together = summarise(columns_of(*copied, docs=[str(i // 4) for i in range(240)]))["topic_macro_f1"]
    assert together.value == apart.value
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_the_interval_is_the_percentiles_of_the_column():
    column = np.concatenate([[0.5], np.linspace(0, 1, 1000)])
    expected = [0.5, *np.percentile(column, [2.5, 97.5])]
    assert summarise({"x": column})["x"] == pytest.approx(Metric(*expected), abs=1e-6)


def test_the_seed_decides_the_resamples(case):
    first, again, other = (columns_of(*case, n_resamples=9, seed=seed)["topic_macro_f1"].tolist() for seed in (1, 1, 2))
    assert (first == again, first == other) == (True, False)


def test_no_sentences_cannot_be_scored():
    with pytest.raises(InputError, match="no sentence has labels"):
        Resamples(())


def test_decisions_need_not_come_from_the_probabilities(case):
    probabilities, gold = case
    right = Decisions(gold.topic, np.maximum(gold.stance, 0))
    columns = compute_columns(right, probabilities, gold, TOPICS, Resamples(DOCS, 0))
    assert columns["triple_micro_f1"].tolist() == [1.0]
