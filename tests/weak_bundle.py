"""A bundle that is worse than the tiny one: it never saw an "against"."""

from __future__ import annotations

from pathlib import Path

from stancewire.codebook import Codebook
from stancewire.files import read_jsonl, write_jsonl
from stancewire.job import Job
from stancewire.labels import labels_hash, read_labels
from stancewire.recipe import Recipe
from stancewire.runs import NullRun
from stancewire.train import train
from stancewire.trainers import Silent, make_trainer


def train_weak_bundle(codebook: Codebook, labels: Path, folder: Path) -> Path:
    """Train on `labels` with every "against" turned into "neutral"; returns the bundle's folder."""
    twisted = folder / "twisted"
    twisted.mkdir(parents=True)
    (twisted / "documents.jsonl").write_bytes((labels / "documents.jsonl").read_bytes())
    rows = [row for _, row in read_jsonl(labels / "sentences.jsonl")]
    for row in rows:
        row["labels"] = {
            topic: {"stance": "neutral"} if label["stance"] == "against" else label
            for topic, label in row["labels"].items()
        }
    write_jsonl(twisted / "sentences.jsonl", rows)
    recipe = Recipe(name="weak", family="tfidf-linear", dev_share=0.25, params={"blocks": [{"min_documents": 1}]})
    job = Job(recipe, codebook, {"labels": read_labels(twisted, codebook)}, {}, {"labels": labels_hash([twisted])})
    trainer = make_trainer(recipe.family, recipe.params, "recipe")
    return train(job, trainer, folder / "weak", NullRun(), Silent()).bundle.folder
