"""``stancewire predict``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, cast

import click

from stancewire.articles import ReadOptions, read_articles
from stancewire.batch import Job
from stancewire.bundle import read_bundle
from stancewire.cli.predict_batch import FolderOptions, ended_by_sigterm, folder_options, is_folder, tag_to_folder
from stancewire.cli.setting import find_bundle
from stancewire.cli.tag_table import tag_table
from stancewire.cli.terminal import counted, say, say_error, show
from stancewire.output import (
    FORMATS,
    Layout,
    format_of,
    make_layout,
    text_stream,
    write_csv_stream,
    write_jsonl_stream,
    write_tags,
)
from stancewire.predict import Tagger, load
from stancewire.records import Article, Tag
from stancewire.target_tags import tag_targets
from stancewire.targets import takes_targets

TABLE = "table"


@click.command("predict")
@click.argument("articles", nargs=-1, required=True)
@click.option("-m", "--model", help="A bundle's folder, or models:/NAME@ALIAS.  [default: models/default]")
@click.option("--fast", is_flag=True, help="Short for --model models/fast: a little less right, many times faster.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write the tags to this file, or in parts to this folder (a name without an ending): it can be resumed.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS, TABLE]),
    help="Default: what the file's ending says; without -o a table on a terminal, else jsonl.",
)
@click.option("--table", "and_table", is_flag=True, help="Show the table, with -o too.")
@click.option("--columns", help="Write these columns only, as in doc,n,labels.")
@click.option("--no-text", is_flag=True, help="Leave the sentences out: tags and offsets only.")
@click.option("--target", "targets", multiple=True, help="Ask a target model about this name or phrase; repeatable.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many articles.")
@click.option("--text", help="Column or key with the text.")
@click.option("--id", help="Column or key with the id.")
@click.option("--title", help="Column or key with the title.")
@click.option("--date", help="Column or key with the date.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="A bad record ends the run, or is reported and left out.",
)
@click.option("--follow", is_flag=True, help="Follow symbolic links out of a folder.")
@folder_options
@click.pass_context
def command(
    context: click.Context,
    /,
    articles: tuple[str, ...],
    model: str | None,
    fast: bool,
    output: Path | None,
    kind: str | None,
    and_table: bool,
    columns: str | None,
    no_text: bool,
    targets: tuple[str, ...],
    limit: int | None,
    **more: Any,
) -> None:
    """Tag ARTICLES: files, folders, globs, addresses (s3://...), or - for standard input; one row per sentence.

    Reads .txt .md .html .jsonl(.gz .zst) .csv .tsv .parquet .warc(.gz). The first line of a .txt or .md file is its
    title. A run to a folder goes on where it was, and tags only new files, when it is called again.
    """
    how = FolderOptions(**{field.name: more.pop(field.name) for field in fields(FolderOptions)})
    chosen = tuple(columns.split(",")) if columns else ()
    if is_folder(output):
        bundle = read_bundle(find_bundle(context, model, fast=fast))
        if targets or takes_targets(bundle.manifest.runtime):
            raise click.UsageError("tags of targets are written to one file; give -o an ending, .jsonl.")
        layout = make_layout(_part_kind(kind, and_table), bundle.manifest.codebook.topic_ids, chosen, not no_text)
        tag_to_folder(context, Job(articles, ReadOptions(**more), bundle, layout, cast(Path, output), limit=limit), how)
        return
    how.require_folder(output)
    kind = _kind(output, kind, and_table)
    if kind == TABLE and (columns or no_text):
        raise click.UsageError("--columns and --no-text go with rows, not with the table.")
    rejected: list[str] = []
    options = ReadOptions(**more, reject=lambda problem: _reject(problem, rejected))
    tagger = load(find_bundle(context, model, fast=fast))
    topics = tagger.bundle.manifest.codebook.topic_ids
    layout = make_layout("jsonl" if kind == TABLE else kind, topics, chosen, not no_text)
    tags = counted(_tags(tagger, islice(read_articles(articles, options), limit), targets, kind), "sentences")
    with ended_by_sigterm():
        _write(tags, output, layout, tagger, and_table) if output else _to_stdout(tags, kind, layout)
    if rejected:
        say(f"{len(rejected)} records left out.")


def _tags(tagger: Tagger, articles: Iterable[Article], targets: tuple[str, ...], kind: str) -> Iterable[Tag]:
    if not takes_targets(tagger.bundle.manifest.runtime):
        if targets:
            raise click.UsageError(f"--target is for target models; {tagger.bundle.label} has topics of its own.")
        return tagger.tag_many(articles)
    if kind not in ("jsonl", TABLE):
        raise click.UsageError(f"tags of targets are written as jsonl: each sentence has its own; {kind} has columns.")
    return tag_targets(tagger, articles, targets)


def _write(tags: Iterable[Tag], output: Path, layout: Layout, tagger: Tagger, and_table: bool) -> None:
    kept: list[Tag] = []
    rows = write_tags(_keep(tags, kept) if and_table else tags, output, layout.kind, layout.topics, layout)
    if and_table:
        show(tag_table(kept))
    say(f"{rows} sentences tagged by {tagger.bundle.label}, written to {output}")


def _part_kind(kind: str | None, and_table: bool) -> str:
    """The format of a folder's parts."""
    if kind == TABLE or and_table:
        raise click.UsageError("a table is for the terminal; leave -o out, or name a file.")
    return kind or "jsonl"


def _kind(output: Path | None, kind: str | None, and_table: bool) -> str:
    """The output's format: as named, as the file's ending says, else what suits a terminal or a pipe."""
    if output:
        if kind == TABLE:
            raise click.UsageError("--format table is for the terminal; with -o use --table.")
        return format_of(output, kind)
    if kind == "parquet":
        raise click.UsageError("Parquet is not written to a terminal or pipe; name a file with -o.")
    return kind or (TABLE if and_table or sys.stdout.isatty() else "jsonl")


def _reject(problem: str, rejected: list[str]) -> None:
    rejected.append(problem)
    say_error(f"left out: {problem}")


def _keep(tags: Iterable[Tag], kept: list[Tag]) -> Iterable[Tag]:
    for tag in tags:
        kept.append(tag)
        yield tag


def _to_stdout(tags: Iterable[Tag], kind: str, layout: Layout) -> None:
    if kind == TABLE:
        show(tag_table(list(tags)))
        return
    with text_stream(sys.stdout.buffer) as stream:
        if kind == "csv":
            write_csv_stream(tags, stream, layout.topics, layout)
        else:
            write_jsonl_stream(tags, stream, layout)
