"""Paths, folders and globs to one ordered list of files."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterator
from itertools import chain
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
        yield from chain([first], found)
    elif path.exists():
        yield path, _name(path.name)
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


def _walk(
    folder: Path, root: Path, follow: bool, above: frozenset[Path], below: str = ""
) -> Iterator[tuple[Path, str]]:
    """Readable files below a folder, in the order of their paths, with their names from where the walk began.

    `above` are the folders being walked, `below` is the way from there to this one. Names are put together as text:
    there may be millions.
    """
    try:
        names, special = _list(folder)
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be listed ({error.strerror}).") from None
    for name in names:
        path, entry = folder / name, special.get(name)
        if entry and entry.is_dir(follow_symlinks=follow):
            real = path.resolve()
            if real not in above:  # a link upwards would never end
                yield from _walk(path, root, follow, above | {real}, f"{below}{name}/")
        elif is_article(path) and (entry is None or entry.is_file()):
            if entry is None or follow or not entry.is_symlink() or path.resolve().is_relative_to(root):
                yield path, _name(below + name)
            else:
                _log.warning("%s: leads out of the folder; left out. Use --follow to read it.", path)


def _list(folder: Path) -> tuple[list[str], dict[str, os.DirEntry[str]]]:
    """Sorted names of what is in a folder, and the entries of those that are no plain files."""
    names: list[str] = []
    special: dict[str, os.DirEntry[str]] = {}
    with os.scandir(folder) as found:
        for entry in found:
            names.append(entry.name)
            if not entry.is_file(follow_symlinks=False):
                special[entry.name] = entry
    names.sort()
    return names, special


def _name(path: str) -> str:
    r"""A path as text that can be written as UTF-8: bytes of a name that are no UTF-8 become ``\xe9``."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def is_article(path: Location) -> bool:
    """Whether a folder's file is one that is read."""
    return suffix_of(path) in SUFFIXES and path.name != "SOURCES.md"


def suffix_of(path: Location) -> str:
    """The part of the name that decides the format: ``.txt``, ``.jsonl.gz``."""
    name = path.name.lower()
    return next((s for s in SUFFIXES if name.endswith(s)), path.suffix.lower())
