"""A report taken apart by the sources of its sentences: what is good on speeches may be poor on agency copy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stancewire.evaluate import Report
from stancewire.metrics import Decisions, Metric, Resamples, compute_columns, summarise

SHOWN = ("topic_micro_f1", "triple_micro_f1")
"""Micro averages: with a source's few sentences the macro ones hang on single labels."""

FEWEST = 30
"""Sentences that a source must have to be shown."""


def by_source(report: Report, topics: Sequence[str], seed: int = 0) -> dict[str, tuple[int, dict[str, Metric]]]:
    """Number of sentences and the `SHOWN` metrics of every source with at least `FEWEST` sentences, by its name."""
    sources = np.array([row.source or "unknown" for row in report.sentences])
    found = {}
    for name, n in zip(*np.unique(sources, return_counts=True), strict=True):
        if n < FEWEST:
            continue
        rows = np.flatnonzero(sources == name)
        columns = compute_columns(
            Decisions(report.decisions.topic[rows], report.decisions.stance[rows]),
            report.probabilities.take(rows),
            report.gold.take(rows),
            topics,
            Resamples([report.sentences[i].doc for i in rows], seed=seed),
        )
        metrics = summarise(columns)
        found[str(name)] = int(n), {metric: metrics[metric] for metric in SHOWN if metric in metrics}
    return found
