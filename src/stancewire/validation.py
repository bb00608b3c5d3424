"""Data from files of ours against pydantic models: every problem with its place, in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from stancewire.errors import InputError, ProblemsError
from stancewire.files import Locate, read_jsonl

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], data: Any, where: str, locate: Locate | None = None) -> Model:
    """Validate what a file holds.

    Parameters
    ----------
    where
        The file, for messages.
    locate
        Gives the line of a key; see `stancewire.files.read_yaml`.

    Raises
    ------
    InputError
        When the data is no mapping.
    ProblemsError
        With every problem.
    """
    if not isinstance(data, dict):
        found = "nothing" if data is None else type(data).__name__
        raise InputError(f"{where}: found {found}, expected a mapping of keys.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            place = f"{where}:{locate(problem['loc'])}" if locate else where
            lines.append(f"{place}: {_explain(dict(problem))}")
        raise ProblemsError(lines) from None


def valid_rows(path: Path, model: type[Model], problems: list[str]) -> Iterator[tuple[str, Model]]:
    """The sound rows of a JSON-lines file with their places, ``file:line``; what is wrong with others is added."""
    try:
        for line, record in read_jsonl(path):
            where = f"{path}:{line}"
            try:
                row = model.model_validate(record)
            except ValidationError as error:
                problems += [f"{where}: {_explain_row(dict(problem))}" for problem in error.errors()]
            else:
                yield where, row
    except InputError as error:
        problems.append(str(error))


def _explain(problem: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "the file"
    match problem["type"]:
        case "extra_forbidden":
            return f"unknown key '{key}'. Remove it or correct its spelling."
        case "missing":
            return f"'{key}' is missing."
        case "value_error":
            return f"{key}: {problem['ctx']['error']}."
        case _:
            found = repr(problem["input"])
            shown = found if len(found) <= 60 else found[:57] + "..."
            return f"'{key}': {problem['msg']} (found {shown})."


def _explain_row(problem: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    return f"'{key}': {problem['msg']} (found {str(problem['input'])[:60]!r})."
