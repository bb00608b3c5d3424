"""MLflow behind a small door: where runs go, and what happens when the store does not take them.

`MlflowStore` opens runs. A store that is down, read-only or full never ends a training: from the first failure on the
run is kept under ``mlruns/unsent/``, and `MlflowStore.sync` sends it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancewire.errors import MissingError, OutputError, first_line
from stancewire.files import write_json
from stancewire.mlflow_run import MlflowRun
from stancewire.runs import NullRun, Run, RunInfo
from stancewire.safe_run import SafeRun
from stancewire.spool import HEAD, Head, new_head, read_head, replay, spools

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["MlflowRun", "MlflowStore", "NullRun", "Run", "RunInfo", "SafeRun"]


@dataclass(frozen=True, slots=True)
class MlflowStore:
    """Where runs go.

    Attributes
    ----------
    folder
        The workspace's ``mlruns/``.
    uri
        A tracking server to use instead.
    experiment
        The name under which the UI lists the runs.
    """

    folder: Path
    uri: str | None = None
    experiment: str = "stancewire"

    @property
    def tracking_uri(self) -> str:
        """The server, or the SQLite file of the folder."""
        return self.uri or f"sqlite:///{(self.folder / 'mlflow.db').resolve().as_posix()}"

    @property
    def unsent(self) -> Path:
        """Where runs are kept that the store did not take."""
        return self.folder / "unsent"

    def connect(self) -> None:
        """Point MLflow at this store.

        Raises
        ------
        MissingError
            When the extra ``train`` is not installed.
        OutputError
            When the folder cannot be made.
        """
        try:
            import mlflow
        except ImportError:
            raise MissingError("MLflow needs an extra: pip install 'stancewire[train]'") from None
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be made ({error.strerror}).") from None
        given = os.environ.get("MLFLOW_TRACKING_URI")
        mlflow.set_tracking_uri(self.tracking_uri)
        if given is None:  # MLflow writes it into the environment, where it would pass for the user's wish
            os.environ.pop("MLFLOW_TRACKING_URI", None)

    def client(self) -> MlflowClient:
        """MLflow's client of this store; raises as `connect` does."""
        self.connect()
        import mlflow

        return mlflow.MlflowClient(self.tracking_uri, self.tracking_uri)

    @contextmanager
    def run(
        self, name: str, description: str, tags: Mapping[str, str], register_as: str | None = None
    ) -> Iterator[SafeRun]:
        """Open a run; it ends as failed when the block raises.

        Raises
        ------
        MissingError
            When MLflow is not installed; nothing that the store does raises.
        """
        head = new_head(self.experiment, RunInfo(name, description, tags), register_as, None)
        with self._open(head) as run, _system_metrics(run):
            yield run

    @contextmanager
    def _open(self, head: Head) -> Iterator[SafeRun]:
        run = SafeRun(self._open, self.unsent, head)
        try:
            head.run_id = self._start(head)
            run.live = MlflowRun(head.run_id, head.register_as)
        except MissingError:
            raise
        except Exception as error:  # whatever a store does, training goes on
            run.fail(error)
        try:
            yield run
            head.status = "FINISHED"
        except BaseException:
            head.status = "FAILED"
            raise
        finally:
            self._end(run)

    def _start(self, head: Head) -> str:
        """Create the run; returns its id."""
        from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

        client = self.client()
        if head.parent and (self.unsent / head.parent).exists():
            raise OutputError("the run above is kept in a folder")
        tags = head.tags | {"mlflow.note.content": head.description} if head.description else head.tags
        tags = tags | _who() | ({MLFLOW_PARENT_RUN_ID: head.parent} if head.parent else {})
        experiment = self._experiment_id(client, head.experiment)
        made = client.create_run(experiment, start_time=head.started, tags=tags, run_name=head.name)
        return str(made.info.run_id)

    def _experiment_id(self, client: MlflowClient, name: str) -> str:
        found = client.get_experiment_by_name(name)
        if found:
            return str(found.experiment_id)
        location = None if self.uri else (self.folder / "artifacts").resolve().as_uri()
        return str(client.create_experiment(name, location))

    def _end(self, run: SafeRun) -> None:
        if run.live is not None:
            try:
                self.client().set_terminated(run.live.run_id, run.head.status)
            except Exception as error:
                run.fail(error)
        if run.spool is not None:
            run.spool.save()

    def sync(self) -> Iterator[tuple[Path, str]]:
        """Send every kept run that has ended; yields its former folder and its run id.

        A run that cannot be sent stays where it is.

        Raises
        ------
        OutputError
            When the store still fails.
        """
        sent: dict[str, str] = {}
        for folder in spools(self.unsent):
            head = read_head(folder)
            head.parent = sent.get(head.parent or "", head.parent)
            if head.status is None:
                continue
            try:
                run_id = self._send(folder, head)
            except Exception as error:
                raise OutputError(f"{folder}: not sent, {self.tracking_uri} failed ({first_line(error)}).") from error
            sent[folder.name] = run_id
            shutil.rmtree(folder)
            yield folder, run_id

    def _send(self, folder: Path, head: Head) -> str:
        run_id = head.run_id = head.run_id or self._start(head)
        write_json(folder / HEAD, head.to_dict())  # a second try goes on in the same run
        replay(folder, MlflowRun(run_id, head.register_as))
        self.client().set_terminated(run_id, head.status)
        return run_id


def _who() -> dict[str, str]:
    """MLflow's own tags of user and program."""
    from mlflow.tracking.context.registry import resolve_tags

    found: dict[str, Any] = resolve_tags()
    return {name: str(value) for name, value in found.items() if name in ("mlflow.user", "mlflow.source.name")}


@contextmanager
def _system_metrics(run: SafeRun) -> Iterator[None]:
    """Processor, memory and disk use of this machine while the block runs, when the store works."""
    if run.live is None:
        yield
        return
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(run.live.run_id)
    monitor.start()
    try:
        yield
    finally:
        monitor.finish()
