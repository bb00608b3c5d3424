"""Records of users' files that are not articles yet: made into one, or kept as they are in a list of rejects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from stancewire.articles.document import article_from_html, article_from_text
from stancewire.articles.options import ReadOptions
from stancewire.articles.record import article_from_record
from stancewire.errors import InputError
from stancewire.files import canonical_json, decode, parse_json_object
from stancewire.records import Article


class Entry(Protocol):
    """One record.

    Attributes
    ----------
    where
        File and line, for people.
    """

    @property
    def where(self) -> str: ...  # noqa: D102

    def article(self) -> Article:
        """The article; raises `InputError`, which names the place, when the record is none."""
        ...

    def original(self) -> Mapping[str, Any]:
        """The record as it was given, as far as JSON can hold it."""
        ...


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line of a JSON-lines file."""

    line: bytes
    where: str
    options: ReadOptions

    def article(self) -> Article:
        """See `Entry`."""
        text = decode(self.line, self.where)
        record = parse_json_object(text, self.where)
        if "\\ud" in text or "\\uD" in text:
            _check_surrogates(record, self.where)
        return _placed(record, self.where, self.options)

    def original(self) -> Mapping[str, Any]:
        """See `Entry`; a line that is no JSON object stands under ``raw``."""
        try:
            return parse_json_object(decode(self.line, self.where), self.where)
        except InputError:
            return {"raw": self.line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table."""

    record: Mapping[str, Any]
    where: str
    options: ReadOptions

    def article(self) -> Article:
        """See `Entry`."""
        return _placed(self.record, self.where, self.options)

    def original(self) -> Mapping[str, Any]:
        """See `Entry`."""
        return self.record


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file that is one article.

    Attributes
    ----------
    data
        Its bytes.
    name
        What becomes the article's id.
    """

    data: bytes
    where: str
    name: str

    def article(self) -> Article:
        """See `Entry`."""
        text = decode(self.data, self.where)
        make = article_from_html if self.name.lower().endswith((".html", ".htm")) else article_from_text
        try:
            return make(text, self.name)
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from None

    def original(self) -> Mapping[str, Any]:
        """See `Entry`; the file itself is not copied."""
        return {"file": self.name}


def _check_surrogates(record: dict[str, Any], where: str) -> None:
    """Refuse half of an escaped surrogate pair: it is no character and cannot be written as UTF-8."""
    try:
        canonical_json(record)
    except UnicodeEncodeError:
        raise InputError(f"{where}: found half of a \\uD8xx\\uDCxx pair, expected whole characters.") from None


def _placed(record: Mapping[str, Any], where: str, options: ReadOptions) -> Article:
    try:
        return article_from_record(record, where, options)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
