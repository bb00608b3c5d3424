"""Recipes: one YAML file per training run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from stancewire.codebook import Name, Text, validate
from stancewire.files import Locate, canonical_json, read_yaml, sha256


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

    @property
    def hash(self) -> str:
        """Sha256 over the canonical JSON form."""
        return sha256(canonical_json(self.model_dump(mode="json")))


def read_recipe(path: Path) -> tuple[Recipe, Locate]:
    """Read and validate a recipe; also return where its keys stand.

    Raises
    ------
    ProblemsError
        With every problem of the file, each with its line.
    """
    data, locate = read_yaml(path)
    return validate(Recipe, data, str(path), locate), locate
