"""One shard from its first chunk to its commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from stancewire.batch.log import writing
from stancewire.batch.manifest import RunFolder, Shard
from stancewire.batch.rows import ShardWriter
from stancewire.batch.work import Done
from stancewire.files import sha256_file
from stancewire.output import Layout


@dataclass(slots=True)
class OpenShard:
    """The shard that is being put together, under a temporary name until it is committed."""

    folder: RunFolder
    layout: Layout
    writer: ShardWriter | None = None
    parts: list[Done] = field(default_factory=list)

    @property
    def _name(self) -> str:
        return f"part-{self.folder.totals.parts:06d}.{self.layout.kind}"

    @property
    def _temporary(self) -> Path:
        return self.folder.folder / f".{self._name}.tmp"

    def add(self, done: Done) -> None:
        """Write a chunk's rows."""
        with writing(self._temporary):
            if self.writer is None and (done.articles or done.rejects):
                self.writer = ShardWriter(self._temporary, self.layout)
            if self.writer:
                self.writer.write(done.data)
        self.parts.append(replace(done, data=b""))

    def commit(self, last: Done) -> None:
        """Finish the file, give it its name, write the logs, and last of all the line that makes it exist."""
        if self.writer is None:
            self._pass_on(last)
            return
        with writing(self._temporary):
            self.writer.close()
            size, digest = self._temporary.stat().st_size, sha256_file(self._temporary)
        name = self._name
        self.folder.place(self._temporary, name)
        ends = self.folder.append(
            b"".join(done.index for done in self.parts),
            b"".join(line for done in self.parts for line in done.rejects),
            b"".join(done.signatures for done in self.parts),
        )
        self.folder.commit(self._shard(name, size, digest, last, ends))
        self.writer = None

    def _shard(self, name: str, size: int, digest: str, last: Done, ends: Mapping[str, int]) -> Shard:
        counts: dict[str, int] = {}
        for done in self.parts:
            for key, n in done.counts.items():
                counts[key] = counts.get(key, 0) + n
        return Shard(
            file=name,
            rows=sum(done.rows for done in self.parts),
            articles=sum(done.articles for done in self.parts),
            rejects=sum(len(done.rejects) for done in self.parts),
            size=size,
            sha256=digest,
            next=last.next,
            ends=ends,
            labels=dict(sorted(counts.items())),
            lost=tuple(number for done in self.parts for number in done.lost),
        )

    def _pass_on(self, last: Done) -> None:
        """Note that inputs without a record are done, when there were any."""
        totals = self.folder.totals
        if last.next.input > totals.next.input:
            ends = self.folder.append(b"", b"", b"")
            self.folder.commit(Shard(None, 0, 0, 0, 0, "", last.next, ends, {}))

    def abandon(self) -> None:
        """Remove the temporary file."""
        if self.writer:
            self.writer.abandon()
            self._temporary.unlink(missing_ok=True)
