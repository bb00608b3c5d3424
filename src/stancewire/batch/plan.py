"""What a run reads: input files by name and content, wherever they are now."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, NamedTuple, cast

from stancewire.articles import Location, Remote
from stancewire.errors import InputError, StancewireError, first_line, raise_problems

UNREADABLE = ""
"""Stands for the digest of a file that could not be read when it was looked at."""


class Position(NamedTuple):
    """A place in the input stream: number of the input, number of the record in it, both from 0."""

    input: int
    record: int


START = Position(0, 0)


class Stamp(NamedTuple):
    """What changes when a file is written to."""

    size: int
    modified: int
    inode: int


@dataclass(frozen=True, slots=True)
class Input:
    """An input file as the run knows it, by content: it may be moved, and clocks may be wrong."""

    name: str
    size: int
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """The line of ``inputs.jsonl``."""
        return {"name": self.name, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an input is now; small, since there may be millions.

    Attributes
    ----------
    where
        An address, or a path as text, which takes a quarter of a `Path`.
    stamp
        Hash of its stamp when its content was hashed; `None` when it could not be read.
    """

    where: str | Remote
    stamp: int | None

    @property
    def path(self) -> Location:
        """The file."""
        return Path(self.where) if isinstance(self.where, str) else self.where

    def is_unchanged(self) -> bool:
        """Whether the file is still as it was; raises `InputError` when it has gone."""
        return hash(stamp_of(self.where)) == self.stamp


@dataclass(frozen=True, slots=True)
class Plan:
    """Inputs in the order in which they are read.

    Attributes
    ----------
    inputs
        Those of earlier calls first, then the new ones.
    places
        Where each of them is; `None` for one that is not there any more.
    """

    inputs: tuple[Input, ...]
    places: tuple[Place | None, ...]


def stamp_of(path: str | Location) -> Stamp:
    """A file's stamp; raises `InputError` when it has gone."""
    try:
        if isinstance(path, Remote):
            return Stamp(*path.stamp())
        found = os.stat(path)  # noqa: PTH116 (half the time of Path.stat, and there are millions)
    except OSError as error:
        raise InputError(
            f"{path}: has gone or cannot be read any more ({error.strerror or first_line(error)})."
        ) from None
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ino)


def look_at(path: Location, name: str) -> tuple[Input, Place]:
    """Hash a file.

    Raises
    ------
    InputError
        When it cannot be read, or is being written to.
    """
    stamp = stamp_of(path)
    try:
        with path.open("rb") as stream:
            digest = file_digest(cast(Any, stream), "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or first_line(error)}).") from None
    if stamp_of(path) != stamp:
        raise InputError(f"{path}: is being written to. Wait until it is whole, or leave it out.")
    return Input(name, stamp.size, digest), Place(_where(path), hash(stamp))


def look_leniently(path: Location, name: str) -> tuple[Input, Place]:
    """`look_at`, but a file that cannot be read is kept for the list of rejects."""
    try:
        return look_at(path, name)
    except StancewireError:
        return Input(name, 0, UNREADABLE), Place(_where(path), None)


def _where(path: Location) -> str | Remote:
    return path if isinstance(path, Remote) else str(path)


def make_plan(
    known: Sequence[Input],
    lost: Collection[int],
    found: Iterable[tuple[Input, Place]],
    done: Position,
    lenient: bool,
) -> Plan:
    """Put what is there now beside what the run knows already.

    Parameters
    ----------
    known
        Inputs of earlier calls.
    lost
        Numbers of those that vanished or changed while they were read; they are tried again as new ones.
    found
        Inputs of this call.
    done
        Where the next shard begins.
    lenient
        An input that has gone is for the list of rejects.

    Raises
    ------
    ProblemsError
        Where a known input has changed, or one that is not done has gone.
    """
    inputs, places = list(known), cast("list[Place | None]", [None] * len(known))
    numbers = {item: i for i, item in enumerate(known)}
    kept = {item.name for i, item in enumerate(known) if i not in lost and item.sha256 != UNREADABLE}
    doubtful: list[tuple[Input, Place]] = []
    for item, place in found:
        number = numbers.get(item)
        if number is None and item.name in kept:
            doubtful.append((item, place))
        elif number is None or (number < done.input and number in lost and item.sha256 != UNREADABLE):
            numbers[item] = len(inputs)
            inputs.append(item)
            places.append(place)
        elif places[number] is None:
            places[number] = place
    _refuse(_changed(doubtful, inputs, places), () if lenient else _gone(known, places, done))
    for item, place in doubtful:  # another file of the same name
        inputs.append(item)
        places.append(place)
    return Plan(tuple(inputs), tuple(places))


def _changed(
    doubtful: Sequence[tuple[Input, Place]], inputs: Sequence[Input], places: Sequence[Place | None]
) -> list[str]:
    """Files that a run knows by name with other content, and does not find with the old content too."""
    if not doubtful:
        return []
    unchanged = {item.name for item, place in zip(inputs, places, strict=True) if place}
    return [
        f"{place.where}: changed since this run first read it (sha256 is now {item.sha256[:8]}). "
        "Give it another name if it holds other articles, or write to another folder."
        for item, place in doubtful
        if item.name not in unchanged
    ]


def _gone(known: Sequence[Input], places: Sequence[Place | None], done: Position) -> list[str]:
    return [
        f"{known[i].name}: is not among the inputs any more, but is not done. Give it again, or use another folder."
        for i in range(done.input, len(known))
        if places[i] is None and known[i].sha256 != UNREADABLE and known[i].size
    ]


def _refuse(*problems: Sequence[str]) -> None:
    every = [problem for some in problems for problem in some]
    if len(every) > 20:
        every = [*every[:20], f"and {len(every) - 20} more like these."]
    raise_problems(every)
