"""Encoders as ONNX graphs, with onnxruntime, tokenizers and numpy alone.

Every segment is a run of its own, without padding: 8-bit graphs quantise activations per run, so in a batch
the neighbours of a sentence would change its scores. Runs are spread over threads (onnxruntime lets Python go
meanwhile), which on 2 cores is also faster than batches; see ``docs/decisions.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.codebook import STANCES
from stancewire.errors import BundleError
from stancewire.onnx_session import open_session
from stancewire.records import Sentence
from stancewire.runtimes import processors
from stancewire.scores import Scores
from stancewire.segments import Logits, Segment, Segmenter, by_sentence, collate, make_segmenter

GRAPH, TOKENIZER = "model.onnx", "tokenizer.json"


class OnnxRuntime:
    """A session on one thread per run, and how many runs go side by side."""

    def __init__(self, session: Any, segmenter: Segmenter, threads: int) -> None:
        self._session, self._segmenter, self._threads = session, segmenter, threads
        self._n_topics = int(session.get_outputs()[0].shape[-1])

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores; see `stancewire.runtimes.Runtime`."""
        segments = self._segmenter(sentences)
        topic, stance = by_sentence(self._runs(segments), segments, self._n_topics, len(STANCES))
        truncated = np.zeros(len(sentences), bool)
        for segment in segments:
            truncated[list(segment.rows)] = segment.truncated
        return Scores(topic, stance, truncated)

    def _runs(self, segments: Sequence[Segment]) -> Sequence[Logits]:
        if self._threads == 1 or len(segments) == 1:
            return [self._run(segment) for segment in segments]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._run, segments))

    def _run(self, segment: Segment) -> Logits:
        topic, stance = self._session.run(None, collate([segment], self._segmenter.pad))
        return topic[0], stance[0]


def open_runtime(folder: Path, options: Mapping[str, Any]) -> OnnxRuntime:
    """Read ``model.onnx`` and ``tokenizer.json``.

    Parameters
    ----------
    options
        ``max_tokens``, ``context``, ``targets`` and ``passages`` as in training; ``threads``, by default one per
        processor at hand.

    Raises
    ------
    BundleError
        When onnxruntime cannot build the graph.
    """
    try:
        session = open_session(str(folder / GRAPH))
    except Exception as error:  # onnxruntime's own classes are not public
        raise BundleError(f"{folder / GRAPH}: onnxruntime cannot open it ({str(error)[:200]}).") from error
    tokenizer = (folder / TOKENIZER).read_text(encoding="utf-8")
    kind = {name: bool(options.get(name, False)) for name in ("targets", "passages")}
    segmenter = make_segmenter(tokenizer, int(options["max_tokens"]), int(options["context"]), **kind)
    return OnnxRuntime(session, segmenter, int(options.get("threads", 0)) or processors())
