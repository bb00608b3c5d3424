"""``stancewire compare FAST STRONG --curve FILE``: what every cut of their cascade would give and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.table import Table

from stancewire.bundle import read_bundle
from stancewire.cascade import Members, TradeOff, fast_alone, weigh
from stancewire.cli.setting import workspace
from stancewire.cli.terminal import say, show
from stancewire.curves import cost_curve
from stancewire.cuts import QUALITY, cut_for_loss, spread
from stancewire.figures import image_bytes
from stancewire.files import write_bytes
from stancewire.labels import read_labels

LOSSES = (0.5, 1.0, 2.0)
"""Points that may be lost: the cuts that are marked."""
_SHOWN = ("topic_macro_f1", QUALITY)
_ROWS = 21
"""Cuts that are printed."""


def draw_curve(context: click.Context, bundles: Sequence[Path], labelled: Path | None, picture: Path) -> None:
    """Print and draw the curve of two bundles, on a labelled set or on what both held out."""
    members = Members(*map(read_bundle, bundles))
    rows = read_labels(labelled or workspace(context).labels, members.strong.manifest.codebook).scored
    choice = weigh(members, rows if labelled else None, rows)
    chosen = {f"loss {loss:g}": cut_for_loss(choice.curve, loss) for loss in LOSSES}
    alone = fast_alone(choice)
    on = labelled.name if labelled else "the common held-out sentences"
    show(_table(choice, chosen, alone, f"{len(choice.sides.docs)} sentences: {on}; CPU-seconds per 1,000"))
    ends = {members.fast.label: alone[QUALITY], members.strong.label: float(choice.curve.columns[QUALITY][0])}
    figure = cost_curve(choice.curve, choice.costs, ends, chosen)
    write_bytes(picture, image_bytes(figure, picture.suffix.lower().lstrip(".")))
    say(f"picture written to {picture}")


def _table(choice: TradeOff, chosen: Mapping[str, int], alone: Mapping[str, float], title: str) -> Table:
    curve, costs = choice.curve, choice.costs
    table = Table(title=title, title_justify="left")
    for head in ("cut", "by the fast", *_SHOWN, "CPU-s", "speed-up", ""):
        table.add_column(head, justify="right" if head else "left")
    table.add_row("", "", *(f"{100 * alone[m]:.1f}" for m in _SHOWN), *_costs(costs.fast, costs.strong), "fast alone")
    at_cut = curve.cost(costs)
    for i in sorted({*map(int, spread(len(curve.cuts), _ROWS)), *chosen.values()}, reverse=True):
        quality = (f"{100 * curve.columns[m][i]:.1f}" for m in _SHOWN)
        notes = ", ".join(name for name, at in chosen.items() if at == i)
        shown = f"{100 * (1 - curve.share[i]):.1f} %"
        table.add_row(f"{curve.cuts[i]:.4f}", shown, *quality, *_costs(float(at_cut[i]), costs.strong), notes)
    quality = (f"{100 * curve.columns[m][0]:.1f}" for m in _SHOWN)
    table.add_row("", "", *quality, *_costs(costs.strong, costs.strong), "strong alone")
    return table


def _costs(cost: float, strong: float) -> tuple[str, str]:
    """CPU-seconds per 1,000 sentences, and how many times faster than the strong model that is."""
    return f"{cost:.3g}", f"{strong / cost:.1f} x"
