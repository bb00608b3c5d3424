"""From raw scores to probabilities that mean what they say, and from probabilities to decisions.

Topics: Platt scaling (Platt 1999), a slope and an intercept per topic. Stances: one temperature per topic (Guo et al.
2017) and a bias per stance. Both are fitted on sentences the model was not trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancewire.scores import Bools, Floats, Gold, Ints, Probabilities, Scores

_PRIOR = 1.0
"""Pull of slopes towards 1 and biases towards 0, in units of squared deviation: rare cells have few sentences."""
_NEAR = 0.01
"""Quality of stances (of 1) that a lesser weighing may cost."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Parameters per topic.

    Attributes
    ----------
    slope, intercept
        ``(n_topics,)``, of the topic logits.
    stance_slope
        ``(n_topics,)``, the inverse temperature of the stance logits.
    stance_bias
        ``(n_topics, 3)``, added to the stance logits.
    """

    slope: Floats
    intercept: Floats
    stance_slope: Floats
    stance_bias: Floats

    @classmethod
    def identity(cls, n_topics: int) -> Calibration:
        """Leave the model's own probabilities as they are."""
        ones, zeros = np.ones(n_topics, np.float32), np.zeros(n_topics, np.float32)
        return cls(ones, zeros, ones.copy(), np.zeros((n_topics, 3), np.float32))

    def predict_proba(self, scores: Scores) -> Probabilities:
        """Calibrated probabilities of raw scores."""
        logits = self.logits(scores)
        return Probabilities(_sigmoid(logits.topic), _softmax(logits.stance), logits.truncated)

    def logits(self, scores: Scores) -> Scores:
        """Calibrated logits: under the identity they give the same probabilities, to the last bit."""
        topic = scores.topic * self.slope + self.intercept
        return Scores(topic, scores.stance * self.stance_slope[:, None] + self.stance_bias, scores.truncated)

    def to_dict(self) -> dict[str, Any]:
        """The form kept in ``bundle.json``, six decimals."""
        return {name: np.round(getattr(self, name).astype(float), 6).tolist() for name in self.__slots__}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Calibration:
        """Read what `to_dict` wrote."""
        return cls(**{name: np.asarray(data[name], np.float32) for name in cls.__slots__})


def fit_calibration(scores: Scores, gold: Gold) -> Calibration:
    """Fit every topic's parameters by maximum likelihood with a weak prior at the identity.

    Parameters
    ----------
    scores, gold
        Of held-out sentences.
    """
    fitted = Calibration.identity(scores.topic.shape[1])
    for k in range(scores.topic.shape[1]):
        fitted.slope[k], fitted.intercept[k] = _fit_platt(scores.topic[:, k], gold.topic[:, k])
        has = gold.topic[:, k]
        parameters = _fit_stance(scores.stance[has, k], gold.stance[has, k])
        fitted.stance_slope[k], fitted.stance_bias[k] = parameters[0], parameters[1:]
    return Calibration.from_dict(fitted.to_dict())  # as it will be read back: rounded


def choose_thresholds(probabilities: Floats, truth: Bools) -> Floats:
    """One threshold per topic, ``(n_topics,)``: the middle of the best plateau of F1.

    F1 is averaged over neighbouring cuts (±0.03) first, so that one lucky sentence does not decide.
    """
    grid = np.linspace(0.05, 0.95, 91)
    chosen = []
    for p, y in zip(probabilities.T, truth.T, strict=True):
        f1 = np.array([_f1(p >= cut, y) for cut in grid])
        smooth = np.convolve(np.pad(f1, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")
        best = np.flatnonzero(smooth >= smooth.max() - 1e-9)
        chosen.append(round(float(grid[best[len(best) // 2]]), 2) if y.any() else 0.5)
    return np.array(chosen, np.float32)


def choose_stance_weights(probabilities: Floats, gold: Gold) -> Floats:
    """Weights of the stances, ``(n_topics, 3)``, that do best by macro-F1 and accuracy together.

    Choosing the likeliest stance maximises accuracy and starves the rare ones. Dividing by the prior to a power
    (logit adjustment, Menon et al. 2021) balances them; the power, one for all topics, is chosen on held-out data by
    the mean of accuracy and macro-F1 over the stances of each topic: the least that comes within `_NEAR` of the best,
    since a stance that is taken against its probability must be worth it.

    Parameters
    ----------
    probabilities
        ``(n_sentences, n_topics, 3)``, calibrated.
    """
    counts = np.stack([(gold.stance == s).sum(axis=0) for s in range(3)], axis=1) + 1.0  # (n_topics, 3)
    prior = counts / counts.sum(axis=1, keepdims=True)

    def quality(power: float) -> float:
        found = (probabilities * prior**-power).argmax(axis=-1)
        return float(
            np.mean([_stance_quality(found[has, k], gold.stance[has, k]) for k, has in enumerate(gold.topic.T)])
        )

    qualities = {power: quality(power) for power in np.linspace(0, 1, 11).tolist()}
    least = min(power for power, found in qualities.items() if found >= max(qualities.values()) - _NEAR)
    weights: Floats = (prior**-least / (prior**-least).max(axis=1, keepdims=True)).round(4).astype(np.float32)
    return weights


def _stance_quality(found: Ints, truth: Ints) -> float:
    """Mean of accuracy and of macro-F1 over the stances that occur."""
    if len(truth) == 0:
        return 0.0
    each = [_f1(found == s, truth == s) for s in range(3) if (truth == s).any()]
    return float((found == truth).mean() + np.mean(each)) / 2


def _fit_platt(z: Floats, y: Bools) -> tuple[float, float]:
    if not y.any() or y.all():
        return 1.0, 0.0

    def loss(parameters: NDArray[np.float64]) -> float:
        margin = np.where(y, 1, -1) * (z * parameters[0] + parameters[1])
        return float(np.logaddexp(0, -margin).sum() + _PRIOR * ((parameters[0] - 1) ** 2 + parameters[1] ** 2))

    slope, intercept = _minimise(loss, np.array([1.0, 0.0]))
    return float(slope), float(intercept)


def _fit_stance(z: Floats, y: Ints) -> NDArray[np.float64]:
    """Slope and three biases, from ``(n, 3)`` logits."""
    identity = np.array([1.0, 0.0, 0.0, 0.0])
    if len(y) == 0:
        return identity

    def loss(parameters: NDArray[np.float64]) -> float:
        logits = z * parameters[0] + parameters[1:]
        log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return float(-log_p[np.arange(len(y)), y].sum() + _PRIOR * ((parameters - identity) ** 2).sum())

    return _minimise(loss, identity)


def _minimise(loss: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.optimize import minimize

    found: NDArray[np.float64] = minimize(loss, start, method="L-BFGS-B").x
    found[0] = max(found[0], 0.05)  # a head that knows nothing must not be turned round
    return found


def _f1(predicted: Bools, truth: Bools) -> float:
    hits = float((predicted & truth).sum())
    return 2 * hits / max(float(predicted.sum() + truth.sum()), 1.0)


def _sigmoid(z: Floats) -> Floats:
    p: Floats = (0.5 * (1 + np.tanh(0.5 * z))).astype(np.float32)
    return p


def _softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p: Floats = (e / e.sum(axis=-1, keepdims=True)).astype(np.float32)
    return p
