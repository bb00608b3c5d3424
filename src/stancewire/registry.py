"""Bundles from the MLflow registry: ``models:/NAME@ALIAS`` to a verified folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

from stancewire.errors import MissingError
from stancewire.tracking import MlflowStore

SCHEME = "models:/"


def fetch_bundle(uri: str, store: MlflowStore) -> Path:
    """Download the bundle of a registered model into a temporary folder.

    Raises
    ------
    MissingError
        When the registry has no such model, version or alias, or holds no bundle in it.
    """
    store.connect()
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=tempfile.mkdtemp(prefix="stancewire-")))
    except MlflowException as error:
        why = error.message.splitlines()[0]
        raise MissingError(f"{uri}: not found ({why}). Make one: stancewire train RECIPE --register NAME") from None
    found = sorted(folder.glob("artifacts/**/bundle.json"))
    if not found:
        raise MissingError(f"{uri}: this registered model holds no stancewire bundle.")
    return found[0].parent
