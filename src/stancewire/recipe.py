"""Recipes: one YAML file per training run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stancewire.codebook import Name, Text
from stancewire.files import Locate, canonical_json, read_yaml, sha256
from stancewire.validation import validate


class Range(BaseModel):
    """Numbers from `low` to `high` to search in, on a logarithmic scale or in steps when asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: int | float
    high: int | float
    log: bool = False
    step: int | float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError("low must be less than high, and above 0 on a logarithmic scale")
        return self


class Search(BaseModel):
    """Which params to try before the training itself.

    Attributes
    ----------
    space
        By the param's name (``blocks.0.scale`` reaches into lists and mappings): a list of values, or a range.
    metric
        What is to be highest, on the held-out sentences.
    sampler
        ``tpe`` (Bergstra et al. 2011), ``random``, or ``grid``: every combination of listed values, whatever `trials`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    space: dict[str, list[bool | int | float | str] | Range] = Field(min_length=1)
    metric: str = "triple_macro_f1"
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    trials: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _listed(self) -> Search:
        empty = [name for name, values in self.space.items() if values == []]
        ranges = [name for name, values in self.space.items() if isinstance(values, Range)]
        if empty:
            raise ValueError(f"no values for {', '.join(empty)}")
        if self.sampler == "grid" and ranges:
            raise ValueError(f"a grid needs listed values; {', '.join(ranges)} is a range")
        return self


class Recipe(BaseModel):
    """What to train, on what, and how.

    Attributes
    ----------
    data
        Labelled sets, relative to the workspace; more can be added on the command line.
    dev_share
        Share of the sentences held out to calibrate, choose thresholds and measure.
    hold_out
        Where they are drawn from: ``all`` sets, or only the ``added`` ones (when there are any). Thresholds belong to
        the kind of text that will be tagged: where the added sets are that kind, hold out from them alone.
    params
        Options of the family; its trainer checks them.
    search
        Params to try first; the training then runs with the best.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    family: Text
    description: str = ""
    data: tuple[str, ...] = ("labels",)
    dev_share: float = Field(default=0.15, gt=0, lt=0.5)
    hold_out: Literal["all", "added"] = "all"
    seed: int = Field(default=0, ge=0)
    params: dict[Name, Any] = {}
    search: Search | None = None

    @property
    def hash(self) -> str:
        """Sha256 over the canonical JSON form."""
        return sha256(canonical_json(self.model_dump(mode="json", exclude_none=True)))


def read_recipe(path: Path) -> tuple[Recipe, Locate]:
    """Read and validate a recipe; also return where its keys stand.

    Raises
    ------
    ProblemsError
        With every problem of the file, each with its line.
    """
    data, locate = read_yaml(path)
    return validate(Recipe, data, str(path), locate), locate
