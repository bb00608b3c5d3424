"""A bundle on labelled sentences: every metric with its interval, and paired comparisons of bundles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stancewire.codebook import STANCES
from stancewire.errors import InputError
from stancewire.holders import find_holder
from stancewire.metrics import Column, Decisions, Metric, Resamples, compute_columns, ratio, summarise
from stancewire.predict import BATCH, Tagger
from stancewire.records import LabelledSentence, LabelledSet
from stancewire.scores import Gold, Probabilities, gold_arrays
from stancewire.targets import TARGET

HEADLINES = (
    "topic_macro_f1",
    "topic_micro_f1",
    "triple_micro_f1",
    "triple_macro_f1",
    "stance_macro_f1",
    "stance_favg",
    "holder_exact",
    "holder_token_f1",
)
"""The metrics that are shown first."""


def target_headlines(metrics: Iterable[str]) -> list[str]:
    """The metrics of a target model that are shown first: there is one topic, and its stances are what counts."""
    shown = ("stance_macro_f1", "stance_favg", f"stance_accuracy/{TARGET}", "ece/stance")
    return [name for name in metrics if name in shown or name.startswith(f"stance_f1/{TARGET}/")]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of an evaluation; rows are aligned with `sentences`."""

    sentences: tuple[LabelledSentence, ...]
    gold: Gold
    probabilities: Probabilities
    decisions: Decisions
    columns: dict[str, Column]

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric with its 95 % interval."""
        return summarise(self.columns)


def predict_labelled(tagger: Tagger, rows: Sequence[LabelledSentence]) -> Iterator[Probabilities]:
    """Probabilities of labelled sentences, batch by batch, so that a caller can show progress."""
    for start in range(0, len(rows), BATCH):
        yield tagger.predict_proba([row.sentence for row in rows[start : start + BATCH]])


def evaluate(tagger: Tagger, labelled: LabelledSet, *, n_resamples: int = 1000, seed: int = 0) -> Report:
    """Score a bundle on the labelled sentences of a set; rows that are context only are not scored.

    Raises
    ------
    InputError
        When the set has no labelled sentence.
    """
    rows = labelled.scored
    if not rows:
        raise InputError("the set has no labelled sentence (every 'labels' is null); nothing can be measured.")
    return report_on(
        rows,
        Probabilities.concatenate(list(predict_labelled(tagger, rows))),
        tagger,
        Resamples([r.doc for r in rows], n_resamples, seed),
    )


def report_on(
    rows: Sequence[LabelledSentence], probabilities: Probabilities, tagger: Tagger, resamples: Resamples
) -> Report:
    """Report on probabilities that were computed already."""
    codebook = tagger.bundle.manifest.codebook
    gold = gold_arrays(rows, codebook)
    decisions = tagger.decide(probabilities)
    columns = compute_columns(decisions, probabilities, gold, codebook.topic_ids, resamples)
    columns |= holder_columns(rows, resamples)
    return Report(tuple(rows), gold, probabilities, decisions, columns)


def holder_columns(rows: Sequence[LabelledSentence], resamples: Resamples) -> dict[str, Column]:
    """How the holder that `find_holder` reads compares with each labelled one, exactly and by words."""
    counts = np.zeros((len(rows), 3))  # labelled holders, exact hits, sum of token F1
    for i, row in enumerate(rows):
        wanted = [label.holder for label in (row.labels or {}).values() if label.holder]
        found = find_holder(row.text) if wanted else ""
        counts[i] = len(wanted), wanted.count(found), sum(token_f1(found, holder) for holder in wanted)
    sums = resamples.sums(counts)
    if not sums[0, 0]:
        return {}
    return {"holder_exact": ratio(sums[:, 1], sums[:, 0]), "holder_token_f1": ratio(sums[:, 2], sums[:, 0])}


def token_f1(found: str, wanted: str) -> float:
    """F1 over the words of two spans, as in SQuAD (Rajpurkar et al. 2016)."""
    a, b = Counter(found.lower().split()), Counter(wanted.lower().split())
    return 2 * (a & b).total() / max(a.total() + b.total(), 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of a bundle against a reference, paired over the same document resamples.

    Attributes
    ----------
    p_value
        Two-sided share of resamples in which the difference has the other sign (at least 1 / resamples).
    """

    value: float
    low: float
    high: float
    p_value: float


def paired_difference(report: Report, reference: Report, metric: str) -> Difference:
    """Difference ``report - reference``; both must come from the same set, seed and number of resamples."""
    gaps = report.columns[metric] - reference.columns[metric]
    drawn = gaps[1:][~np.isnan(gaps[1:])]
    if not len(drawn):  # the metric is nowhere defined, as stances on a set without topics
        return Difference(float("nan"), float("nan"), float("nan"), 1.0)
    low, high = np.percentile(drawn, [2.5, 97.5])
    tail = min((drawn <= 0).mean(), (drawn >= 0).mean())
    return Difference(float(gaps[0]), float(low), float(high), float(min(1.0, max(2 * tail, 1 / len(drawn)))))


def prediction_rows(report: Report, topics: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Per-sentence predictions beside the gold labels, for a table."""
    for i, row in enumerate(report.sentences):
        found = {
            topic: STANCES[report.decisions.stance[i, k]]
            for k, topic in enumerate(topics)
            if report.decisions.topic[i, k]
        }
        yield {
            "id": row.id,
            "source": row.source,
            "text": row.text,
            "gold": _compact(row.stances),
            "predicted": _compact(found),
            "right": found == row.stances,
            **{f"{topic}_p": round(float(report.probabilities.topic[i, k]), 4) for k, topic in enumerate(topics)},
        }


def _compact(labels: dict[str, str]) -> str:
    return ", ".join(f"{topic}: {stance}" for topic, stance in sorted(labels.items())) or "none"
