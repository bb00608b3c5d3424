"""Runtimes: one short file per kind, each turns a bundle's files into raw scores, with light dependencies.

A kind is added by writing ``runtimes/<kind>.py`` with a function ``open_runtime(folder, options) -> Runtime`` and
naming it in `KINDS`. Runtimes never import trainers.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from stancewire.errors import BundleError
from stancewire.records import Sentence
from stancewire.scores import Scores

KINDS = ("linear", "static", "onnx", "ensemble", "cascade")


class Runtime(Protocol):
    """A model opened for predicting.

    The scores of a sentence depend on that sentence and its context alone, never on its neighbours in the call.
    """

    def decision_function(self, sentences: Sequence[Sentence]) -> Scores:
        """Raw scores of sentences, in order; `sentences` may be empty."""
        ...


def open_runtime(kind: str, folder: Path, options: Mapping[str, Any]) -> Runtime:
    """Open the verified files of a bundle.

    Raises
    ------
    BundleError
        For a kind that this version does not know.
    """
    if kind not in KINDS:
        raise BundleError(f"{folder}: runtime '{kind}' is unknown here ({', '.join(KINDS)}). Upgrade stancewire.")
    module = importlib.import_module(f"stancewire.runtimes.{kind}")
    return cast(Runtime, module.open_runtime(folder, options))


def processors() -> int:
    """Processors this process may run on: as many threads as a runtime takes unless told otherwise."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
