"""The labels as a Hugging Face data set: what ``datasets.load_from_disk`` reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stancewire.codebook import ABSENT, STANCES, Codebook
from stancewire.errors import MissingError, OutputError
from stancewire.records import LabelledSentence

CLASSES = (ABSENT, *STANCES)
"""Names of a topic's classes; 0 is "the sentence has not the topic"."""


def write_dataset(rows: Sequence[LabelledSentence], codebook: Codebook, folder: Path) -> dict[str, int]:
    """Write a ``DatasetDict`` with a part per split (``train`` where a row names none).

    Each row has id, document, title, the sentences before, text, a class per topic (see `CLASSES`) and its holder.

    Returns
    -------
    dict
        Number of sentences per split; rows that are only context are left out.

    Raises
    ------
    MissingError
        When the extra ``transformers`` is not installed.
    OutputError
        When the folder is there already and not empty.
    """
    try:
        from datasets import Dataset, DatasetDict
    except ImportError:
        raise MissingError("a Hugging Face data set needs an extra: pip install 'stancewire[transformers]'") from None
    if folder.exists() and any(folder.iterdir()):
        raise OutputError(f"{folder}: is there already and not empty. Choose another folder.")
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.labels is not None:
            parts.setdefault(row.split or "train", []).append(_example(row, codebook))
    features = _features(codebook)
    DatasetDict({split: Dataset.from_list(part, features) for split, part in parts.items()}).save_to_disk(str(folder))
    return {split: len(part) for split, part in parts.items()}


def _features(codebook: Codebook) -> Any:
    from datasets import ClassLabel, Features, List, Value

    columns: dict[str, Any] = {name: Value("string") for name in ("id", "doc", "title", "text")}
    columns["before"] = List(Value("string"))
    for topic in codebook.topic_ids:
        columns |= {topic: ClassLabel(names=list(CLASSES)), f"{topic}_holder": Value("string")}
    return Features(columns)


def _example(row: LabelledSentence, codebook: Codebook) -> dict[str, Any]:
    example: dict[str, Any] = {"id": row.id, "doc": row.doc, "title": row.sentence.title, "text": row.text}
    example["before"] = list(row.sentence.before)
    for topic in codebook.topic_ids:
        label = (row.labels or {}).get(topic)
        example |= {topic: label.stance if label else ABSENT, f"{topic}_holder": label.holder if label else None}
    return example
