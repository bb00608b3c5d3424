"""``stancewire labels export``, ``import`` and ``attach``: labels out to where people label, and back to their text."""

from __future__ import annotations

from pathlib import Path

import click

from stancewire.articles import read_articles
from stancewire.cli.setting import workspace
from stancewire.cli.terminal import counted, say
from stancewire.errors import InputError, did_you_mean
from stancewire.files import read_jsonl, write_bytes, write_jsonl
from stancewire.hub_dataset import write_dataset
from stancewire.label_exchange import read_exchange, with_labels, write_exchange
from stancewire.label_studio import label_config
from stancewire.labels import SENTENCES, label_dict, read_labels
from stancewire.standoff import attach

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("export", short_help="Write the labels for Label Studio, CSV or Excel.")
@click.argument("output", type=_FILE)
@click.option("--doc", "docs", multiple=True, help="Only this document; can be repeated.")
@click.option("--config", type=_FILE, help="Also write Label Studio's labelling interface (XML) to this file.")
@click.pass_context
def export_command(context: click.Context, output: Path, docs: tuple[str, ...], config: Path | None) -> None:
    """Write the labels to OUTPUT: .json (Label Studio), .csv or .xlsx."""
    space = workspace(context)
    codebook = space.codebook()
    labelled = read_labels(space.labels, codebook)
    known = {row.doc for row in labelled.sentences}
    for doc in docs:
        if doc not in known:
            raise InputError(f"--doc {doc}: no such document in {space.labels}.{did_you_mean(doc, known)}")
    rows = [row for row in labelled.sentences if not docs or row.doc in docs]
    write_exchange(rows, codebook, output)
    if config:
        write_bytes(config, label_config(codebook).encode())
    say(f"{len(rows)} sentences written to {output}")


@click.command("import", short_help="Read labels back from Label Studio, CSV or Excel.")
@click.argument("labelled", type=_FILE)
@click.option("--annotator", help="Who labelled: kept with every row whose labels change.")
@click.option("--reading", type=_FILE, help="Write a reading to this file; the labels stay as they are.")
@click.pass_context
def import_command(context: click.Context, labelled: Path, annotator: str | None, reading: Path | None) -> None:
    """Read labels from LABELLED (.json of Label Studio, .csv, .xlsx) into labels/sentences.jsonl."""
    space = workspace(context)
    codebook = space.codebook()
    labels = read_exchange(labelled, read_labels(space.labels, codebook).sentences, codebook)
    if reading:
        given = {"annotator": annotator} if annotator else {}
        done = {i: label_dict(found) for i, found in labels.items() if found is not None}
        write_jsonl(reading, ({"id": i, "labels": found, **given} for i, found in done.items()))
        say(f"{len(done)} sentences written to {reading}")
        return
    path = space.labels / SENTENCES
    rows, changed = with_labels([row for _, row in read_jsonl(path)], labels, annotator)
    if changed:
        write_jsonl(path, rows)
    say(f"{len(labels)} sentences read, {changed} with new labels")


@click.command("dataset", short_help="Write the labels as a Hugging Face data set.")
@click.argument("output", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def dataset_command(context: click.Context, output: Path) -> None:
    """Write the labels to the folder OUTPUT as a Hugging Face data set, for datasets.load_from_disk."""
    space = workspace(context)
    codebook = space.codebook()
    counts = write_dataset(read_labels(space.labels, codebook).sentences, codebook, output)
    say(", ".join(f"{n} sentences in {split}" for split, n in counts.items()) + f", written to {output}")


@click.command("attach", short_help="Put labels without text back on their articles.")
@click.argument("articles", nargs=-1, required=True)
@click.option("--standoff", required=True, type=_FILE, help="Spans and labels without text.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="A folder.")
def attach_command(articles: tuple[str, ...], standoff: Path, output: Path) -> None:
    """Make a labelled set of standoff labels and the ARTICLES that they were made on."""
    done = attach(standoff, counted(read_articles(articles), "articles"), output)
    say(f"{done.sentences} sentences in {done.windows} windows written to {output}; {done.missing} found no text")
