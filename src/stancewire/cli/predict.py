"""``stancewire predict``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from stancewire.articles import ReadOptions, read_articles
from stancewire.cli.setting import open_tagger
from stancewire.cli.tag_table import tag_table
from stancewire.cli.terminal import counted, say, say_error, show
from stancewire.output import (
    FORMATS,
    format_of,
    text_stream,
    write_csv_stream,
    write_jsonl_stream,
    write_tags,
)
from stancewire.records import Tag

TABLE = "table"


@click.command("predict")
@click.argument("articles", nargs=-1, required=True)
@click.option("-m", "--model", help="A bundle's folder, or models:/NAME@ALIAS.  [default: models/default]")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the tags to this file.")
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS, TABLE]),
    help="Default: what the file's ending says; without -o a table on a terminal, else jsonl.",
)
@click.option("--table", "and_table", is_flag=True, help="Show the table, with -o too.")
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
@click.pass_context
def command(
    context: click.Context,
    /,
    articles: tuple[str, ...],
    model: str | None,
    output: Path | None,
    kind: str | None,
    and_table: bool,
    **reading: Any,
) -> None:
    """Tag ARTICLES: files, folders, globs, or - for standard input; one row per sentence.

    Reads .txt .md .html .jsonl(.gz .zst) .csv .tsv .parquet. The first line of a .txt or .md file is its title.
    """
    kind = _kind(output, kind, and_table)
    rejected: list[str] = []
    options = ReadOptions(**reading, reject=lambda problem: _reject(problem, rejected))
    tagger = open_tagger(context, model)
    tags = counted(tagger.tag_many(read_articles(articles, options)), "sentences")
    topics = tagger.bundle.manifest.codebook.topic_ids
    if output:
        kept: list[Tag] = []
        rows = write_tags(_keep(tags, kept) if and_table else tags, output, kind, topics)
        if and_table:
            show(tag_table(kept))
        say(f"{rows} sentences tagged by {tagger.bundle.label}, written to {output}")
    else:
        _to_stdout(tags, kind, topics)
    if rejected:
        say(f"{len(rejected)} records left out.")


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


def _to_stdout(tags: Iterable[Tag], kind: str, topics: tuple[str, ...]) -> None:
    if kind == TABLE:
        show(tag_table(list(tags)))
        return
    with text_stream(sys.stdout.buffer) as stream:
        if kind == "csv":
            write_csv_stream(tags, stream, topics)
        else:
            write_jsonl_stream(tags, stream)
