import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stancewire.bundle import read_bundle
from stancewire.codebook import Codebook
from stancewire.errors import InputError, OutputError
from stancewire.labels import labels_hash, read_labels
from stancewire.predict import load
from stancewire.recipe import Recipe
from stancewire.records import LabelledSentence, LabelledSet, Sentence
from stancewire.runs import NullRun
from stancewire.train import Job, package_versions, split_data, train
from stancewire.trainers import Fitted, Progress, Silent, TrainingSet, make_trainer

RECIPE = Recipe(name="tiny", family="tfidf-linear", dev_share=0.25, params={"blocks": [{"min_documents": 1}]})


class Notes(Silent):
    """Keeps what a trainer told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int]] = []

    def step(self, what: str, done: int, total: int) -> None:
        """Keep."""
        self.steps.append((what, done, total))


def job(codebook: Codebook, folder: Path, recipe: Recipe = RECIPE, **more: Mapping[str, Any]) -> Job:
    """A job on one labelled set."""
    return Job(
        recipe, codebook, {"labels": read_labels(folder, codebook)}, {}, {"labels": labels_hash([folder])}, **more
    )


def run(a_job: Job, target: Path, progress: Progress | None = None) -> Any:
    """Train without tracking."""
    trainer = make_trainer(a_job.recipe.family, a_job.recipe.params, "recipe")
    return train(a_job, trainer, target, NullRun(), progress or Silent())


def test_the_same_seed_gives_the_same_bundle_hash(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    first = run(job(codebook, tiny_labels), tmp_path / "a")
    second = run(job(codebook, tiny_labels), tmp_path / "b")
    assert first.bundle.content_hash == second.bundle.content_hash
    other = run(job(codebook, tiny_labels, RECIPE.model_copy(update={"seed": 1})), tmp_path / "c")
    assert other.bundle.content_hash != first.bundle.content_hash


def test_what_is_written_is_what_was_measured(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    trained = run(job(codebook, tiny_labels), tmp_path / "a")
    assert trained.bundle.content_hash == read_bundle(tmp_path / "a").content_hash
    assert read_bundle(tmp_path / "a").manifest.metrics == trained.reports["dev split"].metrics


def test_training_and_held_out_documents_do_not_meet(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    seen: dict[str, set[str]] = {}

    class Spy:
        def __init__(self) -> None:
            self.trainer = make_trainer(RECIPE.family, RECIPE.params, "recipe")

        def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
            seen.update(train={r.doc for r in data.train}, dev={r.doc for r in data.dev})
            return self.trainer.fit(data, folder, progress)

    train(job(codebook, tiny_labels), Spy(), tmp_path / "a", NullRun(), Silent())
    assert seen["train"] & seen["dev"] == set()
    assert len(seen["train"] | seen["dev"]) == 48


def test_an_old_bundle_is_replaced_and_nothing_else_is_left(
    codebook: Codebook, tiny_labels: Path, tmp_path: Path
) -> None:
    first = run(job(codebook, tiny_labels), tmp_path / "a")
    second = run(job(codebook, tiny_labels, RECIPE.model_copy(update={"seed": 1})), tmp_path / "a")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert load(tmp_path / "a").bundle.content_hash == second.bundle.content_hash != first.bundle.content_hash


def test_a_bundle_may_be_called_old(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    run(job(codebook, tiny_labels), tmp_path / "old")
    second = run(job(codebook, tiny_labels, RECIPE.model_copy(update={"seed": 1})), tmp_path / "old")
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    assert read_bundle(tmp_path / "old").content_hash == second.bundle.content_hash


@pytest.mark.parametrize("error", [InputError("no"), KeyboardInterrupt()])
def test_a_training_that_breaks_leaves_the_old_bundle_and_nothing_else(
    codebook: Codebook, tiny_labels: Path, tmp_path: Path, error: BaseException
) -> None:
    first = run(job(codebook, tiny_labels), tmp_path / "a")

    class Breaks:
        def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
            (folder / "weights.safetensors").write_bytes(b"half")
            raise error

    with pytest.raises(type(error)):
        train(job(codebook, tiny_labels), Breaks(), tmp_path / "a", NullRun(), Silent())
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert read_bundle(tmp_path / "a").content_hash == first.bundle.content_hash


def test_a_folder_that_is_no_bundle_is_not_replaced(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(
        OutputError, match=r"exists and is not a bundle; it will not be replaced\. Choose another --name"
    ):
        run(job(codebook, tiny_labels), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_said_before_training(
    codebook: Codebook, tiny_labels: Path, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(OutputError, match=r"models: cannot be made \(File exists\)\. Bundles are written there\."):
        run(job(codebook, tiny_labels), tmp_path / "models" / "a")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said_before_training(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir(mode=0o555)
    with pytest.raises(OutputError, match=r"models: cannot be written to\."):
        run(job(codebook, tiny_labels), tmp_path / "models" / "a")


def test_a_document_in_two_sets_is_refused(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    labelled = read_labels(tiny_labels, codebook)
    twice = Job(RECIPE, codebook, {"a": labelled, "b": labelled}, {}, {"a": "0", "b": "0"})
    with pytest.raises(InputError, match=r"b: document 'd00' is in another set too; ids must differ between sets\."):
        run(twice, tmp_path / "a")


def test_a_sentence_in_two_sets_is_refused(codebook: Codebook, tmp_path: Path) -> None:
    sets = {d: LabelledSet((), (LabelledSentence("s", d, 0, Sentence("Rain fell."), {}),)) for d in ("a", "b")}
    with pytest.raises(InputError, match=r"b: sentence 's' is in another set too"):
        run(Job(RECIPE, codebook, sets, {}, {"a": "0", "b": "0"}), tmp_path / "a")


def test_test_rows_are_neither_trained_on_nor_held_out(codebook: Codebook) -> None:
    rows = tuple(
        LabelledSentence(f"{split}.0", split, 0, Sentence(f"{split} rain."), {}, split=split)
        for split in ("train", "dev", "test")
    )
    data = split_data(Job(RECIPE, codebook, {"labels": LabelledSet((), rows)}, {}, {"labels": "0"}))
    assert ([r.doc for r in data.train], [r.doc for r in data.dev]) == (["train"], ["dev"])


def test_too_little_to_train_on_is_said_with_counts(codebook: Codebook, tmp_path: Path) -> None:
    rows = tuple(LabelledSentence(f"d.{n}", "d", n, Sentence("Rain fell."), {}) for n in range(3))
    small = Job(RECIPE, codebook, {"labels": LabelledSet((), rows)}, {}, {"labels": "0"})
    with pytest.raises(InputError, match="labels: found 3 sentences to train on and 0 held out; both must have some"):
        run(small, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_the_last_measured_set_s_figures_go_into_the_bundle(
    codebook: Codebook, tiny_labels: Path, tmp_path: Path
) -> None:
    labelled = read_labels(tiny_labels, codebook)
    data, digests = {"labels": labelled}, {"labels": "0", "mine": "1"}
    trained = run(Job(RECIPE, codebook, data, {"mine": labelled}, digests), tmp_path / "a")
    assert list(trained.reports) == ["dev split", "mine"]
    assert trained.bundle.manifest.metrics == trained.reports["mine"].metrics
    card = (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
    assert "## Measured on mine" in card


def test_long_steps_are_told(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    notes = Notes()
    run(job(codebook, tiny_labels), tmp_path / "a", notes)
    assert notes.steps == [("features", 0, 1), ("heads", 0, 2), ("heads", 1, 2), ("measure", 0, 1), ("measure", 1, 1)]


def test_the_manifest_says_where_the_bundle_came_from(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    run(job(codebook, tiny_labels), tmp_path / "a")
    provenance = json.loads((tmp_path / "a" / "bundle.json").read_bytes())["provenance"]
    assert provenance["recipe"]["name"] == "tiny"
    assert provenance["recipe_hash"] == RECIPE.hash
    assert provenance["train_sentences"] + provenance["dev_sentences"] == 240
    assert provenance["packages"] == package_versions()
    assert {"python", "stancewire", "numpy", "scikit-learn"} <= set(package_versions())
