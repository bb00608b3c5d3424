"""Files and stdin to one ordered stream of articles."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from typing import IO, cast

from stancewire.articles.entries import Entry, WholeFile
from stancewire.articles.opened import opened, unpacked
from stancewire.articles.options import MAX_CHARS, ReadOptions
from stancewire.articles.remote import Location
from stancewire.articles.rows import csv_entries, jsonl_entries, parquet_entries
from stancewire.articles.walk import SUFFIXES, find_files, suffix_of
from stancewire.articles.warc import warc_entries
from stancewire.errors import InputError, StancewireError, first_line
from stancewire.records import Article

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
    seen: set[int] = set()  # hashes of ids, which take a fraction of the memory
    for entry in _all_entries(inputs, options, stdin):
        try:
            article = entry.article()
            if hash(article.doc) in seen:
                raise repeated_id(entry, article)
        except InputError as error:
            if options.on_error == "stop":
                raise
            options.reject(str(error))
            continue
        seen.add(hash(article.doc))
        yield article


def repeated_id(entry: Entry, article: Article) -> InputError:
    """The error of a record whose id an earlier article has."""
    return InputError(f"{entry.where}: id '{article.doc}' is used twice; ids name articles in the output.")


def _all_entries(inputs: Iterable[str], options: ReadOptions, stdin: IO[bytes] | None) -> Iterator[Entry]:
    for given in inputs:
        if given == STDIN:
            yield from _stdin_entries(stdin or sys.stdin.buffer, options)
            continue
        for path, name in find_files(given, options.follow):
            yield from InputFile(path, name).entries(options)


class InputFile:
    """One file, and what is known of it while it is read.

    Attributes
    ----------
    count
        Bytes read so far.
    sha256
        Hex digest of the whole file once it was read to its end as a stream; `None` for Parquet, which is
        read here and there.
    """

    def __init__(self, path: Location, name: str) -> None:
        self.path, self.name = path, name
        self.count = 0
        self.sha256: str | None = None

    def entries(self, options: ReadOptions) -> Iterator[Entry]:
        """The file's records, in order.

        Raises
        ------
        InputError
            When the file cannot be read (on); the records before are given first.
        """
        suffix = suffix_of(self.path)
        if suffix not in SUFFIXES:
            expected = ", ".join(SUFFIXES)
            raise InputError(f"{self.path}: cannot read '{suffix or 'no suffix'}', expected {expected}.")
        if suffix == ".parquet":
            yield from parquet_entries(self.path, self.name, options)
            return
        with opened(self.path) as raw:
            # warcio unpacks by itself: every record of an archive is a gzip member of its own
            stream = raw if suffix.startswith(".warc") else unpacked(raw, self.path)
            for entry in self._streamed(suffix, stream, options):
                self.count = raw.count
                yield entry
            while raw.read(1 << 20):  # an archive's reader may stop before the end
                pass
            self.sha256 = raw.sha256

    def _streamed(self, suffix: str, stream: io.IOBase, options: ReadOptions) -> Iterator[Entry]:
        binary = cast("IO[bytes]", stream)
        if suffix.startswith(".jsonl"):
            return jsonl_entries(binary, self.name, options)
        if suffix in (".csv", ".tsv"):
            return csv_entries(binary, self.path, self.name, options)
        if suffix.startswith(".warc"):
            return warc_entries(binary, self.name)
        return iter([WholeFile(_limited(binary, str(self.path)), str(self.path), self.name)])


def _limited(stream: IO[bytes], where: str) -> bytes:
    data = stream.read(4 * MAX_CHARS + 1)  # UTF-8 has at most four bytes a character
    if len(data) > 4 * MAX_CHARS:
        raise InputError(f"{where}: a file of more than {4 * MAX_CHARS:,} bytes, expected an article. Split it.")
    return data


def _stdin_entries(stream: IO[bytes], options: ReadOptions) -> Iterator[Entry]:
    """JSON lines when the first byte that is no space is ``{``, else one plain text."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    try:
        if buffered.peek(1)[:64].lstrip()[:1] == b"{":
            yield from jsonl_entries(buffered, "stdin", options)
        else:
            yield WholeFile(_limited(buffered, "stdin"), "stdin", "stdin")
    except OSError as error:
        if isinstance(error, StancewireError):
            raise
        raise InputError(f"standard input: cannot be read ({first_line(error)}).") from None
