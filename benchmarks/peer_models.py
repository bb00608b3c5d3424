"""Peers without a deep network: scikit-learn and model2vec, each as its own documentation does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stancewire.scores import Bools, Floats

ENCODER = "all-MiniLM-L6-v2"
"""Distilled by model2vec, fine-tuned by SetFit and transformers; ours starts from it too."""

MODEL2VEC_EPOCHS = 20


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

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; imports no more than predicting needs."""
        ...


class TfidfPeer:
    """scikit-learn: TF-IDF and one logistic regression per label."""

    def __init__(self, characters: bool) -> None:
        self._characters = characters

    def fit(self, data: Training) -> str:
        """Fit the pipeline with liblinear, the quickest solver on sparse features."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline, make_union

        options: dict[str, Any] = {"sublinear_tf": True, "min_df": 2, "max_features": 100_000, "dtype": np.float32}
        parts = [TfidfVectorizer(ngram_range=(1, 2), **options)]
        if self._characters:
            parts.append(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **options))
        head = OneVsRestClassifier(LogisticRegression(C=10, class_weight="balanced", solver="liblinear"))
        self._pipeline = make_pipeline(make_union(*parts), head).fit(data.texts, data.labels.astype(int))
        return ""

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `Peer`."""
        return np.asarray(self._pipeline.predict_proba(texts), np.float32)

    def save(self, folder: Path) -> None:
        """See `Peer`."""
        import joblib

        joblib.dump(self._pipeline, folder / "pipeline.joblib")

    def load(self, folder: Path) -> None:
        """See `Peer`."""
        import joblib

        self._pipeline = joblib.load(folder / "pipeline.joblib")


class Model2vecPeer:
    """model2vec: word vectors distilled from the encoder, fine-tuned with its own classifier, which stops by itself."""

    def fit(self, data: Training) -> str:
        """Distil and train."""
        from model2vec.distill import distill
        from model2vec.train import StaticModelForClassification

        named = [[data.names[i] for i in np.flatnonzero(row)] for row in data.labels]
        vectors = distill(encoder_folder(), device="cpu")
        model = StaticModelForClassification.from_static_model(model=vectors)
        model.fit(list(data.texts), named, max_epochs=MODEL2VEC_EPOCHS, device="cpu")
        self._pipeline = model.to_pipeline()
        self._names = list(data.names)
        return ""

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `Peer`; a label that training did not have gets 0."""
        scores = np.zeros((len(texts), len(self._names)), np.float32)
        order = [self._names.index(name) for name in self._pipeline.classes_]
        scores[:, order] = self._pipeline.predict_proba(list(texts))
        return scores

    def save(self, folder: Path) -> None:
        """See `Peer`."""
        self._pipeline.save_pretrained(str(folder))
        (folder / "names.txt").write_text("\n".join(self._names), "utf-8")

    def load(self, folder: Path) -> None:
        """See `Peer`."""
        from model2vec.inference import StaticModelPipeline

        self._pipeline = StaticModelPipeline.from_pretrained(str(folder))
        self._names = (folder / "names.txt").read_text("utf-8").splitlines()


def encoder_folder() -> str:
    """Where the encoder is; raises `MissingError` where it is not."""
    from stancewire.trainers.pretrained import find_encoder

    return str(find_encoder(ENCODER, Path()))
