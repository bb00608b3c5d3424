"""Tags in one file instead of a folder: by the columns too, and it appears only when it is whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stancewire.batch.rows import ShardWriter, encode
from stancewire.files import atomic_path
from stancewire.output import Layout, check_folder
from stancewire.tag_columns import TagColumns


def write_file(tags: Iterable[TagColumns], path: Path, layout: Layout) -> int:
    """Write a stream of tags; returns the number of rows. Nothing stands under `path` unless all is written.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    check_folder(path)
    rows = 0
    with atomic_path(path) as temporary:
        writer = ShardWriter(temporary, layout)
        try:
            for columns in tags:
                writer.write(encode([columns], layout))
                rows += len(columns)
            writer.close()
        except BaseException:
            writer.abandon()
            raise
    return rows
