"""Paths, folders and globs to one ordered list of files."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from stancewire.articles.remote import Location, find_remote, is_remote
from stancewire.errors import InputError, MissingError

SUFFIXES = (
    ".txt", ".md", ".html", ".htm", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".tsv", ".parquet",
    ".warc", ".warc.gz",
)  # fmt: skip

_log = logging.getLogger(__name__)


def find_files(given: str, follow: bool = False) -> Iterator[tuple[Location, str]]:
    """Files of one argument (a path, a folder, a glob, an address), in order, with what becomes their articles' id.

    Parameters
    ----------
    follow
        Also follow symbolic links within a folder; without it, those that lead out of the folder are left
        out, and so are all links to folders.

    Raises
    ------
    MissingError
        When there is no such file, or nothing to read in the folder.
    """
    path = Path(given)
    if is_remote(given):
        yield from _remote_files(given)
    elif path.is_dir():
        found = _walk(path, path.resolve(), follow, frozenset({path.resolve()}))
        first = next(found, None)
        if first is None:
            raise MissingError(f"{given}: nothing to read in this folder (expected {', '.join(SUFFIXES)}).")
        yield first, _name(first.relative_to(path))
        yield from ((p, _name(p.relative_to(path))) for p in found)
    elif path.exists():
        yield path, _name(Path(path.name))
    elif glob.has_magic(given):
        matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 (patterns may be absolute)
        if not matches:
            raise MissingError(f"{given}: no file matches this pattern.")
        for match in matches:
            yield from find_files(match, follow)
    else:
        raise MissingError(f"{given}: no such file or folder. Check the path and the current directory.")


def _remote_files(given: str) -> Iterator[tuple[Location, str]]:
    found = list(find_remote(given))
    if len(found) == 1 and found[0][0].uri == given:
        yield found[0][0], found[0][0].name
        return
    kept = [(file, name) for file, name in found if is_article(file)]
    if not kept:
        raise MissingError(f"{given}: nothing to read in this folder (expected {', '.join(SUFFIXES)}).")
    yield from ((file, str(name)) for file, name in kept)


def _walk(folder: Path, root: Path, follow: bool, above: frozenset[Path]) -> Iterator[Path]:
    """Readable files below a folder, in the order of their paths; `above` are the folders being walked."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be listed ({error.strerror}).") from None
    for entry in entries:
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=follow):
            real = path.resolve()
            if real not in above:  # a link upwards would never end
                yield from _walk(path, root, follow, above | {real})
        elif is_article(path) and entry.is_file():
            if follow or not entry.is_symlink() or path.resolve().is_relative_to(root):
                yield path
            else:
                _log.warning("%s: leads out of the folder; left out. Use --follow to read it.", path)


def _name(path: Path) -> str:
    r"""A path as text that can be written as UTF-8: bytes of a name that are no UTF-8 become ``\xe9``."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def is_article(path: Location) -> bool:
    """Whether a folder's file is one that is read."""
    return suffix_of(path) in SUFFIXES and path.name != "SOURCES.md"


def suffix_of(path: Location) -> str:
    """The part of the name that decides the format: ``.txt``, ``.jsonl.gz``."""
    name = path.name.lower()
    return next((s for s in SUFFIXES if name.endswith(s)), path.suffix.lower())
