"""``stancewire promote``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from stancewire.cli.setting import set_name, store, who, workspace
from stancewire.cli.terminal import say, show
from stancewire.errors import InputError
from stancewire.gate import GATE, read_limits
from stancewire.labels import labels_hash, read_labels
from stancewire.promotion import Decision, Request, promote


@click.command("promote")
@click.argument("bundle", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--on",
    "evaluation",
    type=click.Path(path_type=Path, file_okay=False),
    help="The frozen evaluation set.  [default: 'evaluation' in models/gate.yaml]",
)
@click.option("--why", default="", help="Why; kept with the decision.")
@click.option("--model", default="stancewire", show_default=True, help="Name in the registry.")
@click.option("--new-evaluation", is_flag=True, help="The evaluation set is another one than before, on purpose.")
@click.pass_context
def command(
    context: click.Context, bundle: Path, evaluation: Path | None, why: str, model: str, new_evaluation: bool
) -> None:
    """Make BUNDLE the champion if it passes the gate of models/gate.yaml; every decision is kept in MLflow."""
    space = workspace(context)
    limits = read_limits(space.models / GATE)
    if evaluation is None and limits.evaluation is None:
        raise InputError(f"{space.models / GATE}: no 'evaluation', the frozen set. Add it, or give --on FOLDER.")
    folder = evaluation or space.root / str(limits.evaluation)
    codebook = space.codebook()
    request = Request(
        bundle=bundle,
        codebook=codebook,
        evaluation=read_labels(folder, codebook),
        evaluation_name=set_name(space, folder),
        evaluation_hash=labels_hash([folder]),
        limits=limits,
        model=model,
        who=who(space),
        why=why,
        new_evaluation=new_evaluation,
    )
    decision = promote(request, store(space))
    show(_reasons(decision))
    if not decision.accepted:
        failed = ", ".join(check.name for check in decision.checks if not check.passed)
        raise InputError(f"{bundle}: not promoted ({failed}); the reasons stand above and in run {decision.run_id}.")
    say(f"{decision.candidate} is now champion of '{model}', version {decision.version}")


def _reasons(decision: Decision) -> Table:
    table = Table(title=f"{decision.candidate} against the gate", title_justify="left")
    for head in ("check", "found", "wanted", ""):
        table.add_column(head, overflow="fold")
    for check in decision.checks:
        table.add_row(check.name, check.found, check.wanted, "passed" if check.passed else "FAILED")
    return table
