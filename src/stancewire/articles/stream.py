"""Paths, folders, globs and stdin to one ordered stream of articles."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from stancewire.articles.document import article_from_html, article_from_text
from stancewire.articles.options import ReadOptions
from stancewire.articles.rows import Make, csv_rows, jsonl_rows, open_compressed, parquet_rows
from stancewire.errors import InputError, MissingError
from stancewire.files import decode, read_text
from stancewire.records import Article

SUFFIXES = (
    ".txt", ".md", ".html", ".htm", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".tsv", ".parquet",
)  # fmt: skip
STDIN = "-"


def read_articles(
    inputs: Iterable[str], options: ReadOptions | None = None, stdin: IO[bytes] | None = None
) -> Iterator[Article]:
    """Stream the articles of files, folders (sorted, recursive), globs and ``-`` (stdin).

    Raises
    ------
    MissingError
        When an input is not there, or a glob or folder holds nothing to read.
    InputError
        For an unreadable file and, with ``on_error="stop"``, for the first bad record or repeated id.
    """
    options = options or ReadOptions()
    seen: set[int] = set()
    for make in _makes(inputs, options, stdin):
        try:
            article = make()
            key = hash(article.doc)
            if key in seen:
                raise InputError(f"id '{article.doc}' is used twice; ids name articles in the output.")
        except InputError as error:
            if options.on_error == "stop":
                raise
            options.reject(str(error))
            continue
        seen.add(key)
        yield article


def _makes(inputs: Iterable[str], options: ReadOptions, stdin: IO[bytes] | None) -> Iterator[Make]:
    for given in inputs:
        if given == STDIN:
            yield from _stdin_makes(stdin or sys.stdin.buffer, options)
            continue
        for path, name in _expand(given):
            yield from _file_makes(path, name, options)


def _expand(given: str) -> Iterator[tuple[Path, str]]:
    """Files of one argument, with the name that becomes the article's id."""
    path = Path(given)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() and _is_article(p))
        if not found:
            raise MissingError(f"{given}: nothing to read in this folder (expected {', '.join(SUFFIXES)}).")
        yield from ((p, p.relative_to(path).as_posix()) for p in found)
    elif path.exists():
        yield path, path.name
    elif glob.has_magic(given):
        matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 (patterns may be absolute)
        if not matches:
            raise MissingError(f"{given}: no file matches this pattern.")
        for match in matches:
            yield from _expand(match)
    else:
        raise MissingError(f"{given}: no such file or folder. Check the path and the current directory.")


def _is_article(path: Path) -> bool:
    return _suffix(path) in SUFFIXES and path.name != "SOURCES.md"


def _suffix(path: Path) -> str:
    """The part of the name that decides the format: ``.txt``, ``.jsonl.gz``."""
    name = path.name.lower()
    return next((s for s in SUFFIXES if name.endswith(s)), path.suffix.lower())


def _file_makes(path: Path, name: str, options: ReadOptions) -> Iterator[Make]:
    suffix = _suffix(path)
    if suffix in (".txt", ".md", ".html", ".htm"):
        yield partial(_whole_file, path, name)
    elif suffix.startswith(".jsonl"):
        with open_compressed(path) as stream:
            yield from jsonl_rows(stream, name, options)
    elif suffix in (".csv", ".tsv"):
        yield from csv_rows(path, options)
    elif suffix == ".parquet":
        yield from parquet_rows(path, options)
    else:
        raise InputError(f"{path}: cannot read '{suffix or 'no suffix'}', expected {', '.join(SUFFIXES)}.")


def _whole_file(path: Path, name: str) -> Article:
    text = read_text(path)
    make = article_from_html if path.suffix.lower() in (".html", ".htm") else article_from_text
    try:
        return make(text, name)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _stdin_makes(stream: IO[bytes], options: ReadOptions) -> Iterator[Make]:
    """JSON lines when the first byte that is no space is ``{``, else one plain text."""
    import io

    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    if buffered.peek(1)[:64].lstrip()[:1] == b"{":
        yield from jsonl_rows(buffered, "stdin", options)
        return

    def make() -> Article:
        try:
            return article_from_text(decode(buffered.read(), "stdin"), "stdin")
        except InputError as error:
            raise InputError(f"stdin: {error}") from None

    yield make
