"""The workspace: the folders in which a codebook becomes labels, recipes, runs and bundles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stancewire.codebook import Codebook, read_codebook
from stancewire.errors import MissingError


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of a workspace; `root` holds ``labels/codebook.yaml``."""

    root: Path

    @property
    def labels(self) -> Path:
        """The project's own labelled set."""
        return self.root / "labels"

    @property
    def codebook_path(self) -> Path:
        """The codebook's file."""
        return self.labels / "codebook.yaml"

    @property
    def models(self) -> Path:
        """Where bundles are written."""
        return self.root / "models"

    @property
    def recipes(self) -> list[Path]:
        """Every recipe, sorted."""
        return sorted((self.root / "training").glob("*.yaml"))

    @property
    def store(self) -> Path:
        """The MLflow store."""
        return self.root / "mlruns"

    def codebook(self) -> Codebook:
        """Read the codebook; raises as `stancewire.codebook.read_codebook`."""
        return read_codebook(self.codebook_path)

    def bundles(self) -> list[Path]:
        """Every bundle under ``models/``, sorted."""
        return sorted(p.parent for p in self.models.glob("*/bundle.json") if not p.parent.name.startswith("."))


def find_workspace(start: Path) -> Workspace:
    """The nearest workspace at or above a folder.

    Raises
    ------
    MissingError
        When there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "labels" / "codebook.yaml").is_file():
            return Workspace(folder)
    found = f"{start}: not in a workspace (no labels/codebook.yaml here or above)"
    raise MissingError(f"{found}. Go to one, use -C, or make one: stancewire init DIR")
