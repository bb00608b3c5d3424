"""Pictures of an evaluation, with matplotlib: where the errors are, and whether the probabilities can be believed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stancewire.codebook import STANCES
from stancewire.compare import Entry
from stancewire.evaluate import Report
from stancewire.metrics import BINS
from stancewire.panels import error_bars, panels
from stancewire.scores import Bools, Floats, Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figures_of(report: Report, topics: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    """Names and figures: confusion per topic, precision-recall, reliability, F1 per source."""
    for k, topic in enumerate(topics):
        yield f"confusion_{topic}", _confusion(report, k, topic)
    yield "precision_recall", _precision_recall(report, topics)
    yield "reliability", reliability(report, topics)
    yield "sources", _sources(report)


def pareto(entries: Sequence[Entry], metric: str = "triple_micro_f1") -> Figure:
    """Quality with its interval against speed; the line joins the bundles that no other one beats in both."""
    figure, (axes,) = panels(1, 6.4, 4.4)
    best = -1.0
    front: list[tuple[float, float]] = []
    for entry in sorted(entries, key=lambda e: (-e.sentences_per_second, -e.report.columns[metric][0])):
        found = entry.report.metrics[metric]
        at = (entry.sentences_per_second, found.value)
        axes.errorbar(*at, error_bars(*found), fmt="o", capsize=3)
        label = f"{entry.label}\n{entry.megabytes:.1f} MB"
        axes.annotate(label, at, (6, 6), textcoords="offset points", fontsize=8)
        if found.value > best:
            best = found.value
            front.append(at)
    axes.plot(*zip(*front, strict=True), color="grey", linewidth=0.8, linestyle="--", zorder=0)
    axes.set_xscale("log")
    speeds = [entry.sentences_per_second for entry in entries]
    axes.set_xlim(min(speeds) / 3, max(speeds) * 4)  # room for the labels
    axes.margins(y=0.2)
    axes.set_xlabel("sentences per second (log scale)")
    axes.set_ylabel(f"{metric}, 95 % interval")
    axes.set_title("Quality against speed: up and right is better")
    return figure


def image_bytes(figure: Figure, kind: str, dpi: int = 150) -> bytes:
    """The figure as ``png``, ``svg`` or ``pdf``; `dpi` is for the first."""
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, dpi=dpi)
    return stream.getvalue()


def confusion_counts(report: Report, k: int) -> Ints:
    """``(4, 4)`` counts of gold (rows) against predicted (columns): favor, against, neutral, no topic."""
    truth = np.where(report.gold.topic[:, k], report.gold.stance[:, k], 3)
    found = np.where(report.decisions.topic[:, k], report.decisions.stance[:, k], 3)
    counts = np.zeros((4, 4), np.int64)
    np.add.at(counts, (truth, found), 1)
    return counts


def _confusion(report: Report, k: int, topic: str) -> Figure:
    figure, (axes,) = panels(1, 4.6, 4.2)
    counts = confusion_counts(report, k)
    names = [*STANCES, "no topic"]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i, j in np.ndindex(counts.shape):
        colour = "white" if shares[i, j] > 0.6 else "black"
        axes.text(j, i, str(counts[i, j]), ha="center", va="center", color=colour)
    axes.set_xticks(range(4), names)
    axes.set_yticks(range(4), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    axes.set_title(f"{topic}: sentences, shaded by share of the row")
    return figure


def _precision_recall(report: Report, topics: Sequence[str]) -> Figure:
    figure, (axes,) = panels(1, 5.2, 4.2)
    for k, topic in enumerate(topics):
        order = np.argsort(-report.probabilities.topic[:, k])
        truth = report.gold.topic[order, k]
        if not truth.any():
            continue
        hits = np.cumsum(truth)
        axes.plot(hits / hits[-1], hits / np.arange(1, len(hits) + 1), label=topic)
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.set_ylim(0, 1.02)
    axes.set_title("Topics: precision and recall at every threshold")
    if axes.lines:
        axes.legend(loc="lower left")
    return figure


def reliability(report: Report, topics: Sequence[str]) -> Figure:
    """Share of the decisions that are right against their predicted probability, topics and stances."""
    figure, (left, right) = panels(2, 9, 4.2)
    for k, topic in enumerate(topics):
        _reliability_line(left, report.probabilities.topic[:, k], report.gold.topic[:, k], topic)
        has = report.gold.topic[:, k]
        stance = report.probabilities.stance[has, k]
        _reliability_line(right, stance.max(axis=1), stance.argmax(axis=1) == report.gold.stance[has, k], topic)
    for axes, title in ((left, "Topic"), (right, "Stance (likeliest)")):
        axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
        axes.set_xlabel("predicted probability")
        axes.set_ylabel("share that is right")
        axes.set_title(f"{title}: reliability")
    left.legend(loc="upper left")
    return figure


def _reliability_line(axes: Axes, p: Floats, right: Bools, label: str) -> None:
    which = np.minimum((p * BINS).astype(int), BINS - 1)
    filled = [b for b in range(BINS) if (which == b).sum() >= 5]
    axes.plot([p[which == b].mean() for b in filled], [right[which == b].mean() for b in filled], "o-", label=label)


def _sources(report: Report) -> Figure:
    names = sorted({row.source or "unknown" for row in report.sentences})
    truth = report.gold.stance[:, :, None] == np.arange(3)
    found = report.decisions.topic[:, :, None] & (report.decisions.stance[:, :, None] == np.arange(3))
    scores = []
    for name in names:
        rows = np.array([(row.source or "unknown") == name for row in report.sentences])
        hits = (found & truth)[rows].sum()
        scores.append(2 * hits / max(found[rows].sum() + truth[rows].sum(), 1))
    figure, (axes,) = panels(1, 6, 1.2 + 0.4 * len(names))
    axes.barh(names, scores)
    axes.set_xlim(0, 1)
    axes.set_title("triple_micro_f1 by source")
    return figure
