"""Word vectors, filters over neighbouring words and a small head, in numpy: tens of thousands of sentences a second.

The network is that of ``trainers/static_network.py``. A filter over three words is the sum of what it makes of each;
those parts are laid up per word when the bundle is opened, so that a sentence costs look-ups and additions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.records import Sentence
from stancewire.runtimes import processors
from stancewire.scores import Floats, Ints, Scores
from stancewire.vocabulary import Vocabulary, texts_around

WEIGHTS, VOCABULARY = "weights.safetensors", "vocabulary.json"

_PART = 64
"""Sentences that a thread takes at once: their arrays fit into the processor's cache."""
_ROWS = 32
"""Rows of every matrix product: products of one shape add up in one order, whatever the other rows are."""


class StaticRuntime:
    """The network's weights, and how many threads read sentences."""

    def __init__(self, vocabulary: Vocabulary, weights: Mapping[str, Floats], threads: int) -> None:
        self._vocabulary, self._threads = vocabulary, threads
        self._words = weights["words"] * weights["words.scale"][:, None].astype(np.float32)  # (n_words, width)
        left, middle, right = np.split(weights["filters"], 3, axis=1)
        self._left, self._right = self._words @ left.T, self._words @ right.T
        self._middle = self._words @ middle.T + weights["filters.bias"]  # (n_words, n_filters)
        self._hidden, self._hidden_bias = np.ascontiguousarray(weights["hidden"].T), weights["hidden.bias"]
        self._output, self._output_bias = np.ascontiguousarray(weights["output"].T), weights["output.bias"]

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores; see `stancewire.runtimes.Runtime`."""
        parts = [sentences[i : i + _PART] for i in range(0, len(sentences), _PART)]
        empty = np.zeros((0, len(self._output_bias)), np.float32)
        rows = np.concatenate([empty, *self._each(parts)])
        n_topics = rows.shape[1] // 4
        return Scores(rows[:, :n_topics], rows[:, n_topics:].reshape(-1, n_topics, 3), np.zeros(len(rows), bool))

    def _each(self, parts: Sequence[Sequence[Sentence]]) -> list[Floats]:
        if self._threads == 1 or len(parts) < 2:
            return [self._logits(part) for part in parts]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._logits, parts))

    def _logits(self, sentences: Sequence[Sentence]) -> Floats:
        """``(n_sentences, n_topics * 4)``: topic logits, then stance logits."""
        texts: dict[str, int] = {}  # every different text is read once
        own = [texts.setdefault(s.text, len(texts)) for s in sentences]
        n_own = len(texts)
        around = [texts.setdefault(text, len(texts)) for s in sentences for text in texts_around(s)]
        mean, largest = self._pool(list(texts), n_own)
        context = mean[around].reshape(len(own), -1)
        pooled = np.concatenate([largest[own], mean[own], context], axis=1)
        hidden = np.maximum(_product(pooled, self._hidden) + self._hidden_bias, 0)
        return _product(np.concatenate([hidden, pooled], axis=1), self._output) + self._output_bias

    def _pool(self, texts: Sequence[str], n_own: int) -> tuple[Floats, Floats]:
        """Mean vectors of all texts, and the largest values of the filters in the first `n_own`."""
        encoded = self._vocabulary.encode(texts)
        sums = np.add.reduceat(self._words.take(encoded.ids, axis=0), encoded.starts, axis=0)
        ids = encoded.ids[: encoded.starts[n_own - 1] + encoded.lengths[n_own - 1] + 1]
        mean = np.asarray(sums / encoded.lengths[:, None], np.float32)
        return mean, self._filter(ids, encoded.starts[:n_own])

    def _filter(self, ids: Ints, starts: Ints) -> Floats:
        found = self._middle.take(ids[1:-1], axis=0)
        found += self._left.take(ids[:-2], axis=0)
        found += self._right.take(ids[2:], axis=0)
        np.maximum(found, 0, out=found)
        found[ids[1:-1] == 0] = 0  # a gap between texts
        largest: Floats = np.maximum.reduceat(found, starts - 1, axis=0)
        return largest


def open_runtime(folder: Path, options: Mapping[str, Any]) -> StaticRuntime:
    """Read ``vocabulary.json`` and ``weights.safetensors``; ``threads`` is by default one per processor at hand."""
    from safetensors.numpy import load_file

    vocabulary = Vocabulary(json.loads((folder / VOCABULARY).read_bytes()))
    return StaticRuntime(vocabulary, load_file(folder / WEIGHTS), int(options.get("threads", 0)) or processors())


def _product(x: Floats, matrix: Floats) -> Floats:
    """The matrix product in blocks of `_ROWS` rows, filled up with zeros."""
    full = np.zeros((-len(x) // _ROWS * -_ROWS, x.shape[1]), np.float32)
    full[: len(x)] = x
    return np.concatenate([full[i : i + _ROWS] @ matrix for i in range(0, len(full), _ROWS)])[: len(x)]
