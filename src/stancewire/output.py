"""Tags out: JSON lines, CSV or Parquet, streamed to a file that appears only when it is whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from stancewire.codebook import STANCES
from stancewire.errors import InputError, OutputError, StancewireError, did_you_mean
from stancewire.files import atomic_path
from stancewire.records import Tag

FORMATS = ("jsonl", "csv", "parquet")
NESTED = (
    "doc", "n", "start", "end", "text", "labels", "topic_p", "stance_p", "review", "truncated", "model", "codebook",
)  # fmt: skip
"""Keys of a row of JSON lines."""


def format_of(path: Path, given: str | None) -> str:
    """The format named by the user, else the one that the file's suffix says.

    Raises
    ------
    InputError
        When neither says one.
    """
    found = given or path.suffix.lstrip(".").lower()
    if found not in FORMATS:
        raise InputError(
            f"{path}: no format '{found}' ({', '.join(FORMATS)}). Give the file one of these endings, or --format."
        )
    return found


def write_jsonl(tags: Iterable[Tag], path: Path, layout: Layout) -> int:
    """Write JSON lines to a file; returns the number of rows. Nothing stands under `path` unless all is written.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    check_folder(path)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        return write_jsonl_stream(tags, stream, layout)


def check_folder(path: Path) -> None:
    """Raise `OutputError` when a file's folder is not there."""
    if not path.parent.is_dir():
        raise OutputError(f"{path}: no folder {path.parent}. Make it first.")


def write_jsonl_stream(tags: Iterable[Tag], stream: IO[str], layout: Layout) -> int:
    """Write JSON lines to an open stream; returns the number of rows."""
    rows = 0
    for rows, tag in enumerate(tags, start=1):  # noqa: B007 (the last value is the count)
        stream.write(json.dumps(layout.row(tag), ensure_ascii=False) + "\n")
    return rows


def write_csv_stream(tags: Iterable[Tag], stream: IO[str], layout: Layout) -> int:
    """Write CSV with a header to an open stream; returns the number of rows."""
    writer = csv.DictWriter(stream, layout.columns, lineterminator="\n")
    writer.writeheader()
    rows = 0
    for rows, tag in enumerate(tags, start=1):  # noqa: B007
        writer.writerow(layout.row(tag))
    return rows


def columns(topics: Sequence[str]) -> list[str]:
    """Names of the flat columns, in order.

    Raises
    ------
    InputError
        When two columns would have one name, as for a topic called ``text``.
    """
    per_topic = [
        name
        for topic in topics
        for name in (
            topic, f"{topic}_p", f"{topic}_stance", *(f"{topic}_stance_{s}_p" for s in STANCES), f"{topic}_holder"
        )
    ]  # fmt: skip
    names = ["doc", "n", "start", "end", "text", *per_topic, "review", "truncated", "model", "codebook"]
    twice = next((name for name in per_topic if names.count(name) > 1), None)
    if twice:
        raise InputError(f"two columns would be called '{twice}'. Rename that topic in the codebook, or write jsonl.")
    return names


def flatten(tag: Tag) -> dict[str, Any]:
    """One tag as a flat row; stance and holder are `None` without the topic."""
    row: dict[str, Any] = {"doc": tag.doc, "n": tag.n, "start": tag.start, "end": tag.end, "text": tag.text}
    for topic, p in tag.topic_p.items():
        label = tag.labels.get(topic)
        row |= {topic: label is not None, f"{topic}_p": p}
        row[f"{topic}_stance"] = label and label.stance
        row |= {f"{topic}_stance_{stance}_p": q for stance, q in tag.stance_p[topic].items()}
        row[f"{topic}_holder"] = label and label.holder
    return row | {
        "review": tag.review,
        "truncated": tag.truncated,
        "model": tag.model,
        "codebook": tag.codebook,
    }


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a tag are written, and in which format."""

    kind: str
    topics: tuple[str, ...]
    columns: tuple[str, ...]

    def row(self, tag: Tag) -> dict[str, Any]:
        """A tag in the format's own form: nested for JSON lines, flat for tables."""
        row = tag.to_dict() if self.kind == "jsonl" else flatten(tag)
        return {name: row[name] for name in self.columns}

    def arrow_schema(self) -> Any:
        """Names and types of the columns, for Parquet."""
        import pyarrow

        return pyarrow.schema([(name, _arrow_type(name, self.topics)) for name in self.columns])


def make_layout(kind: str, topics: Sequence[str], chosen: Sequence[str] = (), text: bool = True) -> Layout:
    """Check which columns are wanted.

    Parameters
    ----------
    chosen
        Names of columns; by default all.
    text
        Without it the sentence itself is left out: tags and offsets only.

    Raises
    ------
    InputError
        For a column that there is not.
    """
    known = NESTED if kind == "jsonl" else tuple(columns(topics))
    for name in chosen:
        if name not in known:
            raise InputError(
                f"no column '{name}' in {kind} (there are: {', '.join(known)}).{did_you_mean(name, known)}"
            )
    kept = [name for name in dict.fromkeys(chosen or known) if text or name != "text"]
    return Layout(kind, tuple(topics), tuple(kept))


def _arrow_type(name: str, topics: Sequence[str]) -> Any:
    import pyarrow

    if name in ("review", "truncated", *topics):
        return pyarrow.bool_()
    if name in ("n", "start", "end"):
        return pyarrow.int64()
    return pyarrow.float32() if name.endswith("_p") else pyarrow.string()


@contextmanager
def text_stream(binary: IO[bytes]) -> Iterator[IO[str]]:
    """Standard output as UTF-8 text with plain line ends, on every system; it stays open.

    Raises
    ------
    OutputError
        When it cannot be written, as on a full disk.
    """
    stream = io.TextIOWrapper(cast(Any, binary), encoding="utf-8", newline="\n")
    try:
        yield cast(IO[str], stream)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if isinstance(error, StancewireError):
            raise
        raise OutputError(f"standard output: cannot be written ({error.strerror or error}).") from None
    finally:
        with suppress(OSError):  # was said already
            stream.detach()
