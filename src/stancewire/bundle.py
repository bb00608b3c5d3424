"""Bundles: a folder that is a model, verified byte for byte before anything of it is used.

``bundle.json`` names every file with its sha256 and is itself covered by ``content_hash``. Nothing in a bundle can run
code: weights are ONNX or safetensors, the rest is JSON and Markdown.

To change the format: raise `FORMAT`, keep reading the old numbers in `read_bundle`, add a bundle of the old format to
the tests.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stancewire.calibration import Calibration
from stancewire.codebook import Codebook, parse_codebook
from stancewire.errors import BundleError, MissingError, OutputError
from stancewire.files import (
    canonical_json,
    make_folder,
    parse_json_object,
    read_bytes,
    sha256,
    sha256_file,
    write_json,
)
from stancewire.metrics import Metric
from stancewire.runtimes import Runtime, open_runtime
from stancewire.scores import Floats

FORMAT = 1
MANIFEST = "bundle.json"
CARD = "README.md"
PROFILE = "profile.json"
"""Reference figures of the training data; see `stancewire.profile`. Older bundles have none."""
HELD_OUT = "held_out.safetensors"
"""What the model said of its held-out sentences; see `stancewire.held_out`. Older bundles have none."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``bundle.json`` holds, without the file hashes.

    Attributes
    ----------
    runtime
        ``kind`` and the options of the runtime that reads the weights.
    context
        How many sentences before a sentence the model reads.
    passages
        Whether it reads whole passages; see `stancewire.passages`.
    thresholds
        ``(n_topics,)``, the probability from which a sentence has the topic.
    stance_weights
        ``(n_topics, 3)``, by which probabilities of stances are weighed before the highest is taken.
    provenance
        Hashes of recipe and labels, the recipe itself, package versions.
    """

    name: str
    family: str
    codebook: Codebook
    runtime: Mapping[str, Any]
    context: int
    passages: bool
    thresholds: Floats
    stance_weights: Floats
    calibration: Calibration
    metrics: Mapping[str, Metric]
    provenance: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        topics = self.codebook.topic_ids
        return {
            "format": FORMAT,
            "name": self.name,
            "family": self.family,
            "codebook": self.codebook.model_dump(mode="json"),
            "codebook_hash": self.codebook.hash,
            "topics": list(topics),
            "stances": list(self.codebook.stances),
            "runtime": dict(self.runtime),
            "context": self.context,
            "passages": self.passages,
            "thresholds": {t: round(float(x), 4) for t, x in zip(topics, self.thresholds, strict=True)},
            "stance_weights": np.round(self.stance_weights.astype(float), 4).tolist(),
            "calibration": self.calibration.to_dict(),
            "metrics": {name: list(metric) for name, metric in self.metrics.items()},
            "provenance": dict(self.provenance),
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle: its folder, manifest and content hash."""

    folder: Path
    manifest: Manifest
    content_hash: str

    @property
    def label(self) -> str:
        """Name and the first 8 hex digits of the content hash, as written into every tag."""
        return f"{self.manifest.name}@{self.content_hash[:8]}"

    def open(self, threads: int | None = None) -> Runtime:
        """Open the model for predicting; `threads` instead of as many as its runtime thinks fit."""
        options = dict(self.manifest.runtime) | ({"threads": threads} if threads else {})
        return open_runtime(options.pop("kind"), self.folder, options)

    def require_codebook(self, codebook: Codebook, where: str) -> None:
        """Raise `BundleError` unless the bundle was made for this codebook."""
        own = self.manifest.codebook
        if own.hash == codebook.hash:
            return
        raise BundleError(
            f"{self.folder}: made for codebook '{own.name}' v{own.version} ({own.hash[:8]}), found '{codebook.name}' "
            f"v{codebook.version} ({codebook.hash[:8]}) in {where}. Train a bundle for this codebook."
        )


def write_manifest(folder: Path, manifest: Manifest) -> Bundle:
    """Hash every file of the folder and write ``bundle.json`` last.

    Parameters
    ----------
    folder
        Holds the weights and the model card already.
    """
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    files = {name: sha256_file(folder / name) for name in names if name != MANIFEST}
    data = manifest.to_dict() | {"files": files}
    content_hash = sha256(canonical_json(data))
    write_json(folder / MANIFEST, data | {"content_hash": content_hash})
    return Bundle(folder, manifest, content_hash)


@contextmanager
def bundle_in_making(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes the bundle at `target` on success, in place of one that is there.

    Nothing stands under `target` until the bundle is whole; what stood there stays until then.

    Raises
    ------
    OutputError
        When `target` is a folder that holds something else than a bundle, or cannot be written.
    """
    _check_target(target)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as temporary:
        folder = Path(temporary) / target.name
        folder.mkdir()
        yield folder
        _replace(folder, target)


def _check_target(target: Path) -> None:
    if target.exists() and not (target / MANIFEST).is_file():
        raise OutputError(f"{target}: exists and is not a bundle; it will not be replaced. Choose another --name.")
    make_folder(target.parent, "Bundles are written there.")
    if not os.access(target.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise OutputError(f"{target.parent}: cannot be written to. Bundles are written there; change its permissions.")


def _replace(folder: Path, target: Path) -> None:
    """Move a finished bundle into place; an old one goes with the temporary folder, only when the new one stands."""
    if not target.exists():
        folder.rename(target)
        return
    old = folder.parent / ".old"  # no bundle is called so
    target.rename(old)
    try:
        folder.rename(target)
    except BaseException:
        old.rename(target)
        raise


def read_bundle(folder: Path) -> Bundle:
    """Verify and read a bundle; nothing is built before every byte is checked.

    Raises
    ------
    MissingError
        When there is no bundle.
    BundleError
        For a newer format, a changed or missing or unknown file.
    """
    if not (folder / MANIFEST).is_file():
        raise MissingError(f"{folder}: no {MANIFEST}, so this is not a bundle. Name a folder that 'train' wrote.")
    data = parse_json_object(read_bytes(folder / MANIFEST), f"{folder / MANIFEST}")
    found = data.get("format")
    if not isinstance(found, int) or found > FORMAT:
        raise BundleError(f"{folder}: bundle format {found}, this version reads up to {FORMAT}. Upgrade stancewire.")
    content_hash = data.pop("content_hash", None)
    if content_hash != sha256(canonical_json(data)):
        raise BundleError(f"{folder / MANIFEST}: changed after it was written (its hash differs). Get the bundle anew.")
    try:
        _verify_files(folder, data["files"])
        return Bundle(folder, _parse(data, folder), content_hash)
    except KeyError as error:
        raise BundleError(f"{folder / MANIFEST}: has no key {error}, which format {found} has. Train anew.") from None


def _verify_files(folder: Path, files: Mapping[str, str]) -> None:
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {MANIFEST}
    for name, expected in files.items():
        if name not in present:
            raise BundleError(f"{folder}: file {name} is missing. Get the bundle anew.")
        found = sha256_file(folder / name)
        if found != expected:
            raise BundleError(
                f"{folder / name}: changed after it was written (sha256 {found[:8]}, expected {expected[:8]}). "
                "Get the bundle anew."
            )
    unknown = sorted(present - set(files))
    if unknown:
        raise BundleError(f"{folder}: found {unknown[0]}, which is not part of the bundle. Remove it.")


def _parse(data: Mapping[str, Any], folder: Path) -> Manifest:
    codebook = parse_codebook(data["codebook"], f"{folder / MANIFEST}: codebook")
    if codebook.hash != data["codebook_hash"]:
        raise BundleError(f"{folder / MANIFEST}: its codebook does not have the hash it names. Get the bundle anew.")
    return Manifest(
        name=data["name"],
        family=data["family"],
        codebook=codebook,
        runtime=data["runtime"],
        context=data["context"],
        passages=data.get("passages", False),
        thresholds=np.array([data["thresholds"][topic] for topic in codebook.topic_ids], np.float32),
        stance_weights=np.array(data["stance_weights"], np.float32),
        calibration=Calibration.from_dict(data["calibration"]),
        metrics={name: Metric(*value) for name, value in data["metrics"].items()},
        provenance=data["provenance"],
    )


def bundle_bytes(folder: Path) -> int:
    """Size of a bundle on disk."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
