"""``stancewire serve``."""

from __future__ import annotations

import click

from stancewire.bundle import read_bundle
from stancewire.cli.setting import find_bundle, quiet_mlflow
from stancewire.cli.terminal import say
from stancewire.serving import HOST, ServeLimits, serve


@click.command("serve")
@click.option("-m", "--model", default="models:/stancewire@champion", show_default=True, help="Or a bundle's folder.")
@click.option("--host", default=HOST, show_default=True, help="Another address is open to others; there is no login.")
@click.option("--port", default=5001, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--max-bytes", default=ServeLimits().body, show_default=True, type=click.IntRange(1), help="Of one request."
)
@click.option(
    "--max-sentences",
    default=ServeLimits().sentences,
    show_default=True,
    type=click.IntRange(1),
    help="Of one request.",
)
@click.pass_context
def command(context: click.Context, model: str, host: str, port: int, max_bytes: int, max_sentences: int) -> None:
    """Serve a model over HTTP with MLflow's scoring server: POST /invocations, GET /health. Ctrl-C stops it."""
    quiet_mlflow()
    bundle = read_bundle(find_bundle(context, model))
    say(f"{bundle.label} at http://{host}:{port}/invocations  (health: /health; Ctrl-C stops it)")
    serve(bundle.folder, host, port, ServeLimits(max_bytes, max_sentences))
