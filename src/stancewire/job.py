"""What a training is asked to do: everything that decides a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stancewire.codebook import Codebook
from stancewire.recipe import Recipe
from stancewire.records import LabelledSet

DEV = "dev split"
"""How the held-out part of the training data is called in runs and cards."""


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that decides a bundle.

    Attributes
    ----------
    data
        Labelled sets to train on, by name; their sentences' ids and documents must not repeat.
    measure_on
        Further labelled sets that are only measured on, by name.
    digests
        Hash of the files of every set in `data` and `measure_on`.
    """

    recipe: Recipe
    codebook: Codebook
    data: Mapping[str, LabelledSet]
    measure_on: Mapping[str, LabelledSet]
    digests: Mapping[str, str]
