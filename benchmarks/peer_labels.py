"""Our labels in the form that general text classifiers take, and their scores in the form that our metrics take."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stancewire.calibration import choose_stance_weights, choose_thresholds
from stancewire.codebook import STANCES, Codebook
from stancewire.evaluate import Report, holder_columns
from stancewire.metrics import Resamples, compute_columns, decide
from stancewire.records import LabelledSentence, Sentence
from stancewire.scores import Bools, Floats, Gold, Probabilities, gold_arrays

TUNE_SHARE, TUNE_MOST = 0.1, 3000
"""Share of the training articles, and about how many sentences, that are held out from every peer, to choose its
thresholds as a bundle's are chosen."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """``(n_topics,)`` thresholds and ``(n_topics, 3)`` weights of the stances."""

    thresholds: Floats
    stance_weights: Floats | float = 1.0


def label_names(topics: Sequence[str]) -> list[str]:
    """The topics, then every topic with every stance: one label each for a multi-label classifier."""
    return [*topics, *(f"{topic}|{stance}" for topic in topics for stance in STANCES)]


def label_matrix(gold: Gold) -> Bools:
    """Which labels a sentence has, ``(n, 4 * n_topics)`` in the order of `label_names`."""
    cells = gold.stance[:, :, None] == np.arange(len(STANCES))
    return np.hstack([gold.topic, cells.reshape(len(cells), -1)])


def probabilities_of(scores: Floats) -> Probabilities:
    """A classifier's probabilities ``(n, 4 * n_topics)`` as ours.

    Topics are read from their own labels. A topic's stances are scaled to sum to 1, or are alike where all are 0.
    """
    n_topics = scores.shape[1] // (1 + len(STANCES))
    stance = scores[:, n_topics:].reshape(len(scores), n_topics, len(STANCES)) + 1e-9
    stance = stance / stance.sum(axis=-1, keepdims=True)
    return Probabilities(
        scores[:, :n_topics].astype(np.float32), stance.astype(np.float32), np.zeros(len(scores), np.bool_)
    )


def text_of(sentence: Sentence, context: bool) -> str:
    """The sentence, or title, sentences before and sentence in one line."""
    return " ".join(filter(None, (sentence.title, *sentence.before, sentence.text))) if context else sentence.text


def divide(
    rows: Sequence[LabelledSentence], share: float | None = None, seed: int = 0
) -> tuple[list[LabelledSentence], list[LabelledSentence]]:
    """Rows to train on and rows held out: whole articles, drawn at random; by default what `TUNE_SHARE` says."""
    share = min(TUNE_SHARE, TUNE_MOST / max(len(rows), 1)) if share is None else share
    articles = sorted({row.origin or row.doc for row in rows})
    held_out = set(random.Random(seed).sample(articles, round(share * len(articles))))
    sides: tuple[list[LabelledSentence], list[LabelledSentence]] = ([], [])
    for row in rows:
        sides[(row.origin or row.doc) in held_out].append(row)
    return sides


def choose_cuts(scores: Floats, gold: Gold) -> Cuts:
    """Thresholds and stance weights by the functions that choose those of our bundles."""
    found = probabilities_of(scores)
    return Cuts(choose_thresholds(found.topic, gold.topic), choose_stance_weights(found.stance, gold))


def plain_cuts(n_topics: int) -> Cuts:
    """What a multi-label classifier does by itself: a label from one half, the likeliest stance."""
    return Cuts(np.full(n_topics, 0.5, np.float32))


def report_of(rows: Sequence[LabelledSentence], found: Probabilities, cuts: Cuts, codebook: Codebook) -> Report:
    """The same report, on the same resamples of documents, as `stancewire.evaluate.evaluate` gives for a bundle."""
    gold = gold_arrays(rows, codebook)
    decisions = decide(found, cuts.thresholds, cuts.stance_weights)
    resamples = Resamples([row.doc for row in rows])
    columns = compute_columns(decisions, found, gold, codebook.topic_ids, resamples)
    return Report(tuple(rows), gold, found, decisions, columns | holder_columns(rows, resamples))
