"""Whether an 8-bit graph may take the place of its 32-bit one, and how its scores move with the batch.

8-bit graphs give all activations of a run one scale, so the neighbours of a sentence in a batch, and even padding, can
change its scores. Runtimes here run sentences one by one; the log says what batches would do.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stancewire.onnx_session import open_session
from stancewire.records import Sentence
from stancewire.scores import Floats, Gold, Ints
from stancewire.segments import Logits, Segment, Segmenter, by_sentence, collate

LOGGED = 512
"""Held-out sentences on which the ways to run a graph are compared."""

MAX_COST = 0.005
"""Triple micro-F1 (of 1) that 8 bits may cost on the held-out sentences."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a graph over sentences: batch size, order, tokens of padding beyond need, threads in a run."""

    size: int
    shuffled: bool = False
    padding: int = 0
    threads: int = 1


ONE_BY_ONE = Way(1)
WAYS: Mapping[str, Way] = {
    "one by one, 2 threads": Way(1, threads=2),
    "batches of 8": Way(8),
    "batches of 64": Way(64),
    "batches of 64, shuffled": Way(64, shuffled=True),
    "batches of 8, 16 tokens of padding": Way(8, padding=16),
    "batches of 64, shuffled, 2 threads": Way(64, shuffled=True, threads=2),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate found.

    Attributes
    ----------
    changed
        Share of the decisions (sentence x topic: absent, or one of the stances) that differ from 32 bits.
    cost
        Triple micro-F1 lost, negative when 8 bits happen to do better.
    ways
        For each of `WAYS`: decisions changed and largest gap of a logit against running the same graph one by one.
    """

    changed: float
    cost: float
    ways: Mapping[str, Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Rounded, for ``bundle.json``."""
        return {"decisions_changed": round(self.changed, 5), "cost": round(self.cost, 5), "ways": dict(self.ways)}


def examine(graph: bytes, small: bytes, segmenter: Segmenter, sentences: Sequence[Sentence], gold: Gold) -> Outcome:
    """Compare an 8-bit graph with its 32-bit one on held-out sentences with their labels."""
    segments = segmenter(sentences)
    before, after = (decisions(*run(g, segments, segmenter.pad, ONE_BY_ONE)) for g in (graph, small))
    changed = float((before != after).mean()) if segments else 0.0
    ways = _ways(small, segmenter(sentences[:LOGGED]), segmenter.pad)
    return Outcome(changed, triple_micro_f1(before, gold) - triple_micro_f1(after, gold), ways)


def run(graph: bytes, segments: Sequence[Segment], pad: int, way: Way) -> Logits:
    """Topic logits ``(n, n_topics)`` and stance logits ``(n, n_topics, n_stances)`` of the sentences asked about."""
    session = open_session(graph, way.threads)
    order = list(range(len(segments)))
    if way.shuffled:
        random.Random(0).shuffle(order)  # noqa: S311
    runs: dict[int, Logits] = {}
    for start in range(0, len(order), way.size):
        batch = order[start : start + way.size]
        inputs = collate([segments[i] for i in batch], pad)
        filled = {k: np.pad(v, ((0, 0), (0, way.padding)), constant_values=_filler(k, pad)) for k, v in inputs.items()}
        topic, stance = session.run(None, filled)
        runs |= dict(zip(batch, zip(topic, stance, strict=True), strict=True))
    return by_sentence([runs[i] for i in range(len(runs))], segments, *runs[0][1].shape[-2:])


def decisions(topic: Floats, stance: Floats) -> Ints:
    """``(n, n_topics)``: -1 where the topic's logit is under 0, else the most probable stance."""
    return np.where(topic >= 0, stance.argmax(axis=-1), -1).astype(np.int64)


def triple_micro_f1(found: Ints, gold: Gold) -> float:
    """F1 over (sentence, topic, stance)."""
    hits = ((found == gold.stance) & gold.topic).sum()
    return float(2 * hits / max(1, (found >= 0).sum() + gold.topic.sum()))


def _filler(name: str, pad: int) -> int:
    return pad if name == "input_ids" else 0


def _ways(graph: bytes, segments: Sequence[Segment], pad: int) -> dict[str, dict[str, float]]:
    if not segments:
        return {}
    topic, stance = run(graph, segments, pad, ONE_BY_ONE)
    alone = decisions(topic, stance)
    log = {}
    for name, way in WAYS.items():
        other_topic, other_stance = run(graph, segments, pad, way)
        gap = max(np.abs(topic - other_topic).max(), np.abs(stance - other_stance).max())
        changed = int((decisions(other_topic, other_stance) != alone).sum())
        log[name] = {"decisions_changed": changed, "largest_gap": round(float(gap), 4)}
    return log
