"""Passages: sentences in a row that a model reads in one pass, instead of each with its context anew.

An article is cut into passages of `PASSAGE` sentences from its first on. So a sentence's tags depend on its passage,
its title and the sentences before, never on what else is tagged in the same run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stancewire.records import PASSAGE, Passage, Sentence


def in_passages(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Consecutive sentences of one article, each with the passage that it stands in."""
    found = []
    for start in range(0, len(sentences), PASSAGE):
        part = sentences[start : start + PASSAGE]
        passage = Passage(tuple(sentence.text for sentence in part), part[0].title, part[0].before)
        found += [replace(sentence, passage=passage, place=place) for place, sentence in enumerate(part)]
    return found
