"""``stancewire check``."""

from __future__ import annotations

import click

from stancewire.checks import check_workspace
from stancewire.cli.setting import workspace
from stancewire.cli.terminal import say
from stancewire.errors import raise_problems


@click.command("check")
@click.pass_context
def command(context: click.Context) -> None:
    """Validate the workspace: codebook, labels, recipes and bundles; every problem with its file and line."""
    space = workspace(context)
    findings = check_workspace(space)
    for line in findings.sound:
        say(f"ok  {line}")
    raise_problems(findings.problems)
