"""A `Keeper` that writes to MLflow, by run id: nothing hangs on MLflow's "active run"."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancewire.bundle import read_bundle
from stancewire.codebook import STANCES
from stancewire.files import flatten_keys
from stancewire.metrics import Metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient

CANDIDATE = "candidate"
"""Alias of the version that ``train --register`` made last."""
EXAMPLE = "The minister urged partners to send more missiles."


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """An open MLflow run; `register_as` makes its model a version of that name, alias ``candidate``."""

    run_id: str
    register_as: str | None = None

    @property
    def _client(self) -> MlflowClient:
        import mlflow

        return mlflow.MlflowClient()

    def params(self, values: Mapping[str, Any]) -> None:
        """See `Keeper`."""
        from mlflow.entities import Param

        self._client.log_batch(self.run_id, params=[Param(name, str(value)) for name, value in flatten_keys(values)])

    def tags(self, values: Mapping[str, str]) -> None:
        """See `Keeper`."""
        from mlflow.entities import RunTag

        self._client.log_batch(self.run_id, tags=[RunTag(name, value) for name, value in values.items()])

    def describe(self, text: str) -> None:
        """See `Keeper`."""
        self._client.set_tag(self.run_id, "mlflow.note.content", text)

    def metrics(self, values: Mapping[str, Metric], prefix: str = "") -> None:
        """See `Keeper`."""
        from mlflow.entities import Metric as Point

        now = int(time.time() * 1000)
        points = [
            Point(f"{prefix}{name}{end}", x, now, 0)
            for name, metric in values.items()
            for end, x in zip(("", "/low", "/high"), metric, strict=True)
        ]
        self._client.log_batch(self.run_id, metrics=points)

    def step_metric(self, name: str, value: float, step: int) -> None:
        """See `Keeper`."""
        self._client.log_metric(self.run_id, name, value, step=step)

    def figure(self, name: str, figure: Figure) -> None:
        """See `Keeper`."""
        self._client.log_figure(self.run_id, figure, f"figures/{name}.png")

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Keeper`."""
        import pandas

        self._client.log_table(self.run_id, pandas.DataFrame(list(rows)), f"tables/{name}.json")

    def file(self, path: Path, folder: str) -> None:
        """See `Keeper`."""
        if path.is_dir():
            self._client.log_artifacts(self.run_id, str(path), folder)
        else:
            self._client.log_artifact(self.run_id, str(path), folder)

    def text(self, name: str, content: str) -> None:
        """See `Keeper`."""
        self._client.log_text(self.run_id, content, name)

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """See `Keeper`; the UI shows rows, documents and labels of every topic and stance as the profile."""
        import mlflow.data
        import pandas
        from mlflow.entities import Dataset, DatasetInput, InputTag

        # MLflow shows at most 36 characters of a digest
        parts = mlflow.data.from_pandas(pandas.DataFrame(list(rows)), name=name, digest=digest[:32]).to_dict()
        parts["profile"] = json.dumps(dict(_profile(rows)))
        inputs = DatasetInput(Dataset(**parts), [InputTag("mlflow.data.context", context)])
        self._client.log_inputs(self.run_id, [inputs])

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """See `Keeper`."""
        self._client.log_dict(self.run_id, dict(content), f"{name}.yaml")

    def model(self, bundle: Path) -> None:
        """See `Keeper`."""
        version = self.log_model(bundle, self.register_as)
        if self.register_as and version:
            self._client.set_registered_model_alias(self.register_as, CANDIDATE, version)

    def log_model(self, bundle: Path, register_as: str | None) -> str | None:
        """Log the bundle and register it under a name; returns the version it became there."""
        import mlflow
        import mlflow.pyfunc

        with mlflow.start_run(run_id=self.run_id, nested=True, log_system_metrics=False):
            info = mlflow.pyfunc.log_model(
                name="model", registered_model_name=register_as, input_example=[EXAMPLE], **pyfunc_parts(bundle)
            )
        self._client.update_run(self.run_id, status="RUNNING")  # leaving the block ended it
        if not register_as:
            return None
        version, verified = str(info.registered_model_version), read_bundle(bundle)
        for name, value in (("bundle", verified.label), ("bundle_hash", verified.content_hash)):
            self._client.set_model_version_tag(register_as, version, name, value)
        return version


def pyfunc_parts(bundle: Path) -> dict[str, Any]:
    """What makes a bundle an MLflow model: MLflow runs ``pyfunc_model.py`` on it; nothing is pickled."""
    from stancewire import __version__

    return {
        "python_model": str(Path(__file__).with_name("pyfunc_model.py")),
        "artifacts": {"bundle": str(bundle)},
        "pip_requirements": [f"stancewire=={__version__}", "mlflow>=3.17,<4,!=3.18.0"],
    }


def _profile(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Facts of labelled rows; see `stancewire.experiment.dataset_rows`."""
    yield "num_rows", len(rows)
    yield "num_elements", sum(map(len, rows))
    yield "documents", len({row.get("doc") for row in rows})
    yield "sources", dict(sorted(Counter(str(row.get("source") or "unknown") for row in rows).items()))
    cells = Counter(f"{key}: {value}" for row in rows for key, value in row.items() if value in STANCES)
    yield "labels", dict(sorted(cells.items()))
