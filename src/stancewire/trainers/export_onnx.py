"""From the trained network to an ONNX graph, and from 32-bit to 8-bit weights."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stancewire.scores import Ints
from stancewire.segments import Segment, collate

if TYPE_CHECKING:
    from torch import nn

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUTS = ("topic_logits", "stance_logits")
OPSET = 17


def export(tagger: nn.Module, folder: Path) -> bytes:
    """The network as an ONNX graph in 32-bit floats, batch size and length free.

    The tracing exporter is used on purpose: its graph runs 10 to 15 % faster than the newer exporter's.
    A temporary file is written in `folder`.
    """
    import torch

    tagger.eval()
    example = {name: torch.ones((2, 8), dtype=torch.int64) for name in INPUTS}
    axes = {name: {0: "batch", 1: "length"} for name in INPUTS} | {name: {0: "batch"} for name in OUTPUTS}
    target = folder / "export.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes on itself and on traced constants
        torch.onnx.export(
            tagger,
            tuple(example[name] for name in INPUTS),
            target,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return _take(target)


def quantise(graph: bytes, folder: Path) -> bytes:
    """The graph with 8-bit weights, one scale per output channel; activations are quantised while running.

    Parameters
    ----------
    folder
        Where temporary files may be written.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    source, target = folder / "fp32.onnx", folder / "int8.onnx"
    source.write_bytes(graph)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # the quantiser advises a step that brings nothing on this graph
    try:
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)
    source.unlink()
    return _take(target)


def _take(path: Path) -> bytes:
    """Read a temporary file and remove it."""
    data = path.read_bytes()
    path.unlink()
    return data


def share_changed(graph: bytes, other: bytes, segments: Sequence[Segment], pad: int) -> float:
    """Share of the decisions (sentence x topic: absent, or one of the stances) in which two graphs differ."""
    if not segments:
        return 0.0
    return float((_decisions(graph, segments, pad) != _decisions(other, segments, pad)).mean())


def _decisions(graph: bytes, segments: Sequence[Segment], pad: int) -> Ints:
    """``(n, n_topics)``: -1 where the topic is absent, else the stance; one segment a run."""
    from onnxruntime import InferenceSession

    session = InferenceSession(graph, providers=["CPUExecutionProvider"])
    rows = []
    for segment in segments:
        topic, stance = session.run(None, collate([segment], pad))
        rows.append(np.where(topic[0] >= 0, stance[0].argmax(axis=-1), -1))
    return np.stack(rows).astype(np.int64)
