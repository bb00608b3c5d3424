"""``stancewire ui``."""

from __future__ import annotations

import signal

import click

from stancewire.cli.setting import store, workspace
from stancewire.cli.terminal import say
from stancewire.ui import serve


@click.command("ui")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.pass_context
def command(context: click.Context, port: int, no_browser: bool) -> None:
    """Look at the runs: the MLflow UI on this workspace's store, on this machine only. Ctrl-C stops it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the server would outlive us
    raise SystemExit(serve(store(workspace(context)), port, open_browser=not no_browser, tell=say))
