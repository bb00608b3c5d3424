"""Trainers: one file per recipe family, each fits a model and writes its files into a bundle's folder.

A family is added by writing ``trainers/<family>.py`` (dashes become underscores) with a function
``make_trainer(params, where) -> Trainer`` and naming it in `FAMILIES`. Trainers never import runtimes: what a trainer
wrote is read back, calibrated and measured by the runtime that it names.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from stancewire.codebook import Codebook
from stancewire.errors import InputError, did_you_mean
from stancewire.records import LabelledSentence

FAMILIES = ("tfidf-linear", "static", "encoder", "ensemble")


class Progress(Protocol):
    """How a trainer tells what it is doing."""

    def step(self, what: str, done: int, total: int) -> None:
        """Report that `done` of `total` parts of a long step are done."""
        ...

    def metric(self, name: str, value: float, step: int) -> None:
        """Report a value of the training curve, such as the loss after `step` batches."""
        ...


class Silent:
    """A `Progress` that tells nobody."""

    def step(self, what: str, done: int, total: int) -> None:
        """Ignore."""

    def metric(self, name: str, value: float, step: int) -> None:
        """Ignore."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What a trainer learns from: sentences to fit on, held-out ones to stop or select by, the codebook, the seed."""

    train: Sequence[LabelledSentence]
    dev: Sequence[LabelledSentence]
    codebook: Codebook
    seed: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a trainer made.

    Attributes
    ----------
    runtime
        ``kind`` of the runtime that reads the files, and its options; goes into ``bundle.json``.
    context
        How many sentences before a sentence the model reads.
    notes
        Facts worth a place in ``bundle.json``: the encoder's name and hash, the outcome of the quantisation gate.
    passages
        Whether it reads whole passages; see `stancewire.passages`.
    """

    runtime: Mapping[str, Any]
    context: int
    notes: Mapping[str, Any]
    passages: bool = False


class Trainer(Protocol):
    """Fits one family; same data, seed and machine give the same bytes."""

    def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
        """Fit and write the model's files (weights, tokenizer) into `folder`."""
        ...


def make_trainer(family: str, params: Mapping[str, Any], where: str) -> Trainer:
    """Build the trainer of a recipe.

    Raises
    ------
    InputError
        For an unknown family or params, naming the recipe (`where`).
    """
    if family not in FAMILIES:
        raise InputError(
            f"{where}: family '{family}' is unknown ({', '.join(FAMILIES)}).{did_you_mean(family, FAMILIES)}"
        )
    module = importlib.import_module(f"stancewire.trainers.{family.replace('-', '_')}")
    return cast(Trainer, module.make_trainer(params, where))
