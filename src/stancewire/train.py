"""From a recipe to a measured, tracked bundle: split, fit, calibrate, evaluate, write, track."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancewire import evaluate as evaluation
from stancewire.bundle import CARD, Bundle, Manifest, write_manifest
from stancewire.calibration import choose_thresholds, fit_calibration
from stancewire.card import model_card
from stancewire.codebook import Codebook
from stancewire.errors import InputError, OutputError
from stancewire.evaluate import Report
from stancewire.figures import figures_of
from stancewire.files import canonical_json, sha256, write_bytes
from stancewire.predict import Tagger
from stancewire.recipe import Recipe
from stancewire.records import LabelledSentence, LabelledSet
from stancewire.runtimes import open_runtime
from stancewire.scores import gold_arrays
from stancewire.splits import split_documents
from stancewire.tracking import Run
from stancewire.trainers import Fitted, Progress, Trainer, TrainingSet

PACKAGES = ("numpy", "scikit-learn", "torch", "transformers", "onnxruntime", "tokenizers", "sentencex")
DEV = "dev split"


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that decides a bundle.

    Attributes
    ----------
    data
        Labelled sets to train on, by name; their sentences' ids and documents must not repeat.
    measure_on
        Further labelled sets that are only measured on, by name.
    digests
        Hash of the files of every set in `data` and `measure_on`.
    """

    recipe: Recipe
    codebook: Codebook
    data: Mapping[str, LabelledSet]
    measure_on: Mapping[str, LabelledSet]
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trained:
    """A bundle and its reports by the name of the set."""

    bundle: Bundle
    reports: Mapping[str, Report]


def train(job: Job, trainer: Trainer, target: Path, run: Run, progress: Progress) -> Trained:
    """Train, write the bundle to `target` (replacing one that is there) and track everything in `run`.

    Nothing stands under `target` until the bundle is whole; what stood there stays until then.

    Raises
    ------
    InputError
        When there is too little to train on.
    OutputError
        When `target` is a folder that holds something else than a bundle.
    """
    _check_target(target)
    data = _split(job)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as temporary:
        folder = Path(temporary) / target.name
        folder.mkdir()
        fitted = trainer.fit(data, folder, progress)
        bundle, reports = _finish(job, data, fitted, folder, progress)
        _replace(folder, target)
    bundle = Bundle(target, bundle.manifest, bundle.content_hash)
    track(job, data, bundle, reports, run)
    return Trained(bundle, reports)


def _check_target(target: Path) -> None:
    if target.exists() and not (target / "bundle.json").is_file():
        raise OutputError(f"{target}: exists and is not a bundle; it will not be replaced. Choose another --name.")


def _split(job: Job) -> TrainingSet:
    rows: list[LabelledSentence] = []
    for name, labelled in job.data.items():
        taken = {row.doc for row in rows}
        clash = next((d.doc for d in labelled.documents if d.doc in taken), None)
        if clash:
            raise InputError(f"{name}: document '{clash}' is in another set too; ids must differ between sets.")
        rows += labelled.scored
    held_out = split_documents(rows, job.recipe.dev_share, job.recipe.seed)
    train_rows = [row for row in rows if row.doc not in held_out]
    dev_rows = [row for row in rows if row.doc in held_out]
    if not train_rows or not dev_rows:
        found = f"{len(train_rows)} sentences to train on and {len(dev_rows)} held out"
        raise InputError(f"{', '.join(job.data)}: found {found}; both must have some. Label more, or change dev_share.")
    return TrainingSet(train_rows, dev_rows, job.codebook, job.recipe.seed)


def _finish(
    job: Job, data: TrainingSet, fitted: Fitted, folder: Path, progress: Progress
) -> tuple[Bundle, dict[str, Report]]:
    """Calibrate on the held-out sentences, measure everything, write card and manifest."""
    options = dict(fitted.runtime)
    runtime = open_runtime(options.pop("kind"), folder, options)
    scores = runtime.decision_function([row.sentence for row in data.dev])
    gold = gold_arrays(data.dev, job.codebook)
    calibration = fit_calibration(scores, gold)
    manifest = Manifest(
        name=job.recipe.name,
        family=job.recipe.family,
        codebook=job.codebook,
        runtime=fitted.runtime,
        context=fitted.context,
        thresholds=choose_thresholds(calibration.predict_proba(scores).topic, gold.topic),
        calibration=calibration,
        metrics={},
        provenance=_provenance(job, data, fitted),
    )
    reports = _measure(Tagger(Bundle(folder, manifest, "unwritten")), job, data, progress)
    main = list(reports)[-1] if job.measure_on else DEV
    measured = {name: report.metrics for name, report in reports.items()}
    card = model_card(job.recipe, job.codebook, list(job.data.values()), measured)
    write_bytes(folder / CARD, card.encode())
    manifest = Manifest(**{name: getattr(manifest, name) for name in manifest.__slots__} | {"metrics": measured[main]})
    return write_manifest(folder, manifest), reports


def _measure(tagger: Tagger, job: Job, data: TrainingSet, progress: Progress) -> dict[str, Report]:
    sets = {DEV: LabelledSet((), tuple(data.dev))} | dict(job.measure_on)
    reports = {}
    for done, (name, labelled) in enumerate(sets.items()):
        progress.step("measure", done, len(sets))
        reports[name] = evaluation.evaluate(tagger, labelled, seed=job.recipe.seed)
    progress.step("measure", len(sets), len(sets))
    return reports


def _provenance(job: Job, data: TrainingSet, fitted: Fitted) -> dict[str, Any]:
    return {
        "recipe": job.recipe.model_dump(mode="json"),
        "recipe_hash": job.recipe.hash,
        "labels_hash": sha256(canonical_json({name: job.digests[name] for name in job.data})),
        "train_sentences": len(data.train),
        "dev_sentences": len(data.dev),
        "packages": package_versions(),
        "notes": dict(fitted.notes),
    }


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a bundle's bytes, as far as installed."""
    versions = {"python": platform.python_version()}
    for name in ("stancewire", *PACKAGES):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def track(job: Job, data: TrainingSet, bundle: Bundle, reports: Mapping[str, Report], run: Run) -> None:
    """Write everything about a trained bundle into a run."""
    topics = job.codebook.topic_ids
    recipe = job.recipe.model_dump(mode="json", exclude={"description"})
    run.params(recipe | {"train_sentences": len(data.train), "dev_sentences": len(data.dev)})
    for name, labelled in job.data.items():
        run.dataset(name, _dataset_rows(labelled.scored), job.digests[name], "training")
    for name, labelled in job.measure_on.items():
        run.dataset(name, _dataset_rows(labelled.scored), job.digests[name], "evaluation")
    run.document("recipe", job.recipe.model_dump(mode="json"))
    run.document("codebook", job.codebook.model_dump(mode="json"))
    run.document("packages", package_versions())
    for name, report in reports.items():
        prefix = "dev/" if name == DEV and job.measure_on else ""
        run.metrics(report.metrics, prefix)
        run.table(f"predictions_{name.replace(' ', '_')}", list(evaluation.prediction_rows(report, topics)))
    for name, figure in figures_of(list(reports.values())[-1], topics):
        run.figure(name, figure)
    run.file(bundle.folder / CARD, "card")
    run.model(bundle.folder)


def _dataset_rows(rows: Sequence[LabelledSentence]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "doc": row.doc,
            "source": row.source,
            "text": row.text,
            **{topic: label.stance for topic, label in (row.labels or {}).items()},
        }
        for row in rows
    ]


def _replace(folder: Path, target: Path) -> None:
    """Move a finished bundle into place; an old one is removed only when the new one stands."""
    if target.exists():
        old = folder.parent / "old"
        target.rename(old)
        folder.rename(target)
        shutil.rmtree(old)
    else:
        folder.rename(target)
