"""A program run to its end, with what it used; for the other benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MB = 1e6


@dataclass(frozen=True, slots=True)
class Used:
    """What a program took.

    Attributes
    ----------
    seconds, cpu
        From start to exit, and of all processors together.
    largest
        Peak resident memory of its largest process, MB (`resource.getrusage`).
    together
        Peak memory of all its processes, MB, pages that they share counted once; looked at five times a second on
        Linux, 0 elsewhere.
    """

    seconds: float
    cpu: float
    largest: float
    together: float
    out: str
    status: int


def run(command: Sequence[object], **variables: str) -> Used:
    """Run a Python program (arguments after ``python``) and wait for it; its standard error goes to ours.

    Parameters
    ----------
    variables
        Of its environment, beside ours.
    """
    begun, peak, ended = time.perf_counter(), [0.0], threading.Event()
    environment = os.environ | variables
    arguments = [sys.executable, *map(str, command)]
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)

    def watch() -> None:
        while not ended.wait(0.2):
            peak[0] = max(peak[0], sum(map(_share, _tree(running.pid))) / _MB)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    out = running.stdout.read() if running.stdout else ""
    _, status, used = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - begun
    ended.set()
    watcher.join()
    unit = 1 if sys.platform == "darwin" else 1024
    running.returncode = os.waitstatus_to_exitcode(status)
    cpu, largest = used.ru_utime + used.ru_stime, used.ru_maxrss * unit / _MB
    return Used(seconds, cpu, largest, peak[0], out, running.returncode)


def _tree(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        below = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(process for child in below for process in _tree(child))]


def _share(pid: int) -> int:
    """Proportional set size of a process, bytes."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
