"""MLflow behind a small door: what a run keeps, and where.

`MlflowStore` opens runs; `Run` is what training writes to. `NullRun` keeps nothing, for ``--no-track`` and tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stancewire.errors import MissingError
from stancewire.metrics import Metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Run(Protocol):
    """One tracked run."""

    def params(self, values: Mapping[str, Any]) -> None:
        """Keep parameters; nested mappings become dotted names."""
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

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """Keep which data was used, with its digest and profile."""
        ...

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a small structure as ``<name>.yaml``."""
        ...

    def model(self, bundle: Path) -> None:
        """Keep the bundle as an MLflow model."""
        ...


class NullRun:
    """A run that keeps nothing."""

    def params(self, values: Mapping[str, Any]) -> None:
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

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """Ignore."""

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """Ignore."""

    def model(self, bundle: Path) -> None:
        """Ignore."""


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """The active MLflow run."""

    register_as: str | None = None

    def params(self, values: Mapping[str, Any]) -> None:
        """See `Run`."""
        import mlflow

        mlflow.log_params(dict(_flatten(values)))

    def metrics(self, values: Mapping[str, Metric], prefix: str = "") -> None:
        """See `Run`."""
        import mlflow

        flat: dict[str, float] = {}
        for name, metric in values.items():
            flat |= {f"{prefix}{name}{end}": x for end, x in zip(("", "/low", "/high"), metric, strict=True)}
        mlflow.log_metrics(flat)

    def step_metric(self, name: str, value: float, step: int) -> None:
        """See `Run`."""
        import mlflow

        mlflow.log_metric(name, value, step=step)

    def figure(self, name: str, figure: Figure) -> None:
        """See `Run`."""
        import mlflow

        mlflow.log_figure(figure, f"figures/{name}.png")

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Run`."""
        import mlflow
        import pandas

        mlflow.log_table(pandas.DataFrame(list(rows)), f"tables/{name}.json")

    def file(self, path: Path, folder: str) -> None:
        """See `Run`."""
        import mlflow

        if path.is_dir():
            mlflow.log_artifacts(str(path), folder)
        else:
            mlflow.log_artifact(str(path), folder)

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """See `Run`."""
        import mlflow
        import mlflow.data
        import pandas

        frame = pandas.DataFrame(list(rows))
        # MLflow shows at most 36 characters of a digest
        mlflow.log_input(mlflow.data.from_pandas(frame, name=name, digest=digest[:32]), context=context)

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """See `Run`."""
        import mlflow

        mlflow.log_dict(dict(content), f"{name}.yaml")

    def model(self, bundle: Path) -> None:
        """See `Run`; with `register_as` it becomes a new version of that name, alias ``candidate``."""
        import mlflow
        import mlflow.pyfunc

        from stancewire import __version__, pyfunc_model

        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(pyfunc_model.__file__),
            artifacts={"bundle": str(bundle)},
            input_example=["The minister urged partners to send more missiles."],
            pip_requirements=[f"stancewire=={__version__}", "mlflow>=3.17,<4"],
            registered_model_name=self.register_as,
        )
        if self.register_as:
            version = str(info.registered_model_version)
            mlflow.MlflowClient().set_registered_model_alias(self.register_as, "candidate", version)


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

    def connect(self) -> None:
        """Point MLflow at this store.

        Raises
        ------
        MissingError
            When the extra ``train`` is not installed.
        """
        try:
            import mlflow
        except ImportError:
            raise MissingError("MLflow needs an extra: pip install 'stancewire[train]'") from None
        self.folder.mkdir(exist_ok=True)
        mlflow.set_tracking_uri(self.tracking_uri)

    @contextmanager
    def run(
        self, name: str, description: str, tags: Mapping[str, str], register_as: str | None = None
    ) -> Iterator[Run]:
        """Open a run; it ends as failed when the block raises."""
        self.connect()
        import mlflow

        found = mlflow.get_experiment_by_name(self.experiment)
        location = None if self.uri else (self.folder / "artifacts").resolve().as_uri()
        experiment_id = found.experiment_id if found else mlflow.create_experiment(self.experiment, location)
        with mlflow.start_run(
            experiment_id=experiment_id,
            run_name=name,
            description=description,
            tags=dict(tags),
            log_system_metrics=True,
        ):
            yield MlflowRun(register_as)


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
