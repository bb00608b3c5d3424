"""``stancewire labels``: what the labels hold, and how far they can be trusted."""

from __future__ import annotations

import json
from pathlib import Path

import click

from stancewire.cli.label_tables import listing, show_titled, stats_tables
from stancewire.cli.labels_exchange import attach_command, dataset_command, export_command, import_command
from stancewire.cli.labels_review import agreement_command, duplicates_command, errors_command
from stancewire.cli.labels_soft import soft_command
from stancewire.cli.setting import workspace
from stancewire.cli.terminal import say
from stancewire.codebook import read_codebook
from stancewire.figures import image_bytes
from stancewire.files import write_bytes, write_jsonl
from stancewire.label_stats import label_stats, stats_figure
from stancewire.labels import SPLITS, read_labels
from stancewire.recode import changes, rows_to_recode
from stancewire.splits import assign_splits


@click.group("labels")
def command() -> None:
    """Look after the labels of the workspace: statistics, agreement, duplicates, errors, splits, exchange."""


@command.command("stats", short_help="Count sentences per topic and stance, genres, lengths, holders.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Draw the picture to this PNG.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.option("--labels", "folder", type=click.Path(path_type=Path, file_okay=False), help="Another labelled set.")
@click.pass_context
def stats_command(context: click.Context, output: Path | None, as_json: bool, folder: Path | None) -> None:
    """Count sentences per topic and stance, genres, lengths, holders, pairs."""
    space = workspace(context)
    codebook = space.codebook()
    labelled = read_labels(folder or space.labels, codebook)
    stats = label_stats(labelled, codebook)
    if as_json:
        click.echo(json.dumps(stats.to_dict(), ensure_ascii=False))
    else:
        for table in stats_tables(stats):
            show_titled(table)
    if output:
        write_bytes(output, image_bytes(stats_figure(labelled, codebook), "png"))
        say(f"drawn  {output}")


@command.command("split", short_help="Write labels/splits.jsonl: which documents are held out.")
@click.option("--dev-share", default=0.2, show_default=True, type=click.FloatRange(0.01, 0.9), help="Held out.")
@click.option("--seed", default=0, show_default=True, help="Of the draw.")
@click.pass_context
def split_command(context: click.Context, dev_share: float, seed: int) -> None:
    """Write labels/splits.jsonl: whole documents, near-duplicates and pairs on one side."""
    space = workspace(context)
    labelled = read_labels(space.labels, space.codebook())
    splits = assign_splits(labelled.scored, dev_share, seed)
    write_jsonl(space.labels / SPLITS, ({"doc": doc, "split": split} for doc, split in splits.items()))
    held_out = [row for row in labelled.scored if splits[row.doc] == "dev"]
    say(f"{len(held_out)} of {len(labelled.scored)} sentences held out, written to {space.labels / SPLITS}")


@command.command("recode", short_help="List the sentences to read again since the codebook changed.")
@click.option("--from", "old", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The old codebook.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per row and change.")
@click.pass_context
def recode_command(context: click.Context, old: Path, as_json: bool) -> None:
    """List the sentences to read again since a topic's definition or target, or a rule, has changed."""
    space = workspace(context)
    codebook = space.codebook()
    rows = read_labels(space.labels, codebook).scored
    found = changes(read_codebook(old), codebook)
    for change in found:
        listed = rows_to_recode(rows, change)
        listing(change.what, ((row, "") for row in listed), len(listed), as_json=as_json)
    say(f"{len(found)} changes between {old} and {space.codebook_path}")


command.add_command(agreement_command)
command.add_command(duplicates_command)
command.add_command(errors_command)
command.add_command(import_command)
command.add_command(export_command)
command.add_command(attach_command)
command.add_command(dataset_command)
command.add_command(soft_command)
