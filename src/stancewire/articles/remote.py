"""Files that are not on this machine: ``s3://``, ``gs://``, ``hdfs://`` and whatever else pyarrow can open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast
from urllib.parse import urlsplit

from stancewire.errors import InputError, MissingError, first_line


@dataclass(frozen=True, slots=True)
class Remote:
    """A file by its address, with as much of `Path` as reading needs."""

    uri: str

    def __str__(self) -> str:
        return self.uri

    @property
    def name(self) -> str:
        """The last part of the address."""
        return PurePosixPath(urlsplit(self.uri).path).name

    @property
    def suffix(self) -> str:
        """The ending of the name."""
        return PurePosixPath(self.name).suffix

    def open(self, mode: str = "rb") -> IO[bytes]:
        """Open for reading bytes, here and there."""
        system, path = _system_of(self.uri)
        return cast("IO[bytes]", system.open_input_file(path))

    def stamp(self) -> tuple[int, int, int]:
        """Size, time of change in nanoseconds, 0; raises `OSError` when the file has gone."""
        system, path = _system_of(self.uri)
        info = system.get_file_info(path)
        if not info.is_file:
            raise FileNotFoundError(2, "No such file", self.uri)
        return info.size, info.mtime_ns or 0, 0


Location = Path | Remote
"""Where an input file is."""


def is_remote(given: str) -> bool:
    """Whether an argument is an address."""
    return "://" in given


def find_remote(given: str) -> Iterator[tuple[Remote, PurePosixPath]]:
    """Files at an address, or below it in the order of their paths, each with its path below the address.

    Raises
    ------
    MissingError
        When nothing is there.
    InputError
        When pyarrow does not know such addresses, or is not let in.
    """
    import pyarrow.fs

    try:
        system, path = _system_of(given)
        info = system.get_file_info(path)
        below = pyarrow.fs.FileSelector(path, recursive=True)
        found = [info] if info.is_file else system.get_file_info(below) if info.type.name == "Directory" else []
    except OSError as error:
        raise InputError(f"{given}: cannot be read ({first_line(error)}).") from None
    if not found:
        raise MissingError(f"{given}: nothing is there. Check the address.")
    parts = urlsplit(given)
    query = f"?{parts.query}" if parts.query else ""
    for file in sorted((f for f in found if f.is_file), key=lambda f: PurePosixPath(f.path).parts):
        name = PurePosixPath(file.path)
        yield Remote(f"{parts.scheme}://{file.path}{query}"), name.relative_to(path) if not info.is_file else name


def _system_of(uri: str) -> tuple[Any, str]:
    import pyarrow
    import pyarrow.fs

    try:
        system, path = pyarrow.fs.FileSystem.from_uri(uri)
    except pyarrow.ArrowInvalid as error:
        raise InputError(
            f"{uri}: not an address that can be read ({first_line(error)}). Object stores can (s3://, gs://); download "
            "a web page first, and give the file."
        ) from None
    return system, str(path)
