"""Is a workspace sound? Codebook, labels, recipes and bundles, every problem at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stancewire.bundle import read_bundle
from stancewire.codebook import Codebook
from stancewire.errors import ProblemsError, StancewireError
from stancewire.gate import GATE, read_limits
from stancewire.labels import SENTENCES, read_labels
from stancewire.recipe import read_recipe
from stancewire.targets import takes_targets
from stancewire.trainers import make_trainer
from stancewire.workspace import Workspace


@dataclass(slots=True)
class Findings:
    """What was found: lines on what is sound, and problems with file and line."""

    sound: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def look(self, inspect: Callable[[], str]) -> None:
        """Run one inspection; its problems are kept and do not end the others."""
        try:
            self.sound.append(inspect())
        except ProblemsError as error:
            self.problems += error.problems
        except StancewireError as error:
            self.problems.append(str(error))


def check_workspace(space: Workspace) -> Findings:
    """Inspect everything in a workspace.

    Labels and bundles are looked at only under a sound codebook.
    """
    findings = Findings()
    findings.look(lambda: _codebook_line(space))
    for recipe in space.recipes:
        findings.look(lambda recipe=recipe: _recipe_line(recipe))  # type: ignore[misc]
    if (space.models / GATE).exists():
        findings.look(lambda: _gate_line(space))
    if findings.sound and findings.sound[0].startswith("codebook"):
        codebook = space.codebook()
        if (space.labels / SENTENCES).exists():
            findings.look(lambda: _labels_line(space, codebook))
        for folder in space.bundles():
            findings.look(lambda folder=folder: _bundle_line(folder, codebook, space))  # type: ignore[misc]
    return findings


def _codebook_line(space: Workspace) -> str:
    codebook = space.codebook()
    return f"codebook {codebook.name} v{codebook.version} ({codebook.hash[:8]}): {', '.join(codebook.topic_ids)}"


def _recipe_line(path: Path) -> str:
    recipe, _ = read_recipe(path)
    try:
        make_trainer(recipe.family, recipe.params, str(path))
    except ModuleNotFoundError as error:
        return f"recipe {path.name}: {recipe.family} (its params were not checked: {error.name} is not installed)"
    return f"recipe {path.name}: {recipe.family}"


def _gate_line(space: Workspace) -> str:
    limits = read_limits(space.models / GATE)
    return f"gate: {limits.metric}, margin {limits.margin:g}, rule tests {limits.rules:g}"


def _labels_line(space: Workspace, codebook: Codebook) -> str:
    labelled = read_labels(space.labels, codebook)
    return f"labels: {len(labelled.documents)} documents, {len(labelled.scored)} labelled sentences"


def _bundle_line(folder: Path, codebook: Codebook, space: Workspace) -> str:
    bundle = read_bundle(folder)
    if not takes_targets(bundle.manifest.runtime):
        bundle.require_codebook(codebook, str(space.codebook_path))
    return f"bundle models/{folder.name}: {bundle.label}, {bundle.manifest.family}"
