"""``stancewire compare``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click
from rich.table import Table

from stancewire.bundle import read_bundle
from stancewire.cli.compare_curve import draw_curve
from stancewire.cli.setting import warn_of_training_data
from stancewire.cli.terminal import counted, say, show
from stancewire.compare import COMPARED, Entry, compare
from stancewire.errors import MissingError
from stancewire.files import write_bytes

PICTURES = (".png", ".svg", ".pdf")


@click.command("compare")
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--on",
    "labelled",
    type=click.Path(path_type=Path, file_okay=False),
    help="A labelled set.  [default, with --curve only: what both bundles held out]",
)
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw quality against speed: FILE.png.")
@click.option(
    "--curve",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Instead, for a fast and a strong bundle: what every cut of their cascade gives and costs, in FILE.png.",
)
@click.pass_context
def command(
    context: click.Context, bundles: tuple[Path, ...], labelled: Path | None, plot: Path | None, curve: Path | None
) -> None:
    """Put BUNDLES side by side; differences are against the first, * where p < 0.05 (paired bootstrap of documents)."""
    for option, picture in (("--plot", plot), ("--curve", curve)):
        if picture:
            _check_picture(option, picture)
    if curve:
        if len(bundles) != 2 or plot:
            raise click.UsageError("--curve takes two bundles, the fast one first, and no --plot.")
        draw_curve(context, bundles, labelled, curve)
        return
    if labelled is None:
        raise click.UsageError("Missing option '--on': a labelled set to measure on.")
    for folder in bundles:  # a wrong one is told before any is measured
        warn_of_training_data(context, read_bundle(folder), labelled)
    entries = list(counted(compare(bundles, labelled), "bundles", len(bundles)))
    show(_table(entries, f"on {labelled.name}"), whole=True)
    if plot:
        _draw(entries, plot)
        say(f"picture written to {plot}")


def _table(entries: list[Entry], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for head in ("bundle", *COMPARED, "sentences/s", "MB", "load s"):
        table.add_column(head, justify="left" if head == "bundle" else "right")
    for entry in entries:
        table.add_row(
            entry.label,
            *(_cell(entry, metric) for metric in COMPARED),
            f"{entry.sentences_per_second:,.0f}",
            f"{entry.megabytes:.1f}",
            f"{entry.load_seconds:.2f}",
        )
    return table


def _check_picture(option: str, picture: Path) -> None:
    """Refuse before anything is measured."""
    if picture.suffix.lower() not in PICTURES:
        raise click.UsageError(f"{option} {picture}: expected a file that ends in {', '.join(PICTURES)}.")
    if not picture.parent.is_dir():
        raise MissingError(f"{option} {picture}: no folder {picture.parent}. Make it first.")
    if find_spec("matplotlib") is None:
        raise MissingError(f"{option} needs an extra: pip install 'stancewire[train]'")


def _draw(entries: list[Entry], plot: Path) -> None:
    from stancewire.figures import image_bytes, pareto

    write_bytes(plot, image_bytes(pareto(entries), plot.suffix.lower().lstrip(".")))


def _cell(entry: Entry, metric: str) -> str:
    value = f"{100 * entry.report.columns[metric][0]:.1f}"
    if metric not in entry.differences:
        return value
    difference = entry.differences[metric]
    star = "*" if difference.p_value < 0.05 else ""
    return f"{value} ({100 * difference.value:+.1f}{star})"
