"""A runtime that computes every different sentence once: news repeats itself, by wire copy and by boilerplate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np

from stancewire.records import Sentence
from stancewire.runtimes import Runtime
from stancewire.scores import Scores

KEPT = 1 << 16
"""Sentences that are remembered: about 20 MB."""

_Key = tuple[int, int]


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
        self._slots: OrderedDict[_Key, int] = OrderedDict()
        self._memory: Scores | None = None

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores; see `stancewire.runtimes.Runtime`."""
        keys = [_key(sentence) for sentence in sentences]
        new = {key: i for i, key in enumerate(keys) if key not in self._slots}
        scores = self._runtime.decision_function([sentences[i] for i in new.values()])
        if self._memory is None:
            self._memory = _room(scores, self._kept)
        found = list(dict.fromkeys(key for key in keys if key not in new))
        old = self._memory.take([self._slots[key] for key in found])
        for key in found:
            self._slots.move_to_end(key)
        self._remember(self._memory, new, scores)
        if len(new) == len(keys):
            return scores
        rows = {key: i for i, key in enumerate([*new, *found])}
        return Scores.concatenate([scores, old]).take([rows[key] for key in keys])

    def _remember(self, memory: Scores, keys: Iterable[_Key], scores: Scores) -> None:
        slots = []
        for key in keys:
            slot = len(self._slots) if len(self._slots) < self._kept else self._slots.popitem(last=False)[1]
            self._slots[key] = slot
            slots.append(slot)
        # of more sentences than there is room for, the last ones stay: of equal indices the last value is kept
        memory.topic[slots], memory.stance[slots] = scores.topic, scores.stance
        memory.truncated[slots] = scores.truncated


def _key(sentence: Sentence) -> _Key:
    """Two hashes of 64 bits, of the sentence and of what is read with it; Python has those of most strings at hand.

    They are SipHash with a key of the process (PEP 456): that two sentences of a run of a billion share both is less
    likely than a flipped bit in memory.
    """
    return hash(sentence.text), hash(
        (sentence.title, sentence.before, sentence.target, sentence.passage, sentence.place)
    )


def _room(like: Scores, n: int) -> Scores:
    """Empty scores of `n` sentences; what is not used yet takes no memory."""
    return Scores(
        np.empty((n, *like.topic.shape[1:]), like.topic.dtype),
        np.empty((n, *like.stance.shape[1:]), like.stance.dtype),
        np.empty(n, bool),
    )
