"""Where a command works: the workspace and its MLflow store, from ``-C`` and the environment."""

from __future__ import annotations

import getpass
import os
import subprocess
from contextlib import suppress
from pathlib import Path

import click

from stancewire.bundle import MANIFEST, Bundle
from stancewire.cli.terminal import say
from stancewire.errors import MissingError
from stancewire.files import sha256_file
from stancewire.labels import labels_hash, read_labels
from stancewire.predict import Tagger, load
from stancewire.records import LabelledSet
from stancewire.registry import SCHEME, fetch_bundle
from stancewire.targets import read_targets, target_set
from stancewire.tracking import MlflowStore, SafeRun
from stancewire.workspace import Workspace, find_workspace


def workspace(context: click.Context) -> Workspace:
    """The workspace of this call; raises `MissingError` when there is none."""
    folder: Path = context.find_root().obj
    return find_workspace(folder.resolve())


def quiet_mlflow() -> None:
    """Let MLflow report to nobody, draw no bars and give up soon, where the user has not said otherwise."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "1")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # the default waits for minutes
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")


def store(space: Workspace) -> MlflowStore:
    """The workspace's MLflow store, or the server named by ``MLFLOW_TRACKING_URI``."""
    quiet_mlflow()
    return MlflowStore(space.store, os.environ.get("MLFLOW_TRACKING_URI") or None)


def say_kept(run: SafeRun) -> None:
    """Tell what the store did not take, and what to do about it."""
    if run.problem:
        kept = f"what it did not take is kept in {run.kept}; send it with: stancewire sync" if run.kept else "not kept"
        say(f"warning: the MLflow store failed ({run.problem}); {kept}")


def find_bundle(context: click.Context, model: str | None, *, fast: bool = False) -> Path:
    """Folder of the bundle named by ``-m``: a folder, ``models:/NAME@ALIAS``, or the workspace's default.

    Raises
    ------
    click.UsageError
        When both a model and the fast one are asked for.
    MissingError
        When there is no such folder, no fast bundle, or no workspace to look in.
    """
    if fast:
        return _fast_bundle(workspace(context), model)
    if model is None:
        return _default_bundle(context)
    if model.startswith(SCHEME):
        return fetch_bundle(model, store(workspace(context)))
    if not Path(model).exists():
        raise MissingError(f"{model}: there is no such folder.{_bundles_here(context)}")
    return Path(model)


def _default_bundle(context: click.Context) -> Path:
    try:
        folder = workspace(context).models / "default"
    except MissingError as error:
        raise MissingError(f"{error}. Or name a bundle's folder with -m.") from None
    if not folder.exists():
        advice = "Make one: stancewire train RECIPE --name default; or name another with -m."
        raise MissingError(f"{folder}: no default bundle is there.{_bundles_here(context)} {advice}")
    return folder


def _bundles_here(context: click.Context) -> str:
    """`` Bundles of this workspace: ...`` as they would be named, or an empty string."""
    try:
        found = [str(Path(os.path.relpath(folder))) for folder in workspace(context).bundles()]
    except MissingError:
        return ""
    return f" Bundles of this workspace: {', '.join(found)}." if found else ""


def _fast_bundle(space: Workspace, model: str | None) -> Path:
    folder = space.models / "fast"
    if model is not None:
        raise click.UsageError("--fast is short for --model models/fast; leave one of them out.")
    if not (folder / MANIFEST).is_file():
        raise MissingError(f"{folder}: no fast bundle is there. Make one: stancewire train RECIPE --name fast")
    return folder


def open_tagger(context: click.Context, model: str | None) -> Tagger:
    """Load the bundle that `find_bundle` finds."""
    return load(find_bundle(context, model))


def read_target_set(context: click.Context, path: Path) -> LabelledSet:
    """A target set: a file of it, or a labelled folder whose targets are those of the workspace's codebook."""
    if not path.is_dir():
        return read_targets(path)
    codebook = workspace(context).codebook()
    return target_set(read_labels(path, codebook), codebook)


def set_digest(path: Path) -> str:
    """Hash over the files of a labelled set or target set."""
    return labels_hash([path]) if path.is_dir() else sha256_file(path)


def read_labelled(tagger: Tagger, folder: Path) -> LabelledSet:
    """A labelled set, read under the bundle's own codebook."""
    return read_labels(folder, tagger.bundle.manifest.codebook)


def warn_of_training_data(context: click.Context, bundle: Bundle, folder: Path) -> None:
    """Say when a bundle's recipe names the set as training data: figures on it say nothing about new text."""
    try:
        name = set_name(workspace(context), folder)
    except MissingError:
        return
    made_of = bundle.manifest.provenance
    members = [member["provenance"] for member in made_of.get("members", {}).values()]
    if any(name in made.get("recipe", {}).get("data", ()) for made in (made_of, *members)):
        say(f"warning: {bundle.label} was trained on {name}; figures on it are too high. Measure on other sentences.")


def set_name(space: Workspace, folder: Path) -> str:
    """How a labelled set is called in runs and cards: its last two parts, never a path of one machine."""
    absolute = Path(os.path.abspath(folder))  # noqa: PTH100 (links stay as they are)
    if absolute.is_relative_to(space.root):
        return absolute.relative_to(space.root).as_posix()
    return "/".join(absolute.parts[-2:])


def who(space: Workspace) -> str:
    """Who decides: git's user name, else the account's; ``unknown`` where it has none, as in many containers."""
    with suppress(OSError, subprocess.CalledProcessError):
        return _git(space.root, "config", "user.name")
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "unknown"


def git_state(root: Path) -> dict[str, str]:
    """Commit and whether the work tree differs from it, as MLflow tags; empty outside git."""
    try:
        commit = _git(root, "rev-parse", "HEAD")
        dirty = bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"mlflow.source.git.commit": commit, "git.dirty": str(dirty).lower()}


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
