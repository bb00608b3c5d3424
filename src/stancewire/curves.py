"""Pictures of choices and of growth: thresholds, cells with their intervals, and what more labels would bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stancewire.codebook import AGAINST, FAVOR, NEUTRAL, STANCES
from stancewire.cuts import QUALITY, Costs, Curve
from stancewire.evaluate import Difference, Report
from stancewire.metrics import Metric
from stancewire.panels import error_bars, panels
from stancewire.scores import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {FAVOR: "tab:green", AGAINST: "tab:red", NEUTRAL: "tab:grey"}


class Point(NamedTuple):
    """One point of a learning curve: sentences trained on, metrics on the held-out ones."""

    sentences: int
    metrics: dict[str, Metric]


def curves_of(report: Report, topics: Sequence[str], thresholds: Floats) -> Iterator[tuple[str, Figure]]:
    """Names and figures: threshold curves of the topics, bars of the cells."""
    yield "thresholds", threshold_curves(report, topics, thresholds)
    yield "cells", cell_bars(report, topics)


def threshold_curves(report: Report, topics: Sequence[str], thresholds: Floats) -> Figure:
    """Precision, recall and F1 of each topic at every threshold, with the one that was chosen."""
    figure, rows = panels(len(topics), 3.6 * len(topics), 3.4)
    grid = np.linspace(0.01, 0.99, 99)
    for k, (topic, axes) in enumerate(zip(topics, rows, strict=True)):
        found = report.probabilities.topic[:, k, None] >= grid  # (n, 99)
        truth = report.gold.topic[:, k, None]
        hits = (found & truth).sum(axis=0)
        precision = hits / np.maximum(found.sum(axis=0), 1)
        recall = hits / max(truth.sum(), 1)
        axes.plot(grid, precision, label="precision", linewidth=0.9)
        axes.plot(grid, recall, label="recall", linewidth=0.9)
        axes.plot(grid, 2 * hits / np.maximum(found.sum(axis=0) + truth.sum(), 1), label="F1", color="black")
        axes.axvline(float(thresholds[k]), color="grey", linestyle="--", linewidth=0.8)
        axes.set_title(f"{topic}: threshold {thresholds[k]:.2f}")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("threshold")
    rows[0].legend(loc="lower center")
    return figure


def cell_bars(report: Report, topics: Sequence[str]) -> Figure:
    """F1 of every topic x stance with its 95 % interval."""
    figure, (axes,) = panels(1, 6.4, 1.2 + 0.3 * len(topics) * len(STANCES))
    metrics = report.metrics
    names = [(t, s) for t in reversed(topics) for s in reversed(STANCES) if f"triple_f1/{t}/{s}" in metrics]
    for y, (topic, stance) in enumerate(names):
        metric = metrics[f"triple_f1/{topic}/{stance}"]
        bars = error_bars(*metric)
        axes.barh(y, metric.value, xerr=bars, color=_COLOURS[stance], capsize=2, error_kw={"linewidth": 0.8})
    axes.set_yticks(range(len(names)), [f"{topic}: {stance}" for topic, stance in names])
    axes.set_xlim(0, 1)
    axes.set_title("F1 of (topic, stance), with 95 % intervals")
    return figure


def learning_curve(points: Sequence[Point], names: Sequence[str]) -> Figure:
    """Metrics on the held-out sentences against the number of sentences trained on."""
    figure, (axes,) = panels(1, 5.6, 4.2)
    for name in names:
        kept = [(p.sentences, p.metrics[name]) for p in points if name in p.metrics]
        xs = [x for x, _ in kept]
        axes.plot(xs, [m.value for _, m in kept], "o-", label=name)
        axes.fill_between(xs, [m.low for _, m in kept], [m.high for _, m in kept], alpha=0.12)
    axes.set_xlabel("sentences trained on")
    axes.set_ylabel("on held-out sentences, 95 % interval")
    axes.set_ylim(0, 1)
    axes.set_title("Learning curve")
    axes.legend(loc="lower right")
    return figure


def difference_bars(differences: Mapping[str, Difference], topics: Sequence[str], margin: float) -> Figure:
    """Candidate minus champion in every topic and (topic, stance), with 95 % intervals and the margin."""
    names = [f"triple_f1/{topic}/{stance}" for topic in topics for stance in STANCES]
    names = [*names, *(f"topic_f1/{topic}" for topic in topics)]
    kept = [name for name in reversed(names) if name in differences and not np.isnan(differences[name].value)]
    figure, (axes,) = panels(1, 7, 1.4 + 0.3 * len(kept))
    for y, name in enumerate(kept):
        gap = differences[name]
        bars = error_bars(gap.value, gap.low, gap.high)
        colour = "tab:green" if gap.value >= 0 else "tab:red"
        axes.errorbar(gap.value, y, xerr=bars, fmt="o", color=colour, capsize=3)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.axvline(-margin, color="tab:red", linewidth=0.8, linestyle="--")
    axes.set_yticks(range(len(kept)), kept)
    axes.set_title("Candidate minus champion; dashed: the most that a cell may lose")
    return figure


def cost_curve(curve: Curve, costs: Costs, alone: Mapping[str, float], chosen: Mapping[str, int]) -> Figure:
    """Quality against CPU-seconds at every cut of a cascade.

    Parameters
    ----------
    alone
        Quality of the ``fast`` and the ``strong`` bundle by themselves.
    chosen
        Index of a cut by its name, such as ``0.5 points``.
    """
    figure, (axes,) = panels(1, 6.4, 4.4)
    cost, quality = curve.cost(costs), 100 * curve.columns[QUALITY]
    axes.plot(cost, quality, color="grey", linewidth=1, zorder=0, label="every cut")
    for (name, value), x in zip(alone.items(), costs, strict=True):
        axes.plot(x, 100 * value, "D", color="black")
        inward = {"xytext": (6, -10)} if x <= min(costs) else {"xytext": (-8, 6), "ha": "right"}
        axes.annotate(name, (x, 100 * value), textcoords="offset points", fontsize=8, **inward)
    for name, i in chosen.items():
        at = (float(cost[i]), float(quality[i]))
        axes.plot(*at, "o", label=f"{name}: {100 * (1 - curve.share[i]):.0f} % by the fast")
    axes.set_xscale("log")
    axes.margins(x=0.15, y=0.15)
    axes.set_xlabel("CPU-seconds per 1,000 sentences (log scale)")
    axes.set_ylabel(f"{QUALITY}, points")
    axes.set_title("Quality against cost: up and left is better")
    axes.legend(loc="lower right", fontsize=8)
    return figure
