"""What a training tells, taken down by a `Spool` and read line by line."""

import json
from pathlib import Path
from typing import Any

import pytest

from stancewire.codebook import Codebook
from stancewire.experiment import hash_tags, track
from stancewire.files import read_jsonl
from stancewire.job import Job
from stancewire.labels import labels_hash, read_labels
from stancewire.recipe import Recipe
from stancewire.runs import NullRun, RunInfo
from stancewire.spool import Spool, new_head
from stancewire.train import split_data, train
from stancewire.trainers import Silent, make_trainer


@pytest.fixture(scope="module")
def job(codebook: Codebook, tiny_labels: Path) -> Job:
    params = {"blocks": [{"min_documents": 1}]}
    recipe = Recipe(name="tiny", family="tfidf-linear", description="A small one.", dev_share=0.25, params=params)
    return Job(
        recipe, codebook, {"labels": read_labels(tiny_labels, codebook)}, {}, {"labels": labels_hash([tiny_labels])}
    )


@pytest.fixture(scope="module")
def calls(job: Job, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every call of a real training."""
    root = tmp_path_factory.mktemp("told")
    trainer = make_trainer(job.recipe.family, job.recipe.params, "recipe")
    done = train(job, trainer, root / "tiny", NullRun(), Silent())
    spool = Spool(root, new_head("stancewire", RunInfo("tiny"), None, None))
    track(job, split_data(job), done.bundle, done.reports, spool)  # type: ignore[arg-type]
    return [row for _, row in read_jsonl(spool.folder / "calls.jsonl")]


def arguments(calls: list[dict[str, Any]], call: str) -> list[dict[str, Any]]:
    return [row["arguments"] for row in calls if row["call"] == call]


def test_tags_hold_the_hashes_of_codebook_labels_recipe_and_bundle(calls: list[dict[str, Any]], job: Job) -> None:
    (tags,) = (a["values"] for a in arguments(calls, "tags"))
    assert {name: tags[name] for name in ("codebook", "codebook_hash", "recipe_hash")} == {
        "codebook": job.codebook.hash[:8], "codebook_hash": job.codebook.hash, "recipe_hash": job.recipe.hash,
    }  # fmt: skip
    assert tags["bundle"] == f"tiny@{tags['bundle_hash'][:8]}"
    assert len(tags["labels_hash"]) == 64


def test_the_labels_hash_changes_with_the_labels(job: Job) -> None:
    other = Job(job.recipe, job.codebook, job.data, {}, {"labels": "another"})
    assert hash_tags(other)["labels_hash"] != hash_tags(job)["labels_hash"]


def test_the_description_says_what_on_which_data_and_how_good(calls: list[dict[str, Any]]) -> None:
    (text,) = (a["text"] for a in arguments(calls, "describe"))
    assert text.startswith("A small one.\n\n**Bundle** `tiny@")
    assert "**Data** labels: 200 sentences trained on, 40 held out" in text
    assert "| triple_macro_f1 | " in text


def test_every_figure_is_drawn(calls: list[dict[str, Any]]) -> None:
    drawn = {Path(a["path"]).stem for a in arguments(calls, "file") if a["folder"] == "figures"}
    assert drawn == {
        "confusion_aid", "confusion_sport", "precision_recall", "reliability", "sources", "thresholds", "cells",
    }  # fmt: skip


def test_tables_are_predictions_classes_and_errors(calls: list[dict[str, Any]]) -> None:
    names = {a["name"] for a in arguments(calls, "table")}
    assert {"predictions_dev_split", "classes_dev_split"} <= names <= {
        "predictions_dev_split", "classes_dev_split", "errors_worth_reading_dev_split",
    }  # fmt: skip


def test_the_data_set_names_every_label(calls: list[dict[str, Any]]) -> None:
    (given,) = arguments(calls, "dataset")
    assert given["context"] == "training"
    assert given["rows"][0] == {
        "id": "d00.0", "doc": "d00", "source": "authored", "text": "The minister promised to send more tents.",
        "aid": "favor",
    }  # fmt: skip


def test_card_recipe_codebook_packages_and_model_are_kept(calls: list[dict[str, Any]]) -> None:
    assert [a["name"] for a in arguments(calls, "document")] == ["recipe", "codebook", "packages"]
    assert [Path(a["path"]).name for a in arguments(calls, "file") if a["folder"] == "card"] == ["README.md"]
    assert len(arguments(calls, "model")) == 1
    assert json.dumps(calls)  # nothing that JSON cannot hold
