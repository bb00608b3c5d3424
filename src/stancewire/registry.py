"""Bundles from the MLflow registry: ``models:/NAME@ALIAS`` to a verified folder, kept in a cache by content hash."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stancewire.bundle import Bundle, read_bundle
from stancewire.errors import BundleError, MissingError, OutputError, StancewireError, first_line
from stancewire.tracking import MlflowStore

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

SCHEME = "models:/"
CACHE = "cache"
CHAMPION = "champion"
"""Alias of the version that is in use."""


def fetch_bundle(uri: str, store: MlflowStore) -> Path:
    """The bundle of a registered model, from ``mlruns/cache/`` when its bytes are there and sound.

    Without a writable cache it is downloaded into a temporary folder, which goes when Python ends.

    Raises
    ------
    MissingError
        When the registry has no such model, version or alias, or holds no bundle in it.
    BundleError
        When what the registry holds is damaged, or is not the bundle that was registered.
    """
    store.connect()
    expected = _expected_hash(uri, store)
    place = store.folder / CACHE / expected if expected else None
    if place and _sound(place, expected):
        return place
    temporary = _download_folder(store)
    bundle = _download(uri, temporary, store)
    if expected and bundle.content_hash != expected:
        raise BundleError(
            f"{uri}: holds bundle {bundle.content_hash[:8]}, registered as {expected[:8]}. Promote the bundle anew."
        )
    return _keep(bundle, store.folder / CACHE / bundle.content_hash)


@contextmanager
def registry_errors(store: MlflowStore) -> Iterator[None]:
    """Turn what MLflow raises into an `OutputError` of one line; raises as `MlflowStore.connect` does."""
    store.connect()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise OutputError(f"{store.tracking_uri}: the registry failed ({first_line(error)}).") from error


def find_version(uri: str, store: MlflowStore) -> ModelVersion | None:
    """The model version that ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION`` names; `None` for other forms.

    Raises
    ------
    MissingError
        When there is none.
    """
    from mlflow.exceptions import MlflowException

    match = re.fullmatch(r"models:/([^@/]+)(?:@([^@/]+)|/(\d+))", uri)
    if match is None:
        return None
    name, alias, number = match.groups()
    client = store.client()
    try:
        return client.get_model_version_by_alias(name, alias) if alias else client.get_model_version(name, number)
    except MlflowException as error:
        raise _missing(uri, store, error) from None


def _expected_hash(uri: str, store: MlflowStore) -> str | None:
    version = find_version(uri, store)
    return version.tags.get("bundle_hash") if version else None


def _missing(uri: str, store: MlflowStore, error: Exception) -> MissingError:
    what = f"{uri}: not found in {store.tracking_uri} ({first_line(error)})"
    return MissingError(f"{what}. Make one: stancewire train RECIPE --register NAME, or stancewire promote BUNDLE")


def _sound(place: Path, expected: str | None) -> bool:
    """True when the cache holds the very bytes; a damaged copy is removed."""
    if not place.is_dir():
        return False
    try:
        return read_bundle(place).content_hash == expected
    except StancewireError:
        shutil.rmtree(place, ignore_errors=True)
        return False


def _download_folder(store: MlflowStore) -> Path:
    try:
        (store.folder / CACHE).mkdir(parents=True, exist_ok=True)
        temporary = tempfile.mkdtemp(prefix=".download-", dir=store.folder / CACHE)
    except OSError:
        temporary = tempfile.mkdtemp(prefix="stancewire-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return Path(temporary)


def _download(uri: str, temporary: Path, store: MlflowStore) -> Bundle:
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(temporary)))
    except (MlflowException, OSError) as error:
        raise _missing(uri, store, error) from None
    found = sorted(folder.glob("artifacts/**/bundle.json"))
    if not found:
        raise MissingError(f"{uri}: this registered model holds no stancewire bundle.")
    return read_bundle(found[0].parent)


def _keep(bundle: Bundle, place: Path) -> Path:
    """Move a download into the cache; another process may have been quicker, with the same bytes."""
    if place.parent not in bundle.folder.parents:
        return bundle.folder
    try:
        bundle.folder.rename(place)
    except OSError:
        return place if _sound(place, bundle.content_hash) else bundle.folder
    return place
