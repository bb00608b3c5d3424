"""From a recipe to a measured, tracked bundle: split, fit, calibrate, evaluate, write, track."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stancewire import evaluate as evaluation
from stancewire.bundle import CARD, HELD_OUT, PROFILE, Bundle, Manifest, bundle_in_making, write_manifest
from stancewire.by_source import by_source
from stancewire.calibration import choose_stance_weights, choose_thresholds, fit_calibration
from stancewire.card import CALIBRATION, model_card
from stancewire.errors import InputError
from stancewire.evaluate import Report
from stancewire.experiment import labels_hash_of, package_versions, track
from stancewire.figures import image_bytes, reliability
from stancewire.files import write_bytes, write_json
from stancewire.held_out import held_out_bytes, make_held_out
from stancewire.job import DEV, Job
from stancewire.metrics import Metric, Resamples
from stancewire.predict import Tagger
from stancewire.profile import make_profile
from stancewire.records import LabelledSentence
from stancewire.runs import Run
from stancewire.runtimes import open_runtime
from stancewire.scores import Probabilities, gold_arrays
from stancewire.splits import split_documents
from stancewire.trainers import Fitted, Progress, Trainer, TrainingSet


@dataclass(frozen=True, slots=True)
class Trained:
    """A bundle and its reports by the name of the set."""

    bundle: Bundle
    reports: Mapping[str, Report]


def train(job: Job, trainer: Trainer, target: Path, run: Run, progress: Progress) -> Trained:
    """Train, write the bundle to `target` (replacing one that is there) and track everything in `run`.

    Raises
    ------
    InputError
        When there is too little to train on.
    OutputError
        As `stancewire.bundle.bundle_in_making`.
    """
    with bundle_in_making(target) as folder:
        data = split_data(job)
        fitted = trainer.fit(data, folder, progress)
        bundle, reports = _finish(job, data, fitted, folder, progress)
    bundle = Bundle(target, bundle.manifest, bundle.content_hash)
    track(job, data, bundle, reports, run)
    return Trained(bundle, reports)


def try_out(
    job: Job, data: TrainingSet, trainer: Trainer, progress: Progress, measured: str = DEV
) -> dict[str, Metric]:
    """Metrics, on the held-out sentences or one set of `Job.measure_on`, of a model that is not kept."""
    measure_on = {name: labelled for name, labelled in job.measure_on.items() if name == measured}
    with tempfile.TemporaryDirectory(prefix="stancewire-") as temporary:
        folder = Path(temporary)
        fitted = trainer.fit(data, folder, progress)
        _, reports = _finish(replace(job, measure_on=measure_on), data, fitted, folder, progress)
    return reports[measured].metrics


def split_data(job: Job) -> TrainingSet:
    """The sentences to train on and those held out; raises `InputError` when there are too few.

    Rows whose `split` is neither "train" nor "dev", such as "test", are in neither.
    """
    rows = [row for row in _all_rows(job) if row.split in {None, "train", "dev"}]
    held_out = split_documents(rows, job.recipe.dev_share, job.recipe.seed, _candidates(job))
    train_rows = [row for row in rows if row.doc not in held_out]
    dev_rows = [row for row in rows if row.doc in held_out]
    if not train_rows or not dev_rows:
        found = f"{len(train_rows)} sentences to train on and {len(dev_rows)} held out"
        raise InputError(f"{', '.join(job.data)}: found {found}; both must have some. Label more, or change dev_share.")
    return TrainingSet(train_rows, dev_rows, job.codebook, job.recipe.seed)


def _all_rows(job: Job) -> list[LabelledSentence]:
    """The labelled sentences of all sets; raises `InputError` when an id is in two of them."""
    rows: list[LabelledSentence] = []
    taken: set[tuple[str, str]] = set()
    for name, labelled in job.data.items():
        own = {("document", d.doc) for d in labelled.documents} | {("sentence", row.id) for row in labelled.sentences}
        if clash := min(own & taken, default=None):
            raise InputError(f"{name}: {clash[0]} '{clash[1]}' is in another set too; ids must differ between sets.")
        taken |= own
        rows += labelled.scored
    return rows


def _candidates(job: Job) -> set[str] | None:
    """The documents that may be held out, `None` for all; see `Recipe.hold_out`."""
    added = {row.doc for name, labelled in job.data.items() if name not in job.recipe.data for row in labelled.scored}
    return added if job.recipe.hold_out == "added" and added else None


def _finish(
    job: Job, data: TrainingSet, fitted: Fitted, folder: Path, progress: Progress
) -> tuple[Bundle, dict[str, Report]]:
    """Calibrate on the held-out sentences, measure everything, write card and manifest."""
    options = dict(fitted.runtime)
    runtime = open_runtime(options.pop("kind"), folder, options)
    scores = runtime.decision_function([row.sentence for row in data.dev])
    gold = gold_arrays(data.dev, job.codebook)
    calibration = fit_calibration(scores, gold)
    probabilities = calibration.predict_proba(scores)
    manifest = Manifest(
        name=job.recipe.name,
        family=job.recipe.family,
        codebook=job.codebook,
        runtime=fitted.runtime,
        context=fitted.context,
        passages=fitted.passages,
        thresholds=choose_thresholds(probabilities.topic, gold.topic),
        stance_weights=choose_stance_weights(probabilities.stance, gold),
        calibration=calibration,
        metrics={},
        provenance=_provenance(job, data, fitted),
    )
    tagger = Tagger(Bundle(folder, manifest, "unwritten"))
    topics = job.codebook.topic_ids
    write_json(
        folder / PROFILE, make_profile(data.train, data.dev, probabilities, tagger.decide(probabilities), topics)
    )
    write_bytes(folder / HELD_OUT, held_out_bytes(make_held_out(data.dev, scores, gold)))
    reports = _measure(tagger, job, data.dev, probabilities, progress)
    measured = {name: report.metrics for name, report in reports.items()}
    sources = {name: by_source(report, topics, job.recipe.seed) for name, report in reports.items()}
    card = model_card(job.recipe, job.codebook, list(job.data.values()), measured, sources)
    write_bytes(folder / CARD, card.encode())
    write_bytes(folder / CALIBRATION, image_bytes(reliability(list(reports.values())[-1], topics), "png", dpi=70))
    return write_manifest(folder, replace(manifest, metrics=list(measured.values())[-1])), reports


def _measure(
    tagger: Tagger, job: Job, dev: Sequence[LabelledSentence], probabilities: Probabilities, progress: Progress
) -> dict[str, Report]:
    """Reports of the held-out sentences, whose probabilities are there, and of the sets to measure on."""
    total = 1 + len(job.measure_on)
    progress.step("measure", 0, total)
    resamples = Resamples([row.doc for row in dev], seed=job.recipe.seed)
    reports = {DEV: evaluation.report_on(dev, probabilities, tagger, resamples)}
    for done, (name, labelled) in enumerate(job.measure_on.items(), start=1):
        progress.step("measure", done, total)
        reports[name] = evaluation.evaluate(tagger, labelled, seed=job.recipe.seed)
    progress.step("measure", total, total)
    return reports


def _provenance(job: Job, data: TrainingSet, fitted: Fitted) -> dict[str, Any]:
    return {
        "recipe": job.recipe.model_dump(mode="json", exclude_none=True),
        "recipe_hash": job.recipe.hash,
        "labels_hash": labels_hash_of(job),
        "train_sentences": len(data.train),
        "dev_sentences": len(data.dev),
        "packages": package_versions(),
        "notes": dict(fitted.notes),
    }
