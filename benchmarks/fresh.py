"""A bundle or a trained peer in a fresh process: seconds to load, scores, rate, memory.

python benchmarks/fresh.py bundle FOLDER ASKED OUT      # what peers.py starts
python benchmarks/fresh.py PEER FOLDER ASKED OUT
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

BUNDLE = "bundle"
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Found:
    """What a fresh process says of a model.

    Attributes
    ----------
    scores
        Arrays by name: of a bundle those of `Probabilities`, of a peer ``scores``.
    load_seconds
        From starting Python to a model that can be asked, imports included; the quicker of two processes.
    rate, cpu
        Sentences per second, and CPU-seconds per 1,000 of all threads.
    rss
        Peak resident memory, MB.
    """

    scores: dict[str, np.ndarray]
    load_seconds: float
    rate: float
    cpu: float
    rss: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Sentences to score once, and those to score again and again for some seconds.

    Of type `Sentence` for a bundle; texts for a peer.
    """

    test: Sequence[Any]
    timed: Sequence[Any]
    seconds: float = 3.0


def measure(kind: str, folder: Path, asked: Asked, environment: dict[str, str]) -> Found:
    """Load a model twice and ask it once.

    Parameters
    ----------
    kind
        ``bundle``, or the name of a peer.

    Raises
    ------
    RuntimeError
        When the process failed, with its last line.
    """
    with tempfile.TemporaryDirectory() as scratch:
        given, out = Path(scratch) / "asked.pickle", Path(scratch) / "scores.npz"
        command = [sys.executable, __file__, kind, str(folder), str(given), str(out)]
        given.write_bytes(pickle.dumps(([], [], 0)))
        first = _run(command, environment)
        given.write_bytes(pickle.dumps((asked.test, asked.timed, asked.seconds)))
        second = _run(command, environment)
        with np.load(out) as arrays:
            scores = dict(arrays)
    load = min(first["load_seconds"], second["load_seconds"])
    return Found(scores, load, second["rate"], second["cpu"], second["rss"])


def _run(command: Sequence[str], environment: dict[str, str]) -> dict[str, float]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as told:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=told, text=True
        )
        with process:
            ready = process.stdout.readline() if process.stdout else ""
            load_seconds = time.perf_counter() - begun
            rest, _ = process.communicate()
        if process.returncode or not ready:
            told.seek(0)
            last = told.read().strip().splitlines()[-1:] or [f"ended with {process.returncode}"]
            raise RuntimeError(last[0][:300])
    found: dict[str, float] = json.loads(rest)
    return found | {"load_seconds": load_seconds}


Score = Callable[[Sequence[Any]], dict[str, np.ndarray]]


def load_bundle(folder: Path) -> Score:
    """Score sentences with a bundle."""
    from stancewire.bundle import read_bundle
    from stancewire.predict import Tagger

    tagger = Tagger(read_bundle(folder), threads=int(os.environ["OMP_NUM_THREADS"]))

    def score(sentences: Sequence[Any]) -> dict[str, np.ndarray]:
        found = tagger.predict_proba(sentences)
        return {"topic": found.topic, "stance": found.stance, "truncated": found.truncated}

    return score


def load_peer(name: str, folder: Path) -> Score:
    """Score texts with a peer."""
    from peer_offers import PEERS

    peer = PEERS[name].make()
    peer.load(folder)
    return lambda texts: {"scores": peer.predict_proba(texts)}


def rate_of(score: Score, sentences: Sequence[Any], at_least: float) -> tuple[float, float]:
    """Sentences per second and CPU-seconds per 1,000, over and over for some seconds after one warm batch."""
    score(sentences[:32])
    done, begun, spent = 0, time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - begun) < at_least:
        score(sentences)
        done += len(sentences)
    return done / elapsed, 1000 * (time.process_time() - spent) / done


def peak() -> float:
    """Peak resident memory of this process, MB.

    On Linux not `getrusage`'s, which begins with the memory of the process that started this one.
    """
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text("utf-8")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")) / _MB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MB


def main() -> None:
    """Load, say so, score what is asked, print one line of JSON."""
    kind, folder, asked, out = sys.argv[1:]
    warnings.simplefilter("ignore")  # theirs, not ours
    ours = sys.stdout
    found: dict[str, float] = {}
    with contextlib.redirect_stdout(sys.stderr):
        score = load_bundle(Path(folder)) if kind == BUNDLE else load_peer(kind, Path(folder))
        print("ready", file=ours, flush=True)
        test, timed, seconds = pickle.loads(Path(asked).read_bytes())  # noqa: S301 (our own file)
        if test:
            np.savez(out, **score(test))
            rate, cpu = rate_of(score, timed, seconds)
            found = {"rate": rate, "cpu": cpu, "rss": peak()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
