"""Files of many records: JSON lines, CSV, TSV and Parquet, read as a stream."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO, Any

from stancewire.articles.entries import Entry, JsonLine, TableRow
from stancewire.articles.options import MAX_CHARS, UNSUSPECTED, ReadOptions
from stancewire.articles.record import find_columns
from stancewire.articles.remote import Location, Remote
from stancewire.errors import InputError, first_line

_RATIO = 1000
"""A column of one repeated value, such as a source's name, shrinks far more than text does."""


def jsonl_entries(stream: IO[bytes], name: str, options: ReadOptions) -> Iterator[Entry]:
    """Lines of a JSON-lines stream; `name` is how errors and ids call the file."""
    number = 0
    while line := stream.readline(MAX_CHARS + 1):
        number += 1
        where = f"{name}:{number}"
        if len(line) > MAX_CHARS:
            raise InputError(f"{where}: a line of more than {MAX_CHARS:,} bytes, expected one JSON object a line.")
        if line.strip():
            yield JsonLine(line, where, options)


def csv_entries(stream: IO[bytes], path: Location, name: str, options: ReadOptions) -> Iterator[Entry]:
    """Rows of a CSV or TSV file with a header row; numbers are rows of data, from 1."""
    csv.field_size_limit(MAX_CHARS)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        reader = csv.DictReader(text, delimiter=delimiter, strict=True)
        _check_header(list(reader.fieldnames or ()), path, options)
        for number, row in enumerate(reader, start=1):
            record = {key: value for key, value in row.items() if key is not None}
            yield TableRow(record, f"{name}:{number}", options)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable CSV file in UTF-8 ({error}).") from None


def _check_header(names: list[str], path: Location, options: ReadOptions) -> None:
    """Refuse a table at once when the text column is not there, instead of once per row."""
    try:
        columns = find_columns(names, options)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if columns["text"] is None and "sentences" not in names:
        listed = ", ".join(names[:20]) or "none"
        raise InputError(f"{path}: no column with the text (columns: {listed}). Name it with --text.")


def parquet_entries(path: Location, name: str, options: ReadOptions) -> Iterator[Entry]:
    """Rows of a Parquet file, read in small batches."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path.open() if isinstance(path, Remote) else path) as table:
            _check_header(list(table.schema_arrow.names), path, options)
            _check_swelling(table.metadata, path)
            number = 0
            for batch in table.iter_batches(batch_size=64):
                for row in batch.to_pylist():
                    number += 1
                    yield TableRow(row, f"{name}:{number}", options)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a readable Parquet file ({first_line(error)}).") from None


def _check_swelling(metadata: Any, path: Location) -> None:
    """Refuse a file whose own figures say that it is a decompression bomb."""
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    chunks = [group.column(k) for group in groups for k in range(group.num_columns)]
    for chunk in chunks:
        if chunk.total_uncompressed_size > max(UNSUSPECTED, _RATIO * chunk.total_compressed_size):
            raise InputError(f"{path}: a column unpacks to over {_RATIO:,} times its size; a decompression bomb?")
