"""Ways to train an encoder: each against what it stands for, on a random one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stancewire.errors import InputError
from stancewire.records import Sentence, Target
from stancewire.segments import make_segmenter
from stancewire.trainers.teaching import TeachingSet, with_masked_names
from tiny_encoder import write_encoder

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

SENTENCES = [Sentence("he backed the aid ."), Sentence("he refused the aid ."), Sentence("wheat prices fell .")] * 4
JOINT = np.array([[[1, 0, 0]], [[0, 1, 0]], [[0, 0, 0]]] * 4, np.float32)


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("tiny"))


def fitted(folder: Path, **options: Any) -> Any:
    from stancewire.trainers.encoder_fit import FitOptions, Lesson, fit
    from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder

    segmenter = make_segmenter((folder / "tokenizer.json").read_text(encoding="utf-8"), 24, 0, targets=False)
    tagger = build_tagger(lambda: load_encoder(folder), Heads(1, 3), seed=1)
    lesson = Lesson(segmenter(SENTENCES), JOINT, len(SENTENCES), segmenter.pad)
    usual = {"epochs": 4, "lr": 0.003, "head_lr": 0.01, "layer_decay": 1.0, "batch": 4, "seed": 1, "threads": 1}
    losses: list[float] = []
    fit(tagger, lesson, FitOptions(**(usual | options)), lambda step, steps, loss: losses.append(loss))
    tagger.losses = losses
    return tagger


def test_the_average_over_the_last_step_is_that_step(encoder_folder: Path) -> None:
    plain, last = fitted(encoder_folder), fitted(encoder_folder, average=1 / 12)  # of 12 steps
    for name, weight in plain.named_parameters():
        torch.testing.assert_close(weight, dict(last.named_parameters())[name])


def test_an_average_is_the_mean_of_the_weights(encoder_folder: Path) -> None:
    from stancewire.trainers.encoder_fit import _Average

    network = torch.nn.Linear(1, 1, bias=False)
    average = _Average(network)
    for value in (1.0, 2.0, 6.0):
        network.weight.data.fill_(value)
        average.add()
    average.put()
    assert network.weight.item() == pytest.approx(3.0)


def test_consistency_adds_to_the_loss_and_brings_passes_together(encoder_folder: Path) -> None:
    from stancewire.trainers.encoder_fit import _distance

    plain, close = fitted(encoder_folder), fitted(encoder_folder, consistency=5.0)
    assert close.losses[-1] > plain.losses[-1]
    p = torch.tensor([[[2.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]])
    q = torch.tensor([[[0.0, 2.0, 0.0]], [[0.0, 9.0, 0.0]]])
    present = torch.tensor([[1.0], [0.0]])
    assert _distance(p, p, present).item() == 0
    e = np.exp(2) / (np.exp(2) + 2), 1 / (np.exp(2) + 2)  # the probabilities that p and q swap, 2 apart in logarithm
    assert _distance(p, q, present).item() == pytest.approx(2 * (e[0] - e[1]) / 2, rel=1e-5)  # the second is absent


def test_smoothing_spreads_over_the_stances_and_leaves_the_topic_as_sure_as_it_was() -> None:
    from stancewire.trainers.encoder_fit import _smoothed

    found = _smoothed(torch.tensor([[[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]]), 0.3)
    torch.testing.assert_close(found, torch.tensor([[[0.8, 0.1, 0.1]], [[0.0, 0.0, 0.0]]]))


def test_masked_names_are_seen_beside_the_labelled_rows_that_have_them() -> None:
    named = Sentence("Ana won.", target=Target("Ana", ((0, 3),)))
    taught = TeachingSet((Sentence("Go."), named, named), np.arange(9, dtype=np.float32).reshape(3, 1, 3), 2)
    found = with_masked_names(taught)
    assert found.sentences == (*taught.sentences, Sentence("X won.", target=Target("X", ((0, 1),))))
    assert found.n_labelled == 2
    np.testing.assert_array_equal(found.joint[[1, 3]], [[[3, 4, 5]]] * 2)


@pytest.mark.parametrize(("asked", "share"), [(None, 0.1), (0.0, 0.0), (0.3, 0.3)])
def test_attention_drops_the_share_that_is_asked_for(encoder_folder: Path, asked: float | None, share: float) -> None:
    from stancewire.trainers.encoder_model import load_encoder

    shares = {
        name.split(".", 2)[2]: part.p
        for name, part in load_encoder(encoder_folder, asked).named_modules()
        if name.endswith("dropout") and name.startswith("encoder.layer")
    }
    assert {p for name, p in shares.items() if "attention.self" in name} == {share}
    assert {p for name, p in shares.items() if "attention.self" not in name} == {0.1}


def test_a_kept_encoder_is_one_to_start_from(tmp_path: Path, encoder_folder: Path) -> None:
    from stancewire.trainers.encoder_model import keep_encoder, load_encoder
    from stancewire.trainers.pretrained import find_encoder

    tagger = fitted(encoder_folder)
    keep_encoder(tagger, encoder_folder, tmp_path / "kept")
    again = load_encoder(find_encoder("kept", tmp_path))
    for name, weight in tagger.encoder.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], weight)


def test_a_mention_changes_what_a_target_model_says_and_its_graph_agrees(tmp_path: Path, encoder_folder: Path) -> None:
    from stancewire.runtimes import open_runtime
    from stancewire.trainers.encoder_fit import logits
    from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
    from stancewire.trainers.export_onnx import export

    tagger = build_tagger(lambda: load_encoder(encoder_folder), Heads(1, 3, targets=True), seed=1)
    torch.nn.init.normal_(tagger.mark)
    tokenizer = (encoder_folder / "tokenizer.json").read_text(encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(export(tagger, tmp_path))
    (tmp_path / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    asked = [Target("he"), Target("he", ((0, 2),)), Target("he", ((0, 2), (10, 12))), Target("nato")]
    sentences = [Sentence("he backed he .", "vote", ("no .",), target) for target in asked]
    segmenter = make_segmenter(tokenizer, 24, 2, targets=True)
    topic, stance = logits(tagger, segmenter(sentences), segmenter.pad)
    assert len({row.tobytes() for row in stance}) == len(asked)
    options = {"max_tokens": 24, "context": 2, "targets": True}
    scores = open_runtime("onnx", tmp_path, options).decision_function(sentences)
    np.testing.assert_allclose(scores.topic, topic, atol=1e-4)
    np.testing.assert_allclose(scores.stance, stance, atol=1e-4)


def test_a_target_model_is_not_asked_without_a_target(tmp_path: Path) -> None:
    from tiny_encoder import tokenizer_json

    with pytest.raises(InputError, match="takes a target"):
        make_segmenter(tokenizer_json(), 24, 2, targets=True)([Sentence("he spoke .")])
