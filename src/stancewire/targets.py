"""Target sets: rows of a sentence, a target and the stance toward it.

The target is a name ("Joe Biden") or a proposition ("giving aid to Ukraine"). A target model is a model of one topic,
"the sentence is about its target", and of the stance on that: everything that handles topics handles it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from stancewire.codebook import ABSENT, AGAINST, FAVOR, NEUTRAL, Answer, Codebook, parse_codebook
from stancewire.errors import raise_problems
from stancewire.mentions import find_mentions
from stancewire.records import Document, Label, LabelledSentence, LabelledSet, Sentence, Target
from stancewire.validation import valid_rows

TARGET = "target"
"""The one topic of `CODEBOOK`, and the option by which recipes and bundles say that they take targets."""

CODEBOOK: Codebook = parse_codebook(
    {
        "name": "targets",
        "version": 1,
        "language": "en",
        "topics": [
            {
                "id": TARGET,
                "title": "The named target",
                "definition": "The sentence is about the target that is named with it.",
                "target": "the target that is named with the sentence",
            }
        ],
    },
    "targets",
)

_NEWSMTSC = {"positive": FAVOR, "negative": AGAINST, "neutral": NEUTRAL}
_NEWSMTSC_ARTICLE = re.compile(r"[a-z]+_v?\d+_\d+(?=_)")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    text: str
    stance: Answer
    target: str | None = None
    start: int | None = None
    end: int | None = None
    corefs: tuple[tuple[int, int], ...] = ()
    doc: str | None = None
    title: str = ""
    before: tuple[str, ...] = ()
    split: str | None = None
    source: str = ""
    licence: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_newsmtsc(cls, record: dict[str, Any]) -> dict[str, Any]:
        """A row of NewsMTSC (Hamborg and Donnay 2021) in our form; other rows as they are."""
        if not {"label", "group", "corefs"} <= record.keys():
            return record
        article = _NEWSMTSC_ARTICLE.match(str(record.get("id")))
        kept = {key: record.get(key) for key in ("id", "text", "target", "start", "end")}
        return kept | {
            "stance": _NEWSMTSC.get(record["label"], record["label"]),
            "corefs": [span[:2] for span in record["corefs"]],
            "doc": article[0] if article else record["group"],
            "source": "NewsMTSC",
            "licence": "MIT",
        }

    def problems(self) -> Iterator[str]:
        """What is wrong beyond types."""
        if not self.text.strip():
            yield "text is empty."
        if not (self.target or "").strip() and self.start is None:
            yield "no target; expected 'target', or 'start' and 'end' of its mention."
        if (self.start is None) != (self.end is None):
            yield "one of 'start' and 'end' is missing."
        for start, end in self._given():
            if not 0 <= start < end <= len(self.text):
                yield f"span [{start}, {end}] is not within the {len(self.text)} characters of the text."

    def asked(self) -> Target:
        """The target with its mentions: the given ones, else where a name is found."""
        spans = tuple(sorted(set(self._given())))
        text = self.target or self.text[self.start : self.end]
        return Target(text, spans or find_mentions(text, self.text))

    def _given(self) -> Iterator[tuple[int, int]]:
        if self.start is not None and self.end is not None:
            yield self.start, self.end
        yield from self.corefs


def takes_targets(options: Mapping[str, Any]) -> bool:
    """Whether a recipe's params, or a bundle's runtime options, are those of a target model."""
    return bool(options.get("targets"))


def read_targets(path: Path) -> LabelledSet:
    """Read a target set, JSON lines of our own form or of NewsMTSC's; the form is in ``docs/formats.md``.

    Raises
    ------
    MissingError
        When the file is not there.
    ProblemsError
        With every problem of the file, each with its line.
    """
    problems: list[str] = []
    documents: dict[str, Document] = {}
    rows: dict[str, LabelledSentence] = {}
    n_before: Counter[str] = Counter()
    for where, row in valid_rows(path, _Row, problems):
        if found := [f"{where}: {problem}" for problem in row.problems()]:
            problems += found
            continue
        if row.id in rows:
            problems.append(f"{where}: id '{row.id}' is used twice.")
        doc = row.doc or row.id
        documents.setdefault(doc, Document(doc, row.title, source=row.source, licence=row.licence))
        labels = {} if row.stance == ABSENT else {TARGET: Label(row.stance)}
        sentence = Sentence(row.text, row.title, row.before, row.asked())
        rows[row.id] = LabelledSentence(
            row.id, doc, n_before[doc], sentence, labels, split=row.split, source=row.source
        )
        n_before[doc] += 1
    raise_problems(problems)
    return LabelledSet(tuple(documents.values()), tuple(rows.values()))


def target_set(labelled: LabelledSet, codebook: Codebook) -> LabelledSet:
    """A labelled set as a target set: the targets are those of the codebook's topics.

    Each topic of a sentence gives a row with its stance. A sentence without topics gives one that is not about its
    target: the first such sentence about the first topic's, the next about the second's, and so on.
    """
    target_of = {topic.id: Target(topic.target) for topic in codebook.topics}
    rows = []
    n_without = 0
    for row in labelled.scored:
        for topic, label in (row.labels or {}).items():
            rows.append(_about(row, topic, target_of[topic], {TARGET: label}))
        if not row.labels:
            topic = codebook.topic_ids[n_without % len(codebook.topic_ids)]
            rows.append(_about(row, topic, target_of[topic], {}))
            n_without += 1
    return LabelledSet(labelled.documents, tuple(rows))


def without_name(sentence: Sentence) -> Sentence:
    """The sentence with an "X" wherever it names its target: what it says, whoever it says it of."""
    if sentence.target is None or not sentence.target.spans:
        return sentence
    parts, spans, at, length = [], [], 0, 0
    for start, end in sorted(sentence.target.spans):
        if start < at:  # within the mention before
            continue
        parts += [sentence.text[at:start], "X"]
        length += start - at + 1
        spans.append((length - 1, length))
        at = end
    return replace(sentence, text="".join([*parts, sentence.text[at:]]), target=Target("X", tuple(spans)))


def _about(row: LabelledSentence, topic: str, target: Target, labels: Mapping[str, Label]) -> LabelledSentence:
    return replace(row, id=f"{row.id}:{topic}", sentence=replace(row.sentence, target=target), labels=labels)
