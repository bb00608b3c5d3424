"""Arrays that models and metrics exchange; topics and stances are in the codebook's order everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from stancewire.codebook import STANCES, Codebook
from stancewire.records import LabelledSentence

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Arrays with a row for each sentence."""

    topic: Floats
    stance: Floats
    truncated: Bools

    def __len__(self) -> int:
        return len(self.topic)

    def take(self, rows: Ints | Sequence[int]) -> Self:
        """Some of the rows, in the order given."""
        return type(self)(self.topic[rows], self.stance[rows], self.truncated[rows])

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, of which there is at least one, in order."""
        return cls(
            np.concatenate([part.topic for part in parts]),
            np.concatenate([part.stance for part in parts]),
            np.concatenate([part.truncated for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Scores(_Rows):
    """Raw decision values of a runtime, before calibration.

    Attributes
    ----------
    topic
        ``(n_sentences, n_topics)``, logits.
    stance
        ``(n_sentences, n_topics, 3)``, logits of favor, against, neutral.
    truncated
        ``(n_sentences,)``, where the model could not see the whole sentence.
    """


@dataclass(frozen=True, slots=True)
class Probabilities(_Rows):
    """Calibrated probabilities, shaped as `Scores`; the stances of a topic sum to 1."""


@dataclass(frozen=True, slots=True)
class Gold:
    """Labels as arrays.

    Attributes
    ----------
    topic
        ``(n_sentences, n_topics)``, whether the sentence has the topic.
    stance
        ``(n_sentences, n_topics)``, index into favor, against, neutral; -1 without the topic.
    """

    topic: Bools
    stance: Ints

    def take(self, rows: Ints | Sequence[int]) -> Gold:
        """Some of the rows, in the order given."""
        return Gold(self.topic[rows], self.stance[rows])


def gold_arrays(rows: Sequence[LabelledSentence], codebook: Codebook) -> Gold:
    """Labels of scored sentences as arrays; rows without labels count as "no topic"."""
    stance = np.full((len(rows), len(codebook.topic_ids)), -1, dtype=np.int64)
    for i, row in enumerate(rows):
        for topic, label in (row.labels or {}).items():
            stance[i, codebook.topic_ids.index(topic)] = STANCES.index(label.stance)
    return Gold(stance >= 0, stance)
