"""Which sentences to train on and which to hold out: whole documents, and whole clusters of near-duplicates.

Wire copy repeats itself: a random split of sentences would test on what was trained on. Documents cut from one
article, documents that share a near-duplicate sentence, and the halves of a minimal pair stay on one side.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from stancewire.records import LabelledSentence

SIMILAR = 0.6
"""Jaccard similarity of word trigrams from which two sentences count as near-duplicates."""

_PERMUTATIONS = 64
_MIN_WORDS = 6  # shorter sentences ("He refused.") repeat by chance


class UnionFind:
    """Disjoint sets of hashable items (Galler & Fischer 1964)."""

    def __init__(self, items: Iterable[str]) -> None:
        self._parent = {item: item for item in items}

    def find(self, item: str) -> str:
        """The representative of the item's set."""
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def union(self, a: str, b: str) -> None:
        """Join two sets; the smaller representative stays, so the result does not depend on the order."""
        a, b = sorted((self.find(a), self.find(b)))
        self._parent[b] = a


def near_duplicates(rows: Sequence[LabelledSentence]) -> list[tuple[str, str]]:
    """Pairs of sentence ids whose texts are near-duplicates, by MinHash (datasketch), checked exactly.

    Returns
    -------
    list of (id, id)
        In the order of the rows; each pair once.
    """
    from datasketch import MinHash, MinHashLSH

    shingles = {row.id: _trigrams(row.text) for row in rows}
    index = MinHashLSH(threshold=SIMILAR - 0.1, num_perm=_PERMUTATIONS)
    pairs = []
    for row in rows:
        grams = shingles[row.id]
        if len(grams) < _MIN_WORDS - 2:
            continue
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
        sketch.update_batch([gram.encode() for gram in sorted(grams)])
        for other in sorted(index.query(sketch)):
            if _jaccard(grams, shingles[other]) >= SIMILAR:
                pairs.append((other, row.id))
        index.insert(row.id, sketch)
    return pairs


def clusters(rows: Sequence[LabelledSentence]) -> dict[str, str]:
    """Cluster of every document: joined where they share their origin, a near-duplicate or a minimal pair."""
    home = {row.id: row.doc for row in rows}
    sets = UnionFind(row.doc for row in rows)
    for a, b in near_duplicates(rows):
        sets.union(home[a], home[b])
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        for kind, shared in (("pair", row.pair), ("origin", row.origin)):
            if shared:
                sets.union(row.doc, first.setdefault((kind, shared), row.doc))
    return {doc: sets.find(doc) for doc in dict.fromkeys(row.doc for row in rows)}


def split_documents(
    rows: Sequence[LabelledSentence], dev_share: float, seed: int, candidates: Collection[str] | None = None
) -> frozenset[str]:
    """Documents of the development split.

    Documents whose rows carry a `split` keep it ("dev" is held out, anything else trains), and take the others of
    their cluster with them. Of the other clusters whole ones are drawn at random until `dev_share` of their sentences
    are reached.

    Parameters
    ----------
    candidates
        Documents that may be held out, by default all; the others train, with their clusters.
    """
    fixed: dict[str, bool] = {}
    for row in rows:
        if candidates is not None and row.doc not in candidates:
            fixed[row.doc] = False
        elif row.split:
            fixed[row.doc] = fixed.get(row.doc, False) or row.split == "dev"
    members: dict[str, list[str]] = {}
    for doc, cluster in clusters(rows).items():
        members.setdefault(cluster, []).append(doc)
    held_out = {doc for doc, held in fixed.items() if held}
    free: list[list[str]] = []
    for _, docs in sorted(members.items()):
        sides = {fixed[doc] for doc in docs if doc in fixed}
        if not sides:
            free.append(docs)
        elif sides == {True}:
            held_out.update(docs)
    size = Counter(row.doc for row in rows if row.labels is not None)
    return frozenset(held_out.union(*_draw(free, size, dev_share, seed)))


def _draw(groups: list[list[str]], size: Mapping[str, int], share: float, seed: int) -> Iterator[list[str]]:
    """Groups of documents at random, each that still fits, up to a share of their sentences."""
    counts = {docs[0]: sum(size[doc] for doc in docs) for docs in groups}
    wanted = share * sum(counts.values())
    random.Random(seed).shuffle(groups)  # noqa: S311 (a reproducible draw, not a secret)
    for docs in groups:
        if counts[docs[0]] <= wanted:
            wanted -= counts[docs[0]]
            yield docs


def assign_splits(rows: Sequence[LabelledSentence], dev_share: float, seed: int) -> dict[str, str]:
    """``train`` or ``dev`` for every document, drawn anew: splits that the rows carry already do not count."""
    free = [replace(row, split=None) for row in rows]
    held_out = split_documents(free, dev_share, seed)
    return {doc: "dev" if doc in held_out else "train" for doc in dict.fromkeys(row.doc for row in rows)}


def duplicate_groups(rows: Sequence[LabelledSentence]) -> list[list[LabelledSentence]]:
    """Clusters of near-duplicate sentences, each in the order of the rows, without the marked minimal pairs."""
    by_id = {row.id: row for row in rows}
    alike = [(a, b) for a, b in near_duplicates(rows) if not by_id[a].pair or by_id[a].pair != by_id[b].pair]
    sets = UnionFind(by_id)
    for a, b in alike:
        sets.union(a, b)
    groups: dict[str, list[LabelledSentence]] = {}
    members = {i for pair in alike for i in pair}
    for row in rows:
        if row.id in members:
            groups.setdefault(sets.find(row.id), []).append(row)
    return list(groups.values())


def _trigrams(text: str) -> frozenset[str]:
    tokens = re.findall(r"\w+", text.lower())
    return frozenset(f"{a} {b} {c}" for (a, b), (_, c) in pairwise(pairwise(tokens)))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / max(len(a | b), 1)
