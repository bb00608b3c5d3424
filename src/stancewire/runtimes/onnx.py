"""Encoders as ONNX graphs, with onnxruntime, tokenizers and numpy alone.

Every sentence is a run of its own, without padding: 8-bit graphs quantise activations per run, so in a batch
the neighbours of a sentence would change its scores. Runs are spread over threads (onnxruntime lets Python go
meanwhile), which on 2 cores is also faster than batches; see ``docs/decisions.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.errors import BundleError
from stancewire.records import Sentence
from stancewire.runtimes import processors
from stancewire.scores import Floats, Scores
from stancewire.segments import Segment, Segmenter, collate, make_segmenter

GRAPH, TOKENIZER = "model.onnx", "tokenizer.json"


class OnnxRuntime:
    """A session on one thread per run, and how many runs go side by side."""

    def __init__(self, session: Any, segmenter: Segmenter, threads: int) -> None:
        self._session, self._segmenter, self._threads = session, segmenter, threads
        self._n_topics = int(session.get_outputs()[0].shape[-1])

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores; see `stancewire.runtimes.Runtime`."""
        segments = self._segmenter(sentences)
        topic = np.zeros((len(segments), self._n_topics), np.float32)
        stance = np.zeros((len(segments), self._n_topics, 3), np.float32)
        for i, (topics, stances) in enumerate(self._runs(segments)):
            topic[i], stance[i] = topics, stances
        return Scores(topic, stance, np.array([s.truncated for s in segments], bool))

    def _runs(self, segments: Sequence[Segment]) -> Sequence[tuple[Floats, Floats]]:
        if self._threads == 1 or len(segments) == 1:
            return [self._run(segment) for segment in segments]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._run, segments))

    def _run(self, segment: Segment) -> tuple[Floats, Floats]:
        topic, stance = self._session.run(None, collate([segment], self._segmenter.pad))
        return topic[0], stance[0]


def open_runtime(folder: Path, options: Mapping[str, Any]) -> OnnxRuntime:
    """Read ``model.onnx`` and ``tokenizer.json``.

    Parameters
    ----------
    options
        ``max_tokens``, ``context`` and ``targets`` as in training; ``threads``, by default one per processor at hand.

    Raises
    ------
    BundleError
        When onnxruntime cannot build the graph.
    """
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    settings.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(folder / GRAPH), settings, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes are not public
        raise BundleError(f"{folder / GRAPH}: onnxruntime cannot open it ({str(error)[:200]}).") from error
    tokenizer = (folder / TOKENIZER).read_text(encoding="utf-8")
    reads = int(options["max_tokens"]), int(options["context"]), bool(options.get("targets", False))
    segmenter = make_segmenter(tokenizer, *reads)
    return OnnxRuntime(session, segmenter, int(options.get("threads", 0)) or processors())
