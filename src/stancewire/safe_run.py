"""A run that no failure of its store can end: what the store does not take is kept in a folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancewire.errors import first_line
from stancewire.metrics import Metric
from stancewire.mlflow_run import MlflowRun
from stancewire.runs import Keeper, Run, RunInfo
from stancewire.spool import Head, Spool, new_head

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_log = logging.getLogger(__name__)

Opener = Callable[[Head], AbstractContextManager["SafeRun"]]
"""Opens a run nested in another."""


@dataclass(slots=True)
class SafeRun:
    """A `Run` that goes to MLflow, and into a folder from the first failure on.

    Attributes
    ----------
    problem
        Why the store failed, one line; `None` as long as it works.
    kept
        The folder with what was not sent; `None` when everything was, or when not even the folder can be written.
    """

    opener: Opener
    unsent: Path
    head: Head
    live: MlflowRun | None = None
    problem: str | None = None
    spool: Spool | None = None

    @property
    def kept(self) -> Path | None:
        """See the class."""
        return self.spool.folder if self.spool else None

    def fail(self, error: Exception) -> None:
        """From now on keep calls in a folder."""
        self.live = None
        self.problem = self.problem or f"{type(error).__name__}: {first_line(error)}"
        _log.debug("the MLflow store failed", exc_info=error)
        if self.spool is None:
            try:
                self.spool = Spool(self.unsent, self.head)
            except OSError as other:
                _log.warning("%s cannot be written to either (%s)", self.unsent, first_line(other))

    def _do(self, call: Callable[[Keeper], None]) -> None:
        if self.live is not None:
            try:
                call(self.live)
                return
            except Exception as error:  # whatever a store does, training goes on
                self.fail(error)
        if self.spool is not None:
            try:
                call(self.spool)
            except OSError as error:
                _log.warning("%s: not kept (%s)", self.spool.folder, first_line(error))

    def params(self, values: Mapping[str, Any]) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.params(values))

    def tags(self, values: Mapping[str, str]) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.tags(values))

    def describe(self, text: str) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.describe(text))

    def metrics(self, values: Mapping[str, Metric], prefix: str = "") -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.metrics(values, prefix))

    def step_metric(self, name: str, value: float, step: int) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.step_metric(name, value, step))

    def figure(self, name: str, figure: Figure) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.figure(name, figure))

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.table(name, rows))

    def file(self, path: Path, folder: str) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.file(path, folder))

    def text(self, name: str, content: str) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.text(name, content))

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.dataset(name, rows, digest, context))

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.document(name, content))

    def model(self, bundle: Path) -> None:
        """See `Keeper`."""
        self._do(lambda keeper: keeper.model(bundle))

    @contextmanager
    def child(self, info: RunInfo) -> Iterator[Run]:
        """See `Run`."""
        parent = self.live.run_id if self.live else (self.kept.name if self.kept else None)
        with self.opener(new_head(self.head.experiment, info, None, parent)) as run:
            yield run
