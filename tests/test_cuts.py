from dataclasses import replace

import numpy as np
import pytest

from stancewire.cuts import Costs, Curve, Sides, curve_of, cut_for_budget, cut_for_loss, loss_between, measure, spread
from stancewire.errors import InputError
from stancewire.metrics import Resamples
from stancewire.runtimes.cascade import Rule
from stancewire.scores import Gold, Probabilities

TOPICS = ("aid", "sport")


def answers(rng: np.random.Generator, truth: np.ndarray, noise: float) -> Probabilities:
    """Probabilities that know the truth, and the more noise the less."""
    topic = 1 / (1 + np.exp(-(4 * (truth >= 0) - 2 + noise * rng.normal(size=truth.shape))))
    stance = np.exp(2 * (truth[:, :, None] == np.arange(3)) + noise * rng.normal(size=(*truth.shape, 3)))
    stance /= stance.sum(axis=2, keepdims=True)
    return Probabilities(topic.astype(np.float32), stance.astype(np.float32), np.zeros(len(truth), bool))


@pytest.fixture(scope="module")
def sides() -> Sides:
    """A fast model with much noise and a strong one with little, on 600 sentences of 60 documents."""
    rng = np.random.default_rng(0)
    stance = rng.integers(-1, 3, (600, 2))
    rule = Rule(np.array([0.4, 0.6], np.float32), np.array([[1, 1, 0.8], [1, 0.9, 1]], np.float32))
    docs = tuple(f"d{i // 10}" for i in range(600))
    gold = Gold(stance >= 0, stance)
    return Sides(answers(rng, stance, 2), answers(rng, stance, 0.5), gold, docs, np.arange(600), rule, TOPICS)


def curve(losses: list[float]) -> Curve:
    """Cuts with these losses, in points, under a quality of 80."""
    n = len(losses)
    return Curve(np.linspace(0, 1, n), np.linspace(1, 0, n), {"triple_micro_f1": 0.8 - np.array(losses) / 100})


def test_a_curve_begins_with_the_strong_model_and_ends_with_the_fast_one(sides: Sides) -> None:
    found = curve_of(sides)
    plain = Resamples(sides.docs, 0)
    assert (found.cuts[0], found.share[0], found.cuts[-1], found.share[-1]) == (0.0, 1.0, 1.0, 0.0)
    for at, member in ((0, sides.strong), (-1, sides.fast)):
        expected = {name: column[0] for name, column in measure(member, sides, plain).items()}
        assert {name: column[at] for name, column in found.columns.items()} == pytest.approx(expected)


def test_every_metric_at_a_cut_is_that_of_the_mixed_answers(sides: Sides) -> None:
    found = curve_of(sides)
    for i in (1, 57, 200, len(found.cuts) - 2):
        mixed = measure(sides.mixed(float(found.cuts[i])), sides, Resamples(sides.docs, 0))
        assert {n: c[i] for n, c in found.columns.items()} == pytest.approx({n: c[0] for n, c in mixed.items()})
        assert found.share[i] == (sides.risk() >= found.cuts[i]).mean()


def test_what_is_asked_about_together_is_never_divided(sides: Sides) -> None:
    by_tens = replace(sides, units=np.arange(600) // 10)
    found = curve_of(by_tens)
    assert set((600 * found.share).round().astype(int) % 10) == {0}
    assert len(found.cuts) <= 61


def test_cuts_rise_and_are_not_too_many(sides: Sides) -> None:
    cuts = curve_of(sides).cuts
    assert (np.diff(cuts) > 0).all()
    assert len(cuts) <= 402


def test_the_largest_cut_within_the_loss_is_taken() -> None:
    assert cut_for_loss(curve([i / 100 for i in range(101)]), 0.5) == 50


def test_what_comes_after_a_bad_stretch_is_luck() -> None:
    losses = [0.0] * 40 + [2.0] * 20 + [0.1] * 41
    assert cut_for_loss(curve(losses), 0.5) == 38


def test_one_bad_cut_among_good_ones_does_not_decide() -> None:
    losses = [0.0] * 40 + [0.6] + [0.1] * 50 + [2.0] * 10
    assert cut_for_loss(curve(losses), 0.5) == 89


def test_where_the_fast_model_is_as_good_it_answers_alone() -> None:
    assert cut_for_loss(curve([0.0, -0.1, -0.2, 0.1]), 0.5) == 3


def test_where_nothing_can_be_lost_the_strong_model_answers_all() -> None:
    assert cut_for_loss(curve([0.0, 1.0, 2.0, 3.0]), 0.0) == 0


def test_a_cut_costs_the_fast_model_and_the_strong_one_s_share() -> None:
    assert curve([0, 0, 0]).cost(Costs(1, 10)).tolist() == [11, 6, 1]


def test_a_budget_buys_the_best_cut_that_fits() -> None:
    losses = [i / 100 for i in range(101)]
    assert cut_for_budget(curve(losses), Costs(1, 10), 6.0) == 50
    assert cut_for_budget(curve(losses), Costs(1, 10), 1.0) == 100
    assert cut_for_budget(curve([0.0] * 101), Costs(1, 10), 6.0) == 100


def test_a_budget_below_the_fast_model_is_refused() -> None:
    with pytest.raises(InputError, match=r"--budget 0.5: the fast model alone takes 1 CPU-seconds per 1,000 sentences"):
        cut_for_budget(curve([0.0, 1.0]), Costs(1, 10), 0.5)


def test_the_loss_has_an_interval_over_the_same_resamples() -> None:
    strong = {"triple_micro_f1": np.array([0.8, *np.linspace(0.7, 0.9, 41)])}
    mixed = {"triple_micro_f1": strong["triple_micro_f1"] - np.array([0.01, *np.linspace(0, 0.02, 41)])}
    assert loss_between(mixed, strong) == pytest.approx((1.0, 0.05125, 1.94875))


@pytest.mark.parametrize(("n", "most", "expected"), [(5, 3, [0, 2, 4]), (2, 3, [0, 1]), (1, 3, [0])])
def test_indices_are_spread_evenly(n: int, most: int, expected: list[int]) -> None:
    assert spread(n, most).tolist() == expected
