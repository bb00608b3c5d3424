"""One record with named fields (a JSON object, a table row) to an `Article`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stancewire.articles.options import MAX_CHARS, ReadOptions
from stancewire.errors import InputError, did_you_mean
from stancewire.records import Article

_USUAL = {
    "text": ("text", "body", "content", "article", "maintext", "article_text", "full_text"),
    "id": ("id", "doc", "doc_id", "article_id", "uri", "guid"),
    "title": ("title", "headline"),
    "date": ("date", "published", "publication_date", "pub_date", "date_publish"),
}


def find_columns(names: list[str], options: ReadOptions) -> dict[str, str | None]:
    """Which of a record's keys hold text, id, title and date.

    Raises
    ------
    InputError
        When a column named in the options is not there.
    """
    lower = {name.lower(): name for name in reversed(names)}
    found: dict[str, str | None] = {}
    for role, usual in _USUAL.items():
        wanted = getattr(options, role)
        if wanted is not None and wanted not in names:
            listed = ", ".join(names[:20])
            raise InputError(f"no column '{wanted}' (there are: {listed}).{did_you_mean(wanted, names)}")
        found[role] = wanted or next((lower[name] for name in usual if name in lower), None)
    return found


def article_from_record(record: Mapping[str, Any], doc: str, options: ReadOptions) -> Article:
    """Build an article from a record.

    Parameters
    ----------
    doc
        The id to use when the record has none.

    Raises
    ------
    InputError
        Without a place: the caller adds the file and line.
    """
    columns = find_columns(list(record), options)
    used = {name for name in columns.values() if name} | {"sentences"}
    given_id = record.get(columns["id"]) if columns["id"] else None
    sentences = record.get("sentences")
    if sentences is not None:
        sentences = _check_sentences(sentences)
        text = "\n".join(sentences)
    else:
        text = _check_text(record, columns["text"])
    return Article(
        doc=doc if given_id in (None, "") else str(given_id),
        text=text,
        title=_optional(record, columns["title"]) or "",
        date=_optional(record, columns["date"]),
        sentences=sentences,
        extra={key: value for key, value in record.items() if key not in used},
    )


def check_length(text: str) -> str:
    """Return the text; raise `InputError` when it is empty or longer than any article."""
    if not text.strip():
        raise InputError("the text is empty; expected an article. Leave it out, or use --on-error skip.")
    if len(text) > MAX_CHARS:
        found = f"{len(text):,} characters"
        raise InputError(f"found a record of {found}, expected at most {MAX_CHARS:,}. Split it.")
    return text


def _check_text(record: Mapping[str, Any], column: str | None) -> str:
    if column is None:
        listed = ", ".join(list(record)[:20]) or "none"
        found = f"found no text (keys: {listed})"
        raise InputError(f"{found}; expected 'text' or 'sentences'. Name it with --text.")
    value = "" if record[column] is None else record[column]
    if not isinstance(value, str):
        raise InputError(f"'{column}' is {type(value).__name__}, expected a text.")
    return check_length(value)


def _check_sentences(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise InputError("'sentences' is not a list of texts.")
    check_length("\n".join(value))
    return tuple(value)


def _optional(record: Mapping[str, Any], column: str | None) -> str | None:
    value = record.get(column) if column else None
    return None if value is None else str(value)
