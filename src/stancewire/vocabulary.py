"""The words of a text as numbers, fast: for the trainer and the runtime of the family ``static``.

What stands between two spaces is taken apart once and remembered; a word that the vocabulary does not hold is read as
its kind: a number, or a word with these last letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from stancewire.records import Sentence

Ids = NDArray[np.int64]

GAP, NOTHING, UNKNOWN, NUMBER = "", "~nothing", "~unknown", "~number"
"""Entries 0 to 3: what stands around texts; what an empty text holds; words of no known kind; words with digits."""

_TOKEN = re.compile(r"\w+(?:[.'-]\w+)*|[^\w\s]")
_DIGIT = re.compile(r"\d")
_EMPTY = " "
"""Stands for an empty text among pieces; no piece between spaces can be one."""
_ENDING = 3
_ENDINGS = 2000
_REMEMBERED = 1 << 17
"""Different pieces between spaces whose ids are remembered: some 20 MB."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Texts as word ids, one after the other with gaps around them.

    Attributes
    ----------
    ids
        ``(n_words + n_texts + 1,)``; the first is a gap, and so is the one after each text.
    starts, lengths
        ``(n_texts,)``, where each text's words stand in `ids`, at least one.
    """

    ids: Ids
    starts: Ids
    lengths: Ids


class Vocabulary(dict[str, int]):
    """Ids by word; a word it does not hold has the id of its kind.

    Parameters
    ----------
    entries
        `GAP`, `NOTHING`, `UNKNOWN`, `NUMBER`, then other kinds and words, in the order of their ids.
    """

    def __init__(self, entries: Sequence[str]) -> None:
        super().__init__(zip(entries, range(len(entries)), strict=True))
        self._pieces = _Pieces(self)

    def __missing__(self, word: str) -> int:
        return self.kind(word)

    def kind(self, word: str) -> int:
        """The id that stands for a word that is not in the vocabulary; a kind stands for itself."""
        return self.get(word if word.startswith("~") else _kind(word), self[UNKNOWN])

    def encode(self, texts: Iterable[str]) -> Encoded:
        """The words of texts, in order."""
        pieces = [GAP]
        for text in texts:
            pieces += _plain(text).split() or (_EMPTY,)
            pieces.append(GAP)
        ids = np.fromiter(chain.from_iterable(map(self._pieces.__getitem__, pieces)), np.int64)
        gaps = np.flatnonzero(ids == 0)
        return Encoded(ids, gaps[:-1] + 1, np.diff(gaps) - 1)


class _Pieces(dict[str, tuple[int, ...]]):
    """Ids of what stands between spaces: "(Reuters)" is three words, and is taken apart once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__({GAP: (vocabulary[GAP],), _EMPTY: (vocabulary[NOTHING],)})
        self._vocabulary = vocabulary

    def __missing__(self, piece: str) -> tuple[int, ...]:
        ids = tuple(self._vocabulary[word] for word in _TOKEN.findall(piece))
        if len(self) < _REMEMBERED:
            self[piece] = ids
        return ids


def words_of(text: str) -> list[str]:
    """Words in lower case and marks of punctuation."""
    return _TOKEN.findall(_plain(text))


def _plain(text: str) -> str:
    return text.lower().replace("’", "'")


def texts_around(sentence: Sentence) -> tuple[str, str, str]:
    """Title and sentences before, the nearest first; a gap for one that is not there."""
    before = (GAP, GAP, *sentence.before)
    return sentence.title, before[-1], before[-2]


def learn_vocabulary(texts: Iterable[str], max_words: int, min_count: int) -> Vocabulary:
    """The most frequent words of texts, and the kinds of the others.

    Parameters
    ----------
    min_count
        A word counts from this many occurrences; the kinds too.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text))
    words = _most_frequent(counts, max_words, min_count)
    kept = set(words)
    kinds: Counter[str] = Counter()
    for word, count in counts.items():
        kinds[_kind(word)] += count if word not in kept else 1
    endings = [kind for kind in _most_frequent(kinds, _ENDINGS, max(min_count, 3)) if kind != NUMBER]
    return Vocabulary([GAP, NOTHING, UNKNOWN, NUMBER, *endings, *words])


def _most_frequent(counts: Counter[str], limit: int, at_least: int) -> list[str]:
    """By falling frequency, alike ones by the alphabet, so that the order of the texts does not matter."""
    chosen = sorted((-count, word) for word, count in counts.items() if count >= at_least)
    return [word for _, word in chosen[:limit]]


def _kind(word: str) -> str:
    return NUMBER if _DIGIT.search(word) else f"~{word[-_ENDING:]}"
