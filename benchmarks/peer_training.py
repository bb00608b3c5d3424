"""A peer trained once, in a process of its own that cannot overrun, and kept: a finished one is not trained again.

python benchmarks/peer_training.py TASK FOLDER      # what peers.py starts
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from peer_models import Training
from peer_offers import PEERS

from stancewire.errors import StancewireError
from stancewire.files import canonical_json, sha256
from stancewire.scores import Bools, Floats

THREADS = 2
TRAIN_SHARE = 0.8
"""Of the time of a peer: when its network stops learning, so that heads, thresholds and saving still fit."""
SAVED, TUNE, RESULT = "saved", "tune.npy", "result.json"


@dataclass(frozen=True, slots=True)
class Task:
    """What a peer is to learn, and the sentences to score for its thresholds.

    Attributes
    ----------
    seconds
        The most that it may take.
    """

    peer: str
    texts: Sequence[str]
    labels: Bools
    names: Sequence[str]
    tune: Sequence[str]
    seconds: float

    @property
    def folder(self) -> str:
        """Name of the folder that its result is kept in: by what decides the result, the time aside."""
        about = [PEERS[self.peer].about, list(self.names), list(self.texts), list(self.tune)]
        digest = sha256(canonical_json(about) + np.packbits(self.labels).tobytes())
        return f"{self.peer}-{digest[:8]}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a training went; CPU-seconds are of all threads and hardly depend on what else the machine is doing."""

    trained_on: int
    seconds: float
    cpu_seconds: float
    note: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A trained peer: its folder, and its scores of the sentences for the thresholds, ``(n, n_labels)``."""

    saved: Path
    tune: Floats
    result: Result


class PeerError(StancewireError):
    """A peer gave no result."""


def find(task: Task, keep: Path) -> Kept | None:
    """What was kept of a task, if it was ever finished."""
    folder = keep / task.folder
    if not (folder / RESULT).is_file():
        return None
    return Kept(folder / SAVED, np.load(folder / TUNE), Result(**json.loads((folder / RESULT).read_bytes())))


def train(task: Task, keep: Path) -> Kept:
    """Carry out a task and keep the result; the folder gets its name when it is complete.

    Raises
    ------
    PeerError
        When it failed, or was not done in time and was ended.
    """
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=keep, prefix=f".{task.peer}-", ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / task.folder
        (made / SAVED).mkdir(parents=True)
        given = Path(scratch) / "task.pickle"
        given.write_bytes(pickle.dumps(task))
        _run([sys.executable, __file__, str(given), str(made)], task, keep / f"{task.peer}.log")
        shutil.rmtree(keep / task.folder, ignore_errors=True)
        made.rename(keep / task.folder)
    found = find(task, keep)
    if found is None:
        raise PeerError(f"{task.peer}: its process gave no result.")
    return found


def settings() -> dict[str, str]:
    """Environment of a process of a peer or bundle: `THREADS` threads, quiet, no network."""
    spread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(THREADS))
    quiet = {"TQDM_DISABLE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return spread | quiet | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"}


def _run(command: Sequence[str], task: Task, log: Path) -> None:
    """Run to the end, or end it and whatever it started; what libraries say goes into the log."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, env=os.environ | settings(), stdout=told, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            process.wait(task.seconds)
        except subprocess.TimeoutExpired:
            minutes = task.seconds / 60
            raise PeerError(f"{task.peer}: not done after {minutes:.0f} minutes, ended. Give more --minutes.") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        last = log.read_text("utf-8", "replace").strip().splitlines()[-1:] or [f"ended with {process.returncode}"]
        raise PeerError(f"{task.peer}: {last[0][:300]} (all of it in {log})")


def carry_out(task: Task, folder: Path) -> None:
    """Train here and now; writes the result last."""
    begun = time.monotonic()
    peer = PEERS[task.peer].make()
    note = peer.fit(Training(task.texts, task.labels, task.names, begun + TRAIN_SHARE * task.seconds))
    result = Result(len(task.texts), time.monotonic() - begun, time.process_time(), note)
    peer.save(folder / SAVED)
    np.save(folder / TUNE, peer.predict_proba(task.tune))
    (folder / RESULT).write_text(json.dumps(asdict(result)), "utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # theirs, not ours
    carry_out(pickle.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]).resolve())  # noqa: S301 (our own file)
