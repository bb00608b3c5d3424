"""The words and characters of a sentence that linear models count: shared by their trainer and their runtime."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from stancewire.records import Sentence

_WORD = re.compile(r"\b\w\w+\b")


def words(text: str) -> Iterator[str]:
    """Word unigrams and bigrams, lower case."""
    tokens = _WORD.findall(text.lower())
    yield from tokens
    yield from map(" ".join, pairwise(tokens))


def characters(text: str) -> Iterator[str]:
    """Character 2- to 5-grams within words padded by a space on either side, lower case."""
    for token in text.lower().split():
        padded = f" {token} "
        for n in range(2, 6):
            if n >= len(padded):  # a word shorter than n counts once, whole
                yield padded
                break
            yield from (padded[i : i + n] for i in range(len(padded) - n + 1))


def sentence_text(sentence: Sentence) -> str:
    """The text whose features decide most."""
    return sentence.text


def context_text(sentence: Sentence) -> str:
    """Title and the sentences before, for what a pronoun refers to."""
    return " ".join((sentence.title, *sentence.before))


ANALYZERS: dict[str, Callable[[str], Iterator[str]]] = {"words": words, "characters": characters}
FIELDS: dict[str, Callable[[Sentence], str]] = {"sentence": sentence_text, "context": context_text}
