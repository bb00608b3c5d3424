"""Bundles side by side on one labelled set: quality with paired tests, speed, size, time to load."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stancewire.bundle import bundle_bytes
from stancewire.errors import InputError
from stancewire.evaluate import Difference, Report, evaluate, paired_difference
from stancewire.labels import read_labels
from stancewire.predict import Tagger, load
from stancewire.records import Sentence

COMPARED = ("topic_macro_f1", "triple_micro_f1", "triple_macro_f1", "stance_macro_f1")
MIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One bundle's line of the comparison.

    Attributes
    ----------
    differences
        Against the first bundle, per metric; empty for the first itself.
    sentences_per_second
        Scoring alone, sentences already split.
    """

    label: str
    report: Report
    differences: dict[str, Difference]
    sentences_per_second: float
    megabytes: float
    load_seconds: float


def compare(folders: Sequence[Path], labelled: Path) -> Iterator[Entry]:
    """Measure each bundle in turn; the first is the reference of the paired bootstrap.

    Raises
    ------
    InputError
        When a bundle has other topics than the first.
    """
    reference: Report | None = None
    topics: tuple[str, ...] = ()
    for folder in folders:
        start = time.perf_counter()
        tagger = load(folder)
        load_seconds = time.perf_counter() - start
        topics = topics or tagger.bundle.manifest.codebook.topic_ids
        if tagger.bundle.manifest.codebook.topic_ids != topics:
            own = ", ".join(tagger.bundle.manifest.codebook.topic_ids)
            raise InputError(
                f"{folder}: has topics {own}, the first bundle has {', '.join(topics)}; compare like with like."
            )
        report = evaluate(tagger, read_labels(labelled, tagger.bundle.manifest.codebook))
        differences = {m: paired_difference(report, reference, m) for m in COMPARED} if reference else {}
        reference = reference or report
        speed = sentences_per_second(tagger, [row.sentence for row in report.sentences])
        yield Entry(tagger.bundle.label, report, differences, speed, bundle_bytes(folder) / 1e6, load_seconds)


def sentences_per_second(tagger: Tagger, sentences: Sequence[Sentence]) -> float:
    """Rate of `Tagger.predict_proba`."""
    return _rate(tagger, sentences, time.perf_counter)


def cpu_seconds(tagger: Tagger, sentences: Sequence[Sentence]) -> float:
    """CPU-seconds per 1,000 sentences of `Tagger.predict_proba`, all threads together.

    Unlike the rate it hardly depends on what else the machine is doing.
    """
    return 1000 / _rate(tagger, sentences, time.process_time)


def _rate(tagger: Tagger, sentences: Sequence[Sentence], clock: Callable[[], float]) -> float:
    """Sentences per second of a clock, asked about again and again for `MIN_SECONDS` of it after one warm batch."""
    tagger.predict_proba(sentences[:32])
    done, start = 0, clock()
    while (spent := clock() - start) < MIN_SECONDS:
        tagger.predict_proba(sentences)
        done += len(sentences)
    return done / spent
