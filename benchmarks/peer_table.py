"""Models and peers side by side: a table for the terminal, one for Markdown, and every figure as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from stancewire.compare import COMPARED, Entry
from stancewire.evaluate import Report, paired_difference

SHOWN = ("topic_macro_f1", "triple_micro_f1", "stance_macro_f1")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; what is not known of a bundle is None.

    Attributes
    ----------
    cpu
        CPU-seconds per 1,000 sentences.
    rss
        Peak memory of a fresh process, MB.
    minutes, cpu_minutes
        Of training.
    plain
        A peer's report without thresholds and weights chosen for it.
    """

    entry: Entry
    cpu: float
    rss: float
    minutes: float | None = None
    cpu_minutes: float | None = None
    trained_on: int | None = None
    plain: Report | None = None
    about: str = ""


def reference_of(lines: Sequence[Line], name: str) -> Line:
    """The line that ratios are against: the one of that name, else the first."""
    return next((line for line in lines if line.entry.label == name), lines[0])


def heads(reference: Line) -> tuple[str, ...]:
    """The columns."""
    speed = ("sentences/s", f"× {reference.entry.label}", "CPU-s/1,000")
    return (
        "",
        "topic macro-F1",
        "triple micro-F1",
        "stance macro-F1",
        *speed,
        "MB",
        "RSS MB",
        "load s",
        "training min",
    )


def cells(line: Line, reference: Line, quality: Callable[[Line, Line, str], str]) -> list[str]:
    """The line's cells in the order of `heads`."""
    entry = line.entry
    times = entry.sentences_per_second / reference.entry.sentences_per_second
    minutes = "" if line.minutes is None else f"{line.minutes:.1f}"
    cpu_minutes = "" if line.cpu_minutes is None else f" ({line.cpu_minutes:.1f} CPU)"
    return [
        entry.label,
        *(quality(line, reference, metric) for metric in SHOWN),
        f"{entry.sentences_per_second:,.0f}",
        f"{times:.2f}" if times < 10 else f"{times:,.0f}",
        f"{line.cpu:.2f}",
        f"{entry.megabytes:.1f}",
        f"{line.rss:,.0f}",
        f"{entry.load_seconds:.1f}",
        minutes + cpu_minutes,
    ]


def table_of(lines: Sequence[Line], reference: Line, title: str) -> Table:
    """The table for the terminal, intervals below the values."""
    table = Table(title=title, title_justify="left", show_lines=True)
    for head in heads(reference):
        table.add_column(head, justify="right" if head else "left")
    for line in lines:
        table.add_row(*cells(line, reference, _two_rows))
    return table


def markdown_of(lines: Sequence[Line], reference: Line) -> str:
    """The table for a document, with what every peer is below."""
    columns = heads(reference)
    rows = [columns, ("---", *["---:"] * (len(columns) - 1))]
    rows += [tuple(cells(line, reference, _one_row)) for line in lines]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = "\n".join(f"- {line.entry.label}: {line.about}" for line in lines if line.about)
    return f"{table}\n\n{notes}\n"


def _two_rows(line: Line, reference: Line, metric: str) -> str:
    value, low, high = (100 * x for x in line.entry.report.metrics[metric])
    return f"{value:.1f}{_star(line, reference, metric)}\n{low:.1f}–{high:.1f}"


def _one_row(line: Line, reference: Line, metric: str) -> str:
    value, low, high = (100 * x for x in line.entry.report.metrics[metric])
    return f"{value:.1f}{_star(line, reference, metric)} ({low:.1f}–{high:.1f})"


def _star(line: Line, reference: Line, metric: str) -> str:
    if line is reference:
        return ""
    return "*" if paired_difference(line.entry.report, reference.entry.report, metric).p_value < 0.05 else ""


def json_of(lines: Sequence[Line], reference: Line) -> list[dict[str, Any]]:
    """Everything that was measured; metrics are value, low and high."""
    return [
        {
            "name": line.entry.label,
            "about": line.about,
            "trained_on": line.trained_on,
            "train_minutes": line.minutes,
            "train_cpu_minutes": line.cpu_minutes,
            "sentences_per_second": line.entry.sentences_per_second,
            "cpu_seconds_per_1000": line.cpu,
            "megabytes": line.entry.megabytes,
            "rss_megabytes": line.rss,
            "load_seconds": line.entry.load_seconds,
            "metrics": line.entry.report.metrics,
            "plain": line.plain.metrics if line.plain else None,
            "ratios": _ratios(line, reference),
            "p_values": {m: paired_difference(line.entry.report, reference.entry.report, m).p_value for m in COMPARED},
        }
        for line in lines
    ]


def _ratios(line: Line, reference: Line) -> dict[str, float]:
    ours, theirs = line.entry, reference.entry
    quality = {m: float(ours.report.columns[m][0] / theirs.report.columns[m][0]) for m in COMPARED}
    return quality | {
        "sentences_per_second": ours.sentences_per_second / theirs.sentences_per_second,
        "cpu_seconds_per_1000": line.cpu / reference.cpu,
        "megabytes": ours.megabytes / theirs.megabytes,
        "rss_megabytes": line.rss / reference.rss,
        "load_seconds": ours.load_seconds / theirs.load_seconds,
    }
