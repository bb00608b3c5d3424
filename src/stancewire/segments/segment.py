"""The tokens of one run of an encoder, and many of them as tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stancewire.scores import Floats

Tensors = dict[str, NDArray[np.int64]]
Logits = tuple[Floats, Floats]
"""Of topics and of stances."""

OWN, MENTION, NAME = 1, 2, 3
"""What a token is, in ``token_type_ids``: one of the sentence's, one of those that name the target, one of the target
as it stands before the sentence; 0 for all others. In passages: 1 for the first sentence's tokens, 2 for the second's …
"""


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens of ``[CLS] context [SEP] sentence [SEP]`` (``<s> context </s></s> sentence </s>`` for MPNet and RoBERTa).

    Attributes
    ----------
    ids
        Token ids.
    rows
        Which of the sentences asked about stand in it, by their number in the call.
    places
        Number of each of `rows` among `spans`.
    spans
        First token, and the one after the last, of each sentence of the segment.
    truncated
        Whether each of `rows` lost its end, for want of room.
    name, mentions
        Where the target stands before the sentence, and where the sentence names it; see `TargetSegmenter`.
    """

    ids: tuple[int, ...]
    rows: tuple[int, ...]
    places: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    truncated: tuple[bool, ...]
    name: tuple[int, int] = (0, 0)
    mentions: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.ids)


def collate(segments: Sequence[Segment], pad: int) -> Tensors:
    """The encoder's inputs, each of shape ``(n_segments, longest)``.

    ``token_type_ids`` is above 0 on the sentences' own tokens: the encoder's second segment and, at the same time,
    the mask under which the model averages; see `OWN`.
    """
    longest = max(map(len, segments))
    ids = np.full((len(segments), longest), pad, dtype=np.int64)
    mask, own = np.zeros_like(ids), np.zeros_like(ids)
    for row, segment in enumerate(segments):
        ids[row, : len(segment)] = segment.ids
        mask[row, : len(segment)] = 1
        for number, (start, stop) in enumerate(segment.spans, start=OWN):
            own[row, start:stop] = number
        own[row, slice(*segment.name)] = NAME
        for start, stop in segment.mentions:
            own[row, start:stop] = MENTION
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": own}


def by_length(segments: Sequence[Segment], size: int) -> list[list[int]]:
    """Indices in batches of `size`, longest first, so that a batch has hardly any padding."""
    order = sorted(range(len(segments)), key=lambda i: (-len(segments[i]), i))
    return [order[i : i + size] for i in range(0, len(order), size)]


def by_sentence(runs: Iterable[Logits], segments: Sequence[Segment], n_topics: int, n_stances: int) -> Logits:
    """Logits of every sentence asked about, in the order of the call, from those of each segment.

    Parameters
    ----------
    runs
        Of each segment ``(n_topics,)`` and ``(n_topics, n_stances)``, of passages one such row for each place.
    """
    n = sum(len(segment.rows) for segment in segments)
    topic, stance = np.zeros((n, n_topics), np.float32), np.zeros((n, n_topics, n_stances), np.float32)
    for (topics, stances), segment in zip(runs, segments, strict=True):
        rows, places = list(segment.rows), list(segment.places)
        topic[rows] = topics.reshape(-1, n_topics)[places]
        stance[rows] = stances.reshape(-1, n_topics, n_stances)[places]
    return topic, stance
