"""Family ``static``: what it learns, and that its runtime computes what torch does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stancewire.codebook import STANCES, Codebook
from stancewire.errors import ProblemsError
from stancewire.labels import read_labels
from stancewire.records import LabelledSentence, Sentence
from stancewire.runtimes import Runtime, open_runtime
from stancewire.trainers import Fitted, Silent, TrainingSet, make_trainer
from tiny_encoder import write_encoder

torch = pytest.importorskip("torch")

TINY = {"min_count": 1, "width": 8, "filters": 8, "hidden": 8, "epochs": 40, "lr": 0.02, "batch": 32, "threads": 1}
SENTENCES = [
    Sentence("The minister promised more tents.", "News", ("Rain fell.", "It was late.")),
    Sentence("The minister refused to send any shells.", "News", ("Rain fell.",)),
    Sentence("The match ended in a draw."),
    Sentence("", "", ("",)),
    Sentence("unheard-of 12 words"),
    Sentence("Rain fell."),
]


@pytest.fixture(scope="module")
def rows(tiny_labels: Path, codebook: Codebook) -> tuple[LabelledSentence, ...]:
    return read_labels(tiny_labels, codebook).scored


def fit(folder: Path, rows: tuple[LabelledSentence, ...], codebook: Codebook, **params: Any) -> Fitted:
    folder.mkdir(exist_ok=True)
    trainer = make_trainer("static", TINY | params, str(folder / "fast.yaml"))
    return trainer.fit(TrainingSet(rows, rows[:8], codebook, 3), folder, Silent())


def opened(folder: Path, fitted: Fitted, **options: Any) -> Runtime:
    return open_runtime("static", folder, {k: v for k, v in fitted.runtime.items() if k != "kind"} | options)


@pytest.fixture(scope="module")
def model(
    tmp_path_factory: pytest.TempPathFactory, rows: tuple[LabelledSentence, ...], codebook: Codebook
) -> tuple[Path, Fitted]:
    folder = tmp_path_factory.mktemp("static")
    return folder, fit(folder, rows, codebook)


def test_it_learns_a_toy_set_and_the_runtime_reads_it_back(
    model: tuple[Path, Fitted], rows: tuple[LabelledSentence, ...]
) -> None:
    scores = opened(*model).decision_function([row.sentence for row in rows[:5]])
    assert (scores.topic > 0).tolist() == [[True, False]] * 3 + [[False, True], [False, False]]
    assert [STANCES[i] for i in scores.stance[range(3), 0].argmax(axis=-1)] == ["favor", "against", "neutral"]
    assert model[1].context == 2
    assert model[1].notes["sentences"] == {"labelled": 240, "soft_only": 0}


def test_the_runtime_computes_what_torch_does(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    from stancewire.trainers.static_fit import Texts, weights_of
    from stancewire.trainers.static_network import Sizes, build_network
    from stancewire.vocabulary import learn_vocabulary

    vocabulary = learn_vocabulary([s.text for s in SENTENCES], 100, 1)
    network = build_network(Sizes(words=len(vocabulary), width=6, filters=5, hidden=4, topics=2), 0.5, seed=1)
    weights = weights_of(network)
    save_file(weights, tmp_path / "weights.safetensors")
    (tmp_path / "vocabulary.json").write_text(json.dumps(list(vocabulary)))
    network.words.weight.data = torch.from_numpy(weights["words"] * weights["words.scale"][:, None])
    batch = Texts(SENTENCES, vocabulary).batch(np.arange(len(SENTENCES)), 0.0, np.random.default_rng(0))
    with torch.inference_mode():
        topic, stance = network.eval()(*batch)
    scores = open_runtime("static", tmp_path, {}).decision_function(SENTENCES)
    np.testing.assert_allclose(scores.topic, topic.numpy(), atol=1e-5)
    np.testing.assert_allclose(scores.stance, stance.numpy(), atol=1e-5)


def test_eight_bits_hardly_move_a_word() -> None:
    from stancewire.trainers.static_fit import weights_of
    from stancewire.trainers.static_network import Sizes, build_network

    network = build_network(Sizes(words=50, width=6, filters=5, hidden=4, topics=2), 0.0, seed=1)
    table = network.words.weight.detach().numpy().copy()
    weights = weights_of(network)
    restored = weights["words"] * weights["words.scale"][:, None]
    assert weights["words"].dtype == np.int8
    assert np.abs(restored[1:] - table[1:]).max() <= np.abs(table).max() / 254 + 1e-6
    assert restored[0].tolist() == [0.0] * 6


def test_same_seed_gives_the_same_bytes(tmp_path: Path, rows: tuple[LabelledSentence, ...], codebook: Codebook) -> None:
    for name in ("a", "b"):
        fit(tmp_path / name, rows, codebook, epochs=2)
    for name in ("weights.safetensors", "vocabulary.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_scores_are_the_same_alone_in_any_batch_and_on_any_number_of_threads(model: tuple[Path, Fitted]) -> None:
    many = (SENTENCES * 70)[:400]
    together = opened(*model, threads=3).decision_function(many)
    runtime = opened(*model, threads=1)
    again = runtime.decision_function(many[::-1])
    assert np.array_equal(together.topic, again.topic[::-1])
    assert np.array_equal(together.stance, again.stance[::-1])
    for i, sentence in enumerate(SENTENCES):
        alone = runtime.decision_function([sentence])
        assert np.array_equal(alone.topic[0], together.topic[i])
        assert np.array_equal(alone.stance[0], together.stance[i])


def test_title_and_sentences_before_are_read(model: tuple[Path, Fitted]) -> None:
    asked = [
        Sentence("It ended."),
        Sentence("It ended.", "Match"),
        Sentence("It ended.", "", ("The match began.",)),
        Sentence("It ended.", "", ("The match began.", "Rain fell.")),
        Sentence("It ended.", "", ("Long ago.", "The match began.", "Rain fell.")),  # the third before is not
    ]
    topic = opened(*model).decision_function(asked).topic.tolist()
    assert len(set(map(tuple, topic))) == 4
    assert topic[3] == topic[4]


def test_a_sentence_without_words_has_scores(model: tuple[Path, Fitted]) -> None:
    scores = opened(*model).decision_function([Sentence(""), Sentence(" ", " ", (" ", ""))])
    assert np.isfinite(scores.topic).all()
    assert scores.topic[0].tolist() == scores.topic[1].tolist()


def test_soft_labels_teach_sentences_that_have_no_others(
    tmp_path: Path, rows: tuple[LabelledSentence, ...], codebook: Codebook
) -> None:
    against = {"favor": 0.0, "against": 1.0, "neutral": 0.0}
    soft = [
        {
            "id": f"s{n}",
            "text": text,
            "topic_p": {"aid": p, "sport": 0.0},
            "stance_p": {"aid": against, "sport": against},
        }
        for n, (text, p) in enumerate([("Oslo votes no.", 1.0), ("Oil grew cheaper.", 0.0)] * 60)
    ]
    (tmp_path / "soft.jsonl").write_text("".join(json.dumps(r) + "\n" for r in soft))
    fitted = fit(tmp_path, rows, codebook, soft_labels="soft.jsonl")
    assert fitted.notes["sentences"] == {"labelled": 240, "soft_only": 120}
    scores = opened(tmp_path, fitted).decision_function([Sentence("Oslo votes no."), Sentence("Oil grew cheaper.")])
    assert (scores.topic[:, 0] > 0).tolist() == [True, False]
    assert STANCES[scores.stance[0, 0].argmax()] == "against"


def test_words_begin_with_the_mean_of_their_pieces(tmp_path: Path) -> None:
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece

    from stancewire.trainers.static_vectors import piece_vectors

    pieces = {"[UNK]": 0, "tank": 1, "##s": 2, "no": 3}
    table = np.array([[0, 0], [4, 0], [0, 2], [1, 1]], np.float32)
    save_file({"embeddings.word_embeddings.weight": table, "other.weight": table}, tmp_path / "model.safetensors")
    Tokenizer(WordPiece(pieces, unk_token="[UNK]")).save(str(tmp_path / "tokenizer.json"))  # noqa: S106
    vectors = piece_vectors(tmp_path, ["", "~no", "tanks", "tank"])
    assert vectors.tolist() == [[0, 0], [1, 1], [2, 1], [4, 0]]


def test_narrowed_vectors_are_damped_principal_components() -> None:
    from stancewire.trainers.static_vectors import narrowed

    vectors = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32) * [9, 4, 1, 0]
    narrow = narrowed(vectors, 2)
    assert narrow.std() == pytest.approx(0.3, abs=1e-4)
    assert narrow.std(axis=0)[0] / narrow.std(axis=0)[1] == pytest.approx(1.5, rel=0.05)  # the root of 9 / 4
    assert np.abs(np.corrcoef(narrow.T, vectors[:, :2].T)[[0, 1], [2, 3]]) == pytest.approx([1, 1], abs=0.01)
    assert narrowed(vectors, 6)[:, 4:].tolist() == np.zeros((500, 2)).tolist()


def test_an_encoder_whose_pieces_the_words_begin_with_is_noted(
    tmp_path: Path, rows: tuple[LabelledSentence, ...], codebook: Codebook
) -> None:
    pytest.importorskip("transformers")
    write_encoder(tmp_path / "encoder")
    fitted = fit(tmp_path, rows, codebook, epochs=1, vectors="encoder")
    assert fitted.notes["vectors"]["name"] == "encoder"
    assert np.isfinite(opened(tmp_path, fitted).decision_function(SENTENCES).topic).all()


def test_an_unknown_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match=r"fast\.yaml: params: unknown key 'widht'"):
        make_trainer("static", {"widht": 3}, str(tmp_path / "fast.yaml"))


def test_the_largest_values_of_rows_learn_as_torch_would() -> None:
    from stancewire.trainers.static_network import _largest_positive

    torch.manual_seed(0)
    x = torch.randn(6, 3, dtype=torch.double, requires_grad=True)
    starts, gaps = torch.tensor([0, 3]), torch.tensor([False, False, True, False, False, True])
    expected = torch.stack([x[:2].relu().amax(0), x[3:5].relu().amax(0)])
    found = _largest_positive()(x * 1, starts, gaps)
    assert torch.equal(found, expected)
    weights = torch.randn(2, 3, dtype=torch.double)
    gradients = [torch.autograd.grad((weights * y).sum(), x)[0] for y in (found, expected)]
    assert torch.equal(*gradients)
