"""Who does the work: this process, or several on this machine. The rows are the same whoever does it.

An engine takes a `Reading` and a `Work` and yields finished chunks in the order of the input, holding only a few at a
time. Ray has its own file, `stancewire.batch.engine_ray`.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, cast

from stancewire.batch.reading import Chunk, Reading
from stancewire.batch.work import Done, Work, Worker
from stancewire.errors import StancewireError
from stancewire.runtimes import processors

_log = logging.getLogger(__name__)
_AHEAD = 3
"""Chunks per worker that are under way: the reader waits for the workers, and they hardly ever for it."""
_TRIES = 3
_BROKEN = (BrokenProcessPool, BrokenPipeError)
"""What the executor raises when a worker has died; the latter when it did so before it was told what to do."""
_PATIENCE = 1.0
"""Seconds between two looks at whether all workers live."""


class Engine(Protocol):
    """Tags chunks, wherever."""

    def run(self, reading: Reading, work: Work) -> Generator[Done, None, None]:
        """Finished chunks, in order; to close it drops what is under way."""
        ...


class WorkerLostError(StancewireError):
    """Worker processes were killed again and again."""


@dataclass(frozen=True, slots=True)
class InProcess:
    """One model in this process."""

    def run(self, reading: Reading, work: Work) -> Generator[Done, None, None]:
        """See `Engine`."""
        yield from map(work.open(), reading.chunks())


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """`workers` processes on this machine, each with a model of its own; started anew, never forked.

    A worker that the system kills (for want of memory, as a rule) is replaced, and its chunks are done again.
    """

    workers: int

    def run(self, reading: Reading, work: Work) -> Generator[Done, None, None]:
        """See `Engine`."""
        pool = _Pool(self.workers, work)
        chunks = reading.chunks()
        try:
            for chunk in chunks:
                pool.give(chunk)
                if len(pool.waiting) >= _AHEAD * self.workers:
                    yield pool.take()
            while pool.waiting:
                yield pool.take()
        finally:
            pool.stop()


def threads_each(workers: int) -> int:
    """Threads for each of the workers, so that together they have one per processor this process may run on."""
    return max(1, processors() // workers)


class _Pool:
    """A process pool that survives the death of its processes."""

    def __init__(self, workers: int, work: Work) -> None:
        self._workers, self._work = workers, work
        self._executor = self._start()
        self._tries = 0
        self.waiting: deque[tuple[Chunk, Future[Done]]] = deque()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(self._workers, context, initializer=_open, initargs=(self._work,))
        inside: Any = executor
        self._processes, self._answers = inside._processes, inside._result_queue
        return executor

    def give(self, chunk: Chunk) -> None:
        """Hand a chunk to the next free worker."""
        while True:
            try:
                future = self._executor.submit(_tag, chunk)
            except _BROKEN:
                self._replace()
                continue
            self.waiting.append((chunk, future))
            return

    def take(self) -> Done:
        """The oldest chunk, when it is done."""
        while True:
            try:
                done = self._result(self.waiting[0][1])
            except BrokenProcessPool:
                self._replace()
                continue
            self.waiting.popleft()
            self._tries = 0
            return done

    def _result(self, future: Future[Done]) -> Done:
        while not wait([future], timeout=_PATIENCE).done:
            self._end_if_torn()
        return future.result()

    def _end_if_torn(self) -> None:
        """End a pool of which a worker died while it answered.

        It left half an answer in the pipe that all share, and the lock on it. The executor would wait for the rest for
        ever, and the other workers for the lock: the executor must see the pipe's end, and has no door for that.
        """
        processes = list(self._processes.values())
        if all(process.is_alive() for process in processes):
            return
        for process in processes:
            process.kill()
        self._answers._writer.close()

    def _replace(self) -> None:
        """Start new workers and give them all that was under way; they may be killed while they get it."""
        while True:
            self._tries += 1
            if self._tries > _TRIES:
                raise self._lost()
            _log.warning("a worker process was killed; starting new ones and doing its work again.")
            for process in self._processes.values():
                process.kill()
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = self._start()
            with suppress(*_BROKEN):
                self.waiting = deque((chunk, self._executor.submit(_tag, chunk)) for chunk, _ in self.waiting)
                return

    def _lost(self) -> WorkerLostError:
        chunk = self.waiting[0][0] if self.waiting else None
        first = chunk.articles[0].doc if chunk and chunk.articles else "the first article"
        return WorkerLostError(
            f"worker processes were killed {self._tries} times in a row, at '{first}' or soon after; is the memory "
            "too small? What is committed stays: run again with fewer --workers."
        )

    def stop(self) -> None:
        """Drop what is under way; also then a worker may die while it answers."""
        manager = cast(Any, self._executor)._executor_manager_thread
        self._executor.shutdown(wait=False, cancel_futures=True)
        while manager and manager.is_alive():
            self._end_if_torn()
            manager.join(_PATIENCE)


_worker: Worker | None = None


def _open(work: Work) -> None:
    """Load the model in a worker process; Ctrl-C is for the process that writes."""
    global _worker  # noqa: PLW0603 (a process pool has no other place for it)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = work.open()


def _end_with_parent() -> None:
    """End this process when the one that writes is killed: nobody would ever tell it to."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _tag(chunk: Chunk) -> Done:
    if _worker is None:
        raise RuntimeError("the worker was not opened")
    return _worker(chunk)
