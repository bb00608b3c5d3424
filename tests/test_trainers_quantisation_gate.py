from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stancewire.records import Sentence
from stancewire.scores import Gold
from stancewire.segments import Segmenter
from stancewire.trainers.quantisation_gate import ONE_BY_ONE, WAYS, decisions, examine, run, triple_micro_f1
from tiny_encoder import tokenizer_json, write_encoder

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

SEGMENTER = Segmenter(tokenizer_json(), 24, 2)
SENTENCES = [Sentence("he refused the aid .", "vote"), Sentence("wheat prices fell"), Sentence("no")] * 4
SEGMENTS = SEGMENTER(SENTENCES)
NONE = Gold(np.zeros((12, 2), bool), np.full((12, 2), -1))


def test_decisions_are_absent_or_the_most_probable_stance() -> None:
    topic = np.array([[0.1, -0.1]], np.float32)
    stance = np.array([[[0, 2, 1], [3, 0, 0]]], np.float32)
    assert decisions(topic, stance).tolist() == [[1, -1]]


def test_triple_f1_counts_topic_and_stance_together() -> None:
    gold = Gold(np.array([[True, True], [False, False]]), np.array([[0, 2], [-1, -1]]))
    assert triple_micro_f1(np.array([[0, 1], [2, -1]]), gold) == pytest.approx(2 * 1 / (3 + 2))


def test_the_gate_counts_what_eight_bits_change_and_logs_every_way_to_run(tmp_path: Path) -> None:
    from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
    from stancewire.trainers.export_onnx import export

    encoder = write_encoder(tmp_path)
    tagger = build_tagger(lambda: load_encoder(encoder), Heads(2, 3), seed=1)
    torch.nn.init.constant_(tagger.topic.bias, -100.0)  # no topic anywhere
    graph = export(tagger, tmp_path)
    same = examine(graph, graph, SEGMENTER, SENTENCES, NONE)
    assert (same.changed, same.cost, same.ways.keys()) == (0.0, 0.0, WAYS.keys())
    assert all(way["decisions_changed"] == 0 and way["largest_gap"] < 1e-3 for way in same.ways.values())

    tagger.topic.bias.data[0] = 100.0  # the first topic everywhere
    first = Gold(np.tile([True, False], (12, 1)), np.full((12, 2), -1))
    other = examine(graph, export(tagger, tmp_path), SEGMENTER, SENTENCES, first)
    assert other.changed == 0.5


def test_scores_come_back_in_the_order_of_the_sentences(tmp_path: Path) -> None:
    from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
    from stancewire.trainers.export_onnx import export

    encoder = write_encoder(tmp_path)
    graph = export(build_tagger(lambda: load_encoder(encoder), Heads(2, 3), seed=1), tmp_path)
    alone, _ = run(graph, SEGMENTS, SEGMENTER.pad, ONE_BY_ONE)
    shuffled, _ = run(graph, SEGMENTS, SEGMENTER.pad, WAYS["batches of 64, shuffled"])
    np.testing.assert_allclose(shuffled, alone, atol=1e-4)
