"""Files of many records: JSON lines, CSV, TSV and Parquet, read as a stream."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from stancewire.articles.options import MAX_CHARS, ReadOptions
from stancewire.articles.record import article_from_record, find_columns
from stancewire.errors import InputError, MissingError
from stancewire.files import canonical_json, decode, parse_json_object
from stancewire.records import Article

Make = Callable[[], Article]
"""Builds one article, or raises `InputError` with file and line, so that a bad record can be skipped."""

_COMPRESSION = {".gz": "gzip", ".zst": "zstd"}


def jsonl_rows(stream: IO[bytes], name: str, options: ReadOptions) -> Iterator[Make]:
    """Articles of a JSON-lines stream; `name` is how errors and ids call the file."""
    number = 0
    while line := stream.readline(MAX_CHARS + 1):
        number += 1
        where = f"{name}:{number}"
        if len(line) > MAX_CHARS:
            raise InputError(f"{where}: a line of more than {MAX_CHARS:,} bytes, expected one JSON object a line.")
        if line.strip():
            yield _json_article(line, where, options)


def _json_article(line: bytes, where: str, options: ReadOptions) -> Make:
    def make() -> Article:
        text = decode(line, where)
        record = parse_json_object(text, where)
        if "\\ud" in text or "\\uD" in text:
            _check_surrogates(record, where)
        return _placed(record, where, options)

    return make


def _check_surrogates(record: dict[str, Any], where: str) -> None:
    """Refuse half of an escaped surrogate pair: it is no character and cannot be written as UTF-8."""
    try:
        canonical_json(record)
    except UnicodeEncodeError:
        raise InputError(f"{where}: found half of a \\uD8xx\\uDCxx pair, expected whole characters.") from None


def _placed(record: dict[str, Any], where: str, options: ReadOptions) -> Article:
    try:
        return article_from_record(record, where, options)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def csv_rows(path: Path, options: ReadOptions) -> Iterator[Make]:
    """Articles of a CSV or TSV file with a header row; numbers are rows of data, from 1."""
    csv.field_size_limit(MAX_CHARS)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, delimiter=delimiter, strict=True)
            _check_header(list(reader.fieldnames or ()), path, options)
            for number, row in enumerate(reader, start=1):
                where = f"{path.name}:{number}"
                record = {key: value for key, value in row.items() if key is not None}
                yield lambda record=record, where=where: _placed(record, where, options)  # type: ignore[misc]
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable CSV file in UTF-8 ({error}).") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None


def _check_header(names: list[str], path: Path, options: ReadOptions) -> None:
    """Refuse a table at once when the text column is not there, instead of once per row."""
    try:
        columns = find_columns(names, options)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if columns["text"] is None and "sentences" not in names:
        listed = ", ".join(names[:20]) or "none"
        raise InputError(f"{path}: no column with the text (columns: {listed}). Name it with --text.")


def parquet_rows(path: Path, options: ReadOptions) -> Iterator[Make]:
    """Articles of a Parquet file, read in batches of 1,000 rows."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            _check_header(list(table.schema_arrow.names), path, options)
            number = 0
            for batch in table.iter_batches(batch_size=1000):
                for row in batch.to_pylist():
                    number += 1
                    where = f"{path.name}:{number}"
                    yield lambda row=row, where=where: _placed(row, where, options)  # type: ignore[misc]
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]}).") from None


@contextmanager
def open_compressed(path: Path) -> Iterator[IO[bytes]]:
    """Open a plain, ``.gz`` or ``.zst`` file for reading bytes; a damaged one raises `InputError`."""
    import pyarrow

    try:
        with pyarrow.input_stream(path, compression=_COMPRESSION.get(path.suffix.lower())) as stream:
            yield io.BufferedReader(stream)
    except FileNotFoundError:
        raise MissingError(f"{path}: no such file. Check the path and the current directory.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}).") from None
