"""``stancewire predict``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from stancewire.articles import ReadOptions, read_articles
from stancewire.batch import Job, write_file
from stancewire.bundle import Bundle, read_bundle
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
    write_jsonl,
    write_jsonl_stream,
)
from stancewire.predict import Tagger, load
from stancewire.records import Article, Tag
from stancewire.tag_columns import TagColumns
from stancewire.target_tags import tag_targets
from stancewire.targets import takes_targets

Item = TypeVar("Item")
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
    _check_targets(tagger.bundle, targets, kind)
    topics = tagger.bundle.manifest.codebook.topic_ids
    layout = make_layout("jsonl" if kind == TABLE else kind, topics, chosen, not no_text)
    asked = _Asked(tagger, islice(read_articles(articles, options), limit), targets)
    with ended_by_sigterm():
        _write(asked, output, layout, and_table) if output else _to_stdout(_told_if_none(asked.tags()), kind, layout)
    if rejected:
        say(f"{len(rejected)} records left out.")


def _check_targets(bundle: Bundle, targets: tuple[str, ...], kind: str) -> None:
    if not takes_targets(bundle.manifest.runtime):
        if targets:
            raise click.UsageError(f"--target is for target models; {bundle.label} has topics of its own.")
    elif kind not in ("jsonl", TABLE):
        raise click.UsageError(f"tags of targets are written as jsonl: each sentence has its own; {kind} has columns.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Articles, and the model that is asked about them."""

    tagger: Tagger
    articles: Iterable[Article]
    targets: tuple[str, ...]

    def tags(self) -> Iterator[Tag]:
        """One by one."""
        if takes_targets(self.tagger.bundle.manifest.runtime):
            return counted(tag_targets(self.tagger, self.articles, self.targets), "sentences")
        return chain.from_iterable(columns.tags() for columns in self.columns())

    def columns(self) -> Iterator[TagColumns]:
        """Many at a time, of a model with topics of its own."""
        return counted(self.tagger.tag_columns(self.articles), "sentences", size=len)


def _write(asked: _Asked, output: Path, layout: Layout, and_table: bool) -> None:
    kept: list[Tag] = []
    if takes_targets(asked.tagger.bundle.manifest.runtime):
        tags = asked.tags()
        rows = write_jsonl(_keep(tags, kept, lambda tag: [tag]) if and_table else tags, output, layout)
    else:
        columns = asked.columns()
        rows = write_file(_keep(columns, kept, TagColumns.tags) if and_table else columns, output, layout)
    if and_table:
        show(tag_table(kept))
    say(f"{rows} sentences tagged by {asked.tagger.bundle.label}, written to {output}")


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


def _keep(items: Iterable[Item], kept: list[Tag], tags: Callable[[Item], Iterable[Tag]]) -> Iterator[Item]:
    for item in items:
        kept.extend(tags(item))
        yield item


def _told_if_none(tags: Iterable[Tag]) -> Iterator[Tag]:
    """Pass tags on; without any, an empty output would look like a mistake."""
    last = None
    for last in tags:
        yield last
    if last is None:
        say("nothing to tag: no sentence was found.")


def _to_stdout(tags: Iterable[Tag], kind: str, layout: Layout) -> None:
    if kind == TABLE:
        show(tag_table(list(tags)))
        return
    with text_stream(sys.stdout.buffer) as stream:
        if kind == "csv":
            write_csv_stream(tags, stream, layout)
        else:
            write_jsonl_stream(tags, stream, layout)
