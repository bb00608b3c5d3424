"""Two readings of a labelled set beside its sentences: agreement by genre and by rule, and every disagreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stancewire.agreement import Agreement, Reading, agreement, disagreements
from stancewire.codebook import ABSENT, Codebook
from stancewire.concerns import RuleFinder
from stancewire.records import Label, LabelledSentence, LabelledSet


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where two readings differ on a topic; a stance, or ``absent``."""

    row: LabelledSentence
    topic: str
    first: str
    second: str
    concern: str


def reading_of(labelled: LabelledSet) -> dict[str, Mapping[str, Label]]:
    """The labels of a set as a reading."""
    return {row.id: row.labels for row in labelled.scored if row.labels is not None}


def agreement_by_genre(
    labelled: LabelledSet, first: Reading, second: Reading, codebook: Codebook
) -> dict[str, Agreement]:
    """Agreement on the sentences of each genre, the largest first."""
    genre = {doc.doc: doc.genre or "none given" for doc in labelled.documents}
    home = {row.id: genre.get(row.doc, "none given") for row in labelled.sentences}
    shared = [i for i in first if i in second and i in home]
    counts: dict[str, list[str]] = {}
    for i in shared:
        counts.setdefault(home[i], []).append(i)
    ordered = sorted(counts.items(), key=lambda item: (-len(item[1]), item[0]))
    return {
        name: agreement({i: first[i] for i in ids}, {i: second[i] for i in ids}, codebook.topic_ids)
        for name, ids in ordered
    }


def agreement_by_rule(
    labelled: LabelledSet, first: Reading, second: Reading, codebook: Codebook
) -> dict[str, tuple[int, int]]:
    """Labels on which both readings agree, of those under each rule; a label counts when either reading has the topic.

    A label is under the rule that decides it (see `RuleFinder`), else under ``no rule``.
    """
    rules = RuleFinder(codebook)
    counts: dict[str, list[int]] = {}
    for row in labelled.sentences:
        if row.id in first and row.id in second:
            a, b = first[row.id], second[row.id]
            for topic in codebook.topic_ids:
                if topic in a or topic in b:
                    stances = {labels[topic].stance if topic in labels else ABSENT for labels in (a, b)}
                    count = counts.setdefault(rules.find(row.text, topic, stances) or "no rule", [0, 0])
                    count[0] += len(stances) == 1
                    count[1] += 1
    order = [rule.id for rule in codebook.rules] + ["no rule"]
    return {name: (counts[name][0], counts[name][1]) for name in order if name in counts}


def list_disagreements(
    labelled: LabelledSet, first: Reading, second: Reading, codebook: Codebook
) -> list[Disagreement]:
    """Every disagreement on a topic or stance with its sentence, under the rule or cell it concerns."""
    rules = RuleFinder(codebook)
    rows = {row.id: row for row in labelled.sentences}
    found = [
        Disagreement(rows[i], topic, a, b, rules.heading(rows[i].text, topic, (a, b)))
        for i, topic, a, b in disagreements(first, second, codebook.topic_ids)
        if i in rows
    ]
    return sorted(found, key=lambda d: (not d.concern.startswith("rule "), d.concern, d.row.id))
