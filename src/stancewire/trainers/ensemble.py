"""Family ``ensemble``: models of other families, trained on the same sentences, whose scores are added.

An encoder knows what words mean, a linear model remembers which words meant what; they err on different sentences
(Dietterich 2000). The weights stand in the recipe: choose them on held-out sentences, with ``--grid``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from stancewire.codebook import Name
from stancewire.trainers import Fitted, Progress, Trainer, TrainingSet
from stancewire.trainers import make_trainer as make_member
from stancewire.validation import validate


class MemberParams(BaseModel):
    """One member: its folder's name, its share in the sum, its family and that family's own params."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    weight: float = Field(gt=0)
    family: str
    params: dict[str, Any] = {}


class Params(BaseModel):
    """Options under ``params:`` of an ``ensemble`` recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: tuple[MemberParams, ...] = Field(min_length=2)


@dataclass(frozen=True, slots=True)
class EnsembleTrainer:
    """Trains the members one after the other."""

    params: Params
    trainers: tuple[Trainer, ...]

    def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
        """Fit every member into a folder of its own; see `stancewire.trainers.Trainer`."""
        fitted = []
        for member, trainer in zip(self.params.members, self.trainers, strict=True):
            (folder / member.name).mkdir()
            fitted.append(trainer.fit(data, folder / member.name, progress))
        return combine(self.params, fitted)


def combine(params: Params, fitted: list[Fitted]) -> Fitted:
    """What the members made, as one: the longest context, every member's notes (a quantised one's gate on top)."""
    members = [
        {"name": member.name, "weight": member.weight, "runtime": dict(made.runtime)}
        for member, made in zip(params.members, fitted, strict=True)
    ]
    notes: dict[str, Any] = {member.name: dict(made.notes) for member, made in zip(params.members, fitted, strict=True)}
    gates = [made.notes["quantisation"] for made in fitted if "quantisation" in made.notes]
    if gates:
        notes["quantisation"] = gates[0]
    return Fitted(
        {"kind": "ensemble", "members": members},
        max(made.context for made in fitted),
        notes,
        passages=any(made.passages for made in fitted),
    )


def make_trainer(params: Mapping[str, Any], where: str) -> EnsembleTrainer:
    """Build the trainers of all members; raises `ProblemsError` for unknown or wrong params of any."""
    checked = validate(Params, dict(params), f"{where}: params")
    return EnsembleTrainer(checked, tuple(make_member(m.family, m.params, where) for m in checked.members))
