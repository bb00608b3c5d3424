from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from stancewire.codebook import Codebook
from stancewire.errors import InputError, ProblemsError
from stancewire.features import words
from stancewire.labels import read_labels
from stancewire.records import Label, LabelledSentence, Sentence
from stancewire.runtimes import open_runtime
from stancewire.scores import Scores
from stancewire.trainers import Fitted, Silent, TrainingSet, make_trainer

WORDS = {"blocks": [{"analyzer": "words", "min_documents": 1}], "topic_c": 1, "stance_c": 1}


def row(n: int, text: str, labels: Mapping[str, Label]) -> LabelledSentence:
    """A labelled sentence."""
    return LabelledSentence(f"d.{n}", "d", n, Sentence(text), labels)


def fit(rows: list[LabelledSentence], codebook: Codebook, folder: Path, **params: object) -> Fitted:
    """Fit on all rows."""
    return make_trainer("tfidf-linear", WORDS | params, "r.yaml").fit(
        TrainingSet(rows, rows, codebook, 0), folder, Silent()
    )


def scores(fitted: Fitted, folder: Path, rows: list[LabelledSentence]) -> Scores:
    """Read back with the runtime that the trainer named."""
    options = dict(fitted.runtime)
    return open_runtime(options.pop("kind"), folder, options).decision_function([r.sentence for r in rows])


def test_topic_scores_are_those_of_scikit_learn(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    rows = list(read_labels(tiny_labels, codebook).scored)
    found = scores(fit(rows, codebook, tmp_path), tmp_path, rows)
    x = TfidfVectorizer(analyzer=lambda text: list(words(text)), sublinear_tf=True).fit_transform(
        [r.text for r in rows]
    )
    y = np.array(["aid" in (r.labels or {}) for r in rows])
    model = LogisticRegression(C=1, class_weight="balanced", max_iter=2000, random_state=0).fit(x, y)
    assert found.topic[:, 0] == pytest.approx(model.decision_function(x), abs=2e-2)  # weights are kept as float16


def test_stance_scores_are_fitted_on_the_sentences_of_the_topic(
    codebook: Codebook, tiny_labels: Path, tmp_path: Path
) -> None:
    rows = [r for r in read_labels(tiny_labels, codebook).scored if "aid" in (r.labels or {})]
    found = scores(fit(rows, codebook, tmp_path), tmp_path, rows)
    wanted = [("favor", "against", "neutral").index((r.labels or {})["aid"].stance) for r in rows]
    assert found.stance[:, 0].argmax(axis=1).tolist() == wanted


def test_a_topic_that_never_occurs_is_never_found(codebook: Codebook, tmp_path: Path) -> None:
    rows = [row(0, "The minister sent tents.", {"aid": Label("favor", "author")}), row(1, "Rain fell.", {})]
    found = scores(fit(rows, codebook, tmp_path), tmp_path, rows)
    assert found.topic[:, 1].tolist() == [-10, -10]


def test_a_single_stance_is_always_chosen(codebook: Codebook, tmp_path: Path) -> None:
    rows = [row(0, "The minister sent tents.", {"aid": Label("against", "author")}), row(1, "Rain fell.", {})]
    found = scores(fit(rows, codebook, tmp_path), tmp_path, rows)
    assert found.stance[:, 0].tolist() == [[-10, 10, -10], [-10, 10, -10]]


def test_two_stances_of_three_are_told_apart_and_the_third_is_never_chosen(codebook: Codebook, tmp_path: Path) -> None:
    rows = [
        row(0, "The minister promised tents.", {"aid": Label("favor", "author")}),
        row(1, "The minister refused tents.", {"aid": Label("against", "author")}),
        row(2, "The mayor promised grain.", {"aid": Label("favor", "author")}),
        row(3, "The mayor refused grain.", {"aid": Label("against", "author")}),
    ]
    found = scores(fit(rows, codebook, tmp_path), tmp_path, rows)
    assert found.stance[:, 0].argmax(axis=1).tolist() == [0, 1, 0, 1]
    assert found.stance[:, 0, 2].tolist() == [-10] * 4


def test_the_rarest_words_go_first_when_the_vocabulary_is_limited(codebook: Codebook, tmp_path: Path) -> None:
    rows = [row(i, f"tents tents{i}", {"aid": Label("favor")} if i % 2 else {}) for i in range(4)]
    fitted = fit(rows, codebook, tmp_path, blocks=[{"min_documents": 1, "max_features": 1}])
    assert (tmp_path / "vocabulary.json").read_text() == '[["tents"]]'
    assert fitted.notes == {"features": [1]}


def test_context_is_asked_for_only_when_it_is_read(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    rows = list(read_labels(tiny_labels, codebook).scored)[:20]
    assert fit(rows, codebook, tmp_path).context == 0
    blocks = [{"min_documents": 1}, {"field": "context", "min_documents": 1, "scale": 0.5}]
    assert fit(rows, codebook, tmp_path, blocks=blocks).context == 2


def test_the_same_seed_gives_the_same_bytes(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    rows = list(read_labels(tiny_labels, codebook).scored)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        fit(rows, codebook, tmp_path / name)
    for name in ("weights.safetensors", "vocabulary.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_every_wrong_param_is_reported() -> None:
    with pytest.raises(ProblemsError) as raised:
        make_trainer("tfidf-linear", {"topic_c": -1, "blocks": [{"analyzer": "letters"}], "lr": 1}, "r.yaml")
    assert [line.partition("params: ")[2][:24] for line in raised.value.problems] == [
        "'blocks.0.analyzer': Inp",
        "'topic_c': Input should ",
        "unknown key 'lr'. Remove",
    ]


def test_an_unknown_family_gets_a_hint() -> None:
    with pytest.raises(InputError, match=r"r\.yaml: family 'encodr' is unknown .* Did you mean 'encoder'\?"):
        make_trainer("encodr", {}, "r.yaml")
