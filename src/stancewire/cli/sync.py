"""``stancewire sync``."""

from __future__ import annotations

import click

from stancewire.cli.setting import store, workspace
from stancewire.cli.terminal import say


@click.command("sync")
@click.pass_context
def command(context: click.Context) -> None:
    """Send what the MLflow store did not take when it was down or read-only, from mlruns/unsent/."""
    place = store(workspace(context))
    sent = 0
    for folder, run_id in place.sync():
        sent += 1
        say(f"sent  {folder.name} as run {run_id}")
    say(f"{sent} runs sent to {place.tracking_uri}")
