"""Would more labels help? The same recipe on growing parts of the documents, measured on the same sentences."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import accumulate

from stancewire.curves import Point, learning_curve
from stancewire.job import DEV, Job
from stancewire.runs import Run
from stancewire.train import split_data, try_out
from stancewire.trainers import Progress, Trainer, TrainingSet

SHARES = (0.125, 0.25, 0.5, 1.0)
NAMES = ("topic_macro_f1", "triple_micro_f1", "triple_macro_f1", "stance_macro_f1")
"""The metrics of the curve."""


def grow(job: Job, trainer: Trainer, run: Run, progress: Progress) -> list[Point]:
    """Train on growing shares; the curve goes into the run as step metrics ``learning_curve/…`` and as a figure.

    It is measured on the last set of `Job.measure_on`, else on the held-out sentences. Steps are numbers of sentences
    trained on.
    """
    data = split_data(job)
    points = []
    for done, share in enumerate(SHARES):
        progress.step("learning curve", done, len(SHARES))
        point = point_of(job, data, trainer, round(share * len(data.train)), progress)
        points.append(point)
        for name in NAMES:
            if name in point.metrics:
                run.step_metric(f"learning_curve/{name}", point.metrics[name].value, point.sentences)
    progress.step("learning curve", len(SHARES), len(SHARES))
    run.figure("learning_curve", learning_curve(points, NAMES))
    return points


def point_of(job: Job, data: TrainingSet, trainer: Trainer, size: int, progress: Progress) -> Point:
    """Train on at least `size` sentences; thresholds and calibration are always from all held-out ones."""
    part = _part(data, size)
    return Point(len(part.train), try_out(job, part, trainer, progress, list(job.measure_on or [DEV])[-1]))


def _part(data: TrainingSet, size: int) -> TrainingSet:
    """The first documents that have so many sentences together, drawn once: a larger part holds every smaller one."""
    sizes = Counter(row.doc for row in data.train)
    docs = sorted(sizes)
    random.Random(data.seed).shuffle(docs)  # noqa: S311 (a reproducible draw, not a secret)
    before = accumulate((sizes[doc] for doc in docs), initial=0)
    kept = {doc for doc, taken in zip(docs, before, strict=False) if taken < size}
    return replace(data, train=[row for row in data.train if row.doc in kept])
