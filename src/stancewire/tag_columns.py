"""The tags of many sentences column by column, as models make them and as tables keep them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancewire.codebook import NEUTRAL, STANCES
from stancewire.holders import find_holder
from stancewire.metrics import Decisions
from stancewire.records import Label, Tag
from stancewire.scores import Bools, Probabilities

DECIMALS = 4
"""Probabilities are written with so many."""

_STANCE_NAMES = np.array([*STANCES, None], object)
_UNSURE = 0.5
"""A stance with no majority is marked for review."""
_MARGIN = 0.1
"""A topic this near to its threshold is marked for review."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where sentences stand: four lists of the same length, as in `Tag`."""

    doc: Sequence[str]
    n: Sequence[int]
    start: Sequence[int]
    end: Sequence[int]


@dataclass(frozen=True, slots=True)
class Maker:
    """What made the tags: topics in the codebook's order, and the names of model and codebook."""

    topics: tuple[str, ...]
    model: str
    codebook: str


@dataclass(frozen=True, slots=True)
class TagColumns:
    """Tags of consecutive sentences; `tags` gives them one by one, `flat` as columns of a table.

    Attributes
    ----------
    decisions
        ``(n, n_topics)`` topics and stances.
    probabilities
        ``(n, n_topics)`` and ``(n, n_topics, 3)``, calibrated.
    review
        ``(n,)``, see `stancewire.records.Tag`.
    """

    maker: Maker
    places: Places
    text: Sequence[str]
    decisions: Decisions
    probabilities: Probabilities
    review: Bools

    def __len__(self) -> int:
        return len(self.text)

    def holders(self) -> list[str | None]:
        """Whose stance each sentence reports; `None` where it takes none, so that nobody looks for one."""
        takes = (self.decisions.topic & (self.decisions.stance != STANCES.index(NEUTRAL))).any(axis=1)
        return [find_holder(text) if taken else None for text, taken in zip(self.text, takes.tolist(), strict=True)]

    def tags(self) -> Iterator[Tag]:
        """One `Tag` per sentence, in order."""
        topics, model, codebook = self.maker.topics, self.maker.model, self.maker.codebook
        columns = (
            self.places.doc, self.places.n, self.places.start, self.places.end, self.text, self._labels(),
            _rounded(self.probabilities.topic).tolist(), _rounded(self.probabilities.stance).tolist(),
            self.review.tolist(), self.probabilities.truncated.tolist(),
        )  # fmt: skip
        for doc, n, start, end, text, labels, topic_p, stance_p, review, truncated in zip(*columns, strict=True):
            by_topic = dict(zip(topics, topic_p, strict=True))
            by_stance = {t: dict(zip(STANCES, p, strict=True)) for t, p in zip(topics, stance_p, strict=True)}
            yield Tag(doc, n, start, end, text, labels, by_topic, by_stance, review, truncated, model, codebook)

    def _labels(self) -> list[dict[str, Label]]:
        """Label by topic, of each sentence."""
        labels: list[dict[str, Label]] = [{} for _ in self.text]
        holders = self.holders()
        chosen = np.nonzero(self.decisions.topic)
        stances = self.decisions.stance[chosen].tolist()
        for i, k, s in zip(*(indices.tolist() for indices in chosen), stances, strict=True):
            stance = STANCES[s]
            labels[i][self.maker.topics[k]] = Label(stance, None if stance == NEUTRAL else holders[i])
        return labels

    def counts(self) -> dict[str, int]:
        """Sentences by ``topic/stance``, ``review`` and ``truncated``; without zeros."""
        topic, stance = self.decisions
        found = {
            f"{name}/{stance_name}": int((stance[topic[:, k], k] == s).sum())
            for k, name in enumerate(self.maker.topics)
            for s, stance_name in enumerate(STANCES)
        }
        found |= {"review": int(self.review.sum()), "truncated": int(self.probabilities.truncated.sum())}
        return {name: n for name, n in found.items() if n}

    def flat(self, wanted: Collection[str]) -> dict[str, Any]:
        """The wanted columns of a flat table, lists or arrays; holders are looked for only when they are wanted."""
        found: dict[str, Any] = {
            "doc": self.places.doc,
            "n": self.places.n,
            "start": self.places.start,
            "end": self.places.end,
            "text": self.text,
            "review": self.review,
            "truncated": self.probabilities.truncated,
            "model": [self.maker.model] * len(self),
            "codebook": [self.maker.codebook] * len(self),
        }
        for k, topic in enumerate(self.maker.topics):
            found |= self._topic_columns(k, topic)
        if any(f"{topic}_holder" in wanted for topic in self.maker.topics):
            found |= self._holder_columns()
        return {name: found[name] for name in wanted}

    def _topic_columns(self, k: int, topic: str) -> dict[str, NDArray[Any]]:
        has, stance_p = self.decisions.topic[:, k], _rounded(self.probabilities.stance[:, k])
        columns = {topic: has, f"{topic}_p": _rounded(self.probabilities.topic[:, k])}
        columns[f"{topic}_stance"] = _STANCE_NAMES[np.where(has, self.decisions.stance[:, k], len(STANCES))]
        return columns | {f"{topic}_stance_{stance}_p": stance_p[:, s] for s, stance in enumerate(STANCES)}

    def _holder_columns(self) -> dict[str, list[str | None]]:
        takes = self.decisions.topic & (self.decisions.stance != STANCES.index(NEUTRAL))
        holders = self.holders()
        return {
            f"{topic}_holder": [holder if taken else None for holder, taken in zip(holders, column, strict=True)]
            for topic, column in zip(self.maker.topics, takes.T.tolist(), strict=True)
        }


def to_review(probabilities: Probabilities, decisions: Decisions, thresholds: NDArray[np.float32]) -> Bools:
    """``(n,)``, whether a person should look: a topic near its threshold, or a stance without a majority."""
    near = np.abs(probabilities.topic - thresholds) < _MARGIN
    unsure = decisions.topic & (probabilities.stance.max(axis=2) < _UNSURE)
    doubtful: Bools = (near | unsure).any(axis=1)
    return doubtful


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """As `round` does it one by one: the products are exact, having 34 bits at most."""
    return values.astype(np.float64).round(DECIMALS)
