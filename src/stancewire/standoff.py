"""Labels of other people's articles, kept apart from their text: character spans, no words.

Text that may be read but not redistributed here is labelled by *standoff* lines, one per window of sentences in a row:

    {"article": "…", "sha256": "first 16 digits", "sentences": [[start, end, {"aid": ["favor", [4, 16]]}], …]}

A stance that is not neutral has its holder's span within the sentence, or "author". Whoever has the articles makes a
labelled set of them with `attach`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancewire.articles import units_of
from stancewire.codebook import NEUTRAL
from stancewire.errors import InputError
from stancewire.files import make_folder, read_jsonl, sha256, write_jsonl
from stancewire.labels import DOCUMENTS, SENTENCES
from stancewire.records import AUTHOR, Article

ANNOTATOR = "llm-1x"


@dataclass(frozen=True, slots=True)
class Window:
    """Labels of consecutive sentences of one article; see the module for the form of `sentences`."""

    article: str
    sha256: str
    sentences: tuple[tuple[int, int, dict[str, Any]], ...]


def text_digest(text: str) -> str:
    """How a standoff line names the text it was made on."""
    return sha256(text.encode())[:16]


def read_standoff(path: Path) -> Iterator[Window]:
    """Read standoff lines; raises `InputError` with the line of a broken one."""
    for line, row in read_jsonl(path):
        try:
            sentences = tuple((int(start), int(end), dict(labels)) for start, end, labels in row["sentences"])
            if not sentences:
                raise ValueError("no sentences")
            yield Window(row["article"], row["sha256"], sentences)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}:{line}: not a standoff line ({type(error).__name__}: {error}).") from None


@dataclass(slots=True)
class Attached:
    """How many windows found their text, and how many did not (not there, or changed since)."""

    windows: int = 0
    sentences: int = 0
    missing: int = 0


def attach(standoff: Path, articles: Iterable[Article], folder: Path) -> Attached:
    """Write ``documents.jsonl`` and ``sentences.jsonl`` of the windows whose articles are at hand.

    Raises
    ------
    InputError
        When none is.
    OutputError
        When the folder cannot be made or written to.
    """
    wanted: dict[str, list[Window]] = {}
    for window in read_standoff(standoff):
        wanted.setdefault(window.article, []).append(window)
    count = Attached(missing=sum(map(len, wanted.values())))
    documents: list[dict[str, Any]] = []
    sentences: list[dict[str, Any]] = []
    for article in articles:
        digest = text_digest(article.text) if article.doc in wanted else ""
        for number, window in enumerate(wanted.get(article.doc, ())):
            if window.sha256 == digest:
                rows = list(_rows(article, window, f"{article.doc}-{number}"))
                documents.append(_document(article, rows[0]["doc"]))
                sentences += rows
                count.windows, count.missing = count.windows + 1, count.missing - 1
                count.sentences += len(window.sentences)
    if not documents:
        raise InputError(f"{standoff}: none of its articles is in the input; the ids or the texts differ.")
    make_folder(folder, "Choose another --output.")
    write_jsonl(folder / DOCUMENTS, documents)
    write_jsonl(folder / SENTENCES, sentences)
    return count


def _document(article: Article, doc: str) -> dict[str, Any]:
    extra = {key: article.extra.get(key) for key in ("source", "licence", "url")}
    return {"doc": doc, "title": article.title, "date": article.date, **extra}


def _rows(article: Article, window: Window, doc: str) -> Iterator[dict[str, Any]]:
    """The window's sentences after the context that comes before it, which has no labels."""
    first = window.sentences[0][0]
    before = next((unit.sentence.before for unit in units_of(article) if unit.start == first), ())
    for n, text in enumerate(before):
        yield {"id": f"{doc}.{n:02d}", "doc": doc, "n": n, "text": text, "labels": None}
    for n, (start, end, labels) in enumerate(window.sentences, start=len(before)):
        text = article.text[start:end]
        row = {"id": f"{doc}.{n:02d}", "doc": doc, "n": n, "text": text}
        yield row | {"labels": {t: _label(label, text) for t, label in labels.items()}, "annotator": ANNOTATOR}


def _label(label: list[Any], text: str) -> dict[str, str]:
    stance = label[0]
    if stance == NEUTRAL or len(label) < 2:
        return {"stance": stance}
    holder = label[1]
    return {"stance": stance, "holder": AUTHOR if holder == AUTHOR else text[holder[0] : holder[1]]}
