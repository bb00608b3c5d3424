"""A runtime that computes every different sentence once: news repeats itself, by wire copy and by boilerplate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from stancewire.records import Sentence
from stancewire.runtimes import Runtime
from stancewire.scores import Floats, Scores

KEPT = 1 << 16
"""Sentences that are remembered: about 40 MB."""

_Row = tuple[Floats, Floats, bool]


class OnceRuntime:
    """Another runtime's scores, remembered by sentence and context.

    A runtime's scores depend on the sentence and its context alone, so remembering them changes the speed only.

    Parameters
    ----------
    kept
        How many sentences are remembered; those not met for the longest time go first.
    """

    def __init__(self, runtime: Runtime, kept: int = KEPT) -> None:
        self._runtime, self._kept = runtime, kept
        self._rows: OrderedDict[bytes, _Row] = OrderedDict()

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores; see `stancewire.runtimes.Runtime`."""
        keys = [_key(sentence) for sentence in sentences]
        new = {key: i for i, key in enumerate(keys) if key not in self._rows}
        scores = self._runtime.decision_function([sentences[i] for i in new.values()])
        if len(new) == len(keys):
            self._remember(list(new), scores)
            return scores
        found = {key: self._rows[key] for key in keys if key not in new}
        found |= dict(zip(new, _rows(scores), strict=True))
        self._remember(list(new), scores)
        for key in keys:
            if key in self._rows:
                self._rows.move_to_end(key)
        return _stack([found[key] for key in keys], scores)

    def _remember(self, keys: Sequence[bytes], scores: Scores) -> None:
        self._rows.update(zip(keys, _rows(scores), strict=True))
        while len(self._rows) > self._kept:
            self._rows.popitem(last=False)


def _key(sentence: Sentence) -> bytes:
    """A digest over the parts, each with its length, so that no two sentences share one."""
    digest = blake2b(digest_size=16)
    for part in (sentence.text, sentence.title, *sentence.before):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()


def _rows(scores: Scores) -> list[_Row]:
    """Copies, so that a remembered row does not keep its whole batch alive."""
    return [(scores.topic[i].copy(), scores.stance[i].copy(), bool(scores.truncated[i])) for i in range(len(scores))]


def _stack(rows: Sequence[_Row], like: Scores) -> Scores:
    topic = np.stack([row[0] for row in rows]).astype(like.topic.dtype)
    stance = np.stack([row[1] for row in rows]).astype(like.stance.dtype)
    return Scores(topic, stance, np.array([row[2] for row in rows], bool))
