"""From 32-bit to 8-bit weights, with activations that are quantised while running.

onnxruntime gives all tokens of a run one scale for their activations, and a few tokens of a BERT have activations many
times larger than the rest, which are then left with few of the 256 steps. So in the feed-forward layers every token is
divided by its own largest activation first, and the product is multiplied by it after: the same function in exact
arithmetic. Embeddings get a scale for each row. ``docs/experiments.md`` has what that gave.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.scores import Floats

LARGE = 256
"""Rows from which a table of embeddings is worth 8 bits."""


def quantise(graph: bytes, folder: Path) -> bytes:
    """The graph with 8-bit weights, one scale for each output channel or row of embeddings.

    Parameters
    ----------
    folder
        Where temporary files may be written.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load_from_string(graph)
    _embeddings_by_row(model)
    _scale_tokens(model)
    source, target = folder / "fp32.onnx", folder / "int8.onnx"
    source.write_bytes(model.SerializeToString())
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # the quantiser advises a step that brings nothing on this graph
    try:
        quantize_dynamic(source, target, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
        return target.read_bytes()
    finally:
        root.setLevel(level)
        source.unlink()
        target.unlink(missing_ok=True)


def _embeddings_by_row(model: Any) -> None:
    """Keep large tables of embeddings in 8 bits with a scale for each row."""
    from onnx import TensorProto, helper, numpy_helper

    tables = {t.name: t for t in model.graph.initializer if len(t.dims) == 2 and t.dims[0] >= LARGE}
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Gather" or node.input[0] not in tables:
            nodes.append(node)
            continue
        (name, ids), out = node.input, node.output[0]
        table = numpy_helper.to_array(tables[name])
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
        small = np.round(table / scale).astype(np.int8)
        model.graph.initializer.remove(tables[name])
        model.graph.initializer.append(numpy_helper.from_array(small, f"{name}.int8"))
        model.graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        nodes += [
            helper.make_node("Gather", [f"{name}.int8", ids], [f"{out}.int8"], name=f"{out}.int8"),
            helper.make_node("Cast", [f"{out}.int8"], [f"{out}.float"], name=f"{out}.float", to=TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}.scale", ids], [f"{out}.scale"], name=f"{out}.scale"),
            helper.make_node("Mul", [f"{out}.float", f"{out}.scale"], [out], name=f"{out}.scaled"),
        ]
    _set_nodes(model, nodes)


def _scale_tokens(model: Any) -> None:
    """Divide what the feed-forward products read by each token's largest value, and multiply what they give by it."""
    from onnx import helper, numpy_helper

    weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer if len(t.dims) == 2}
    after: dict[str, list[Any]] = {}  # tensor -> nodes that follow what makes it
    for node in model.graph.node:
        if not _is_feed_forward(node, weights):
            continue
        name, out = node.input[0], node.output[0]
        node.input[0], node.output[0] = f"{name}.unit", f"{out}.unit"
        narrows = weights[node.input[1]].shape[0] > weights[node.input[1]].shape[1]
        if name not in after:
            after[name] = _divide(name, already_positive=narrows)
        after[f"{out}.unit"] = [helper.make_node("Mul", [f"{out}.unit", f"{name}.largest"], [out], name=f"{out}.full")]
    _set_nodes(model, _followed(model.graph.node, after))


def _is_feed_forward(node: Any, weights: Mapping[str, Floats]) -> bool:
    """Whether a node is a product with a weight that is not square: attention's are."""
    weight = weights.get(node.input[1]) if node.op_type == "MatMul" else None
    return weight is not None and weight.shape[0] != weight.shape[1]


def _divide(name: str, *, already_positive: bool) -> list[Any]:
    """Nodes that give a tensor's largest value by token and the tensor divided by it.

    What narrows back reads the output of a GELU, never below -0.17: its largest value needs no ``Abs``. It has over
    a thousand values, of which one is above 0 in any trained network.
    """
    from onnx import helper

    size = name if already_positive else f"{name}.abs"
    first = [] if already_positive else [helper.make_node("Abs", [name], [size], name=size)]
    return [
        *first,
        helper.make_node("ReduceMax", [size], [f"{name}.largest"], name=f"{name}.largest", axes=[-1], keepdims=1),
        helper.make_node("Div", [name, f"{name}.largest"], [f"{name}.unit"], name=f"{name}.unit"),
    ]


def _followed(nodes: Iterable[Any], after: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The nodes in order, each followed by what must come right after its outputs, and so on."""
    ordered: list[Any] = []
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting += [new for output in node.output for new in after.get(output, ())][::-1]
    return ordered


def _set_nodes(model: Any, nodes: Sequence[Any]) -> None:
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)
