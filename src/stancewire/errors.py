"""The errors a user can mend; ``stancewire.cli`` catches the base class and prints one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class StancewireError(Exception):
    """Base of every error whose message says where, what was found, what was expected and what to do."""


class InputError(StancewireError, ValueError):
    """A file or value given by the user is not what was expected."""


class MissingError(StancewireError, FileNotFoundError):
    """A file, folder or installed extra that is needed is not there."""


class OutputError(StancewireError, OSError):
    """The output cannot be written."""


class BundleError(StancewireError, ValueError):
    """A bundle is damaged, too new, or made for something else."""


class ProblemsError(InputError):
    """Several problems of one file or folder, all reported at once.

    Parameters
    ----------
    problems
        One full line each, beginning with ``file:line:``.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def raise_problems(problems: Sequence[str]) -> None:
    """Raise `ProblemsError` when there are any."""
    if problems:
        raise ProblemsError(problems)


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the nearest known word, or an empty string."""
    nearest = difflib.get_close_matches(found, list(known), n=1)
    return f" Did you mean '{nearest[0]}'?" if nearest else ""


def first_line(error: Exception) -> str:
    """The first line of an error's message, cut where it becomes a page."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line if len(line) <= 200 else line[:199] + "…"
