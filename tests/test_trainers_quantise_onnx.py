from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stancewire.records import Sentence
from stancewire.segments import Segmenter, collate
from stancewire.trainers import quantise_onnx
from stancewire.trainers.quantise_onnx import quantise
from tiny_encoder import tokenizer_json, write_encoder

pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
SENTENCES = [Sentence("he refused the aid .", "vote", ("nato spoke .",)), Sentence("wheat prices fell"), Sentence("no")]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
    from stancewire.trainers.export_onnx import export

    root = tmp_path_factory.mktemp("graph")
    source = write_encoder(root / "encoder")
    return export(build_tagger(lambda: load_encoder(source), Heads(2, 3), seed=1), root)


def scores(data: bytes) -> np.ndarray[Any, Any]:
    from onnxruntime import InferenceSession

    session = InferenceSession(data, providers=["CPUExecutionProvider"])
    segments = Segmenter(tokenizer_json(), 24, 2)(SENTENCES)
    return np.stack([session.run(None, collate([segment], 0))[1][0] for segment in segments])


def operators(data: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(data).graph.node]


def test_scaling_tokens_leaves_the_function_as_it_is(graph: bytes) -> None:
    model = onnx.load_from_string(graph)
    quantise_onnx._scale_tokens(model)
    scaled = model.SerializeToString()
    assert operators(scaled).count("ReduceMax") == operators(graph).count("ReduceMax") + 4  # two a layer
    np.testing.assert_allclose(scores(scaled), scores(graph), atol=1e-5)


def test_embeddings_by_row_stay_within_half_a_step(graph: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantise_onnx, "LARGE", 10)
    model = onnx.load_from_string(graph)
    tables = [t for t in model.graph.initializer if t.name.endswith("word_embeddings.weight")]
    before = onnx.numpy_helper.to_array(tables[0])
    quantise_onnx._embeddings_by_row(model)
    kept = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    name = tables[0].name
    assert kept[f"{name}.int8"].dtype == np.int8
    restored = kept[f"{name}.int8"] * kept[f"{name}.scale"]
    assert (np.abs(restored - before) <= kept[f"{name}.scale"] / 2 + 1e-7).all()
    np.testing.assert_allclose(scores(model.SerializeToString()), scores(graph), atol=0.05)


def test_eight_bits_are_near_and_leave_no_files(graph: bytes, tmp_path: Path) -> None:
    small = quantise(graph, tmp_path)
    assert "MatMulInteger" in operators(small)
    assert list(tmp_path.iterdir()) == []
    np.testing.assert_allclose(scores(small), scores(graph), atol=0.1)
