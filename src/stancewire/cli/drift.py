"""``stancewire drift``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from stancewire.bundle import PROFILE, read_bundle
from stancewire.cli.setting import find_bundle, say_kept, store, workspace
from stancewire.cli.terminal import counted, say, show
from stancewire.drift import Drift, compare_tags
from stancewire.drift_report import drift_html, track_drift
from stancewire.errors import InputError, MissingError
from stancewire.files import parse_json_object, read_bytes, write_bytes
from stancewire.profile import check_profile
from stancewire.tag_rows import read_tag_rows


@click.command("drift")
@click.argument("tags", type=click.Path(path_type=Path))
@click.option("--against", required=True, metavar="BUNDLE", help="A bundle's folder, or models:/NAME@ALIAS.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report, HTML.")
@click.option("--no-track", is_flag=True, help="Keep nothing in MLflow; needs no workspace.")
@click.pass_context
def command(context: click.Context, tags: Path, against: str, output: Path | None, no_track: bool) -> None:
    """Compare TAGS (a file, or a folder of shards) with the training data of a bundle: labels, words, confidence."""
    bundle = read_bundle(find_bundle(context, against))
    if not (bundle.folder / PROFILE).is_file():
        raise MissingError(f"{against}: this bundle has no {PROFILE}; it is older than drift reports. Train it anew.")
    profile = parse_json_object(read_bytes(bundle.folder / PROFILE), str(bundle.folder / PROFILE))
    rows = read_tag_rows(tags, bundle.manifest.codebook.topic_ids)
    drift = compare_tags(counted(rows, "sentences"), check_profile(profile, against), bundle.label)
    if not drift.sentences:
        raise InputError(f"{tags}: holds no tags; nothing can be compared.")
    page = drift_html(drift)
    if output:
        write_bytes(output, page.encode())
        say(f"report written to {output}")
    if not no_track:
        _track(context, drift, tags.name, page)
    click.echo(f"{drift.sentences} sentences of {drift.documents} documents against {drift.bundle}: {drift.verdict}")
    show(_table(drift))


def _track(context: click.Context, drift: Drift, name: str, page: str) -> None:
    text = f"`{name}` against `{drift.bundle}`: **{drift.verdict}**. Open *Artifacts*, `drift.html`."
    tags = {"kind": "drift", "bundle": drift.bundle}
    with store(workspace(context)).run(f"drift {name}", text, tags) as run:
        track_drift(drift, run)
        run.text("drift.html", page)
    say_kept(run)


def _table(drift: Drift) -> Table:
    table = Table()
    for head in ("feature", "PSI", "sampling alone", ""):
        table.add_column(head, justify="left" if head in ("feature", "") else "right")
    for feature in drift.features:
        table.add_row(feature.name, f"{feature.psi:.3f}", f"{feature.noise:.3f}", feature.verdict)
    table.add_row("unseen words", f"{100 * drift.unseen:.1f} %", f"{100 * drift.unseen_reference:.1f} % held out", "")
    return table
