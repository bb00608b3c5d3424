"""Tags read back: JSON lines, CSV or Parquet, a file or a folder of shards, as a stream of what was decided."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancewire.articles.opened import opened, unpacked
from stancewire.articles.options import MAX_CHARS
from stancewire.codebook import STANCES
from stancewire.errors import InputError, MissingError, first_line
from stancewire.files import parse_json_object

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class TagRow:
    """What a model decided of one sentence.

    Attributes
    ----------
    labels
        Stance by topic.
    topic_p
        Probability of every topic.
    stance_p
        Probability of the chosen stance, of each topic in `labels`.
    """

    doc: str
    text: str
    labels: Mapping[str, str]
    topic_p: tuple[float, ...]
    stance_p: tuple[float, ...]
    model: str


def read_tag_rows(path: Path, topics: Sequence[str]) -> Iterator[TagRow]:
    """Rows of a tag file, or of every tag file in a folder, in the order of their names.

    Raises
    ------
    MissingError
        When there is no such file, or the folder holds none.
    InputError
        For a row that is not a tag with these topics.
    """
    for file in _files(path):
        row = 0
        try:
            for row, record in enumerate(_records(file), start=1):  # noqa: B007 (names the row in errors)
                yield _row(record, topics)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, csv.Error) as error:
            raise InputError(
                f"{file}:{row}: not a tag of topics {', '.join(topics)} ({type(error).__name__}: {first_line(error)}). "
                "Name a file that 'stancewire predict' wrote with a bundle of this codebook."
            ) from None


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.name.endswith(SUFFIXES) and not p.name.startswith((".", "_")))
        if not found:
            raise MissingError(f"{path}: holds no tags ({', '.join(SUFFIXES)}).")
        return found
    if not path.is_file():
        raise MissingError(f"{path}: no such file. Name what 'stancewire predict -o' wrote.")
    if not path.name.endswith(SUFFIXES):
        raise InputError(f"{path}: not a tag file; expected {', '.join(SUFFIXES)}.")
    return [path]


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        yield from _parquet(path)
    elif path.suffix == ".csv":
        csv.field_size_limit(MAX_CHARS)  # a text without full stops is one long sentence
        with opened(path) as raw:
            yield from csv.DictReader(io.TextIOWrapper(unpacked(raw, path), encoding="utf-8", newline=""))
    else:
        with opened(path) as raw:
            for number, line in enumerate(unpacked(raw, path), start=1):
                yield parse_json_object(line, f"{path}:{number}")


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=2000):
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({first_line(error)}).") from None


def _row(record: Mapping[str, Any], topics: Sequence[str]) -> TagRow:
    if "topic_p" in record:
        labels = {topic: str(record["labels"][topic]["stance"]) for topic in topics if topic in record["labels"]}
        topic_p = tuple(float(record["topic_p"][topic]) for topic in topics)
        stance_p = tuple(float(record["stance_p"][topic][stance]) for topic, stance in labels.items())
    else:  # CSV and Parquet are flat
        labels = {topic: str(record[f"{topic}_stance"]) for topic in topics if record[f"{topic}_stance"]}
        topic_p = tuple(float(record[f"{topic}_p"]) for topic in topics)
        stance_p = tuple(float(record[f"{topic}_stance_{stance}_p"]) for topic, stance in labels.items())
    unknown = set(labels.values()) - set(STANCES)
    if unknown:
        raise ValueError(f"stance {', '.join(sorted(unknown))}")
    return TagRow(str(record["doc"]), str(record["text"]), labels, topic_p, stance_p, str(record["model"]))
