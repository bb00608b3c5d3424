"""Labels out to where people label (Label Studio, CSV, Excel) and back, unchanged.

A sentence in these formats has its id, text and context, and for each topic the stance and the holder. Going back, rows
are found by their id; their text must be the same as it was.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stancewire.codebook import Codebook
from stancewire.errors import InputError, first_line, raise_problems
from stancewire.files import atomic_path, decode, read_bytes, read_text, write_bytes
from stancewire.label_studio import from_tasks, to_tasks
from stancewire.labels import label_dict, label_problems
from stancewire.records import Label, LabelledSentence

Labels = dict[str, Label] | None
"""Labels of a sentence; `None` for context only, empty for no topic."""

FORMATS = {".json": "Label Studio", ".csv": "CSV", ".xlsx": "Excel"}
_FIXED = ("id", "doc", "n", "before", "text", "labelled", "annotator", "pair")


def write_exchange(rows: Sequence[LabelledSentence], codebook: Codebook, path: Path) -> None:
    """Write rows in the format that the file's ending names."""
    match _format_of(path):
        case ".json":
            write_bytes(path, to_tasks(rows, codebook))
        case ".csv":
            stream = io.StringIO(newline="")
            csv.writer(stream, lineterminator="\n").writerows(_table(rows, codebook))
            write_bytes(path, b"\xef\xbb\xbf" + stream.getvalue().encode())  # the mark by which Excel knows UTF-8
        case _:
            _write_excel(_table(rows, codebook), path)


def read_exchange(path: Path, rows: Sequence[LabelledSentence], codebook: Codebook) -> dict[str, Labels]:
    """Labels by sentence id, checked against the rows they belong to.

    Raises
    ------
    InputError
        When the file is not of a known format.
    ProblemsError
        With every row whose id is unknown, whose text has changed, or whose labels the codebook does not allow.
    """
    texts = {row.id: row.text for row in rows}
    readers: dict[str, Callable[[], Iterable[tuple[str, Mapping[str, Any], Labels]]]] = {
        ".json": lambda: from_tasks(read_text(path), str(path), codebook),
        ".csv": lambda: _from_table(_read_csv(path), path, codebook),
        ".xlsx": lambda: _from_table(_read_excel(path), path, codebook),
    }
    labels: dict[str, Labels] = {}
    problems: list[str] = []
    for where, data, found in readers[_format_of(path)]():
        i = str(data.get("id"))
        problems += [f"{where}: {problem}" for problem in _row_problems(i, data, found, texts, codebook)]
        if i in labels:
            problems.append(f"{where}: sentence id '{i}' is used twice.")
        labels[i] = found
    raise_problems(problems)
    return labels


def with_labels(
    rows: Iterable[dict[str, Any]], labels: Mapping[str, Labels], annotator: str | None
) -> tuple[list[dict[str, Any]], int]:
    """Rows of ``sentences.jsonl`` with new labels, and how many changed; every other key stays."""
    result, changed = [], 0
    for row in rows:
        new = label_dict(labels[row["id"]]) if row["id"] in labels else row["labels"]
        if new != row["labels"]:
            changed += 1
            row = row | {"labels": new} | ({"annotator": annotator} if annotator else {})  # noqa: PLW2901
        result.append(row)
    return result, changed


def _row_problems(
    i: str, data: Mapping[str, Any], found: Labels, texts: Mapping[str, str], codebook: Codebook
) -> Iterator[str]:
    if i not in texts:
        yield f"sentence '{i}' is not in sentences.jsonl. Export first, and keep the ids."
        return
    if data.get("text") != texts[i]:
        yield f"the text of '{i}' is not the one in sentences.jsonl. Import labels only; change texts there."
    for topic, label in (label_dict(found) or {}).items():
        yield from (f"sentence '{i}': {problem}" for problem in label_problems(topic, label, texts[i], codebook))


def _format_of(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in FORMATS:
        known = ", ".join(f"{end} ({name})" for end, name in FORMATS.items())
        raise InputError(f"{path}: found ending '{path.suffix}', expected one of {known}.")
    return ending


def _table(rows: Sequence[LabelledSentence], codebook: Codebook) -> Iterator[list[str]]:
    yield [*_FIXED, *(name for topic in codebook.topic_ids for name in (topic, f"{topic}_holder"))]
    for row in rows:
        cells = [row.id, row.doc, str(row.n), " ".join(row.sentence.before), row.text]
        cells += ["no" if row.labels is None else "yes", row.annotator or "", row.pair or ""]
        for topic in codebook.topic_ids:
            label = (row.labels or {}).get(topic)
            cells += ["", ""] if label is None else [label.stance, label.holder or ""]
        yield cells


def _from_table(
    table: Iterable[Sequence[str]], path: Path, codebook: Codebook
) -> Iterator[tuple[str, Mapping[str, Any], Labels]]:
    lines = iter(table)
    head = list(next(lines, []))
    missing = [name for name in ("id", "text", "labelled", *codebook.topic_ids) if name not in head]
    if missing:
        raise InputError(f"{path}: columns {', '.join(missing)} are missing. Export first, and keep the first line.")
    for number, cells in enumerate(lines, start=2):
        if not any(cells):
            continue
        data = dict(zip(head, cells, strict=False))
        yield f"{path}: row {number}", data, _labels_of(data, codebook)


def _labels_of(data: Mapping[str, str], codebook: Codebook) -> Labels:
    """Labels of a table's row; leading and trailing spaces that people type around a stance do not count."""
    labels = {}
    for topic in codebook.topic_ids:
        stance = (data.get(topic) or "").strip()
        if stance:
            labels[topic] = Label(stance, data.get(f"{topic}_holder") or None)
    if not labels and (data.get("labelled") or "").strip().lower() == "no":
        return None
    return labels


def _read_csv(path: Path) -> Iterator[list[str]]:
    text = decode(read_bytes(path), str(path))
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)  # spreadsheets of some countries save with semicolons
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _write_excel(table: Iterable[Sequence[str]], path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "labels"
    for r, cells in enumerate(table, start=1):
        for c, value in enumerate(cells, start=1):
            cell = sheet.cell(r, c, value or None)
            if value:
                cell.data_type = "s"  # a sentence that begins with = is no formula
    sheet.freeze_panes = "B2"
    with atomic_path(path) as temporary:
        book.save(temporary)


def _read_excel(path: Path) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    data = read_bytes(path)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True)
    except Exception as error:  # openpyxl lets slip whatever a damaged file makes it meet
        raise InputError(f"{path}: not a readable Excel file ({first_line(error)}). Save it as .xlsx anew.") from None
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield ["" if value is None else str(value) for value in row]
    finally:
        book.close()
