"""How ONNX graphs are run: what predicts and what examines a graph in training open it alike."""

from __future__ import annotations

from typing import Any

SLOW_FUSIONS = ["SkipLayerNormFusion", "BiasGeluFusion"]
"""What onnxruntime fuses to the worse on processors: without, an 8-bit MiniLM takes a sixth less time."""


def open_session(graph: str | bytes, threads: int = 1) -> Any:
    """An onnxruntime session on processors, of a file or of its bytes; raises onnxruntime's own errors."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    return onnxruntime.InferenceSession(
        graph, settings, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
    )
