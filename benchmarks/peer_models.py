"""Peers without a deep network: scikit-learn and model2vec, each as its own documentation does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stancewire.scores import Bools, Floats

ENCODER = "all-MiniLM-L6-v2"
"""Distilled by model2vec and fine-tuned by SetFit; ours starts from it too."""

MODEL2VEC_EPOCHS = 30


@dataclass(frozen=True, slots=True)
class Training:
    """What a peer learns from.

    Attributes
    ----------
    labels
        ``(n, n_labels)``, in the order of `names`.
    until
        When to stop, on the clock of `time.monotonic`, for peers that can stop early.
    """

    texts: Sequence[str]
    labels: Bools
    names: Sequence[str]
    until: float


class Peer(Protocol):
    """A multi-label classifier of texts over the labels of `peer_labels.label_names`."""

    def fit(self, data: Training) -> str:
        """Train; returns what there is to say of it, such as how many steps it took."""
        ...

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Probability of every label, ``(n, n_labels)``."""
        ...

    def save(self, folder: Path) -> None:
        """Write what predicting needs into an existing folder."""
        ...


class TfidfPeer:
    """scikit-learn: TF-IDF and one logistic regression per label."""

    def __init__(self, characters: bool) -> None:
        self._characters = characters

    def fit(self, data: Training) -> str:
        """Fit the pipeline."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union

        options: dict[str, Any] = {"sublinear_tf": True, "min_df": 2, "max_features": 100_000, "dtype": np.float32}
        parts = [TfidfVectorizer(ngram_range=(1, 2), **options)]
        if self._characters:
            parts.append(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **options))
        self._pipeline = _fit_heads(make_pipeline(make_union(*parts), _logistic()), data.texts, data.labels)
        return ""

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `Peer`."""
        return np.asarray(self._pipeline.predict_proba(texts), np.float32)

    def save(self, folder: Path) -> None:
        """See `Peer`."""
        import joblib

        joblib.dump(self._pipeline, folder / "pipeline.joblib")


class StaticPeer:
    """model2vec: static word vectors distilled from the encoder, and logistic regression."""

    def fit(self, data: Training) -> str:
        """Distil, encode, fit."""
        self._vectors = _distilled()
        self._heads = _fit_heads(_logistic(), self._vectors.encode(list(data.texts)), data.labels)
        return ""

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `Peer`."""
        return np.asarray(self._heads.predict_proba(self._vectors.encode(list(texts))), np.float32)

    def save(self, folder: Path) -> None:
        """See `Peer`."""
        import joblib

        self._vectors.save_pretrained(str(folder))
        joblib.dump(self._heads, folder / "heads.joblib")


class TunedStaticPeer:
    """model2vec: the same vectors, fine-tuned with its own classifier, which stops by itself."""

    def fit(self, data: Training) -> str:
        """Distil and train."""
        from model2vec.train import StaticModelForClassification

        named = [[data.names[i] for i in np.flatnonzero(row)] for row in data.labels]
        model = StaticModelForClassification.from_static_model(model=_distilled())
        model.fit(list(data.texts), named, max_epochs=MODEL2VEC_EPOCHS, device="cpu")
        self._pipeline = model.to_pipeline()
        order = {name: i for i, name in enumerate(data.names)}
        self._columns = [order[name] for name in self._pipeline.classes_]
        self._n_labels = len(data.names)
        return f"at most {MODEL2VEC_EPOCHS} epochs"

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `Peer`; a label that training did not have gets 0."""
        scores = np.zeros((len(texts), self._n_labels), np.float32)
        scores[:, self._columns] = self._pipeline.predict_proba(list(texts))
        return scores

    def save(self, folder: Path) -> None:
        """See `Peer`."""
        self._pipeline.save_pretrained(str(folder))


def _fit_heads(model: Any, x: Any, labels: Bools) -> Any:
    """Fit what ends in `_logistic`, two labels at a time: liblinear runs without Python's lock."""
    import joblib

    with joblib.parallel_config("threading", n_jobs=2):
        return model.fit(x, labels.astype(int))


def _logistic() -> Any:
    """One logistic regression per label; liblinear is the quickest of scikit-learn's solvers on sparse features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    return OneVsRestClassifier(LogisticRegression(C=10, class_weight="balanced", solver="liblinear"))


def encoder_folder() -> str:
    """Where the encoder is; raises `MissingError` where it is not."""
    from stancewire.trainers.pretrained import find_encoder

    return str(find_encoder(ENCODER, Path()))


def _distilled() -> Any:
    from model2vec.distill import distill

    return distill(encoder_folder(), device="cpu")
