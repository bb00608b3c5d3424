from pathlib import Path

import numpy as np
import pytest

from stancewire.errors import InputError
from stancewire.evaluate import (
    HEADLINES,
    Report,
    evaluate,
    holder_columns,
    paired_difference,
    predict_labelled,
    prediction_rows,
    report_on,
    token_f1,
)
from stancewire.labels import read_labels
from stancewire.metrics import Resamples
from stancewire.predict import Tagger
from stancewire.records import Label, LabelledSentence, LabelledSet, Sentence
from stancewire.scores import Probabilities


@pytest.fixture(scope="module")
def labelled(tiny_labels: Path, tagger: Tagger) -> LabelledSet:
    """The tiny set."""
    return read_labels(tiny_labels, tagger.bundle.manifest.codebook)


@pytest.fixture(scope="module")
def report(tagger: Tagger, labelled: LabelledSet) -> Report:
    """The tiny bundle on the tiny set."""
    return evaluate(tagger, labelled, n_resamples=100)


def spoilt(report: Report, tagger: Tagger) -> Report:
    """The report of a model that finds no topic in the second half of the documents."""
    topic = report.probabilities.topic.copy()
    topic[len(topic) // 2 :] = 0
    p = Probabilities(topic, report.probabilities.stance, report.probabilities.truncated)
    return report_on(report.sentences, p, tagger, Resamples([r.doc for r in report.sentences], 100, 0))


def test_a_set_that_can_be_read_off_words_is_solved(report: Report) -> None:
    assert {name: report.metrics[name] for name in HEADLINES} == dict.fromkeys(HEADLINES, (1, 1, 1))


def test_every_metric_of_the_contract_is_there(report: Report) -> None:
    expected = {
        "topic_macro_f1", "topic_micro_f1", "topic_f1/aid", "topic_f1/sport",
        "topic_average_precision/aid", "topic_average_precision/sport",
        "stance_macro_f1", "stance_macro_f1/aid", "stance_macro_f1/sport", "stance_favg",
        "triple_micro_f1", "triple_macro_f1", "ece/topic", "ece/stance", "brier/topic/aid", "brier/stance/aid",
    }  # fmt: skip
    assert expected - set(report.metrics) == set()


def test_rows_are_in_order_and_context_is_not_scored(tagger: Tagger, labelled: LabelledSet) -> None:
    context = LabelledSentence("c.0", "c", 0, Sentence("Rain fell."), None)
    report = evaluate(tagger, LabelledSet((), (context, *labelled.sentences)), n_resamples=10)
    assert report.sentences == labelled.scored


def test_a_set_without_labels_cannot_be_measured(tagger: Tagger) -> None:
    context = LabelledSentence("c.0", "c", 0, Sentence("Rain fell."), None)
    with pytest.raises(InputError, match="the set has no labelled sentence"):
        evaluate(tagger, LabelledSet((), (context,)))


def test_batches_join_to_what_one_call_gives(tagger: Tagger, labelled: LabelledSet) -> None:
    rows = (labelled.scored * 2)[:300]
    joined = Probabilities.concatenate(list(predict_labelled(tagger, rows)))
    whole = tagger.predict_proba([row.sentence for row in rows])
    assert np.array_equal(joined.topic, whole.topic)
    assert np.array_equal(joined.stance, whole.stance)


def test_a_model_does_not_differ_from_itself(report: Report) -> None:
    assert paired_difference(report, report, "triple_micro_f1") == (
        type(paired_difference(report, report, "triple_micro_f1"))(0.0, 0.0, 0.0, 1.0)
    )


def test_a_worse_model_is_seen_to_be_worse(report: Report, tagger: Tagger) -> None:
    difference = paired_difference(spoilt(report, tagger), report, "topic_macro_f1")
    assert difference.value == pytest.approx(-1 / 3)  # F1 of a model that finds half: 2/3
    assert difference.low < difference.value < difference.high < 0
    assert difference.p_value == 0.01  # 1 / 100 resamples is the least that can be said


def test_a_metric_that_is_nowhere_defined_makes_no_difference(tagger: Tagger) -> None:
    rows = tuple(LabelledSentence(f"r.{i}", f"r{i}", i, Sentence("Rain fell."), {}) for i in range(3))
    report = evaluate(tagger, LabelledSet((), rows), n_resamples=10)
    difference = paired_difference(report, report, "stance_macro_f1")
    assert np.isnan(difference.value)
    assert difference.p_value == 1


def test_predictions_stand_beside_the_gold(report: Report, tagger: Tagger) -> None:
    wrong = spoilt(report, tagger)
    rows = list(prediction_rows(wrong, ("aid", "sport")))
    assert rows[0] | {"aid_p": 0, "sport_p": 0} == {
        "id": "d00.0",
        "source": "authored",
        "text": "The minister promised to send more tents.",
        "gold": "aid: favor",
        "predicted": "aid: favor",
        "right": True,
        "aid_p": 0,
        "sport_p": 0,
    }
    assert (rows[-2]["gold"], rows[-2]["predicted"], rows[-2]["right"]) == ("sport: neutral", "none", False)
    assert (rows[-1]["gold"], rows[-1]["predicted"], rows[-1]["right"]) == ("none", "none", True)


def test_a_label_under_a_topic_s_name_counts_as_a_triple(tagger: Tagger) -> None:
    row = LabelledSentence(
        "x.0", "x", 0, Sentence("The minister promised to send more tents."), {"aid": Label("against", "The minister")}
    )
    report = evaluate(tagger, LabelledSet((), (row,)), n_resamples=10)
    values = {name: report.metrics[name].value for name in ("topic_macro_f1", "triple_micro_f1")}
    assert values == {"topic_macro_f1": 1, "triple_micro_f1": 0}


def test_token_f1_counts_shared_words() -> None:
    assert token_f1("the deputy minister", "The minister") == 0.8  # 2 shared of 3 and 2 words
    assert token_f1("author", "she") == 0


def test_holders_are_measured_where_gold_has_one() -> None:
    rows = [
        LabelledSentence("a.0", "a", 0, Sentence("Oslo refused."), {"aid": Label("against", "Oslo")}),
        LabelledSentence("a.1", "a", 1, Sentence("Kyiv agreed."), {"aid": Label("favor", "author")}),
        LabelledSentence("a.2", "a", 2, Sentence("It rained."), {}),
    ]
    columns = holder_columns(rows, Resamples(["a", "a", "a"], n_resamples=0))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "holder_exact": [0.5],
        "holder_token_f1": [0.5],
    }
    assert holder_columns(rows[2:], Resamples(["a"], n_resamples=0)) == {}
