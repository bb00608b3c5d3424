"""``stancewire cascade``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from stancewire.bundle import read_bundle
from stancewire.cascade import Members, Outcome, TradeOff, outcome_of, weigh
from stancewire.cascade_bundle import write_cascade
from stancewire.cli.setting import set_name, workspace
from stancewire.cli.terminal import say, show
from stancewire.cuts import QUALITY, cut_for_budget, cut_for_loss
from stancewire.labels import read_labels
from stancewire.runtimes.cascade import FAST, STRONG

_SHOWN = ("topic_macro_f1", QUALITY, "stance_macro_f1")
_USUAL = 0.5
"""Points that may be lost when nothing is said."""


@click.command("cascade")
@click.option("--fast", type=click.Path(path_type=Path, file_okay=False), help="A bundle.  [default: models/fast]")
@click.option("--strong", type=click.Path(path_type=Path, file_okay=False), help="A bundle.  [default: models/default]")
@click.option("--max-loss", type=click.FloatRange(0, 100), help="Points of triple_micro_f1.  [default: 0.5]")
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="CPU-seconds per 1,000 sentences, instead.")
@click.option(
    "--on",
    "labelled",
    type=click.Path(path_type=Path, file_okay=False),
    help="Choose the cut on this labelled set.  [default: what both bundles held out]",
)
@click.option("--name", default="cascade", show_default=True, help="The bundle's name, models/NAME.")
@click.pass_context
def command(
    context: click.Context,
    fast: Path | None,
    strong: Path | None,
    max_loss: float | None,
    budget: float | None,
    labelled: Path | None,
    name: str,
) -> None:
    """Make one bundle of two, without training: the fast one answers where it is safe, the strong one the rest.

    The cut is the largest that loses at most --max-loss against the strong bundle, or the best that --budget allows.
    """
    if max_loss is not None and budget is not None:
        raise click.UsageError("--max-loss and --budget are two ways to choose the cut; give one.")
    if Path(name).name != name:
        raise click.UsageError("--name is one folder's name under models/.")
    space = workspace(context)
    members = Members(read_bundle(fast or space.models / "fast"), read_bundle(strong or space.models / "default"))
    if members.fast.content_hash == members.strong.content_hash:
        raise click.UsageError(f"--fast and --strong are one bundle, {members.fast.label}; name two.")
    rows = read_labels(labelled or space.labels, members.strong.manifest.codebook).scored
    target = space.models / name
    if target.resolve() in {bundle.folder.resolve() for bundle in (members.fast, members.strong)}:
        raise click.UsageError(f"--name {name}: the cascade would replace one of its members; choose another name.")
    choice = weigh(members, rows if labelled else None, rows)
    curve = choice.curve
    lost = _USUAL if max_loss is None else max_loss
    at = cut_for_budget(curve, choice.costs, budget) if budget else cut_for_loss(curve, lost)
    outcome = outcome_of(choice, float(curve.cuts[at]))
    on = set_name(space, labelled) if labelled else "the common held-out sentences"
    bundle = write_cascade(members, outcome, target, on)
    show(_table(choice, outcome, f"{bundle.label} on {len(choice.sides.docs)} sentences: {on}; CPU-seconds per 1,000"))
    loss = outcome.loss
    say(f"cut {outcome.cut:g}: {loss.value:.2f} points of {QUALITY} lost (95 %: {loss.low:.2f} to {loss.high:.2f})")
    say(f"bundle written to {bundle.folder}")


def _table(choice: TradeOff, outcome: Outcome, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for head in ("bundle", "by the fast", *_SHOWN, "CPU-s", "speed-up"):
        table.add_column(head, justify="left" if head == "bundle" else "right")
    members, costs = choice.members, choice.costs
    rows = (
        (FAST, members.fast.label, 1.0, costs.fast),
        ("cascade", "cascade", 1 - outcome.share, costs.fast + outcome.share * costs.strong),
        (STRONG, members.strong.label, 0.0, costs.strong),
    )
    for which, label, share, cost in rows:
        quality = (f"{100 * outcome.columns[which][metric][0]:.1f}" for metric in _SHOWN)
        table.add_row(label, f"{100 * share:.1f} %", *quality, f"{cost:.3g}", f"{costs.strong / cost:.1f} x")
    return table
