"""Would more labels help? The same recipe on growing shares of the documents, measured on the same held-out ones."""

from __future__ import annotations

import random
from dataclasses import replace

from stancewire.curves import Point, learning_curve
from stancewire.job import Job
from stancewire.runs import Run
from stancewire.train import split_data, try_out
from stancewire.trainers import Progress, Trainer, TrainingSet

SHARES = (0.125, 0.25, 0.5, 1.0)
NAMES = ("topic_macro_f1", "triple_micro_f1", "triple_macro_f1", "stance_macro_f1")
"""The metrics of the curve."""


def grow(job: Job, trainer: Trainer, run: Run, progress: Progress) -> list[Point]:
    """Train on growing shares; the curve goes into the run as step metrics ``learning_curve/…`` and as a figure.

    Steps are numbers of sentences trained on.
    """
    data = split_data(job)
    points = []
    for done, share in enumerate(SHARES):
        progress.step("learning curve", done, len(SHARES))
        part = _part(data, share)
        point = Point(len(part.train), try_out(job, part, trainer, progress))
        points.append(point)
        for name in NAMES:
            if name in point.metrics:
                run.step_metric(f"learning_curve/{name}", point.metrics[name].value, point.sentences)
    progress.step("learning curve", len(SHARES), len(SHARES))
    run.figure("learning_curve", learning_curve(points, NAMES))
    return points


def _part(data: TrainingSet, share: float) -> TrainingSet:
    """Whole documents, drawn once: a larger share holds every smaller one."""
    docs = sorted({row.doc for row in data.train})
    random.Random(data.seed).shuffle(docs)  # noqa: S311 (a reproducible draw, not a secret)
    kept = set(docs[: max(1, round(share * len(docs)))])
    return replace(data, train=[row for row in data.train if row.doc in kept])
