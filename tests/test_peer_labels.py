from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from stancewire.codebook import Codebook
from stancewire.records import Label, LabelledSentence, Sentence
from stancewire.scores import gold_arrays

TOPICS = ("aid", "sport")


@pytest.fixture(scope="module")
def peer_labels() -> Iterator[ModuleType]:
    """The module beside the benchmarks, which are no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
        import peer_labels

        yield peer_labels


def row(number: int, labels: dict[str, str], origin: str = "") -> LabelledSentence:
    sentence = Sentence(f"Sentence {number}.", "News", ("First.", "Second."))
    found = {topic: Label(stance) for topic, stance in labels.items()}
    return LabelledSentence(f"d{number}.0", f"d{number}", 0, sentence, found, origin=origin)


ROWS = [row(0, {"aid": "favor"}), row(1, {"aid": "neutral", "sport": "against"}), row(2, {})]


def test_a_topic_and_a_topic_with_its_stance_are_a_label_each(peer_labels: ModuleType, codebook: Codebook) -> None:
    names = peer_labels.label_names(TOPICS)
    matrix = peer_labels.label_matrix(gold_arrays(ROWS, codebook))
    assert [[names[i] for i in np.flatnonzero(found)] for found in matrix] == [
        ["aid", "aid|favor"],
        ["aid", "sport", "aid|neutral", "sport|against"],
        [],
    ]


def test_scores_become_probabilities_whose_stances_sum_to_one(peer_labels: ModuleType) -> None:
    found = peer_labels.probabilities_of(np.array([[0.9, 0.1, 0.6, 0.2, 0.0, 0.0, 0.0, 0.0]]))
    assert found.topic.round(4).tolist() == [pytest.approx([0.9, 0.1])]
    assert found.stance.round(4).tolist() == [
        [pytest.approx([0.75, 0.25, 0]), pytest.approx([1 / 3, 1 / 3, 1 / 3], abs=1e-4)]
    ]


def test_right_scores_give_a_perfect_report(peer_labels: ModuleType, codebook: Codebook) -> None:
    scores = peer_labels.label_matrix(gold_arrays(ROWS, codebook)).astype(np.float32)
    report = peer_labels.report_of(ROWS, peer_labels.probabilities_of(scores), peer_labels.plain_cuts(2), codebook)
    assert [report.metrics[m].value for m in ("topic_macro_f1", "triple_micro_f1")] == [1, 1]


def test_thresholds_are_chosen_on_the_scores(peer_labels: ModuleType, codebook: Codebook) -> None:
    scores = 0.4 * peer_labels.label_matrix(gold_arrays(ROWS, codebook)).astype(np.float32)
    cuts = peer_labels.choose_cuts(scores, gold_arrays(ROWS, codebook))
    assert (cuts.thresholds < 0.4).all()
    report = peer_labels.report_of(ROWS, peer_labels.probabilities_of(scores), cuts, codebook)
    assert report.metrics["topic_macro_f1"].value == 1


def test_the_text_is_the_sentence_unless_context_is_asked_for(peer_labels: ModuleType) -> None:
    assert peer_labels.text_of(ROWS[0].sentence, False) == "Sentence 0."
    assert peer_labels.text_of(ROWS[0].sentence, True) == "News First. Second. Sentence 0."


def test_windows_of_one_article_stay_together(peer_labels: ModuleType) -> None:
    rows = [row(i, {}, origin=f"article {i // 4}") for i in range(40)]
    train, held_out = peer_labels.divide(rows, 0.3)
    assert (len(train), len(held_out)) == (28, 12)
    assert {r.origin for r in train}.isdisjoint(r.origin for r in held_out)
