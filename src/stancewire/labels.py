"""Labelled sets: ``documents.jsonl`` and ``sentences.jsonl`` of a folder, read with every problem reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from stancewire.codebook import NEUTRAL, STANCES, Codebook
from stancewire.errors import MissingError, did_you_mean, raise_problems
from stancewire.files import canonical_json, sha256, sha256_file
from stancewire.passages import in_passages
from stancewire.records import AUTHOR, Document, Label, LabelledSentence, LabelledSet, Sentence
from stancewire.validation import valid_rows

DOCUMENTS, SENTENCES, SPLITS = "documents.jsonl", "sentences.jsonl", "splits.jsonl"
"""The files of a labelled set; the last may be missing."""

CONTEXT_SENTENCES = 2
"""How many sentences before a sentence are kept as its context."""


class _DocumentRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    doc: str
    title: str | None = None
    date: str | None = None
    source: str | None = None
    licence: str | None = None
    url: str | None = None
    genre: str | None = None
    repo: str | None = None
    path: str | None = None


class _SentenceRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    id: str
    doc: str
    n: int
    text: str
    labels: dict[str, dict[str, str]] | None
    annotator: str | None = None
    pair: str | None = None
    split: str | None = None
    target: str | list[int] | None = None


class _SplitRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    doc: str
    split: Literal["train", "dev"]


class _ReadingRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    id: str
    labels: dict[str, dict[str, str]]
    annotator: str | None = None


def read_labels(folder: Path, codebook: Codebook) -> LabelledSet:
    """Read a labelled set.

    Returns
    -------
    LabelledSet
        Each sentence carries its document's title and the two sentences before it as context, and its document's
        split where the folder has a ``splits.jsonl``.

    Raises
    ------
    MissingError
        When a file is not there.
    ProblemsError
        With every problem of both files, each with its line.
    """
    for name in (DOCUMENTS, SENTENCES):
        if not (folder / name).is_file():
            raise MissingError(f"{folder}: no {name}. A labelled set is a folder with {DOCUMENTS} and {SENTENCES}.")
    problems: list[str] = []
    documents = _read_documents(folder / DOCUMENTS, problems)
    sentences = _read_sentences(folder / SENTENCES, documents, codebook, problems)
    splits = _read_splits(folder / SPLITS, documents, problems)
    raise_problems(problems)
    rows = [replace(row, split=row.split or splits.get(row.doc)) for row in sentences]
    return LabelledSet(tuple(documents.values()), tuple(_in_passages(rows)))


def read_reading(path: Path, codebook: Codebook) -> dict[str, dict[str, Label]]:
    """One annotator's labels by sentence id, from JSON lines ``{"id", "labels", "annotator"}``.

    Raises
    ------
    MissingError, ProblemsError
        As `read_labels`.
    """
    problems: list[str] = []
    reading: dict[str, dict[str, Label]] = {}
    for where, row in valid_rows(path, _ReadingRow, problems):
        if row.id in reading:
            problems.append(f"{where}: sentence id '{row.id}' is used twice.")
        for topic, label in row.labels.items():
            problems += [f"{where}: {p}" for p in label_problems(topic, label, None, codebook)]
        reading[row.id] = _labels(row.labels)
    raise_problems(problems)
    return reading


def labels_hash(folders: list[Path]) -> str:
    """One hash over the files of several labelled sets, in order."""
    files = [folder / name for folder in folders for name in (DOCUMENTS, SENTENCES, SPLITS)]
    files = [path for path in files if path.name != SPLITS or path.is_file()]
    return sha256(canonical_json([sha256_file(path) for path in files]))


def label_dict(labels: Mapping[str, Label] | None) -> dict[str, Any] | None:
    """Labels in the JSON form of ``sentences.jsonl``."""
    if labels is None:
        return None
    return {
        topic: {"stance": label.stance} | ({"holder": label.holder} if label.holder else {})
        for topic, label in labels.items()
    }


def _read_documents(path: Path, problems: list[str]) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for where, row in valid_rows(path, _DocumentRow, problems):
        if row.doc in documents:
            problems.append(f"{where}: document id '{row.doc}' is used twice.")
        documents[row.doc] = Document(
            row.doc, row.title or "", row.date, row.source or "", row.licence, row.url, row.genre
        )
    return documents


def _read_splits(path: Path, documents: dict[str, Document], problems: list[str]) -> dict[str, str]:
    splits: dict[str, str] = {}
    if not path.is_file():
        return splits
    for where, row in valid_rows(path, _SplitRow, problems):
        if row.doc not in documents:
            problems.append(f"{where}: document '{row.doc}' is not in {DOCUMENTS}. Run 'stancewire labels split'.")
        splits[row.doc] = row.split
    return splits


def _read_sentences(
    path: Path, documents: dict[str, Document], codebook: Codebook, problems: list[str]
) -> list[LabelledSentence]:
    sentences: list[LabelledSentence] = []
    ids: set[str] = set()
    last: dict[str, tuple[int, tuple[str, ...]]] = {}  # document -> (n, sentences before)
    for where, row in valid_rows(path, _SentenceRow, problems):
        n, before = last.get(row.doc, (-1, ()))
        problems += [f"{where}: {p}" for p in _row_problems(row, documents, ids, n, codebook)]
        document = documents.get(row.doc, Document(row.doc))
        sentence = Sentence(row.text, document.title, before)
        labels = None if row.labels is None else _labels(row.labels)
        sentences.append(
            LabelledSentence(
                row.id,
                row.doc,
                row.n,
                sentence,
                labels,
                annotator=row.annotator,
                pair=row.pair,
                split=row.split,
                source=document.source,
                origin=document.origin,
            )
        )
        ids.add(row.id)
        last[row.doc] = (row.n, (*before, row.text)[-CONTEXT_SENTENCES:])
    return sentences


def _in_passages(rows: Sequence[LabelledSentence]) -> Iterator[LabelledSentence]:
    """The rows, those with labels in the passages that they form with the labelled rows before and after."""
    for (_, scored), part in groupby(rows, key=lambda row: (row.doc, row.labels is not None)):
        if not scored:
            yield from part
            continue
        own = list(part)
        sentences = in_passages([row.sentence for row in own])
        yield from (replace(row, sentence=sentence) for row, sentence in zip(own, sentences, strict=True))


def _labels(labels: dict[str, dict[str, str]]) -> dict[str, Label]:
    return {topic: Label(label.get("stance", ""), label.get("holder")) for topic, label in labels.items()}


def _row_problems(
    row: _SentenceRow, documents: dict[str, Document], ids: set[str], last_n: int, codebook: Codebook
) -> Iterator[str]:
    if row.id in ids:
        yield f"sentence id '{row.id}' is used twice."
    if row.doc not in documents:
        yield f"document '{row.doc}' is not in {DOCUMENTS}."
    if row.n <= last_n:
        yield f"n is {row.n} after {last_n}; the sentences of a document stand in order."
    if not row.text.strip():
        yield "text is empty."
    for topic, label in (row.labels or {}).items():
        yield from label_problems(topic, label, row.text, codebook)


def label_problems(topic: str, label: dict[str, str], text: str | None, codebook: Codebook) -> Iterator[str]:
    """What is wrong with one label; without the `text` the holder is not looked up in it."""
    if topic not in codebook.topic_ids:
        known = ", ".join(codebook.topic_ids)
        yield f"topic '{topic}' is not in the codebook ({known}).{did_you_mean(topic, codebook.topic_ids)}"
    unknown = set(label) - {"stance", "holder"}
    if unknown:
        yield f"label of '{topic}' has unknown keys: {', '.join(sorted(unknown))}."
    stance, holder = label.get("stance", ""), label.get("holder")
    if stance not in STANCES:
        yield f"stance '{stance}' is not in the codebook ({', '.join(STANCES)}).{did_you_mean(stance, STANCES)}"
    if holder and stance == NEUTRAL:
        yield f"'{topic}' is neutral and has holder '{holder}'; a neutral label has none."
    if text is not None and holder and holder != AUTHOR and holder not in text:
        yield f"holder '{holder}' is not a part of the sentence, nor 'author'."
