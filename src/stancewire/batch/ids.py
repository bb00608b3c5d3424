"""Ids of articles met so far, compactly: 8 bytes each."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_RECENT = 1 << 14
"""Digests that wait in a set, which takes a dozen times the memory of an array."""


class IdSet:
    """A growing set of ids, kept as 64-bit digests in a few sorted arrays.

    Two different ids of 100 million are taken for one with a probability of 1 in 3,700.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._recent: set[int] = set()
        self._sorted: list[NDArray[np.uint64]] = []
        for name in ids:
            self.add(name)

    def add(self, name: str) -> bool:
        """Take an id in; returns whether it is new."""
        digest = int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
        if digest in self._recent or any(_holds(array, digest) for array in self._sorted):
            return False
        self._recent.add(digest)
        if len(self._recent) == _RECENT:
            self._sort()
        return True

    def _sort(self) -> None:
        """Turn the recent ids into an array, and join arrays of like size, so that there are always few."""
        array = np.sort(np.fromiter(self._recent, np.uint64, len(self._recent)))
        self._recent.clear()
        while self._sorted and len(self._sorted[-1]) <= 2 * len(array):
            array = np.sort(np.concatenate([self._sorted.pop(), array]))
        self._sorted.append(array)


def _holds(array: NDArray[np.uint64], digest: int) -> bool:
    at = int(np.searchsorted(array, np.uint64(digest)))
    return at < len(array) and int(array[at]) == digest
