"""Bundles from the MLflow registry: ``models:/NAME@ALIAS`` to a verified folder."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from stancewire.errors import MissingError, first_line
from stancewire.tracking import MlflowStore

SCHEME = "models:/"


def fetch_bundle(uri: str, store: MlflowStore) -> Path:
    """Download the bundle of a registered model into a temporary folder, which goes when Python ends.

    Raises
    ------
    MissingError
        When the registry has no such model, version or alias, or holds no bundle in it.
    """
    store.connect()
    import mlflow
    from mlflow.exceptions import MlflowException

    temporary = tempfile.mkdtemp(prefix="stancewire-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    try:
        folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=temporary))
    except MlflowException as error:
        what = f"{uri}: not found in {store.tracking_uri} ({first_line(error)})"
        raise MissingError(f"{what}. Make one: stancewire train RECIPE --register NAME") from None
    found = sorted(folder.glob("artifacts/**/bundle.json"))
    if not found:
        raise MissingError(f"{uri}: this registered model holds no stancewire bundle.")
    return found[0].parent
