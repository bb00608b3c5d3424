"""What a network is taught: for each sentence the probability of every topic together with its stance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from stancewire.codebook import STANCES
from stancewire.errors import InputError, MissingError, raise_problems
from stancewire.records import Label, LabelledSentence, Passage, Sentence
from stancewire.targets import without_name
from stancewire.trainers import Progress, TrainingSet
from stancewire.validation import valid_rows

Joint = NDArray[np.float32]
"""``(n_sentences, n_topics, n_stances)``, the probability that it has the topic with that stance."""


class SoftPassage(BaseModel):
    """The passage that a row's sentence stands in; its title is the row's."""

    model_config = ConfigDict(extra="forbid")
    texts: tuple[str, ...]
    before: tuple[str, ...] = ()


class SoftLabel(BaseModel):
    """A row of a soft-labels file: a sentence in context and what a teacher says of it."""

    model_config = ConfigDict(extra="forbid")
    id: str
    doc: str = ""
    title: str = ""
    before: tuple[str, ...] = ()
    text: str
    passage: SoftPassage | None = None
    place: int = 0
    topic_p: dict[str, float]
    stance_p: dict[str, dict[str, float]]

    @property
    def sentence(self) -> Sentence:
        """What is learnt from, with its passage if the teacher read one."""
        passage = Passage(self.passage.texts, self.title, self.passage.before) if self.passage else None
        return Sentence(self.text, self.title, self.before, passage=passage, place=self.place)

    def joint(self, topics: Sequence[str], stances: Sequence[str]) -> Joint:
        """The teacher's word as ``(n_topics, n_stances)``."""
        rows = [[self.topic_p[t] * self.stance_p[t][s] for s in stances] for t in topics]
        return np.array(rows, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class TeachingSet:
    """Sentences and their joint targets; the first `n_labelled` have labels, the rest only soft ones."""

    sentences: tuple[Sentence, ...]
    joint: Joint
    n_labelled: int

    @property
    def counts(self) -> dict[str, int]:
        """How many sentences have labels, and how many only a teacher's word, for a bundle's notes."""
        return {"labelled": self.n_labelled, "soft_only": len(self.sentences) - self.n_labelled}


def taught_from(data: TrainingSet, base: Path, soft_labels: str | None, soft_weight: float) -> TeachingSet:
    """`teaching_set` of the sentences to train on and of a teacher's soft labels, a file in `base`, if there is one.

    Raises
    ------
    MissingError
        When the file is named and not there.
    """
    classes = data.codebook.topic_ids, STANCES
    if soft_labels is None:
        return teaching_set(data.train, {}, soft_weight, classes, data.dev)
    path = base / soft_labels
    if not path.is_file():
        raise MissingError(
            f"{path}: no such file. Ask a teacher first: stancewire labels soft --set labels -m TEACHER -o {path}"
        )
    return teaching_set(data.train, read_soft_labels(path, *classes), soft_weight, classes, data.dev)


def batches_into(progress: Progress) -> Callable[[int, int, float], None]:
    """A function of step, number of steps and loss that tells `progress`: what training loops call now and then."""

    def report(step: int, steps: int, loss: float) -> None:
        progress.step("batches", step, steps)
        progress.metric("loss", loss, step)

    return report


def read_soft_labels(path: Path, topics: Sequence[str], stances: Sequence[str]) -> dict[str, SoftLabel]:
    """Soft labels by sentence id.

    Raises
    ------
    ProblemsError
        With every line that is not as expected.
    """
    rows: dict[str, SoftLabel] = {}
    problems: list[str] = []
    for where, row in valid_rows(path, SoftLabel, problems):
        try:
            row.joint(topics, stances)
        except KeyError as error:
            problems.append(f"{where}: no probability of {error}; the codebook has it.")
        else:
            rows[row.id] = row
    raise_problems(problems)
    return rows


def hard_joint(labels: Sequence[Mapping[str, Label]], topics: Sequence[str], stances: Sequence[str]) -> Joint:
    """Labels as probabilities 0 and 1."""
    joint = np.zeros((len(labels), len(topics), len(stances)), dtype=np.float32)
    for i, row in enumerate(labels):
        for topic, label in row.items():
            joint[i, topics.index(topic), stances.index(label.stance)] = 1.0
    return joint


def teaching_set(
    rows: Sequence[LabelledSentence],
    soft: Mapping[str, SoftLabel],
    soft_weight: float,
    classes: tuple[Sequence[str], Sequence[str]],
    held_out: Sequence[LabelledSentence] = (),
) -> TeachingSet:
    """Mix labels with soft labels of the same id, and add the soft labels of sentences that have no others.

    Parameters
    ----------
    soft_weight
        In [0, 1], the share of the teacher's word in a sentence that people labelled too.
    classes
        Topic ids and stances, in class order.
    held_out
        Sentences that must not be learnt from in any form, under no other id either.
    """
    if not rows:
        raise InputError("no labelled sentence to train on.")
    topics, stances = classes
    joint = hard_joint([row.labels or {} for row in rows], topics, stances)
    for i, row in enumerate(rows):
        if row.id in soft:
            teacher = soft[row.id].joint(topics, stances)
            joint[i] = (1 - soft_weight) * joint[i] + soft_weight * teacher
    known = {row.id for row in (*rows, *held_out)}
    unseen = {row.text for row in held_out}
    extra = [row for key, row in soft.items() if key not in known and row.text not in unseen]
    sentences = [row.sentence for row in rows] + [row.sentence for row in extra]
    joint = np.concatenate([joint, *(row.joint(topics, stances)[None] for row in extra)])
    return TeachingSet(tuple(sentences), joint, len(rows))


def with_masked_names(taught: TeachingSet) -> TeachingSet:
    """Add, to be seen once in all, each labelled sentence that names its target without that name."""
    masked = [(i, without_name(sentence)) for i, sentence in enumerate(taught.sentences[: taught.n_labelled])]
    masked = [(i, sentence) for i, sentence in masked if sentence is not taught.sentences[i]]
    joint = np.concatenate([taught.joint, taught.joint[[i for i, _ in masked]]])
    return TeachingSet((*taught.sentences, *(sentence for _, sentence in masked)), joint, taught.n_labelled)


def class_weights(joint: Joint, power: float = 0.5, cap: float = 3.0) -> Joint:
    """Weights of the stances of each topic, larger for rare ones, mean 1 over the sentences.

    Parameters
    ----------
    power
        0 weighs all alike, 1 makes every stance of a topic count the same.
    cap
        Largest ratio between two stances of a topic.
    """
    n = joint.sum(axis=0)  # (n_topics, n_stances)
    largest = n.max(axis=1, keepdims=True)
    weights = np.minimum((largest / np.maximum(n, 1.0)) ** power, cap)
    scale = n.sum(axis=1, keepdims=True) / np.maximum((weights * n).sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(weights * np.where(n.sum(axis=1, keepdims=True) > 0, scale, 1.0), dtype=np.float32)
