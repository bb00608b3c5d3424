"""What a worker does with a chunk: split, tag, encode."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stancewire.batch.plan import Position
from stancewire.batch.reading import Chunk
from stancewire.batch.rows import encode
from stancewire.batch.stories import signature
from stancewire.bundle import read_bundle
from stancewire.output import Layout
from stancewire.predict import Tagger
from stancewire.records import Article
from stancewire.tag_columns import TagColumns


@dataclass(frozen=True, slots=True)
class Done:
    """A chunk when it is tagged; the last six fields are the chunk's own.

    Attributes
    ----------
    data
        Rows, as the shard's format has them.
    index
        Lines of ``articles.jsonl``.
    signatures
        MinHash values of the articles, when stories are asked for.
    counts
        Sentences by ``topic/stance``, ``review`` and ``truncated``.
    """

    rows: int
    data: bytes
    articles: int
    index: bytes
    signatures: bytes
    counts: Mapping[str, int]
    rejects: tuple[bytes, ...]
    lost: tuple[int, ...]
    next: Position
    read: int
    closes: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """How chunks become rows; can be sent to another process, which opens it there.

    Attributes
    ----------
    bundle
        The model's folder.
    stories
        Also make each article's MinHash signature.
    threads
        Threads of the model; `None` leaves it the choice.
    """

    bundle: Path
    layout: Layout
    stories: bool = False
    threads: int | None = None

    def open(self) -> Worker:
        """Load the model."""
        return Worker(self, Tagger(read_bundle(self.bundle), self.threads))


class Worker:
    """One loaded model, working through chunks."""

    def __init__(self, work: Work, tagger: Tagger) -> None:
        self._work, self._tagger = work, tagger

    def __call__(self, chunk: Chunk) -> Done:
        """Tag the articles of a chunk."""
        tally = _Tally()
        data = encode(tally.watch(self._tagger.tag_columns(chunk.articles)), self._work.layout)
        return Done(
            rows=tally.sentences.total(),
            data=data,
            articles=len(chunk.articles),
            index=b"".join(_index_line(article, tally.sentences[article.doc]) for article in chunk.articles),
            signatures=b"".join(signature(a.text) for a in chunk.articles) if self._work.stories else b"",
            counts=tally.counts,
            rejects=chunk.rejects,
            lost=chunk.lost,
            next=chunk.next,
            read=chunk.read,
            closes=chunk.closes,
            error=chunk.error,
        )


@dataclass(slots=True)
class _Tally:
    """Counts tags on their way: sentences by article, and by label."""

    sentences: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def watch(self, tags: Iterator[TagColumns]) -> Iterator[TagColumns]:
        for columns in tags:
            self.sentences.update(columns.places.doc)
            self.counts.update(columns.counts())
            yield columns


def _index_line(article: Article, sentences: int) -> bytes:
    """What stands in ``articles.jsonl``: also of articles that have no sentence, and so no row."""
    row = {"doc": article.doc, "title": article.title, "date": article.date, "sentences": sentences}
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
