"""Files that only grow, and can be cut back to where the last commit left them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from stancewire.errors import InputError, OutputError, StancewireError
from stancewire.files import parse_json_object

Item = TypeVar("Item")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write into an `OutputError` that names the path."""
    try:
        yield
    except OSError as error:
        if isinstance(error, StancewireError):
            raise
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}). What is committed stays; make room and run again."
        ) from None


class Log:
    """An append-only file.

    Parameters
    ----------
    length
        Bytes that were committed; what stands after them is cut off.
    """

    def __init__(self, path: Path, length: int) -> None:
        self._path = path
        with writing(path):
            self._stream = path.open("ab", buffering=0)
            found = self._stream.seek(0, os.SEEK_END)
            if found < length:
                self._stream.close()
                raise InputError(f"{path}: has {found:,} bytes, not {length:,}. Restore it, or use another folder.")
            self._stream.truncate(length)
        self.length = length

    def append(self, data: bytes) -> int:
        """Write, see it on the disk, and return the new length."""
        if data:
            with writing(self._path):
                view = memoryview(data)
                while view:
                    view = view[self._stream.write(view) :]
                os.fsync(self._stream.fileno())
            self.length += len(data)
        return self.length

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def read_lines(path: Path, make: Callable[[Mapping[str, Any]], Item]) -> tuple[list[Item], int]:
    """What is made of a log's lines, and their length: a last line without its end was never committed."""
    made: list[Item] = []
    length = 0
    if not path.exists():
        return made, length
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if line.endswith(b"\n"):
                made.append(make(parse_json_object(line, f"{path}:{number}")))
                length += len(line)
    return made, length


def sync_folder(folder: Path) -> None:
    """See a folder's names on the disk, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
