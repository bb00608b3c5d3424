from pathlib import Path

import numpy as np
import pytest

from stancewire.compare import Entry
from stancewire.evaluate import Report, evaluate
from stancewire.figures import confusion_counts, figures_of, image_bytes, pareto
from stancewire.labels import read_labels
from stancewire.metrics import Decisions
from stancewire.predict import Tagger
from stancewire.records import LabelledSentence, LabelledSet, Sentence

TOPICS = ("aid", "sport")


@pytest.fixture(scope="module")
def report(tiny_labels: Path, tagger: Tagger) -> Report:
    """The tiny bundle on the tiny set."""
    return evaluate(tagger, read_labels(tiny_labels, tagger.bundle.manifest.codebook), n_resamples=50)


def test_every_picture_of_a_run_is_drawn(report: Report) -> None:
    drawn = dict(figures_of(report, TOPICS))
    assert list(drawn) == ["confusion_aid", "confusion_sport", "precision_recall", "reliability", "sources"]
    assert all(image_bytes(figure, "png").startswith(b"\x89PNG") for figure in drawn.values())


def test_confusion_counts_gold_in_rows_and_predictions_in_columns(report: Report) -> None:
    assert confusion_counts(report, 0).tolist() == [[48, 0, 0, 0], [0, 48, 0, 0], [0, 0, 48, 0], [0, 0, 0, 96]]
    nothing = Decisions(np.zeros_like(report.decisions.topic), report.decisions.stance)
    blind = Report(report.sentences, report.gold, report.probabilities, nothing, report.columns)
    assert confusion_counts(blind, 0).tolist() == [[0, 0, 0, 48], [0, 0, 0, 48], [0, 0, 0, 48], [0, 0, 0, 96]]


def test_a_set_without_topics_is_drawn_without_a_warning(tagger: Tagger) -> None:
    rows = tuple(LabelledSentence(f"r.{i}", f"r{i}", i, Sentence("Rain fell."), {}) for i in range(3))
    report = evaluate(tagger, LabelledSet((), rows), n_resamples=10)
    assert all(image_bytes(figure, "png") for _, figure in figures_of(report, TOPICS))


def test_the_front_joins_the_bundles_that_no_other_beats(report: Report) -> None:
    def entry(name: str, speed: float, quality: float) -> Entry:
        columns = report.columns | {"triple_micro_f1": np.array([quality, quality - 0.01, quality + 0.01])}
        fake = Report(report.sentences, report.gold, report.probabilities, report.decisions, columns)
        return Entry(name, fake, {}, speed, 1.0, 0.1)

    entries = [entry("small", 9000, 0.5), entry("middle", 500, 0.4), entry("large", 300, 0.7)]
    (axes,) = pareto(entries).axes
    front = next(line for line in axes.lines if line.get_linestyle() == "--")
    assert list(zip(front.get_xdata(), front.get_ydata(), strict=True)) == [(9000, 0.5), (300, 0.7)]
    assert [text.get_text() for text in axes.texts] == ["small\n1.0 MB", "middle\n1.0 MB", "large\n1.0 MB"]


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_a_figure_becomes_a_file_of_its_kind(report: Report, kind: str, start: bytes) -> None:
    figure = next(figures_of(report, TOPICS))[1]
    assert image_bytes(figure, kind).startswith(start)
