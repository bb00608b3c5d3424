from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from stancewire.articles import ReadOptions
from stancewire.batch import Engine, InProcess, Job, LocalProcesses, ShardSize, run_batch, threads_each
from stancewire.batch.engines import WorkerLostError
from stancewire.batch.plan import Position
from stancewire.batch.reading import Chunk, Reading
from stancewire.batch.work import Work
from stancewire.errors import InputError
from stancewire.output import make_layout
from stancewire.predict import Tagger
from stancewire.records import Article

TEXTS = ("The minister promised to send more tents.", "Brussels refused to send any grain. Rain fell.", "A draw.")


@pytest.fixture
def job(tagger: Tagger, tmp_path: Path) -> Job:
    """500 articles, 100 a shard."""
    rows = ({"id": str(i), "text": f"{TEXTS[i % 3]} Day {i}."} for i in range(500))
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    layout = make_layout("jsonl", tagger.bundle.manifest.codebook.topic_ids)
    return Job((str(path),), ReadOptions(), tagger.bundle, layout, tmp_path / "here", ShardSize(100))


def finish(job: Job, engine: Engine) -> dict[str, bytes]:
    """Run to the end; every file of the folder."""
    for _ in run_batch(job, engine):
        pass
    return {str(p.relative_to(job.folder)): p.read_bytes() for p in sorted(job.folder.rglob("*")) if p.is_file()}


def test_two_processes_write_what_one_writes(job: Job, tmp_path: Path) -> None:
    assert finish(replace(job, folder=tmp_path / "two"), LocalProcesses(2)) == finish(job, InProcess())


@pytest.mark.parametrize("workers", [1, 2, 3, 16, 1000])
def test_workers_have_together_no_more_threads_than_processors_but_one_each(workers: int) -> None:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert 1 <= threads_each(workers) <= max(1, processors / workers)


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(
    job: Job, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running = run_batch(replace(job, folder=tmp_path / "two"), LocalProcesses(2))
    next(running)
    for worker in multiprocessing.active_children():  # all, or one that is left may do the rest before it is noticed
        worker.kill()
    list(running)
    assert "a worker process was killed; starting new ones and doing its work again." in caplog.text
    assert finish(replace(job, folder=tmp_path / "two"), InProcess()) == finish(job, InProcess())


class Numbers:
    """A reading of three chunks."""

    def chunks(self) -> Iterator[int]:
        return iter((1, 2, 3))


@dataclass(frozen=True)
class TornOnce:
    """Gives every chunk back; the first worker dies half way through its answer."""

    torn: Path

    def open(self) -> Callable[[int], int]:
        return self.answer

    def answer(self, chunk: int) -> int:
        if not self.torn.exists():
            self.torn.touch()
            leave_half_an_answer()
        return chunk


def leave_half_an_answer() -> None:
    frame: Any = sys._getframe()
    while "result_queue" not in frame.f_locals:  # of the executor's own loop in the worker
        frame = frame.f_back
    queue = frame.f_locals["result_queue"]
    queue._wlock.acquire()
    os.write(queue._writer.fileno(), b"\0\0\0\x10half")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_half_way_through_its_answer_is_replaced_too(tmp_path: Path) -> None:
    reading, work = cast(Reading, Numbers()), cast(Work, TornOnce(tmp_path / "torn"))
    assert list(LocalProcesses(2).run(reading, work)) == [1, 2, 3]


@dataclass(frozen=True)
class TornAtTheEnd:
    """Gives the first chunk back; at the second, the worker dies half way through its answer once nobody wants it."""

    unwanted: Path

    def open(self) -> Callable[[int], int]:
        return self.answer

    def answer(self, chunk: int) -> int:
        if chunk == 2:
            while not self.unwanted.exists():
                time.sleep(0.01)
            time.sleep(0.5)
            leave_half_an_answer()
        return chunk


def test_a_run_that_is_closed_ends_though_a_worker_dies_half_way_through_its_answer(tmp_path: Path) -> None:
    reading, work = cast(Reading, Numbers()), cast(Work, TornAtTheEnd(tmp_path / "unwanted"))
    running = cast("Generator[int]", LocalProcesses(1).run(reading, work))
    assert next(running) == 1
    (tmp_path / "unwanted").touch()
    running.close()
    assert not multiprocessing.active_children()


class OneArticle:
    """A reading of one chunk of one article."""

    def chunks(self) -> Iterator[Chunk]:
        yield Chunk((Article("a7", "Rain fell."),), (), (), Position(1, 0), 0, True)


class Deadly:
    """Kills every worker that takes up a chunk."""

    def open(self) -> Callable[[Chunk], None]:
        return self.answer

    def answer(self, chunk: Chunk) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_are_killed_again_and_again_end_the_run() -> None:
    with pytest.raises(WorkerLostError, match="worker processes were killed 4 times in a row, at 'a7' or soon after"):
        list(LocalProcesses(1).run(cast(Reading, OneArticle()), cast(Work, Deadly())))
    assert not multiprocessing.active_children()


def test_a_bad_record_ends_the_workers_too_after_the_shards_before_it(job: Job, tmp_path: Path) -> None:
    with (tmp_path / "a.jsonl").open("a") as stream:
        stream.write("nonsense\n")
    with pytest.raises(InputError, match=r"a\.jsonl:501: broken JSON"):
        finish(job, LocalProcesses(2))
    assert len(list(job.folder.glob("part-*"))) == 5
    assert not multiprocessing.active_children()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:::ray")  # its own, at its first start in a process only
@pytest.mark.parametrize("workers", [1, 2])
def test_ray_writes_what_this_process_writes(job: Job, tmp_path: Path, workers: int) -> None:
    pytest.importorskip("ray")
    from stancewire.batch.engine_ray import RayActors

    assert finish(replace(job, folder=tmp_path / "ray"), RayActors(workers)) == finish(job, InProcess())


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_told(job: Job) -> None:
    pytest.importorskip("ray")
    from stancewire.batch.engine_ray import RayActors
    from stancewire.errors import MissingError

    with pytest.raises(MissingError, match=r"Ray: nothing answers at 127\.0\.0\.1:1"):
        finish(job, RayActors(1, "127.0.0.1:1"))
