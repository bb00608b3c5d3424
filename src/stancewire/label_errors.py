"""Labels that are probably wrong: those that a model trained on the other documents finds least credible.

Confident learning (Northcutt, Jiang & Chuang 2021) with cleanlab, on the probabilities of a linear model that has seen
neither the sentence's document nor a near-duplicate of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancewire.codebook import ABSENT, STANCES, Codebook
from stancewire.concerns import RuleFinder
from stancewire.errors import InputError
from stancewire.features import FIELDS, words
from stancewire.records import LabelledSentence
from stancewire.scores import Ints, gold_arrays
from stancewire.splits import clusters

FOLDS = 5
CLASSES = (*STANCES, ABSENT)

_CONTEXT = 0.5  # weight of title and sentences before, next to the sentence's own words


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that is probably wrong.

    Attributes
    ----------
    concern
        The codebook's rule or the cell it belongs under.
    given, suggested
        A stance, or ``absent``.
    confidence
        Probability of the given label, between 0 and 1; the lower, the more suspect.
    """

    row: LabelledSentence
    topic: str
    given: str
    suggested: str
    confidence: float
    concern: str


def suspected_errors(rows: Sequence[LabelledSentence], codebook: Codebook, *, seed: int = 0) -> list[Suspect]:
    """Suspected label errors of labelled rows, the most suspect first.

    Raises
    ------
    InputError
        When there are too few documents to cross-validate.
    """
    rules = RuleFinder(codebook)
    gold = gold_arrays(rows, codebook)
    folds = list(_folds(rows))
    features = _features(rows, folds)
    suspects = []
    for k, topic in enumerate(codebook.topic_ids):
        given = np.where(gold.topic[:, k], gold.stance[:, k], 3)
        if len(np.unique(given)) < 2:
            continue
        probabilities = _cross_validate(features, folds, given, seed)
        for i in _ranked_issues(given, probabilities):
            was, best = CLASSES[given[i]], CLASSES[int(probabilities[i].argmax())]
            confidence = round(float(probabilities[i, given[i]]), 4)
            concern = rules.heading(rows[i].text, topic, (was, best))
            suspects.append(Suspect(rows[i], topic, was, best, confidence, concern))
    return sorted(suspects, key=lambda suspect: (suspect.confidence, suspect.row.id, suspect.topic))


def _folds(rows: Sequence[LabelledSentence]) -> Iterator[tuple[Ints, Ints]]:
    """Training and held-out indices; documents that share a near-duplicate or a pair stay together."""
    from sklearn.model_selection import GroupKFold

    home = clusters(rows)
    groups = [home[row.doc] for row in rows]
    found = len(set(groups))
    if found < FOLDS:
        raise InputError(f"found {found} separate documents, expected at least {FOLDS} to look for label errors.")
    return iter(GroupKFold(FOLDS).split(groups, groups=groups))


def _features(rows: Sequence[LabelledSentence], folds: Sequence[tuple[Ints, Ints]]) -> list[Any]:
    """TF-IDF of the words of sentence and context, fitted on the training rows of each fold, for all rows."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    tokens = {field: [list(words(read(row.sentence))) for row in rows] for field, read in FIELDS.items()}
    features = []
    for train, _ in folds:
        parts = []
        for field, counted in tokens.items():
            vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, max_features=20_000)
            vectorizer.fit([counted[i] for i in train])
            parts.append(vectorizer.transform(counted) * (_CONTEXT if field == "context" else 1.0))
        features.append(hstack(parts).tocsr())
    return features


def _cross_validate(
    features: Sequence[Any], folds: Sequence[tuple[Ints, Ints]], given: Ints, seed: int
) -> NDArray[np.float64]:
    """Out-of-fold probabilities ``(n, 4)``; a class that a fold does not have gets 0."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    probabilities = np.zeros((len(given), len(CLASSES)))
    for x, (train, held_out) in zip(features, folds, strict=True):
        if len(np.unique(given[train])) < 2:
            probabilities[held_out, given[train][0]] = 1
            continue
        # liblinear needs a tenth of the time of lbfgs on sparse features
        model = OneVsRestClassifier(LogisticRegression(C=10.0, solver="liblinear", random_state=seed))
        model.fit(x[train], given[train])
        probabilities[np.ix_(held_out, model.classes_)] = model.predict_proba(x[held_out])
    return probabilities


def _ranked_issues(given: Ints, probabilities: NDArray[np.float64]) -> list[int]:
    """Indices that cleanlab holds for label issues, least credible first."""
    from cleanlab.filter import find_label_issues

    present, compact = np.unique(given, return_inverse=True)  # cleanlab wants classes 0 .. k-1, all of them there
    columns = probabilities[:, present] + 1e-9
    columns /= columns.sum(axis=1, keepdims=True)
    # the confident joint's off-diagonal is the strictest filter: people read what is listed
    ranked = find_label_issues(
        compact, columns, filter_by="confident_learning", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    return [int(i) for i in ranked]
