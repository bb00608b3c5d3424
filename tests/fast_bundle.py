"""A bundle that is quicker and worse than the tiny one, trained under the same split: it knows a few words only."""

from __future__ import annotations

from pathlib import Path

from stancewire.codebook import Codebook
from stancewire.job import Job
from stancewire.labels import labels_hash, read_labels
from stancewire.recipe import Recipe
from stancewire.runs import NullRun
from stancewire.train import train
from stancewire.trainers import Silent, make_trainer


def train_fast_bundle(codebook: Codebook, labels: Path, folder: Path) -> Path:
    """Train on `labels`; returns the bundle's folder."""
    params = {"blocks": [{"min_documents": 1, "max_features": 6}]}
    recipe = Recipe(name="fast", family="tfidf-linear", dev_share=0.25, params=params)
    job = Job(recipe, codebook, {"labels": read_labels(labels, codebook)}, {}, {"labels": labels_hash([labels])})
    trainer = make_trainer(recipe.family, recipe.params, "recipe")
    return train(job, trainer, folder / "fast", NullRun(), Silent()).bundle.folder
