"""What training and promotion tell about themselves: the `Run` they write to, whoever keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stancewire.metrics import Metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run is called, and what it is about (Markdown)."""

    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class Keeper(Protocol):
    """Whatever keeps what a run tells."""

    def params(self, values: Mapping[str, Any]) -> None:
        """Keep parameters; nested mappings become dotted names."""
        ...

    def tags(self, values: Mapping[str, str]) -> None:
        """Keep short facts to search and filter by."""
        ...

    def describe(self, text: str) -> None:
        """Replace the description, in Markdown."""
        ...

    def metrics(self, values: Mapping[str, Metric], prefix: str = "") -> None:
        """Keep metrics, each with its interval as ``<name>/low`` and ``<name>/high``."""
        ...

    def step_metric(self, name: str, value: float, step: int) -> None:
        """Keep one point of a training curve."""
        ...

    def figure(self, name: str, figure: Figure) -> None:
        """Keep a picture under ``figures/``."""
        ...

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep a table that the UI shows."""
        ...

    def file(self, path: Path, folder: str) -> None:
        """Keep a file or folder."""
        ...

    def text(self, name: str, content: str) -> None:
        """Keep a page or text under its file name."""
        ...

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """Keep which data was used, with its digest and profile."""
        ...

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a small structure as ``<name>.yaml``."""
        ...

    def model(self, bundle: Path) -> None:
        """Keep the bundle as an MLflow model."""
        ...


class Run(Keeper, Protocol):
    """One tracked run."""

    def child(self, info: RunInfo) -> AbstractContextManager[Run]:
        """Open a run nested in this one."""
        ...


class NullRun:
    """A run that keeps nothing."""

    def params(self, values: Mapping[str, Any]) -> None:
        """Ignore."""

    def tags(self, values: Mapping[str, str]) -> None:
        """Ignore."""

    def describe(self, text: str) -> None:
        """Ignore."""

    def metrics(self, values: Mapping[str, Metric], prefix: str = "") -> None:
        """Ignore."""

    def step_metric(self, name: str, value: float, step: int) -> None:
        """Ignore."""

    def figure(self, name: str, figure: Figure) -> None:
        """Ignore."""

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Ignore."""

    def file(self, path: Path, folder: str) -> None:
        """Ignore."""

    def text(self, name: str, content: str) -> None:
        """Ignore."""

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """Ignore."""

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """Ignore."""

    def model(self, bundle: Path) -> None:
        """Ignore."""

    @contextmanager
    def child(self, info: RunInfo) -> Iterator[Run]:
        """Ignore."""
        yield self
