"""Tags as bytes of a shard: encoded by the workers, put together by the one process that writes."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.output import Layout
from stancewire.tag_columns import TagColumns

_ROW_GROUP = 10_000


def encode(tags: Iterable[TagColumns], layout: Layout) -> bytes:
    """Rows as JSON lines, CSV without a header, or an Arrow stream for Parquet."""
    if layout.kind == "parquet":
        return _encode_arrow(tags, layout)
    if layout.kind == "csv":
        return _encode_csv(tags, layout)
    write = json.JSONEncoder(ensure_ascii=False).encode
    return "".join(f"{write(layout.row(tag))}\n" for columns in tags for tag in columns.tags()).encode()


def _encode_csv(tags: Iterable[TagColumns], layout: Layout) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for columns in tags:
        found = columns.flat(layout.columns)
        writer.writerows(zip(*(np.asarray(found[name], object).tolist() for name in layout.columns), strict=True))
    return text.getvalue().encode()


def _encode_arrow(tags: Iterable[TagColumns], layout: Layout) -> bytes:
    import pyarrow

    schema, sink = layout.arrow_schema(), io.BytesIO()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        for columns in tags:
            found = columns.flat(layout.columns)
            arrays = [pyarrow.array(found[field.name], field.type) for field in schema]
            writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
    return sink.getvalue()


class ShardWriter:
    """Puts the encoded rows of one shard into a file, in the order given."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._stream = path.open("wb")
        self._layout = layout
        self._batches: list[Any] = []
        self._parquet: Any = None
        if layout.kind == "parquet":
            import pyarrow.parquet

            self._parquet = pyarrow.parquet.ParquetWriter(self._stream, layout.arrow_schema())
        elif layout.kind == "csv":
            self._stream.write((",".join(layout.columns) + "\n").encode())

    def write(self, data: bytes) -> None:
        """Append what `encode` made."""
        if not self._parquet:
            self._stream.write(data)
            return
        import pyarrow

        with pyarrow.ipc.open_stream(data) as reader:
            self._batches += list(reader)
        if sum(batch.num_rows for batch in self._batches) >= _ROW_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        import pyarrow

        if self._batches:
            table = pyarrow.Table.from_batches(self._batches, self._layout.arrow_schema())
            self._parquet.write_table(table, row_group_size=max(1, table.num_rows))
            self._batches = []

    def close(self) -> None:
        """Write the rest and see it on the disk."""
        if self._parquet:
            self._write_group()
            self._parquet.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def abandon(self) -> None:
        """Close without care for the content: the disk may be full."""
        with suppress(Exception):
            if self._parquet:
                self._parquet.close()
        with suppress(OSError):
            self._stream.close()
