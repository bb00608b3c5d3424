"""TF-IDF and linear heads in numpy: the features that scikit-learn's vectorizers make, without scikit-learn.

Features are blocks, each with its own vocabulary, weighted (1 + log tf) * idf and scaled to length 1, as
``TfidfVectorizer(sublinear_tf=True)`` does; `tests/test_runtimes_linear.py` holds the two equal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.features import ANALYZERS, FIELDS
from stancewire.records import Sentence
from stancewire.scores import Floats, Ints, Scores


@dataclass(frozen=True, slots=True)
class _Block:
    read: Callable[[Sentence], str]
    analyze: Callable[[str], Iterator[str]]
    vocabulary: dict[str, int]
    idf: Floats  # (n_features_of_block,)
    scale: float

    def features(self, sentence: Sentence) -> tuple[Ints, Floats]:
        """Indices into the block and their weights."""
        counts = Counter(self.analyze(self.read(sentence)))
        known = [(self.vocabulary[g], tf) for g, tf in counts.items() if g in self.vocabulary]
        index = np.array([i for i, _ in known], np.int64)
        value = (1 + np.log(np.array([tf for _, tf in known], np.float64))) * self.idf[index]
        norm = np.sqrt((value * value).sum())
        return index, (value * (self.scale / norm if norm else 1.0)).astype(np.float32)


class LinearRuntime:
    """Sparse features times dense weights, ``(n_features, n_topics * 4)``: topic logits, then stance logits."""

    def __init__(self, blocks: Sequence[_Block], coef: Floats, intercept: Floats) -> None:
        self._blocks, self._coef, self._intercept = blocks, coef, intercept
        self._offsets = np.cumsum([0] + [len(block.idf) for block in blocks])

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores; see `stancewire.runtimes.Runtime`."""
        rows = np.stack([self._row(s) for s in sentences]) if sentences else np.zeros((0, len(self._intercept)))
        n_topics = len(self._intercept) // 4
        topic, stance = rows[:, :n_topics], rows[:, n_topics:].reshape(-1, n_topics, 3)
        return Scores(topic.astype(np.float32), stance.astype(np.float32), np.zeros(len(rows), bool))

    def _row(self, sentence: Sentence) -> Floats:
        row = self._intercept.copy()
        for block, offset in zip(self._blocks, self._offsets, strict=False):
            index, value = block.features(sentence)
            row += value @ self._coef[index + offset]
        return row


def open_runtime(folder: Path, options: Mapping[str, Any]) -> LinearRuntime:
    """Read ``vocabulary.json`` (a list of features per block) and ``weights.safetensors``."""
    from safetensors.numpy import load_file

    vocabularies = json.loads((folder / "vocabulary.json").read_bytes())
    weights = load_file(folder / "weights.safetensors")
    blocks = [
        _Block(
            FIELDS[spec["field"]],
            ANALYZERS[spec["analyzer"]],
            {feature: i for i, feature in enumerate(vocabulary)},
            weights[f"idf.{b}"].astype(np.float32),
            float(spec["scale"]),
        )
        for b, (spec, vocabulary) in enumerate(zip(options["blocks"], vocabularies, strict=True))
    ]
    return LinearRuntime(blocks, weights["coef"].astype(np.float32), weights["intercept"].astype(np.float32))
