"""The commit loop: finished chunks to shards on the disk, one after the other."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from glob import has_magic
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stancewire import __version__
from stancewire.articles import STDIN, Location, ReadOptions, Remote, find_files
from stancewire.batch.engines import Engine
from stancewire.batch.ids import IdSet
from stancewire.batch.lock import locked
from stancewire.batch.log import writing
from stancewire.batch.manifest import FORMAT, RUN, RunFolder, Totals
from stancewire.batch.plan import Plan, look_at, look_leniently, make_plan
from stancewire.batch.reading import USUAL_SIZE, Reading, ShardSize
from stancewire.batch.shard import OpenShard
from stancewire.batch.stories import SIGNATURE_BYTES, check_stories, stories_of
from stancewire.batch.work import Work
from stancewire.bundle import Bundle
from stancewire.errors import InputError, OutputError
from stancewire.files import write_jsonl
from stancewire.output import Layout


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be tagged, by which model, to which folder.

    Attributes
    ----------
    limit
        Articles to tag at most.
    stories
        Also write ``stories.jsonl``: which articles are near-duplicates.
    threads
        Threads of each model; changes the speed only.
    """

    inputs: tuple[str, ...]
    options: ReadOptions
    bundle: Bundle
    layout: Layout
    folder: Path
    size: ShardSize = USUAL_SIZE
    limit: int | None = None
    stories: bool = False
    threads: int | None = None

    def identity(self) -> dict[str, Any]:
        """All that decides the bytes of a row, as ``manifest.json`` keeps it."""
        reading = ("text", "id", "title", "date", "on_error", "follow")
        return {
            "format": FORMAT,
            "versions": {"stancewire": __version__} | {name: version(name) for name in ("sentencex", "onnxruntime")},
            "model": self.bundle.label,
            "content_hash": self.bundle.content_hash,
            "codebook_hash": self.bundle.manifest.codebook.hash,
            "output": {"format": self.layout.kind, "columns": list(self.layout.columns)},
            "reading": {name: getattr(self.options, name) for name in reading},
            "shard": {"records": self.size.records, "characters": self.size.characters},
            "limit": self.limit,
            "cluster": self.stories,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    committed
        A shard has just been committed: a good moment to stop.
    read, size
        Bytes of input read, of all.
    rows, articles
        Tagged in this call, whether committed yet or not.
    totals
        What is committed, of all calls.
    """

    committed: bool
    read: int
    size: int
    rows: int
    articles: int
    totals: Totals


def run_batch(job: Job, engine: Engine) -> Generator[Progress, None, None]:
    """Tag what is not tagged yet; yields after every chunk and every commit. It may be closed at any moment.

    Raises
    ------
    InputError
        For bad input, and when the folder was begun with another model, codebook or option.
    OutputError
        When the folder cannot be written to, or another run holds it.
    """
    if STDIN in job.inputs:
        raise InputError("standard input cannot be read again after a crash: write to a file, or name files to read.")
    if job.stories:
        check_stories()
    try:
        (job.folder / RUN).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{job.folder}: cannot be written ({error.strerror}). Choose another output.") from None
    with locked(job.folder / RUN / "lock"):
        folder = RunFolder(job.folder, job.identity())
        try:
            yield from _Loop(job, folder).run(engine)
        finally:
            folder.close()


class _Loop:
    """One call's work on a folder."""

    def __init__(self, job: Job, folder: RunFolder) -> None:
        self._job, self._folder = job, folder
        self._plan = self._make_plan()
        folder.add_inputs(self._plan.inputs[len(folder.inputs) :])
        self._size = sum(item.size for item in self._plan.inputs)
        self._rows = self._articles = 0
        self._read = 0

    def _make_plan(self) -> Plan:
        options, totals = self._job.options, self._folder.totals
        lenient = options.on_error == "skip"
        look = look_leniently if lenient else look_at
        own = self._folder.folder
        files = (pair for given in self._job.inputs for pair in _others(find_files(given, options.follow), given, own))
        found = (look(path, name) for path, name in files)
        return make_plan(self._folder.inputs, totals.lost, found, totals.next, lenient)

    def run(self, engine: Engine) -> Iterator[Progress]:
        """Tag, and commit shard by shard."""
        if not self._is_finished():
            with writing(self._stories_path):  # of the articles so far; a crash must not leave it standing
                self._stories_path.unlink(missing_ok=True)
            yield from self._commit_shards(engine)
        if self._job.stories and not self._stories_path.exists():
            self._write_stories()
        yield self._progress(committed=True)

    def _is_finished(self) -> bool:
        totals, limit = self._folder.totals, self._job.limit
        return totals.next.input >= len(self._plan.inputs) or (limit is not None and totals.articles >= limit)

    def _commit_shards(self, engine: Engine) -> Iterator[Progress]:
        job, totals = self._job, self._folder.totals
        reading = Reading(
            inputs=self._plan.inputs,
            places=self._plan.places,
            options=job.options,
            start=totals.next,
            seen=IdSet(self._folder.docs()),
            size=job.size,
            limit=None if job.limit is None else job.limit - totals.articles,
        )
        work = Work(job.bundle.folder, job.layout, job.stories, job.threads)
        open_shard = OpenShard(self._folder, job.layout)
        with closing(engine.run(reading, work)) as finished:
            try:
                for done in finished:
                    if done.error:
                        raise InputError(done.error)
                    open_shard.add(done)
                    self._rows += done.rows
                    self._articles += done.articles
                    self._read = done.read
                    if done.closes:
                        open_shard.commit(done)
                        open_shard = OpenShard(self._folder, job.layout)
                    yield self._progress(done.closes)
            finally:
                open_shard.abandon()

    def _progress(self, committed: bool) -> Progress:
        return Progress(committed, self._read, self._size, self._rows, self._articles, self._folder.totals)

    @property
    def _stories_path(self) -> Path:
        return self._folder.run / "stories.jsonl"

    def _write_stories(self) -> None:
        with (self._folder.run / "signatures.bin").open("rb") as stream:
            signed = ((doc, stream.read(SIGNATURE_BYTES)) for doc in self._folder.docs())
            write_jsonl(self._stories_path, ({"doc": doc, "story": story} for doc, story in stories_of(signed)))


def _others(files: Iterator[tuple[Location, str]], given: str, own: Path) -> Iterator[tuple[Location, str]]:
    """Input files without our own outputs, as when a folder is tagged into itself."""
    own, root = _absolute(own), _absolute(given)
    if has_magic(given) or own.is_relative_to(root) or root.is_relative_to(own):
        return ((p, name) for p, name in files if isinstance(p, Remote) or not _absolute(p).is_relative_to(own))
    return files  # no need to look at each: of a million files that took a fifth of the time


def _absolute(path: Path | str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 (also takes "a/.." out)
