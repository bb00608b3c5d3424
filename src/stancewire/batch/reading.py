"""The input stream, cut into chunks for workers and shards for the disk, by counts alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stancewire.articles import Entry, InputFile, ReadOptions, repeated_id
from stancewire.batch.ids import IdSet
from stancewire.batch.plan import Input, Place, Position
from stancewire.errors import InputError
from stancewire.records import Article

_CHUNK_RECORDS = 64
_CHUNK_CHARACTERS = 1 << 18


@dataclass(frozen=True, slots=True)
class ShardSize:
    """A shard ends after so many records, or so many characters of text, whichever comes first."""

    records: int = 2000
    characters: int = 1 << 26


USUAL_SIZE = ShardSize()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records: what one worker gets at a time.

    Attributes
    ----------
    rejects
        Lines of ``rejects.jsonl``.
    lost
        Numbers of inputs that vanished or changed before they were read to their end.
    next
        Where the records after this chunk begin.
    read
        Bytes of input read so far.
    closes
        The shard ends with this chunk.
    error
        Why the stream ends here, before its time.
    """

    articles: tuple[Article, ...]
    rejects: tuple[bytes, ...]
    lost: tuple[int, ...]
    next: Position
    read: int
    closes: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    """One step of the stream; `at` is where its record stands."""

    at: Position
    article: Article | None = None
    reject: bytes | None = None
    lost: bool = False
    error: str | None = None


@dataclass(slots=True)
class Reading:
    """Reads a plan's inputs from a position on; can be pickled before it begins.

    Attributes
    ----------
    seen
        Ids of the articles before the position.
    limit
        Articles to read at most.
    """

    inputs: Sequence[Input]
    places: Sequence[Place | None]
    options: ReadOptions
    start: Position
    seen: IdSet
    size: ShardSize
    limit: int | None = None
    read: int = 0

    def chunks(self) -> Iterator[Chunk]:
        """Chunks in order; the last one closes its shard, or tells of an error."""
        cutter = _Cutter(self.size)
        self.read = sum(item.size for item in self.inputs[: self.start.input])
        articles, end = 0, Position(len(self.inputs), 0)
        for item in self._items():
            if cutter.is_full or (item.error and cutter.is_shard_full):
                yield cutter.take(item.at, self.read)
            if item.error:
                yield Chunk((), (), (), item.at, self.read, False, item.error)
                return
            if item.article and articles == self.limit:
                end = item.at
                break
            articles += item.article is not None
            cutter.add(item)
        yield cutter.take(end, self.read, last=True)

    def _items(self) -> Iterator[_Item]:
        for number in range(self.start.input, len(self.inputs)):
            skip, record = (self.start.record if number == self.start.input else 0), 0
            before = self.read
            try:
                for entry in self._entries(number, before):
                    if record >= skip:
                        yield self._item(Position(number, record), entry)
                    record += 1
            except InputError as error:
                at, name = Position(number, record), self.inputs[number].name
                if self.options.on_error == "stop":
                    yield _Item(at, error=str(error))
                    return
                if record >= skip:
                    line = _reject_line({"file": name}, name, name, str(error))
                    yield _Item(at, reject=line, lost=not self._is_there(number))
            self.read = before + self.inputs[number].size

    def _entries(self, number: int, before: int) -> Iterator[Entry]:
        """The records of an input, as long as it is the file that was hashed."""
        item, place = self.inputs[number], self.places[number]
        if place is None:
            if not item.size:  # nothing can be missing
                return
            raise InputError(f"{item.name}: has gone; it was among the inputs when the run began.")
        file = InputFile(place.path, item.name)
        for entry in file.entries(self.options):
            self._check(place)
            self.read = before + file.count
            yield entry
        self._check(place)
        if file.sha256 not in (None, item.sha256):
            raise InputError(
                f"{place.where}: other bytes were read than were hashed before, though its size and time are the same. "
                "Rows of both may stand side by side: write to another folder."
            )

    def _is_there(self, number: int) -> bool:
        """Whether an input is still the file that was hashed."""
        try:
            place = self.places[number]
            return place is not None and place.is_unchanged()
        except InputError:
            return False

    def _check(self, place: Place) -> None:
        if place.stamp is not None and not place.is_unchanged():
            raise InputError(
                f"{place.where}: changed while it was read. Give it again, by another name, when it is whole."
            )

    def _item(self, at: Position, entry: Entry) -> _Item:
        try:
            article = entry.article()
            if not self.seen.add(article.doc):
                raise repeated_id(entry, article)
        except InputError as error:
            if self.options.on_error == "stop":
                return _Item(at, error=str(error))
            name = self.inputs[at.input].name
            return _Item(at, reject=_reject_line(entry.original(), name, entry.where, str(error)))
        return _Item(at, article=article)


def _reject_line(original: Mapping[str, object], name: str, where: str, why: str) -> bytes:
    """The record as it was, and why it was left out; can be given to ``predict`` again when it is mended."""
    row = {"reject": {"input": name, "where": where, "why": why}} | {str(k): v for k, v in original.items()}
    # half a surrogate pair becomes its JSON escape
    return (json.dumps(row, ensure_ascii=False, default=str) + "\n").encode("utf-8", "backslashreplace")


@dataclass(slots=True)
class _Cutter:
    """Collects records, and says when a chunk or a shard is full."""

    size: ShardSize
    articles: list[Article] = field(default_factory=list)
    rejects: list[bytes] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    characters: int = 0
    shard_records: int = 0
    shard_characters: int = 0

    @property
    def is_shard_full(self) -> bool:
        return self.shard_records >= self.size.records or self.shard_characters >= self.size.characters

    @property
    def is_full(self) -> bool:
        records = len(self.articles) + len(self.rejects)
        return records >= _CHUNK_RECORDS or self.characters >= _CHUNK_CHARACTERS or self.is_shard_full

    def add(self, item: _Item) -> None:
        self.shard_records += 1
        if item.article:
            self.articles.append(item.article)
            self.characters += len(item.article.text)
            self.shard_characters += len(item.article.text)
        if item.reject:
            self.rejects.append(item.reject)
        if item.lost:
            self.lost.append(item.at.input)

    def take(self, following: Position, read: int, last: bool = False) -> Chunk:
        closes = last or self.is_shard_full
        chunk = Chunk(tuple(self.articles), tuple(self.rejects), tuple(self.lost), following, read, closes)
        self.articles, self.rejects, self.lost, self.characters = [], [], [], 0
        if closes:
            self.shard_records = self.shard_characters = 0
        return chunk
