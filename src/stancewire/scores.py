"""Arrays that models and metrics exchange; topics and stances are in the codebook's order everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stancewire.codebook import STANCES, Codebook
from stancewire.records import LabelledSentence

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scores:
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

    topic: Floats
    stance: Floats
    truncated: Bools

    def __len__(self) -> int:
        return len(self.topic)


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Calibrated probabilities, shaped as `Scores`; the stances of a topic sum to 1."""

    topic: Floats
    stance: Floats
    truncated: Bools

    def __len__(self) -> int:
        return len(self.topic)


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


def gold_arrays(rows: Sequence[LabelledSentence], codebook: Codebook) -> Gold:
    """Labels of scored sentences as arrays; rows without labels count as "no topic"."""
    stance = np.full((len(rows), len(codebook.topic_ids)), -1, dtype=np.int64)
    for i, row in enumerate(rows):
        for topic, label in (row.labels or {}).items():
            stance[i, codebook.topic_ids.index(topic)] = STANCES.index(label.stance)
    return Gold(stance >= 0, stance)
