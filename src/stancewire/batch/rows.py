"""Tags as bytes of a shard: encoded by the workers, put together by the one process that writes."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from stancewire.output import Layout
from stancewire.records import Tag

_IPC_ROWS = 2_000
_ROW_GROUP = 10_000


def encode(tags: Iterator[Tag], layout: Layout) -> bytes:
    """Rows as JSON lines, CSV without a header, or an Arrow stream for Parquet."""
    if layout.kind == "parquet":
        return _encode_arrow(tags, layout)
    if layout.kind == "csv":
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, layout.columns, lineterminator="\n")
        writer.writerows(map(layout.row, tags))
        return text.getvalue().encode()
    return b"".join((json.dumps(layout.row(tag), ensure_ascii=False) + "\n").encode() for tag in tags)


def _encode_arrow(tags: Iterator[Tag], layout: Layout) -> bytes:
    import pyarrow

    schema, sink = layout.arrow_schema(), io.BytesIO()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        while group := [layout.row(tag) for tag in islice(tags, _IPC_ROWS)]:
            writer.write_batch(pyarrow.RecordBatch.from_pylist(group, schema=schema))
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
