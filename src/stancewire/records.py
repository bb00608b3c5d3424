"""The plain values that travel between modules: articles, sentences, labels, tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AUTHOR = "author"
"""The holder of a stance that the sentence's own wording takes."""

PASSAGE = 5
"""Sentences of a passage."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article as read.

    Attributes
    ----------
    sentences
        Set when the record came already split; `text` is then their join by line breaks.
    extra
        The user's other fields, carried along untouched.
    body
        Character span of `text` that is tagged: without a title line or a source note at the end.
    """

    doc: str
    text: str
    title: str = ""
    date: str | None = None
    sentences: tuple[str, ...] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    body: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Whom or what a stance is about, and the character spans at which the sentence names it, if it does."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Up to `PASSAGE` sentences in a row, with the title and the sentences before them; see `stancewire.passages`."""

    texts: tuple[str, ...]
    title: str = ""
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with the context a model may read: the title and the sentences before it.

    Attributes
    ----------
    target
        What the stance is asked about, for models that take a target with every sentence; see ``docs/targets.md``.
    passage, place
        What it is read with by models that read whole passages, and its number there (from 0). `None` for a sentence
        that stands alone.
    """

    text: str
    title: str = ""
    before: tuple[str, ...] = ()
    target: Target | None = None
    passage: Passage | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """The stance of a sentence on one topic, and whose it is (`None` for neutral)."""

    stance: str
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A row of ``sentences.jsonl``.

    Attributes
    ----------
    labels
        `None` for a row that is only context.
    origin
        The article its document was taken from: documents of one origin, such as windows of one speech, never stand on
        both sides of a split. Empty when nothing is known of it.
    """

    id: str
    doc: str
    n: int
    sentence: Sentence
    labels: Mapping[str, Label] | None
    annotator: str | None = None
    pair: str | None = None
    split: str | None = None
    source: str = ""
    origin: str = ""

    @property
    def text(self) -> str:
        """The sentence itself."""
        return self.sentence.text

    @property
    def stances(self) -> dict[str, str]:
        """Stance by topic; empty for context too."""
        return {topic: label.stance for topic, label in (self.labels or {}).items()}


@dataclass(frozen=True, slots=True)
class Document:
    """A row of ``documents.jsonl``."""

    doc: str
    title: str = ""
    date: str | None = None
    source: str = ""
    licence: str | None = None
    url: str | None = None
    genre: str | None = None

    @property
    def origin(self) -> str:
        """What names the article wherever it is cut and whatever its id: the address, else date and title."""
        return self.url or (f"{self.date} {self.title}" if self.date and self.title else "")


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A labelled set in memory: its documents and its sentences, in order."""

    documents: tuple[Document, ...]
    sentences: tuple[LabelledSentence, ...]

    @property
    def scored(self) -> tuple[LabelledSentence, ...]:
        """The sentences with labels (an empty mapping is a label too), without the context rows."""
        return tuple(row for row in self.sentences if row.labels is not None)


@dataclass(frozen=True, slots=True)
class Tag:
    """What a model says of one sentence.

    Attributes
    ----------
    start, end
        Character span in the article's text as read.
    labels
        Topics whose calibrated probability passes the topic's threshold.
    topic_p, stance_p
        Calibrated probabilities of every topic, and of every topic's stances.
    review
        A person should look: some topic's probability is near its threshold, on either side, or no stance of a
        topic in `labels` has a majority of the probability.
    truncated
        The model could not see the whole sentence.
    """

    doc: str
    n: int
    start: int
    end: int
    text: str
    labels: Mapping[str, Label]
    topic_p: Mapping[str, float]
    stance_p: Mapping[str, Mapping[str, float]]
    review: bool
    truncated: bool
    model: str
    codebook: str

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON lines have it; the form is in ``docs/formats.md``."""
        return {
            "doc": self.doc,
            "n": self.n,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "labels": {topic: _label_dict(label, self.text) for topic, label in self.labels.items()},
            "topic_p": dict(self.topic_p),
            "stance_p": {topic: dict(p) for topic, p in self.stance_p.items()},
            "review": self.review,
            "truncated": self.truncated,
            "model": self.model,
            "codebook": self.codebook,
        }


def _label_dict(label: Label, text: str) -> dict[str, Any]:
    row: dict[str, Any] = {"stance": label.stance}
    if label.holder is not None:
        row["holder"] = label.holder
        row["holder_span"] = None if label.holder == AUTHOR else _span_of(label.holder, text)
    return row


def _span_of(words: str, text: str) -> list[int]:
    """Where the words first stand as words: "we" is not in "were"."""
    first = start = text.index(words)
    while start >= 0:
        if not (_is_wordlike(text[start - 1 : start]) or _is_wordlike(text[start + len(words) :][:1])):
            return [start, start + len(words)]
        start = text.find(words, start + 1)
    return [first, first + len(words)]


def _is_wordlike(character: str) -> bool:
    """True for a letter, a digit or ``_``; false where there is no character."""
    return character.isalnum() or character == "_"
