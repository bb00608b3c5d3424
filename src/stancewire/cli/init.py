"""``stancewire init``."""

from __future__ import annotations

from pathlib import Path

import click

from stancewire.cli.terminal import say
from stancewire.scaffold import make_workspace


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make a workspace in FOLDER with a small example codebook of its own to replace by yours."""
    for path in make_workspace(folder):
        say(f"made  {path}")
    say(f"next: cd {folder} && stancewire check && stancewire train training/tfidf-linear.yaml --name default")
