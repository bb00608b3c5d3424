"""A new workspace, filled with a small example of somebody's own codebook, so that every command runs at once."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from stancewire.errors import OutputError
from stancewire.files import make_folder, write_bytes

_PLACES = {
    "README.md": "README.md",
    "codebook.yaml": "labels/codebook.yaml",
    "documents.jsonl": "labels/documents.jsonl",
    "sentences.jsonl": "labels/sentences.jsonl",
    "tfidf-linear.yaml": "training/tfidf-linear.yaml",
    "article.txt": "seeds/article.txt",
}
_FOLDERS = ("labels", "training", "seeds", "models", "mlruns")


def make_workspace(folder: Path) -> Iterator[Path]:
    """Write the example workspace; yields each file written.

    Raises
    ------
    OutputError
        When a file of that name is there already, before anything is written, or the folder cannot be made.
    """
    taken = [folder / place for place in _PLACES.values() if (folder / place).exists()]
    if taken:
        raise OutputError(f"{taken[0]}: is there already and will not be overwritten. Choose another folder.")
    for path in (folder, *(folder / name for name in _FOLDERS)):
        make_folder(path, "Choose another folder.")
    for name, place in _PLACES.items():
        write_bytes(folder / place, files("stancewire.templates").joinpath(name).read_bytes())
        yield folder / place
