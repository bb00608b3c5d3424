"""Passages: sentences in a row that a model reads in one pass, instead of each with its context anew.

An article is cut into passages of `PASSAGE` sentences from its first on. So a sentence's tags depend on its passage,
its title and the sentences before, never on what else is tagged in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stancewire.records import PASSAGE, LabelledSentence, Passage, Sentence


def in_passages(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Consecutive sentences of one article, each with the passage that it stands in."""
    found = []
    for start in range(0, len(sentences), PASSAGE):
        part = sentences[start : start + PASSAGE]
        passage = Passage(tuple(sentence.text for sentence in part), part[0].title, part[0].before)
        found += [replace(sentence, passage=passage, place=place) for place, sentence in enumerate(part)]
    return found


def passage_of(sentence: Sentence) -> Passage:
    """The passage that a sentence is read with; one that stands alone is a passage of its own."""
    return sentence.passage or Passage((sentence.text,), sentence.title, sentence.before)


def sentences_of(passage: Passage, context: int) -> list[Sentence]:
    """The sentences of a passage, each with its title and at most `context` sentences before it."""
    texts = (*passage.before, *passage.texts)
    first = len(passage.before)
    return [
        Sentence(text, passage.title, texts[max(0, n - context) : n], passage=passage, place=n - first)
        for n, text in enumerate(passage.texts, start=first)
    ]


def number_passages(rows: Sequence[LabelledSentence]) -> list[int]:
    """Which passage each sentence is read with, counted from 0."""
    numbers: dict[tuple[str, Passage | str], int] = {}
    keys = ((row.doc, row.sentence.passage or row.id) for row in rows)
    return [numbers.setdefault(key, len(numbers)) for key in keys]
