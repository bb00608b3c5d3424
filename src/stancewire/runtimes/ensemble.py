"""Several models as one: the weighted sum of their raw scores, calibrated as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.records import Sentence
from stancewire.runtimes import Runtime
from stancewire.runtimes import open_runtime as open_member
from stancewire.scores import Scores


class EnsembleRuntime:
    """Members with their weights; all score the same topics."""

    def __init__(self, members: Sequence[tuple[float, Runtime]]) -> None:
        self._members = members

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores; see `stancewire.runtimes.Runtime`. A sentence is truncated when it is for any member."""
        parts = [(weight, member.decision_function(sentences)) for weight, member in self._members]
        return Scores(
            np.sum([weight * scores.topic for weight, scores in parts], axis=0, dtype=np.float32),
            np.sum([weight * scores.stance for weight, scores in parts], axis=0, dtype=np.float32),
            np.any([scores.truncated for _, scores in parts], axis=0),
        )


def open_runtime(folder: Path, options: Mapping[str, Any]) -> EnsembleRuntime:
    """Open every member from its own folder in the bundle.

    Parameters
    ----------
    options
        ``members``: name of the folder, ``weight``, ``runtime`` (kind and its options); ``threads`` goes to all.
    """
    threads = {"threads": options["threads"]} if "threads" in options else {}
    members = []
    for member in options["members"]:
        runtime = dict(member["runtime"]) | threads
        kind = runtime.pop("kind")
        members.append((float(member["weight"]), open_member(kind, folder / member["name"], runtime)))
    return EnsembleRuntime(members)
