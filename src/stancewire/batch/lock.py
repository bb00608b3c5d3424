"""One run at a time in a folder: a lock that the system lets go when its holder dies, whatever the clock says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stancewire.errors import OutputError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file.

    Raises
    ------
    OutputError
        When another run holds it, or the file cannot be made.
    """
    try:
        stream = path.open("ab")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}). Choose another output.") from None
    with stream:
        if not _take(stream):
            raise OutputError(
                f"{path.parent.parent}: another run is writing to this folder. Wait for it, or write to another one."
            )
        yield  # closing the file lets go


def _take(stream: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
