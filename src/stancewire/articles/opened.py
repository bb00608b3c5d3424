"""An input file opened for reading: counted and hashed as it is read, unpacked within bounds."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from stancewire.articles.options import UNSUSPECTED
from stancewire.articles.remote import Location
from stancewire.errors import InputError, StancewireError, first_line

_COMPRESSION = {".gz": "gzip", ".zst": "zstd"}
_RATIO = 200
"""News shrinks 3 to 10 times, a file of one repeated word some hundred times."""


class Watched(io.RawIOBase):
    """The raw bytes of a file, counted and hashed as they go by."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._digest.update(data)
        self.count += len(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """Hex digest of what was read."""
        return self._digest.hexdigest()


class _Bounded(io.RawIOBase):
    """Unpacked bytes; raises `InputError` where they swell as no text does."""

    def __init__(self, unpacked: IO[bytes], packed: Watched, path: Location) -> None:
        self._unpacked, self._packed, self._path = unpacked, packed, path
        self._count = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        data = self._unpacked.read(len(buffer))
        buffer[: len(data)] = data
        self._count += len(data)
        if self._count > max(UNSUSPECTED, _RATIO * self._packed.count):
            raise InputError(
                f"{self._path}: unpacks to more than {_RATIO} times its size, which no text does; a decompression bomb?"
            )
        return len(data)


@contextmanager
def opened(path: Location) -> Iterator[Watched]:
    """Open a file's raw bytes.

    Raises
    ------
    InputError
        When the file has gone or cannot be read, also while it is read.
    """
    try:
        with path.open("rb") as stream:
            yield Watched(stream)
    except StancewireError:  # said by whoever reads: some of ours are an `OSError` too
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file any more; it was there when it was looked for.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or first_line(error)}).") from None


def unpacked(raw: Watched, path: Location) -> io.BufferedReader:
    """The bytes of a plain, ``.gz`` or ``.zst`` file; a damaged one raises `OSError` where it is read."""
    kind = _COMPRESSION.get(path.suffix.lower())
    if kind is None:
        return io.BufferedReader(raw)
    import pyarrow

    stream = pyarrow.CompressedInputStream(pyarrow.PythonFile(raw, mode="r"), kind)
    return io.BufferedReader(_Bounded(cast("IO[bytes]", stream), raw, path))
