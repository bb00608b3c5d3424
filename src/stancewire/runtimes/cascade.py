"""Two models as one: the fast one scores every sentence, the strong one those where the fast one may well be wrong.

A strong model that reads passages costs as much for one sentence of a passage as for all: it is asked about whole ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancewire.calibration import Calibration
from stancewire.metrics import decide
from stancewire.passages import passage_of, sentences_of
from stancewire.records import Passage, Sentence
from stancewire.runtimes import Runtime
from stancewire.runtimes import open_runtime as open_member
from stancewire.scores import Floats, Ints, Probabilities, Scores

FAST, STRONG = "fast", "strong"
"""The folders of the members in the bundle."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How probabilities become decisions: thresholds ``(n_topics,)`` and stance weights ``(n_topics, 3)``."""

    thresholds: Floats
    stance_weights: Floats


def risk_of(probabilities: Probabilities, rule: Rule, units: Ints) -> NDArray[np.float64]:
    """``(n_sentences,)``, how much may be wrong with the decisions on each sentence, in [0, 1).

    It is 1 - exp(-e), where e is how many wrong and missing triples (topic, stance) the model itself expects: what
    triple_micro_f1 counts. With p of the topic and q of the decided stance, a topic that is not decided on misses p
    triples; one that is decided on adds 1 - p q wrong ones and misses p (1 - q).

    Parameters
    ----------
    units
        ``(n_sentences,)``, counted from 0: sentences of one number are asked about together, so e is their mean.
    """
    decisions = decide(probabilities, rule.thresholds, rule.stance_weights)
    topic = probabilities.topic.astype(np.float64)
    stance = np.take_along_axis(probabilities.stance, decisions.stance[..., None], axis=2)[..., 0]
    expected = np.where(decisions.topic, 1 + topic - 2 * topic * stance, topic)  # (n, n_topics)
    errors = np.bincount(units, expected.sum(axis=1)) / np.bincount(units)  # (n_units,)
    risk: NDArray[np.float64] = -np.expm1(-errors)[units]
    return risk


@dataclass(frozen=True, slots=True)
class Member:
    """A model with the calibration it was given in its own bundle."""

    runtime: Runtime
    calibration: Calibration

    def logits(self, sentences: Sequence[Sentence]) -> Scores:
        """Calibrated logits."""
        return self.calibration.logits(self.runtime.decision_function(sentences))


@dataclass(frozen=True, slots=True)
class Reading:
    """What has to be read to answer: sentences, ``(n,)`` the unit of each, and the rows that were asked about."""

    sentences: Sequence[Sentence]
    units: Ints
    rows: Ints


class CascadeRuntime:
    """The strong member answers from the risk `cut` on: all sentences when it is 0, none when it is 1.

    The scores are calibrated logits of whichever member answered, so that the cascade's own calibration is the
    identity.

    Parameters
    ----------
    context
        For a strong member that reads passages: how many sentences before each one the fast member reads. Whole
        passages are scored then, whichever of their sentences are asked about, so that a sentence's scores do not
        depend on that. `None` for one that reads single sentences.
    """

    def __init__(self, fast: Member, strong: Member, rule: Rule, cut: float, context: int | None = None) -> None:
        self._fast, self._strong, self._rule, self._cut, self._context = fast, strong, rule, cut, context
        self._identity = Calibration.identity(len(rule.thresholds))

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Calibrated logits; see `stancewire.runtimes.Runtime`."""
        reading = self._reading(sentences)
        fast = self._fast.logits(reading.sentences)
        risk = risk_of(self._identity.predict_proba(fast), self._rule, reading.units)
        asked = np.flatnonzero(risk >= self._cut)
        topic, stance, truncated = fast.topic.copy(), fast.stance.copy(), fast.truncated.copy()
        if len(asked):
            strong = self._strong.logits([reading.sentences[int(i)] for i in asked])
            topic[asked], stance[asked], truncated[asked] = strong.topic, strong.stance, strong.truncated
        return Scores(topic[reading.rows], stance[reading.rows], truncated[reading.rows])

    def _reading(self, sentences: Sequence[Sentence]) -> Reading:
        if self._context is None:
            each = np.arange(len(sentences))
            return Reading(sentences, each, each)
        passages = [passage_of(sentence) for sentence in sentences]
        whole: list[Sentence] = []
        units: list[int] = []
        first: dict[Passage, int] = {}
        for number, passage in enumerate(dict.fromkeys(passages)):
            first[passage] = len(whole)
            whole += sentences_of(passage, self._context)
            units += [number] * len(passage.texts)
        rows = [first[passage] + sentence.place for passage, sentence in zip(passages, sentences, strict=True)]
        return Reading(whole, np.array(units, np.int64), np.array(rows, np.int64))


def open_runtime(folder: Path, options: Mapping[str, Any]) -> CascadeRuntime:
    """Open both members, each from its own folder in the bundle.

    Parameters
    ----------
    options
        ``cut``, ``thresholds`` and ``stance_weights`` of the decisions whose risk is taken, ``members``: by name
        (``fast``, ``strong``) the ``runtime`` (kind and its options) and the ``calibration``; ``passages`` and
        ``context`` when the strong one reads passages; ``threads`` goes to both.
    """
    threads = {"threads": options["threads"]} if "threads" in options else {}
    fast, strong = (_open(folder / name, options["members"][name], threads) for name in (FAST, STRONG))
    rule = Rule(np.array(options["thresholds"], np.float32), np.array(options["stance_weights"], np.float32))
    context = int(options["context"]) if options.get("passages") else None
    return CascadeRuntime(fast, strong, rule, float(options["cut"]), context)


def _open(folder: Path, member: Mapping[str, Any], threads: dict[str, int]) -> Member:
    runtime = dict(member["runtime"]) | threads
    kind = runtime.pop("kind")
    return Member(open_member(kind, folder, runtime), Calibration.from_dict(member["calibration"]))
