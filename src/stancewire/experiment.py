"""What a training run tells: a page that explains itself to somebody who opens it in the MLflow UI."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from stancewire.bundle import CARD, Bundle
from stancewire.curves import curves_of
from stancewire.evaluate import HEADLINES, Report, prediction_rows
from stancewire.figures import figures_of
from stancewire.files import canonical_json, sha256
from stancewire.job import DEV, Job
from stancewire.records import LabelledSentence
from stancewire.runs import NullRun, Run
from stancewire.tables import class_rows, error_rows
from stancewire.targets import takes_targets
from stancewire.trainers import TrainingSet

PACKAGES = ("numpy", "scikit-learn", "torch", "transformers", "onnxruntime", "tokenizers", "sentencex")


def track(job: Job, data: TrainingSet, bundle: Bundle, reports: Mapping[str, Report], run: Run) -> None:
    """Write everything about a trained bundle into a run; nothing is drawn for a run that keeps nothing."""
    if isinstance(run, NullRun):
        return
    topics = job.codebook.topic_ids
    recipe = job.recipe.model_dump(mode="json", exclude={"description"}, exclude_none=True)
    run.params(recipe | {"train_sentences": len(data.train), "dev_sentences": len(data.dev)})
    run.tags(hash_tags(job) | {"bundle": bundle.label, "bundle_hash": bundle.content_hash, "family": job.recipe.family})
    for context, sets in (("training", job.data), ("evaluation", job.measure_on)):
        for name, labelled in sets.items():
            run.dataset(name, dataset_rows(labelled.scored), job.digests[name], context)
    run.document("recipe", job.recipe.model_dump(mode="json", exclude_none=True))
    run.document("codebook", job.codebook.model_dump(mode="json"))
    run.document("packages", package_versions())
    for name, report in reports.items():
        _report(name, report, topics, run, prefix="dev/" if name == DEV and job.measure_on else "")
    main = list(reports)[-1]
    for name, figure in (
        *figures_of(reports[main], topics),
        *curves_of(reports[main], topics, bundle.manifest.thresholds),
    ):
        run.figure(name, figure)
    run.describe(describe(job, data, bundle, reports))
    run.file(bundle.folder / CARD, "card")
    if takes_targets(bundle.manifest.runtime):  # an MLflow model is asked about sentences alone
        run.file(bundle.folder, "bundle")
    else:
        run.model(bundle.folder)


def _report(name: str, report: Report, topics: Sequence[str], run: Run, prefix: str) -> None:
    run.metrics(report.metrics, prefix)
    on = name.replace(" ", "_").replace("/", "_")
    run.table(f"predictions_{on}", list(prediction_rows(report, topics)))
    run.table(f"classes_{on}", list(class_rows(report, topics)))
    if errors := error_rows(report, topics):
        run.table(f"errors_worth_reading_{on}", errors)


def hash_tags(job: Job) -> dict[str, str]:
    """Tags that find every run of the same codebook, labels or recipe."""
    return {
        "codebook": job.codebook.hash[:8],
        "codebook_hash": job.codebook.hash,
        "labels_hash": labels_hash_of(job),
        "recipe_hash": job.recipe.hash,
    }


def labels_hash_of(job: Job) -> str:
    """One hash over all sets that are trained on."""
    return sha256(canonical_json({name: job.digests[name] for name in job.data}))


def describe(job: Job, data: TrainingSet, bundle: Bundle, reports: Mapping[str, Report]) -> str:
    """The run's description, in Markdown: what, on which data, how good."""
    book = job.codebook
    return "\n\n".join(
        [
            job.recipe.description or f"Recipe {job.recipe.name}.",
            f"**Bundle** `{bundle.label}`, family `{job.recipe.family}`, codebook *{book.name}* v{book.version} "
            f"(`{book.hash[:8]}`), labels `{labels_hash_of(job)[:8]}`, recipe `{job.recipe.hash[:8]}`.",
            f"**Data** {', '.join(job.data)}: {len(data.train)} sentences trained on, {len(data.dev)} held out to "
            "calibrate and to choose thresholds.",
            *(f"**Measured on {name}**\n\n{_metric_lines(report)}" for name, report in reports.items()),
            "Start with *Artifacts*: `tables/errors_worth_reading_…` shows where the model is surely wrong, "
            "`figures/cells.png` which topic and stance is weak, `figures/reliability.png` whether its probabilities "
            "can be believed.",
        ]
    )


def _metric_lines(report: Report) -> str:
    lines = ["| metric | value | 95 % interval |", "|---|---|---|"]
    metrics = report.metrics
    for name in HEADLINES:
        if name in metrics:
            value, low, high = (100 * x for x in metrics[name])
            lines.append(f"| {name} | {value:.1f} | {low:.1f} to {high:.1f} |")
    return "\n".join(lines)


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a bundle's bytes, as far as installed."""
    versions = {"python": platform.python_version()}
    for name in ("stancewire", *PACKAGES):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def dataset_rows(rows: Sequence[LabelledSentence]) -> list[dict[str, Any]]:
    """Labelled sentences as a table that the UI shows."""
    return [{"id": row.id, "doc": row.doc, "source": row.source, "text": row.text, **row.stances} for row in rows]
