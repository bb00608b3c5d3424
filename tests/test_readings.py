"""Two readings beside their sentences."""

from __future__ import annotations

from stancewire.codebook import Codebook
from stancewire.readings import (
    Disagreement,
    agreement_by_genre,
    agreement_by_rule,
    list_disagreements,
    reading_of,
)
from stancewire.records import Document, Label, LabelledSentence, LabelledSet, Sentence

ROWS = (
    LabelledSentence("a.0", "a", 0, Sentence("Oslo sent tents."), {"aid": Label("favor", "Oslo")}),
    LabelledSentence("a.1", "a", 1, Sentence("Rain fell."), {}),
    LabelledSentence("b.0", "b", 0, Sentence("The match ended."), {"sport": Label("neutral")}),
    LabelledSentence("b.1", "b", 1, Sentence("Context."), None),
)
SET = LabelledSet((Document("a", genre="speech"), Document("b")), ROWS)
SECOND = {"a.0": {"aid": Label("neutral")}, "a.1": {}, "b.0": {"sport": Label("neutral")}}


def test_the_labels_of_a_set_are_a_reading_without_its_context_rows():
    assert reading_of(SET) == {row.id: row.labels for row in ROWS[:3]}


def test_agreement_is_told_by_genre_the_largest_first(codebook: Codebook):
    found = agreement_by_genre(SET, reading_of(SET), SECOND, codebook)
    assert {name: (part.sentences, part.identical) for name, part in found.items()} == {
        "speech": (2, 1),
        "none given": (1, 1),
    }
    assert list(found) == ["speech", "none given"]


def test_labels_that_no_rule_decides_are_counted_apart(codebook: Codebook):
    assert agreement_by_rule(SET, reading_of(SET), SECOND, codebook) == {"no rule": (1, 2)}


def test_every_disagreement_is_listed_with_its_sentence_and_cell(codebook: Codebook):
    assert list_disagreements(SET, reading_of(SET), SECOND, codebook) == [
        Disagreement(ROWS[0], "aid", "favor", "neutral", "aid: favor or neutral")
    ]
