"""What a folder of tags knows about itself, in ``_run/``.

======================  ==========================================================================
``manifest.json``       model, codebook, options and versions: all that decides the bytes of a row
``inputs.jsonl``        input files in order, by name, size and sha256
``shards.jsonl``        a line per shard: the commit
``articles.jsonl``      a line per article: id, title, date, number of sentences
``rejects.jsonl``       records that were left out, and why
``signatures.bin``      MinHash values of the articles (``--cluster``)
``stories.jsonl``       article and the article that opened its story (``--cluster``)
``lock``                held while a run writes here
======================  ==========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stancewire.batch.log import Log, read_lines, sync_folder, writing
from stancewire.batch.plan import START, Input, Position
from stancewire.errors import InputError, OutputError
from stancewire.files import canonical_json, flatten_keys, parse_json_object, read_bytes, sha256_file, write_json

FORMAT = 1
RUN = "_run"
_PART = re.compile(r"\.?part-(\d{6,})\.(?:jsonl|csv|parquet)(?:\.tmp)?\Z")
_LOGS = ("articles", "rejects", "signatures")
_LINES = 10_000
"""Input files that are noted at a time: of a million, the lines alone would take 200 MB."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A line of ``shards.jsonl``.

    Attributes
    ----------
    file
        The part's name; `None` where inputs without any record were passed.
    next
        Where the next shard begins.
    ends
        Lengths of the other logs after this commit.
    labels
        Sentences by ``topic/stance``, ``review`` and ``truncated``.
    """

    file: str | None
    rows: int
    articles: int
    rejects: int
    size: int
    sha256: str
    next: Position
    ends: Mapping[str, int]
    labels: Mapping[str, int]
    lost: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Shard:
        """Read what `to_dict` wrote."""
        return cls(**{**data, "next": Position(*data["next"]), "lost": tuple(data["lost"])})


@dataclass(slots=True)
class Totals:
    """Sums over the committed shards."""

    shards: int = 0
    parts: int = 0
    rows: int = 0
    articles: int = 0
    rejects: int = 0
    next: Position = START
    ends: Mapping[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)

    def add(self, shard: Shard) -> None:
        """Take a shard in."""
        self.shards += 1
        self.parts += shard.file is not None
        self.rows += shard.rows
        self.articles += shard.articles
        self.rejects += shard.rejects
        self.next, self.ends = shard.next, shard.ends
        self.lost |= set(shard.lost)
        for name, n in shard.labels.items():
            self.labels[name] = self.labels.get(name, 0) + n


class RunFolder:
    """A folder that a run writes to; the caller holds its lock.

    Attributes
    ----------
    inputs
        Input files of all calls so far.
    totals
        What is committed.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder, self.run = folder, folder / RUN
        self._begin(identity)
        self.inputs, inputs_end = read_lines(self.run / "inputs.jsonl", lambda row: Input(**row))
        shards, shards_end = read_lines(self.run / "shards.jsonl", Shard.from_dict)
        self.totals = Totals()
        for shard in shards:
            self.totals.add(shard)
        self._check_parts(shards)
        self._inputs_log = Log(self.run / "inputs.jsonl", inputs_end)
        self._shards_log = Log(self.run / "shards.jsonl", shards_end)
        ends = self.totals.ends
        self._logs = {name: Log(self.run / _file_of(name), ends.get(name, 0)) for name in _LOGS}

    def _begin(self, identity: Mapping[str, Any]) -> None:
        """Write ``manifest.json``, or refuse the folder when it was begun otherwise."""
        path = self.run / "manifest.json"
        if not path.exists():
            if any(_PART.match(p.name) for p in self.folder.iterdir()):
                raise OutputError(f"{self.folder}: holds parts that no run here has written. Choose another folder.")
            write_json(path, identity)
            sync_folder(self.run)
            return
        begun = parse_json_object(read_bytes(path), str(path))
        differences = list(_differences(begun, identity))
        if differences:
            raise InputError(
                f"{self.folder}: begun with {'; '.join(differences)}. Use what it was begun with, or another folder."
            )

    def _check_parts(self, shards: Sequence[Shard]) -> None:
        """Refuse a folder with a missing or changed part; remove parts that were never committed."""
        parts = [shard for shard in shards if shard.file]
        for shard in parts:
            path = self.folder / str(shard.file)
            found = path.stat().st_size if path.exists() else None
            if found != shard.size:
                what = "is missing" if found is None else f"has {found:,} bytes, expected {shard.size:,}"
                raise InputError(f"{path}: {what}. Restore it, or write to another folder.")
        if parts and sha256_file(self.folder / str(parts[-1].file)) != parts[-1].sha256:
            raise InputError(f"{self.folder / str(parts[-1].file)}: changed since it was written. Use another folder.")
        for path in list(self.folder.iterdir()):
            found_part = _PART.match(path.name)
            if found_part and (path.name.startswith(".") or int(found_part[1]) >= len(parts)):
                path.unlink()

    def add_inputs(self, inputs: Sequence[Input]) -> None:
        """Put new input files at the end of the list."""
        for i in range(0, len(inputs), _LINES):
            lines = (canonical_json(item.to_dict()) + b"\n" for item in inputs[i : i + _LINES])
            self._inputs_log.append(b"".join(lines))
        self.inputs += inputs

    def docs(self) -> Iterator[str]:
        """Ids of the committed articles, in order."""
        path = self.run / "articles.jsonl"
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                yield str(parse_json_object(line, f"{path}:{number}")["doc"])

    def append(self, articles: bytes, rejects: bytes, signatures: bytes) -> dict[str, int]:
        """Add to the logs what belongs to a shard; returns their lengths, which its commit will state."""
        parts = {"articles": articles, "rejects": rejects, "signatures": signatures}
        return {name: self._logs[name].append(data) for name, data in parts.items()}

    def place(self, temporary: Path, name: str) -> None:
        """Give a finished part its name, and see it on the disk."""
        with writing(self.folder / name):
            temporary.replace(self.folder / name)
            sync_folder(self.folder)

    def commit(self, shard: Shard) -> None:
        """The moment from which the shard exists."""
        self._shards_log.append(canonical_json(shard.to_dict()) + b"\n")
        self.totals.add(shard)

    def close(self) -> None:
        """Close the logs."""
        for log in (self._inputs_log, self._shards_log, *self._logs.values()):
            log.close()


def _file_of(log: str) -> str:
    return "signatures.bin" if log == "signatures" else f"{log}.jsonl"


def _differences(begun: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    one, other = dict(flatten_keys(begun)), dict(flatten_keys(now))
    for name in dict.fromkeys([*one, *other]):
        if one.get(name) != other.get(name):
            yield f"{name} {one.get(name)!r}, now {other.get(name)!r}"
