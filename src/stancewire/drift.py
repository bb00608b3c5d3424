"""Is a batch of articles still like what the model was trained on? Its tags against the bundle's profile.

Distributions are compared by the population stability index, PSI = sum (b - r) ln(b / r) over bins (Siddiqi 2006):
below 0.1 stable, above 0.25 shifted. Sampling alone gives about (1/n + 1/m) chi-square with bins - 1 degrees of
freedom (Yurdakul 2018); what stays below its 95 % point is called stable whatever its size.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stancewire.profile import Counts, shares, unseen_share
from stancewire.tag_rows import TagRow

STABLE, WATCH, SHIFTED = "stable", "watch", "shifted"
_WATCH_FROM, _SHIFTED_FROM = 0.1, 0.25
_FLOOR = 1e-4
"""The least share that a bin counts as."""
SHOWN = 20
"""How many words are shown."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One comparison.

    Attributes
    ----------
    reference, batch
        Share by bin, in the same order.
    psi, noise
        The index, and what sampling alone reaches in 5 % of cases.
    """

    name: str
    what: str
    reference: Mapping[str, float]
    batch: Mapping[str, float]
    psi: float
    noise: float

    @property
    def verdict(self) -> str:
        """``stable``, ``watch`` or ``shifted``."""
        if self.psi < _WATCH_FROM or self.psi <= self.noise:
            return STABLE
        return WATCH if self.psi < _SHIFTED_FROM else SHIFTED


@dataclass(frozen=True, slots=True)
class Drift:
    """The outcome.

    Attributes
    ----------
    unseen, unseen_reference
        Share of words that are not among the training data's most frequent, in the batch and in held-out sentences.
    new_words
        The most frequent of them, with their counts.
    """

    bundle: str
    models: tuple[str, ...]
    sentences: int
    documents: int
    features: tuple[Feature, ...]
    unseen: float
    unseen_reference: float
    new_words: tuple[tuple[str, int], ...]

    @property
    def verdict(self) -> str:
        """The worst of the features."""
        order = (STABLE, WATCH, SHIFTED)
        return max((feature.verdict for feature in self.features), key=order.index)


def compare_tags(rows: Iterable[TagRow], profile: Mapping[str, Any], bundle: str) -> Drift:
    """Hold tags against a profile; rows are read once, so a stream of any length fits.

    Parameters
    ----------
    bundle
        Label of the bundle that the profile comes from.
    """
    counts, docs, models = Counts(), set[str](), Counter[str]()
    for row in rows:
        counts.add_text(row.text)
        counts.add_decision(row.labels, row.topic_p, row.stance_p)
        docs.add(row.doc)
        models[row.model] += 1
    known = profile["words"]
    new = [(word, n) for word, n in counts.words.most_common() if word not in known]
    return Drift(
        bundle,
        tuple(sorted(models)),
        counts.sentences,
        len(docs),
        tuple(_features(counts, profile)),
        unseen_share(counts.words, known),
        profile["unseen"],
        tuple(new[:SHOWN]),
    )


def _features(counts: Counts, profile: Mapping[str, Any]) -> Iterator[Feature]:
    n, held_out, stances = counts.sentences, profile["held_out"], counts.stance_confidence.total()
    for name, what, batch, total, reference_total in (
        ("predicted", "labels, against those predicted on held-out sentences", counts.labels, n, held_out),
        ("topic_confidence", "probability of the least sure topic decision", counts.topic_confidence, n, held_out),
        ("stance_confidence", "probability of chosen stances", counts.stance_confidence, stances, profile["stances"]),
        ("length", "words in a sentence", counts.length, n, profile["sentences"]),
    ):
        yield _feature(name, what, profile[name], shares(batch, list(profile[name]), total), (total, reference_total))
    words = _word_shares(counts.words, profile["words"])
    reference = {word: k / max(profile["tokens"], 1) for word, k in _top(profile["words"])}
    reference["all other words"] = max(1 - sum(reference.values()), 0.0)
    totals = (counts.words.total(), profile["tokens"])
    yield _feature("vocabulary", "the 100 most frequent words of the training data", reference, words, totals)


def _top(words: Mapping[str, int]) -> list[tuple[str, int]]:
    return list(words.items())[:100]


def _word_shares(words: Mapping[str, int], known: Mapping[str, int]) -> dict[str, float]:
    total = max(sum(words.values()), 1)
    found = {word: words.get(word, 0) / total for word, _ in _top(known)}
    return found | {"all other words": max(1 - sum(found.values()), 0.0)}


def _feature(
    name: str, what: str, reference: Mapping[str, float], batch: Mapping[str, float], totals: tuple[int, int]
) -> Feature:
    n, m = totals
    found = psi(_smooth(reference, m), _smooth(batch, n))
    return Feature(name, what, reference, batch, found, _noise(len(reference), n, m))


def _smooth(by_bin: Mapping[str, float], total: int) -> dict[str, float]:
    """Shares with half a case more in every bin: of few cases no bin is surely empty."""
    return {name: (share * total + 0.5) / (total + 0.5 * len(by_bin)) for name, share in by_bin.items()}


def psi(reference: Mapping[str, float], batch: Mapping[str, float]) -> float:
    """Population stability index; 0 for equal shares."""
    total = 0.0
    for name, r in reference.items():
        a, b = max(batch.get(name, 0.0), _FLOOR), max(r, _FLOOR)
        total += (a - b) * math.log(a / b)
    return round(total, 6)


def _noise(k: int, n: int, m: int) -> float:
    """95 % point of the index between two samples of one distribution (chi-square by Wilson & Hilferty 1931)."""
    if k < 2 or not n or not m:
        return math.inf
    d = k - 1
    chi_square = d * (1 - 2 / (9 * d) + 1.645 * math.sqrt(2 / (9 * d))) ** 3
    return round((1 / n + 1 / m) * chi_square, 6)
