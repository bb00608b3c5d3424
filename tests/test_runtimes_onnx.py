from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stancewire.errors import BundleError
from stancewire.records import Sentence
from stancewire.runtimes import open_runtime
from stancewire.runtimes.onnx import OnnxRuntime
from stancewire.segments import Segment, Segmenter, collate
from tiny_encoder import tokenizer_json, write_encoder

SENTENCES = [
    Sentence("he refused the aid .", "vote in congress", ("the minister spoke .",)),
    Sentence("nato pledged more aid to kyiv .", "summit", ("the minister spoke .", "he refused .")),
    Sentence("wheat prices fell .", "markets"),
    Sentence("he refused ."),
    Sentence("drones hit an oil depot near the border", "", ("nato pledged more aid .",)),
]
OPTIONS = {"max_tokens": 24, "context": 2}


@pytest.fixture(scope="module")
def tiny_graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    pytest.importorskip("torch")
    from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
    from stancewire.trainers.export_onnx import export
    from stancewire.trainers.quantise_onnx import quantise

    root = tmp_path_factory.mktemp("graphs")
    source = write_encoder(root / "encoder")
    graph = export(build_tagger(lambda: load_encoder(source), Heads(2, 3), seed=1), root)
    folders = {"fp32": root / "fp32", "int8": root / "int8"}
    for name, folder in folders.items():
        folder.mkdir()
        (folder / "model.onnx").write_bytes(graph if name == "fp32" else quantise(graph, folder))
        (folder / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    return folders


@pytest.fixture
def tiny_tokenizer() -> str:
    return tokenizer_json()


@pytest.fixture(params=["fp32", "int8"])
def graph_folder(request: pytest.FixtureRequest, tiny_graphs: dict[str, Path]) -> Path:
    return tiny_graphs[request.param]


def test_scores_have_the_shape_of_the_contract(graph_folder: Path) -> None:
    scores = open_runtime("onnx", graph_folder, OPTIONS).decision_function(SENTENCES)
    assert (scores.topic.shape, scores.stance.shape) == ((5, 2), (5, 2, 3))
    assert scores.topic.dtype == scores.stance.dtype == np.float32
    assert scores.truncated.tolist() == [False] * 5


def test_no_sentences_give_no_scores(graph_folder: Path) -> None:
    scores = open_runtime("onnx", graph_folder, OPTIONS).decision_function([])
    assert (scores.topic.shape, scores.stance.shape, scores.truncated.shape) == ((0, 2), (0, 2, 3), (0,))


def test_scores_do_not_depend_on_neighbours_order_or_threads(graph_folder: Path) -> None:
    many = SENTENCES * 6
    together = open_runtime("onnx", graph_folder, OPTIONS | {"threads": 3}).decision_function(many)
    runtime = open_runtime("onnx", graph_folder, OPTIONS | {"threads": 1})
    alone = [runtime.decision_function([sentence]) for sentence in many]
    turned = runtime.decision_function(many[::-1])
    np.testing.assert_array_equal(together.topic, np.concatenate([s.topic for s in alone]))
    np.testing.assert_array_equal(together.stance, np.concatenate([s.stance for s in alone]))
    np.testing.assert_array_equal(together.topic, turned.topic[::-1])


def test_context_and_title_change_scores(graph_folder: Path) -> None:
    runtime = open_runtime("onnx", graph_folder, OPTIONS)
    bare, titled, full = (
        runtime.decision_function([s]).topic[0]
        for s in (
            Sentence("he refused ."),
            Sentence("he refused .", "vote"),
            Sentence("he refused .", "vote", ("the minister spoke .",)),
        )
    )
    assert not np.array_equal(bare, titled)
    assert not np.array_equal(titled, full)


def test_a_sentence_that_does_not_fit_is_marked_truncated(graph_folder: Path) -> None:
    runtime = open_runtime("onnx", graph_folder, OPTIONS)
    scores = runtime.decision_function([Sentence("aid " * 21), Sentence("aid " * 22)])
    assert scores.truncated.tolist() == [False, True]


def test_a_graph_that_is_none_is_a_bundle_error(tmp_path: Path, tiny_graphs: dict[str, Path]) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    (tmp_path / "tokenizer.json").write_bytes((tiny_graphs["fp32"] / "tokenizer.json").read_bytes())
    with pytest.raises(BundleError, match=r"model\.onnx: onnxruntime cannot open it"):
        open_runtime("onnx", tmp_path, OPTIONS)


def test_predicting_imports_no_torch(graph_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from stancewire.runtimes import open_runtime; "
        "from stancewire.records import Sentence; "
        f"r = open_runtime('onnx', Path({str(graph_folder)!r}), {OPTIONS!r}); "
        "assert isinstance(r.decision_function([Sentence('he refused .')]).topic.shape, tuple); "
        "print([m for m in ('torch', 'transformers', 'onnx', 'sklearn', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_runtime_is_the_class_of_this_module(graph_folder: Path) -> None:
    assert isinstance(open_runtime("onnx", graph_folder, OPTIONS), OnnxRuntime)


def test_context_is_cut_from_its_left_and_the_sentence_never_before_it(tiny_tokenizer: str) -> None:
    segmenter = Segmenter(tiny_tokenizer, max_tokens=9, context=2)
    word = Segmenter(tiny_tokenizer, 99, 2)([Sentence("he refused the aid")])[0].ids[2:-1]
    [segment] = segmenter([Sentence("refused the aid", "he", ("he he", "aid the refused"))])
    refused, the, aid = word[1:]
    assert segment == Segment((2, aid, the, refused, 3, refused, the, aid, 3), (0,), (0,), ((5, 8),), (False,))


def test_type_ids_mark_the_sentence_alone() -> None:
    arrays = collate(
        [
            Segment((2, 7, 3, 8, 9, 3), (0,), (0,), ((3, 5),), (False,)),
            Segment((2, 3, 8, 3), (1,), (0,), ((2, 3),), (False,)),
        ],
        pad=0,
    )
    assert arrays["input_ids"].tolist() == [[2, 7, 3, 8, 9, 3], [2, 3, 8, 3, 0, 0]]
    assert arrays["attention_mask"].tolist() == [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]
    assert arrays["token_type_ids"].tolist() == [[0, 0, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0]]


@pytest.mark.parametrize(("context", "n_tokens"), [(-1, 4), (0, 6), (1, 7), (2, 8)])
def test_context_says_how_much_is_read(tiny_tokenizer: str, context: int, n_tokens: int) -> None:
    [segment] = Segmenter(tiny_tokenizer, 99, context)([Sentence("refused", "vote", ("he", "aid"))])
    assert len(segment) == n_tokens
