"""A tiny target set in which the stance hangs on who is asked about, and a target model trained on it in seconds."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

from stancewire.files import write_json, write_jsonl
from tiny_encoder import write_encoder

NAMES = ("Nato", "Kyiv", "Congress", "Senate")
VERBS = {"backed": "favor", "refused": "against"}


def rows() -> list[dict[str, Any]]:
    """Who acts is neutral, whom it is done to is backed or refused; aid is a phrase that some rows are not about."""
    made: list[dict[str, Any]] = []
    for a, b in permutations(NAMES, 2):
        for verb, stance in VERBS.items():
            row = {"doc": f"{a}-{b}", "text": f"{a} {verb} {b} ."}
            made += [row | {"target": b, "stance": stance}, row | {"target": a, "stance": "neutral"}]
            aid = f"{a} {verb} more aid , {b} ."
            made.append({"doc": f"{a}-{b}", "text": aid, "target": "more aid", "stance": stance})
            made.append(row | {"target": "more aid", "stance": "absent"})
    return [{"id": f"r{i}"} | row for i, row in enumerate(made)]


def write_workspace(folder: Path, **params: Any) -> Path:
    """A workspace with the target set ``labels/set.jsonl`` and the recipe ``training/target.yaml``."""
    for name in ("labels", "training", "models"):
        (folder / name).mkdir()
    topic = {"id": "aid", "title": "Aid", "definition": "Help.", "target": "more aid"}
    write_json(folder / "labels" / "codebook.yaml", {"name": "toy", "version": 1, "language": "en", "topics": [topic]})
    write_jsonl(folder / "labels" / "set.jsonl", rows())
    write_encoder(folder / "encoder")
    recipe = {
        "name": "target",
        "family": "encoder",
        "data": ["labels/set.jsonl"],
        "dev_share": 0.2,
        "seed": 2,
        "params": {
            "encoder": "../encoder",
            "targets": True,
            "epochs": 30,
            "lr": 0.003,
            "head_lr": 0.01,
            "batch": 8,
            "max_tokens": 24,
            "context": 0,
            "frozen": 0,
            "threads": 1,
            "quantise": "none",
        }
        | params,
    }
    write_json(folder / "training" / "target.yaml", recipe)
    return folder
