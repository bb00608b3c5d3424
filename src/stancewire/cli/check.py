"""``stancewire check``."""

from __future__ import annotations

import click

from stancewire.checks import check_workspace
from stancewire.cli.rule_table import show_rules
from stancewire.cli.setting import open_tagger, workspace
from stancewire.cli.terminal import say, say_error
from stancewire.errors import MissingError
from stancewire.rule_checks import check_rules


@click.command("check")
@click.option("-m", "--model", help="Run the codebook's test sentences against this bundle instead.")
@click.option("--strict", is_flag=True, help="With --model: exit code 1 when a rule is broken.")
@click.pass_context
def command(context: click.Context, model: str | None, strict: bool) -> None:
    """Validate the workspace: codebook, labels, recipes and bundles; every problem with its file and line.

    With --model: which rules of the codebook (of the bundle's own outside a workspace) the model breaks.
    """
    if model is None:
        findings = check_workspace(workspace(context))
        for line in findings.sound:
            say(f"ok  {line}")
        if findings.problems:
            say_error("\n".join(findings.problems))
            raise click.exceptions.Exit(1)
        return
    tagger = open_tagger(context, model)
    try:
        codebook = workspace(context).codebook()
    except MissingError:
        codebook = tagger.bundle.manifest.codebook
    report = check_rules(tagger, codebook)
    show_rules(report, tagger.bundle.label)
    if strict and report.broken:
        raise click.exceptions.Exit(1)
