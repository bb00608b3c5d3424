from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file
from sklearn.feature_extraction.text import TfidfVectorizer

from stancewire.errors import BundleError
from stancewire.features import characters, words
from stancewire.records import Sentence
from stancewire.runtimes import open_runtime

SENTENCES = [
    Sentence("The minister promised more shells, shells and shells.", "Aid", ("Kyiv asked.",)),
    Sentence("“We won’t,” Mr. Łukasz said: 3.5 bn!", "Aid passes", ("It rained.", "Nobody came.")),
    Sentence("A I o"),
    Sentence(""),
    Sentence("Kyjiv\tĞIŞ  İstanbul ﬁre ẞ snake_case don't 北京", "", ("x",)),
]
TEXTS = [sentence.text for sentence in SENTENCES]
CONTEXTS = ["Aid Kyiv asked.", "Aid passes It rained. Nobody came.", "", "", " x"]


def vectorizer(analyzer, texts):
    ngrams = {"word": (1, 2), "char_wb": (2, 5)}[analyzer]
    return TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True).fit(texts)


def write(folder, blocks, coef, intercept):
    """The files of a bundle whose blocks have these vectorizers' features."""
    vocabularies = [[str(feature) for feature in block.get_feature_names_out()] for block in blocks]
    (folder / "vocabulary.json").write_text(json.dumps(vocabularies))
    idf = {f"idf.{b}": block.idf_.astype(np.float32) for b, block in enumerate(blocks)}
    save_file(idf | {"coef": coef, "intercept": intercept}, folder / "weights.safetensors")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A runtime of three blocks and the same scores made with scikit-learn's features."""
    folder = tmp_path_factory.mktemp("linear")
    blocks = [vectorizer("word", TEXTS), vectorizer("char_wb", TEXTS), vectorizer("word", CONTEXTS)]
    x = np.hstack(
        [
            blocks[0].transform(TEXTS).toarray(),
            0.5 * blocks[1].transform(TEXTS).toarray(),
            2 * blocks[2].transform(CONTEXTS).toarray(),
        ]
    )
    rng = np.random.default_rng(0)
    coef = rng.normal(size=(x.shape[1], 8)).astype(np.float32)
    intercept = rng.normal(size=8).astype(np.float32)
    write(folder, blocks, coef, intercept)
    specs = [
        {"field": "sentence", "analyzer": "words", "scale": 1.0},
        {"field": "sentence", "analyzer": "characters", "scale": 0.5},
        {"field": "context", "analyzer": "words", "scale": 2.0},
    ]
    return open_runtime("linear", folder, {"blocks": specs}), x @ coef + intercept


def test_scores_are_those_of_scikit_learns_features(model):
    runtime, expected = model
    scores = runtime.decision_function(SENTENCES)
    assert scores.topic == pytest.approx(expected[:, :2], abs=1e-5)
    assert scores.stance == pytest.approx(expected[:, 2:].reshape(5, 2, 3), abs=1e-5)
    assert scores.truncated.tolist() == [False] * 5


def test_scores_do_not_depend_on_the_neighbours_in_the_call(model):
    runtime, _ = model
    together = runtime.decision_function(SENTENCES)
    alone = [runtime.decision_function([sentence]) for sentence in SENTENCES]
    assert np.array_equal(together.topic, np.vstack([scores.topic for scores in alone]))
    assert np.array_equal(together.stance, np.vstack([scores.stance for scores in alone]))


def test_no_sentences_have_empty_scores(model):
    scores = model[0].decision_function([])
    assert (scores.topic.shape, scores.stance.shape, scores.truncated.shape) == ((0, 2), (0, 2, 3), (0,))
    assert (scores.topic.dtype, scores.stance.dtype) == (np.float32, np.float32)


def test_a_sentence_without_known_features_gets_the_intercepts(model):
    runtime, expected = model
    scores = runtime.decision_function([Sentence("")])
    assert scores.topic[0] == pytest.approx(expected[3, :2], abs=1e-6)


@given(st.text())
def test_any_text_has_the_words_of_scikit_learn(text):
    assert list(words(text)) == list(vectorizer("word", TEXTS).build_analyzer()(text))


@given(st.text())
def test_any_text_has_the_characters_of_scikit_learn(text):
    assert sorted(characters(text)) == sorted(vectorizer("char_wb", TEXTS).build_analyzer()(text))


def test_an_unknown_runtime_is_refused(tmp_path):
    with pytest.raises(
        BundleError, match=r"runtime 'quantum' is unknown here \(linear, static, onnx, ensemble, cascade\)"
    ):
        open_runtime("quantum", tmp_path, {})
