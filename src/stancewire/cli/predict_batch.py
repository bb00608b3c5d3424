"""``stancewire predict ... -o FOLDER``: shards, resume, engines."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from stancewire.batch import Engine, InProcess, Job, LocalProcesses, Progress, ShardSize, run_batch, threads_each
from stancewire.batch.reading import USUAL_SIZE
from stancewire.cli.setting import say_kept, store, workspace
from stancewire.cli.terminal import bytes_bar, say

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """The options that go with a folder as output, and what they are when they are not given."""

    workers: int = 1
    engine: str = "local"
    address: str | None = None
    shard: int = USUAL_SIZE.records
    cluster: bool = False
    track: bool = False

    def require_folder(self, output: Path | None) -> None:
        """Raise `click.UsageError` when one of them is used with another output."""
        for field in fields(self):
            if getattr(self, field.name) != field.default:
                where = f"not to {output}" if output else "not to standard output"
                raise click.UsageError(f"--{field.name} goes with a folder as output, as in '-o tags', {where}.")


_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
"""For OpenMP and Arrow, for the libraries behind numpy, and for tokenizers."""


def folder_options(command: Command) -> Command:
    """Add the options of `FolderOptions`."""
    usual = FolderOptions()
    options = (
        click.option(
            "--workers", type=click.IntRange(1), default=usual.workers, help="Processes, each with its own model."
        ),
        click.option("--engine", type=click.Choice(["local", "ray"]), default=usual.engine, help="Who does the work."),
        click.option("--address", help="A running Ray cluster; by default Ray starts on this machine."),
        click.option(
            "--shard", type=click.IntRange(1), default=usual.shard, show_default=True, help="Articles in a part."
        ),
        click.option("--cluster", is_flag=True, help="Also find near-duplicates: articles that tell one story."),
        click.option("--track", is_flag=True, help="Keep counts, rates and label shares in MLflow."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def is_folder(output: Path | None) -> bool:
    """Whether tags go to a folder: one that is there, or a name without an ending."""
    if output is None:
        return False
    try:
        return output.is_dir() or not (output.suffix or output.exists())
    except OSError:  # a name too long for the file system: writing to it will say so
        return False


def tag_to_folder(context: click.Context, job: Job, how: FolderOptions) -> None:
    """Tag what is not tagged yet, and say what was done; ends with 128 + n after signal n."""
    logging.basicConfig(format="%(message)s")
    engine, threads = _engine(how)
    job = replace(job, size=ShardSize(how.shard), stories=how.cluster, threads=threads)
    begun, last = time.perf_counter(), None
    with thread_limits(threads), _stoppable() as stop, bytes_bar("tagging") as draw:
        for last in _until(run_batch(job, engine), stop):
            draw(last.read, last.size, last.rows)
    if last is None:
        return
    _say_done(job, last)
    if how.track:
        _track(context, job, how, last, time.perf_counter() - begun)
    if stop.signal is not None:
        say("stopped; run the same command again to go on.")
        context.exit(128 + stop.signal)


def _engine(how: FolderOptions) -> tuple[Engine, int | None]:
    """The engine, and how many threads each of its models may use."""
    if how.engine == "ray":
        from stancewire.batch.engine_ray import RayActors

        return RayActors(how.workers, how.address), 1
    if how.address:
        raise click.UsageError("--address goes with --engine ray.")
    if how.workers == 1:
        return InProcess(), None
    return LocalProcesses(how.workers), threads_each(how.workers)


@contextmanager
def thread_limits(threads: int | None) -> Iterator[None]:
    """Let the libraries in worker processes, which read the environment when they start, use so many threads each.

    Without it, every worker would start as many threads as there are processors. What the user has set stays.
    """
    mine = [] if threads is None else [name for name in _THREAD_LIMITS if name not in os.environ]
    os.environ.update(dict.fromkeys(mine, str(threads)))
    try:
        yield
    finally:
        for name in mine:
            del os.environ[name]


class _Stop:
    """The first signal asks to stop after the shard, the second stops at once."""

    signal: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise SystemExit(128 + number)
        self.signal = number


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl-C does: temporary files are removed on the way out."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _until(steps: Generator[Progress, None, None], stop: _Stop) -> Iterator[Progress]:
    said = False
    for step in steps:
        yield step
        if stop.signal is None:
            continue
        if not said:  # not by the handler itself, which may come in the middle of another message
            say("finishing this shard; once more to stop at once.")
            said = True
        if step.committed:
            steps.close()
            return


def _say_done(job: Job, last: Progress) -> None:
    totals = last.totals
    done = f"{last.rows} sentences of {last.articles} articles tagged" if last.articles else "nothing new to tag"
    parts = f"{totals.parts} part" if totals.parts == 1 else f"{totals.parts} parts"
    say(
        f"{done} by {job.bundle.label}; "
        f"{job.folder} has {totals.rows} sentences of {totals.articles} articles in {parts}"
    )
    if totals.rejects:
        say(f"{totals.rejects} records left out, see {job.folder / '_run' / 'rejects.jsonl'}")


def _track(context: click.Context, job: Job, how: FolderOptions, last: Progress, seconds: float) -> None:
    """A run in MLflow: options, counts, rates, share of each label."""
    totals = last.totals
    shares = {f"share/{name}": n / max(1, totals.rows) for name, n in totals.labels.items()}
    counts = {"rows": totals.rows, "articles": totals.articles, "rejects": totals.rejects, "parts": totals.parts}
    rates = {"seconds": seconds, "rows_per_second": last.rows / seconds, "articles_per_second": last.articles / seconds}
    tags = {"kind": "batch", "model": job.bundle.label, "codebook": job.bundle.manifest.codebook.hash[:8]}
    with store(workspace(context)).run(f"predict {job.folder.name}", "Batch prediction.", tags) as run:
        run.params({"workers": how.workers, "engine": how.engine} | job.identity())
        for name, value in (counts | rates | shares).items():
            run.step_metric(name, float(value), 0)
        run.file(job.folder / "_run" / "manifest.json", "batch")
    say_kept(run)
