"""``stancewire compare``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from stancewire.cli.terminal import counted, show
from stancewire.compare import COMPARED, Entry, compare


@click.command("compare")
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--on",
    "labelled",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A labelled set.",
)
def command(bundles: tuple[Path, ...], labelled: Path) -> None:
    """Put BUNDLES side by side; differences are against the first, * where p < 0.05 (paired bootstrap of documents)."""
    table = Table(title=f"on {labelled.name}", title_justify="left")
    for head in ("bundle", *COMPARED, "sentences/s", "MB", "load s"):
        table.add_column(head, justify="left" if head == "bundle" else "right")
    for entry in counted(compare(bundles, labelled), "bundles", len(bundles)):
        cells = (_cell(entry, metric) for metric in COMPARED)
        table.add_row(
            entry.label,
            *cells,
            f"{entry.sentences_per_second:,.0f}",
            f"{entry.megabytes:.1f}",
            f"{entry.load_seconds:.2f}",
        )
    show(table)


def _cell(entry: Entry, metric: str) -> str:
    value = f"{100 * entry.report.columns[metric][0]:.1f}"
    if metric not in entry.differences:
        return value
    difference = entry.differences[metric]
    star = "*" if difference.p_value < 0.05 else ""
    return f"{value} ({100 * difference.value:+.1f}{star})"
