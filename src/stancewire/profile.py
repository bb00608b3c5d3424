"""The reference profile of a bundle: what its training data looked like, small enough to travel in it.

``profile.json`` holds shares, never sentences. Labels, words and lengths are those of the sentences trained on; what
the model predicts, and how sure it is, was taken on the held-out sentences, which it had not seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancewire.codebook import STANCES
from stancewire.errors import InputError
from stancewire.metrics import Decisions
from stancewire.records import LabelledSentence
from stancewire.scores import Probabilities

FORMAT = 1
WORDS = 3000
"""How many of the most frequent words are kept."""

LENGTHS = (0, 5, 10, 15, 20, 25, 30, 40, 60)
"""Lower ends of the bins of sentence length, in words."""
CONFIDENCES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Lower ends of the bins of confidence."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(slots=True)
class Counts:
    """Running counts over sentences; a stream of any length fits."""

    sentences: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    length: Counter[str] = field(default_factory=Counter)
    topic_confidence: Counter[str] = field(default_factory=Counter)
    stance_confidence: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)

    def add_text(self, text: str) -> None:
        """Count a sentence's words and length."""
        found = words_of(text)
        self.words.update(found)
        self.length[bin_of(len(found), LENGTHS)] += 1

    def add_decision(self, labels: Mapping[str, str], topic_p: Iterable[float], stance_p: Iterable[float]) -> None:
        """Count what was decided of a sentence.

        Parameters
        ----------
        labels
            Stance by topic.
        topic_p
            Probability of every topic; the least sure one counts.
        stance_p
            Probability of the chosen stance of each topic in `labels`.
        """
        self.sentences += 1
        self.labels.update(cells_of(labels))
        self.topic_confidence[bin_of(min(max(p, 1 - p) for p in topic_p), CONFIDENCES)] += 1
        self.stance_confidence.update(bin_of(p, CONFIDENCES) for p in stance_p)


def words_of(text: str) -> list[str]:
    """Words in small letters, without numbers."""
    return _WORD.findall(text.lower().replace("’", "'"))


def cells_of(labels: Mapping[str, str]) -> list[str]:
    """``topic: stance`` of each label; ``none`` where there is no topic."""
    return [f"{topic}: {stance}" for topic, stance in labels.items()] or ["none"]


def bin_of(value: float, edges: Sequence[float]) -> str:
    """Name of the bin that holds a value: ``10-15``, and ``60+`` for the last."""
    i = max(sum(value >= edge for edge in edges) - 1, 0)
    return f"{edges[i]:g}+" if i == len(edges) - 1 else f"{edges[i]:g}-{edges[i + 1]:g}"


def bins(edges: Sequence[float]) -> list[str]:
    """Names of all bins, in order."""
    return [bin_of(edge, edges) for edge in edges]


def cells(topics: Sequence[str]) -> list[str]:
    """Names of all cells, in order, ``none`` last."""
    return [f"{topic}: {stance}" for topic in topics for stance in STANCES] + ["none"]


def make_profile(
    train: Sequence[LabelledSentence],
    dev: Sequence[LabelledSentence],
    probabilities: Probabilities,
    decisions: Decisions,
    topics: Sequence[str],
) -> dict[str, Any]:
    """The profile as JSON; `probabilities` and `decisions` are of the `dev` sentences."""
    trained, held_out = Counts(), Counts()
    for row in train:
        trained.sentences += 1
        trained.add_text(row.text)
        trained.labels.update(cells_of(row.stances))
    for i, row in enumerate(dev):
        held_out.add_text(row.text)
        chosen = {t: int(decisions.stance[i, k]) for k, t in enumerate(topics) if decisions.topic[i, k]}
        stance_p = [float(probabilities.stance[i, topics.index(t), s]) for t, s in chosen.items()]
        labels = {topic: STANCES[s] for topic, s in chosen.items()}
        held_out.add_decision(labels, map(float, probabilities.topic[i]), stance_p)
    kept = sorted(trained.words.items(), key=lambda item: (-item[1], item[0]))[:WORDS]
    return {
        "format": FORMAT,
        "sentences": trained.sentences,
        "held_out": held_out.sentences,
        "labels": shares(trained.labels, cells(topics), trained.sentences),
        "predicted": shares(held_out.labels, cells(topics), held_out.sentences),
        "length": shares(trained.length, bins(LENGTHS), trained.sentences),
        "topic_confidence": shares(held_out.topic_confidence, bins(CONFIDENCES), held_out.sentences),
        "stance_confidence": shares(held_out.stance_confidence, bins(CONFIDENCES), held_out.stance_confidence.total()),
        "stances": held_out.stance_confidence.total(),
        "tokens": trained.words.total(),
        "words": dict(kept),
        "unseen": unseen_share(held_out.words, dict(kept)),
    }


def shares(counts: Mapping[str, int], names: Sequence[str], total: int) -> dict[str, float]:
    """Share of each name, in order, six decimals."""
    return {name: round(counts.get(name, 0) / max(total, 1), 6) for name in names}


def unseen_share(words: Mapping[str, int], known: Mapping[str, int]) -> float:
    """Share of the words, each as often as it occurs, that are not among the known ones."""
    total = sum(words.values())
    return round(sum(n for word, n in words.items() if word not in known) / max(total, 1), 6)


def check_profile(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Return the profile; raise `InputError` for a newer format."""
    if data.get("format") != FORMAT:
        raise InputError(f"{where}: profile format {data.get('format')}, this version reads {FORMAT}.")
    return data
