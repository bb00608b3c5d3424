"""Family ``tfidf-linear``: TF-IDF of words and characters, one logistic regression per topic and per topic's stance.

The strong simple baseline of text classification (Wang & Manning 2012). It trains in seconds and its bundle is read by
the ``linear`` runtime, in numpy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stancewire.features import ANALYZERS, FIELDS
from stancewire.labels import CONTEXT_SENTENCES
from stancewire.records import Sentence
from stancewire.scores import Floats, Gold, Ints, gold_arrays
from stancewire.trainers import Fitted, Progress, TrainingSet
from stancewire.validation import validate


class BlockParams(BaseModel):
    """One block of features: which text, which n-grams, how many, how much they weigh."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: Literal["sentence", "context"] = "sentence"
    analyzer: Literal["words", "characters"] = "words"
    max_features: int = Field(default=30_000, ge=1)
    min_documents: int = Field(default=2, ge=1)
    scale: float = Field(default=1.0, gt=0)


class Params(BaseModel):
    """Options under ``params:`` of a ``tfidf-linear`` recipe.

    Attributes
    ----------
    topic_c, stance_c
        Inverse strength of the L2 penalty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    blocks: tuple[BlockParams, ...] = (BlockParams(), BlockParams(analyzer="characters"))
    topic_c: float = Field(default=10.0, gt=0)
    stance_c: float = Field(default=3.0, gt=0)


class TfidfLinearTrainer:
    """Fits the blocks' vocabularies and the heads."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
        """Fit and write ``vocabulary.json`` and ``weights.safetensors``; see `stancewire.trainers.Trainer`."""
        from safetensors.numpy import save
        from scipy.sparse import hstack

        sentences = [row.sentence for row in data.train]
        vectorizers = [_vectorizer(block) for block in self._params.blocks]
        parts: list[Any] = []
        for block, vectorizer in zip(self._params.blocks, vectorizers, strict=True):
            progress.step("features", len(parts), len(vectorizers))
            parts.append(vectorizer.fit_transform(sentences) * block.scale)
        coef, intercept = self._fit_heads(
            hstack(parts).tocsr(), gold_arrays(data.train, data.codebook), data.seed, progress
        )
        vocabularies = [list(vectorizer.get_feature_names_out()) for vectorizer in vectorizers]
        (folder / "vocabulary.json").write_text(json.dumps(vocabularies, ensure_ascii=False), encoding="utf-8")
        idf = {f"idf.{b}": v.idf_.astype(np.float32) for b, v in enumerate(vectorizers)}
        weights = idf | {"coef": coef.astype(np.float16), "intercept": intercept.astype(np.float32)}
        (folder / "weights.safetensors").write_bytes(save(weights))
        blocks = [block.model_dump(include={"field", "analyzer", "scale"}) for block in self._params.blocks]
        reads_context = any(block.field == "context" for block in self._params.blocks)
        notes = {"features": [len(vocabulary) for vocabulary in vocabularies]}
        return Fitted({"kind": "linear", "blocks": blocks}, CONTEXT_SENTENCES if reads_context else 0, notes)

    def _fit_heads(self, x: Any, gold: Gold, seed: int, progress: Progress) -> tuple[Floats, Floats]:
        """Weights ``(n_features, n_topics * 4)`` and intercepts, topics first, then three stances a topic."""
        n_topics = gold.topic.shape[1]
        topics, stances = [], []
        for k in range(n_topics):
            progress.step("heads", k, n_topics)
            topics.append(_fit_classes(x, gold.topic[:, k].astype(int), (1,), self._params.topic_c, seed))
            has = gold.topic[:, k]
            stances.append(_fit_classes(x[has], gold.stance[has, k], (0, 1, 2), self._params.stance_c, seed))
        columns = [*topics, *stances]
        return np.hstack([coef for coef, _ in columns]), np.concatenate([intercept for _, intercept in columns])


def make_trainer(params: Mapping[str, Any], where: str) -> TfidfLinearTrainer:
    """Build the trainer; raises `ProblemsError` for unknown or wrong params."""
    return TfidfLinearTrainer(validate(Params, dict(params), f"{where}: params"))


def _vectorizer(block: BlockParams) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    read, analyze = FIELDS[block.field], ANALYZERS[block.analyzer]

    def features(sentence: Sentence) -> list[str]:
        return list(analyze(read(sentence)))

    return TfidfVectorizer(
        analyzer=features, sublinear_tf=True, min_df=block.min_documents, max_features=block.max_features
    )


def _fit_classes(x: Any, y: Ints, classes: Sequence[int], c: float, seed: int) -> tuple[Floats, Floats]:
    """Weights ``(n_features, len(classes))``; a class that never occurs gets a very low intercept."""
    from sklearn.linear_model import LogisticRegression

    coef = np.zeros((x.shape[1], len(classes)), np.float32)
    intercept = np.full(len(classes), -10.0, np.float32)
    present = np.unique(y)
    if len(present) < 2:
        intercept[[i for i, known in enumerate(classes) if known in present]] = 10.0
        return coef, intercept
    model = LogisticRegression(C=c, class_weight="balanced", max_iter=2000, random_state=seed).fit(x, y)
    if len(present) == 2 and len(classes) == 3:  # scikit-learn keeps one row for two classes: its log-odds
        low, high = (list(classes).index(p) for p in present)
        coef[:, low], coef[:, high] = -model.coef_[0] / 2, model.coef_[0] / 2
        intercept[low], intercept[high] = -model.intercept_[0] / 2, model.intercept_[0] / 2
        return coef, intercept
    for i, known in enumerate(classes):
        row = 0 if len(classes) == 1 else list(model.classes_).index(known)
        coef[:, i], intercept[i] = model.coef_[row], model.intercept_[row]
    return coef, intercept
