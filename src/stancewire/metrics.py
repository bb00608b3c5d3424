"""Every metric of the project with its interval: one function of weights per metric, resampled over documents.

The bootstrap (Efron 1979) draws documents, not sentences, since the sentences of one article resemble each other.
All resamples are computed at once: counts per document times a matrix of how often each document was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from stancewire.codebook import AGAINST, FAVOR, STANCES
from stancewire.errors import InputError
from stancewire.scores import Bools, Floats, Gold, Ints, Probabilities

Column = NDArray[np.float64]
"""One value per resample (or other `Weighing`); the first is the plain estimate."""

_BLOCK = 100
"""Resamples whose weights of every sentence are held at once: a large set needs megabytes, not gigabytes."""

BINS = 10
"""Equal-width bins of the expected calibration error."""


class Metric(NamedTuple):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class Decisions(NamedTuple):
    """What a model decided: ``(n, n_topics)`` topics, ``(n, n_topics)`` stance index of every topic."""

    topic: Bools
    stance: Ints


def decide(probabilities: Probabilities, thresholds: Floats, stance_weights: Floats | float = 1.0) -> Decisions:
    """Topics that pass their threshold, and the stance of every topic whose weighted probability is highest.

    Parameters
    ----------
    thresholds
        ``(n_topics,)``.
    stance_weights
        ``(n_topics, 3)``; see `stancewire.calibration.choose_stance_weights`.
    """
    return Decisions(probabilities.topic >= thresholds, (probabilities.stance * stance_weights).argmax(axis=-1))


class Weighing(Protocol):
    """Many ways to count the same sentences; every metric has a value for each of them."""

    def __len__(self) -> int:
        """How many ways."""
        ...

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sums over sentences of ``(n_sentences, k)`` values, ``(n_ways, k)``."""
        ...

    def sentence_weights(self, part: slice = slice(None)) -> NDArray[np.float64]:
        """``(n_ways, n_sentences)``, or only a part of the ways."""
        ...


class Resamples:
    """A `Weighing` by how often each document was drawn; the first row counts each once.

    Parameters
    ----------
    docs
        The document of each sentence.
    n_resamples
        0 gives the plain estimate only.
    """

    def __init__(self, docs: Sequence[str], n_resamples: int = 1000, seed: int = 0) -> None:
        if not docs:
            raise InputError("no sentence has labels; expected at least one to score.")
        _, self._doc = np.unique(np.asarray(docs, dtype=object).astype(str), return_inverse=True)
        n_docs = int(self._doc.max()) + 1
        drawn = np.random.default_rng(seed).multinomial(n_docs, np.full(n_docs, 1 / n_docs), n_resamples)
        self.weights = np.vstack([np.ones((1, n_docs)), drawn])  # (1 + n_resamples, n_docs)

    def __len__(self) -> int:
        return len(self.weights)

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sums over sentences of ``(n_sentences, k)`` values, ``(1 + n_resamples, k)``."""
        per_doc = np.zeros((self.weights.shape[1], values.shape[1]))
        np.add.at(per_doc, self._doc, values.astype(np.float64))
        return self.weights @ per_doc

    def sentence_weights(self, part: slice = slice(None)) -> NDArray[np.float64]:
        """``(1 + n_resamples, n_sentences)``, or only a part of the resamples."""
        return self.weights[part][:, self._doc]


def compute_columns(
    decisions: Decisions, probabilities: Probabilities, gold: Gold, topics: Sequence[str], weighing: Weighing
) -> dict[str, Column]:
    """Every metric (``docs/formats.md``) as a column, a value for each way of counting.

    Subtract the columns of two models over the same `Resamples` for a paired test.
    """
    columns = _topic_columns(decisions, gold, topics, weighing)
    columns |= _stance_columns(decisions, gold, topics, weighing)
    columns |= _triple_columns(decisions, gold, topics, weighing)
    columns |= _probability_columns(probabilities, gold, topics, weighing)
    return columns


def summarise(columns: dict[str, Column]) -> dict[str, Metric]:
    """Value and percentile interval of each column; metrics that are nowhere defined are left out."""
    summary = {}
    for name, column in columns.items():
        if not np.isnan(column[0]):
            low, high = np.nanpercentile(column, [2.5, 97.5])
            summary[name] = Metric(*(round(float(x), 6) for x in (column[0], low, high)))
    return summary


def f1(hits: Column, false: Column, missed: Column) -> Column:
    """F1 from counts; not a number where nothing was there and nothing was found."""
    return ratio(2 * hits, 2 * hits + false + missed)


def ratio(numerator: Column, denominator: Column) -> Column:
    """Not a number where the denominator is 0."""
    quotient = np.full_like(denominator, np.nan, dtype=np.float64)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def _mean(columns: Sequence[Column]) -> Column:
    """Mean over the defined values of each resample."""
    stacked = np.vstack(columns)
    defined = ~np.isnan(stacked)
    return ratio(np.where(defined, stacked, 0).sum(axis=0), defined.sum(axis=0))


def _counts(found: Bools, truth: Bools, weighing: Weighing) -> tuple[NDArray[np.float64], ...]:
    """Hits, false alarms and misses, each ``(n_ways, k)``."""
    return weighing.sums(found & truth), weighing.sums(found & ~truth), weighing.sums(~found & truth)


def _topic_columns(decisions: Decisions, gold: Gold, topics: Sequence[str], weighing: Weighing) -> dict[str, Column]:
    hits, false, missed = _counts(decisions.topic, gold.topic, weighing)
    each = {f"topic_f1/{t}": f1(hits[:, k], false[:, k], missed[:, k]) for k, t in enumerate(topics)}
    micro = f1(hits.sum(axis=1), false.sum(axis=1), missed.sum(axis=1))
    return {"topic_macro_f1": _mean(list(each.values())), "topic_micro_f1": micro} | each


def _stance_columns(decisions: Decisions, gold: Gold, topics: Sequence[str], weighing: Weighing) -> dict[str, Column]:
    """Stance heads read on the sentences whose gold has the topic, whatever the topic head says."""
    columns: dict[str, Column] = {}
    polar: list[Column] = []
    for k, topic in enumerate(topics):
        has = gold.topic[:, k, None]
        found = (decisions.stance[:, k, None] == np.arange(3)) & has  # (n, 3)
        truth = (gold.stance[:, k, None] == np.arange(3)) & has
        hits, false, missed = _counts(found, truth, weighing)
        each = [f1(hits[:, s], false[:, s], missed[:, s]) for s in range(3)]
        columns[f"stance_macro_f1/{topic}"] = _mean(each)
        columns[f"stance_accuracy/{topic}"] = ratio(hits.sum(axis=1), (hits + missed).sum(axis=1))
        columns |= {f"stance_f1/{topic}/{name}": column for name, column in zip(STANCES, each, strict=True)}
        polar.append(_mean([each[STANCES.index(FAVOR)], each[STANCES.index(AGAINST)]]))
    macro = _mean([columns[f"stance_macro_f1/{topic}"] for topic in topics])
    return {"stance_macro_f1": macro, "stance_favg": _mean(polar)} | columns


def _triple_columns(decisions: Decisions, gold: Gold, topics: Sequence[str], weighing: Weighing) -> dict[str, Column]:
    cells = np.arange(3)
    found = decisions.topic[:, :, None] & (decisions.stance[:, :, None] == cells)  # (n, topics, 3)
    truth = gold.stance[:, :, None] == cells
    flat = (len(found), len(topics) * 3)
    hits, false, missed = _counts(found.reshape(flat), truth.reshape(flat), weighing)
    names = [f"triple_f1/{topic}/{stance}" for topic in topics for stance in STANCES]
    each = {}
    for i, name in enumerate(names):
        column = f1(hits[:, i], false[:, i], missed[:, i])
        each[name] = np.where(hits[:, i] + missed[:, i] > 0, column, np.nan)  # cells that occur in gold
    micro = f1(hits.sum(axis=1), false.sum(axis=1), missed.sum(axis=1))
    return {"triple_micro_f1": micro, "triple_macro_f1": _mean(list(each.values()))} | each


def _probability_columns(
    probabilities: Probabilities, gold: Gold, topics: Sequence[str], weighing: Weighing
) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    topic_p, topic_y = probabilities.topic, gold.topic
    for k, topic in enumerate(topics):
        p, y = topic_p[:, k], topic_y[:, k]
        columns[f"topic_average_precision/{topic}"] = _average_precision(p, y, weighing)
        columns[f"ece/topic/{topic}"] = _ece(p[:, None], y[:, None], weighing)
        columns[f"brier/topic/{topic}"] = _weighted_mean((p - y) ** 2, np.ones(len(p)), weighing)
        has = y.astype(np.float64)
        correct = probabilities.stance[:, k].argmax(axis=1) == gold.stance[:, k]
        confidence = probabilities.stance[:, k].max(axis=1)
        columns[f"ece/stance/{topic}"] = _ece(confidence[:, None], correct[:, None], weighing, has[:, None])
        truth = gold.stance[:, k, None] == np.arange(3)
        squared = ((probabilities.stance[:, k] - truth) ** 2).sum(axis=1)
        columns[f"brier/stance/{topic}"] = _weighted_mean(squared, has, weighing)
    columns["ece/topic"] = _ece(topic_p, topic_y, weighing)
    confidence, chosen = probabilities.stance.max(axis=2), probabilities.stance.argmax(axis=2)
    columns["ece/stance"] = _ece(confidence, chosen == gold.stance, weighing, topic_y.astype(np.float64))
    return columns


def _weighted_mean(values: NDArray[np.floating[Any]], mask: NDArray[np.float64], weighing: Weighing) -> Column:
    sums = weighing.sums(np.column_stack([values * mask, mask]))
    return ratio(sums[:, 0], sums[:, 1])


def _ece(p: NDArray[np.float32], y: Bools, weighing: Weighing, mask: NDArray[np.float64] | None = None) -> Column:
    """Expected calibration error of ``(n, k)`` probabilities pooled, in `BINS` equal-width bins."""
    mask = np.ones(p.shape) if mask is None else mask
    which = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = np.stack([((p - y) * mask * (which == b)).sum(axis=1) for b in range(BINS)], axis=1)  # (n, bins)
    totals = weighing.sums(mask.sum(axis=1, keepdims=True))[:, 0]
    return ratio(np.abs(weighing.sums(gaps)).sum(axis=1), totals)


def _average_precision(p: NDArray[np.float32], y: Bools, weighing: Weighing) -> Column:
    """Area under the precision-recall steps; ties share one step, as in scikit-learn."""
    order = np.argsort(-p, kind="stable")
    last_of_tie = np.append(np.diff(p[order]) != 0, True)
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(weighing), _BLOCK)]
    return np.concatenate(
        [_areas(weighing.sentence_weights(block)[:, order], y[order], last_of_tie) for block in blocks]
    )


def _areas(w: NDArray[np.float64], y: Bools, last_of_tie: Bools) -> Column:
    """Average precision under each row of weights ``(k, n_sentences)``, the sentences by falling probability."""
    hits = np.cumsum(w * y, axis=1)[:, last_of_tie]
    found = np.cumsum(w, axis=1)[:, last_of_tie]
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    steps = np.diff(hits, axis=1, prepend=0)
    area = (precision * steps).sum(axis=1)
    return ratio(area, hits[:, -1])
