"""How to read users' files: which columns, and what to do with a bad record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

MAX_CHARS = 64 * 1024 * 1024
"""A longer record is refused: it is a wrong file far more often than an article."""

UNSUSPECTED = 64 * 1024 * 1024
"""Bytes that anything may unpack to without being taken for a decompression bomb."""


def _ignore(problem: str) -> None:
    """Drop a rejected record's message."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options of `read_articles`.

    Attributes
    ----------
    text, id, title, date
        Column or key names; `None` finds the usual ones by itself.
    on_error
        ``stop`` raises at the first bad record, ``skip`` passes its message to `reject` and goes on.
    follow
        Follow symbolic links out of a folder.
    """

    text: str | None = None
    id: str | None = None
    title: str | None = None
    date: str | None = None
    on_error: Literal["stop", "skip"] = "stop"
    follow: bool = False
    reject: Callable[[str], None] = _ignore
