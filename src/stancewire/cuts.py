"""How much the strong model is needed: every cut of a cascade on labelled sentences, and the choice of one.

Lowering the cut sends more sentences to the strong model. Every metric is computed at every cut by the same functions
as everywhere: a cut is a weighing of both models' rows, as a bootstrap resample is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stancewire.errors import InputError
from stancewire.metrics import Column, Metric, Resamples, compute_columns, decide
from stancewire.runtimes.cascade import Rule, risk_of
from stancewire.scores import Bools, Gold, Ints, Probabilities

QUALITY = "triple_micro_f1"
"""The metric whose loss decides."""

_STEPS = 400
"""Cuts that are looked at, an equal number of sentences apart: finer steps than the figures can tell apart."""
_WINDOW = 0.02
"""The loss at a cut is averaged with the cuts of so many sentences (a share) on either side of it."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What both members say of the same labelled sentences.

    Attributes
    ----------
    docs
        Which document each sentence is of.
    units
        ``(n,)``, see `stancewire.runtimes.cascade.risk_of`.
    rule
        The strong bundle's thresholds and weights, by which the cascade decides whoever answers.
    """

    fast: Probabilities
    strong: Probabilities
    gold: Gold
    docs: tuple[str, ...]
    units: Ints
    rule: Rule
    topics: tuple[str, ...]

    def risk(self) -> NDArray[np.float64]:
        """``(n,)``, see `stancewire.runtimes.cascade.risk_of`."""
        return risk_of(self.fast, self.rule, self.units)

    def mixed(self, cut: float) -> Probabilities:
        """What the cascade of this cut says."""
        asked = self.risk() >= cut
        return Probabilities(
            np.where(asked[:, None], self.strong.topic, self.fast.topic),
            np.where(asked[:, None, None], self.strong.stance, self.fast.stance),
            np.where(asked, self.strong.truncated, self.fast.truncated),
        )


class Costs(NamedTuple):
    """CPU-seconds per 1,000 sentences of the members, on one machine."""

    fast: float
    strong: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Every cut, rising: from 0, where the strong model answers all, to 1, where the fast one does.

    Attributes
    ----------
    cuts, share
        ``(n_cuts,)``; `share` is that of the sentences that the strong model sees.
    columns
        Every metric, ``(n_cuts,)``.
    """

    cuts: NDArray[np.float64]
    share: NDArray[np.float64]
    columns: dict[str, Column]

    @property
    def loss(self) -> NDArray[np.float64]:
        """``(n_cuts,)``, points of `QUALITY` that the mix is below the strong model."""
        quality = self.columns[QUALITY]
        lost: NDArray[np.float64] = 100 * (quality[0] - quality)
        return lost

    @property
    def smooth_loss(self) -> NDArray[np.float64]:
        """The loss averaged with its neighbours', so that a lucky sentence does not decide."""
        half = max(1, round(_WINDOW * len(self.cuts)))
        padded = np.pad(self.loss, half, mode="edge")
        return np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), mode="valid")

    def cost(self, costs: Costs) -> NDArray[np.float64]:
        """``(n_cuts,)``, CPU-seconds per 1,000 sentences: the fast model always, the strong one for its share."""
        return costs.fast + self.share * costs.strong


class _Cuts:
    """A `Weighing`: each cut as weights 0 and 1 of the rows of both members, the fast one's first."""

    def __init__(self, asked: Bools) -> None:
        self._weights = np.hstack([~asked, asked]).astype(np.float64)  # (n_cuts, 2 * n_sentences)

    def __len__(self) -> int:
        return len(self._weights)

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        return self._weights @ values.astype(np.float64)

    def sentence_weights(self, part: slice = slice(None)) -> NDArray[np.float64]:
        return self._weights[part]


def curve_of(sides: Sides) -> Curve:
    """Measure the mix at up to `_STEPS` cuts between distinct risks (six decimals), and at 0 and 1.

    A cut halfway between two risks sends the same sentences whether or not scores were rounded to be kept.
    """
    risk = sides.risk()
    found = np.unique(np.round(risk, 6))
    between = (found[1:] + found[:-1]) / 2
    cuts = np.unique([0.0, *between[spread(len(between), _STEPS)], 1.0])
    asked = risk >= cuts[:, None]  # (n_cuts, n)
    both = Probabilities.concatenate([sides.fast, sides.strong])
    gold = Gold(np.concatenate([sides.gold.topic] * 2), np.concatenate([sides.gold.stance] * 2))
    decisions = decide(both, sides.rule.thresholds, sides.rule.stance_weights)
    columns = compute_columns(decisions, both, gold, sides.topics, _Cuts(asked))
    return Curve(cuts, asked.mean(axis=1), columns)


def cut_for_loss(curve: Curve, max_loss: float) -> int:
    """Index of the largest cut that loses at most `max_loss` points of `QUALITY` against the strong model.

    It and every smaller cut must keep to that in the smoothed loss, and it itself in the plain one: what comes after a
    first bad stretch is luck that new text need not have.
    """
    safe = np.maximum.accumulate(curve.smooth_loss).round(9) <= max_loss
    good = np.flatnonzero(safe & (curve.loss.round(9) <= max_loss))
    return int(good[-1]) if len(good) else 0


def cut_for_budget(curve: Curve, costs: Costs, budget: float) -> int:
    """Index of the cut with the least smoothed loss whose cost fits, the cheapest of equals.

    Raises
    ------
    InputError
        When not even the fast model alone fits.
    """
    fits = np.flatnonzero(curve.cost(costs) <= budget)
    if not len(fits):
        raise InputError(
            f"--budget {budget:g}: the fast model alone takes {costs.fast:.3g} CPU-seconds per 1,000 sentences here. "
            "Give at least that."
        )
    loss = curve.smooth_loss[fits].round(9)
    return int(fits[np.flatnonzero(loss == loss.min())[-1]])


def measure(
    probabilities: Probabilities, sides: Sides, resamples: Resamples, rule: Rule | None = None
) -> dict[str, Column]:
    """Every metric of any probabilities of these sentences, by the cascade's rule or another one."""
    used = rule or sides.rule
    decisions = decide(probabilities, used.thresholds, used.stance_weights)
    return compute_columns(decisions, probabilities, sides.gold, sides.topics, resamples)


def loss_between(mixed: dict[str, Column], strong: dict[str, Column]) -> Metric:
    """Points of `QUALITY` that are lost, with the 95 % interval over the same resamples."""
    gaps = 100 * (strong[QUALITY] - mixed[QUALITY])
    low, high = np.nanpercentile(gaps, [2.5, 97.5])
    return Metric(float(gaps[0]), float(low), float(high))


def spread(n: int, most: int) -> Ints:
    """At most `most` of the indices below `n`, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(most, n)).round().astype(np.int64))
