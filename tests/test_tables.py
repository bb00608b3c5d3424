from pathlib import Path

import pytest
from sklearn.metrics import precision_recall_fscore_support

from stancewire.codebook import Codebook
from stancewire.curves import Point, cell_bars, difference_bars, learning_curve, threshold_curves
from stancewire.evaluate import Difference, Report, evaluate
from stancewire.labels import read_labels
from stancewire.metrics import Metric
from stancewire.predict import Tagger
from stancewire.tables import class_rows, error_rows

TOPICS = ("aid", "sport")


@pytest.fixture(scope="module")
def report(tagger: Tagger, tiny_labels: Path, codebook: Codebook) -> Report:
    return evaluate(tagger, read_labels(tiny_labels, codebook), n_resamples=100)


def test_classes_have_the_figures_of_scikit_learn(report: Report) -> None:
    rows = list(class_rows(report, TOPICS))
    assert [(row["topic"], row["stance"]) for row in rows] == [
        (topic, stance) for topic in TOPICS for stance in ("any", "favor", "against", "neutral")
    ]
    aid = rows[0]
    precision, recall, f1, _ = precision_recall_fscore_support(
        report.gold.topic[:, 0], report.decisions.topic[:, 0], average="binary"
    )
    assert (aid["precision"], aid["recall"]) == (round(precision, 4), round(recall, 4))
    assert aid["f1"] == pytest.approx(f1, abs=1e-6)
    assert aid["gold"] == 144


def test_a_class_that_is_not_in_gold_has_no_f1(report: Report) -> None:
    assert [row["f1"] for row in class_rows(report, TOPICS) if (row["topic"], row["stance"]) == ("sport", "favor")] == [
        None
    ]


def test_errors_stand_with_the_surest_first(report: Report) -> None:
    report.gold.stance[0, 0] = 1  # a label error: "promised to send" as against
    try:
        first, *others = error_rows(report, TOPICS)
    finally:
        report.gold.stance[0, 0] = 0
    assert {name: first[name] for name in ("kind", "topic", "gold", "predicted", "text", "id")} == {
        "kind": "wrong stance", "topic": "aid", "gold": "against", "predicted": "favor",
        "text": "The minister promised to send more tents.", "id": "d00.0",
    }  # fmt: skip
    assert all(first["sure"] >= other["sure"] for other in others)


def test_threshold_curves_show_the_chosen_threshold(report: Report, tagger: Tagger) -> None:
    thresholds = tagger.bundle.manifest.thresholds
    figure = threshold_curves(report, TOPICS, thresholds)
    assert [axes.get_title() for axes in figure.axes] == [
        f"{topic}: threshold {threshold:.2f}" for topic, threshold in zip(TOPICS, thresholds, strict=True)
    ]


def test_cells_are_those_that_occur_in_gold(report: Report) -> None:
    (axes,) = cell_bars(report, TOPICS).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "sport: neutral", "aid: neutral", "aid: against", "aid: favor",
    ]  # fmt: skip


def test_a_learning_curve_has_a_line_per_metric() -> None:
    points = [Point(n, {"topic_macro_f1": Metric(n / 100, 0, 1)}) for n in (10, 50)]
    (axes,) = learning_curve(points, ["topic_macro_f1"]).axes
    assert axes.lines[0].get_xydata().tolist() == [[10, 0.1], [50, 0.5]]


def test_differences_leave_out_what_is_not_defined() -> None:
    nan = float("nan")
    gaps = {"topic_f1/aid": Difference(0.1, 0.0, 0.2, 0.1), "triple_f1/aid/favor": Difference(nan, nan, nan, 1.0)}
    (axes,) = difference_bars(gaps, TOPICS, 0.05).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["topic_f1/aid"]
