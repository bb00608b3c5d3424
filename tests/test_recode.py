"""Which rows a changed codebook asks to read again."""

from __future__ import annotations

from typing import Any

from stancewire.codebook import Codebook, Rule, RuleTest, Topic
from stancewire.recode import Change, changes, rows_to_recode
from stancewire.records import Label, LabelledSentence, Sentence

ROWS = (
    LabelledSentence("d.0", "d", 0, Sentence("Oslo sent tents."), {"aid": Label("favor", "Oslo")}),
    LabelledSentence("d.1", "d", 1, Sentence("The reconstruction of the port began."), {}),
    LabelledSentence("d.2", "d", 2, Sentence("The match ended."), {"sport": Label("neutral")}),
    LabelledSentence("d.3", "d", 3, Sentence("Context on reconstruction."), None),
)


def _topic(i: str, **keys: Any) -> Topic:
    return Topic(**{"id": i, "title": i, "definition": "Help given to somebody.", "target": f"more {i}"} | keys)


def _book(*topics: Topic, rules: tuple[Rule, ...] = ()) -> Codebook:
    return Codebook(name="tiny", version=1, language="en", topics=topics, rules=rules)


def _ids(change: Change) -> list[str]:
    return [row.id for row in rows_to_recode(ROWS, change)]


def test_the_same_codebook_asks_for_nothing():
    assert changes(_book(_topic("aid")), _book(_topic("aid"))) == []


def test_a_changed_title_asks_for_nothing():
    assert changes(_book(_topic("aid")), _book(_topic("aid", title="Help"))) == []


def test_a_changed_target_asks_for_the_rows_of_the_topic():
    (change,) = changes(_book(_topic("aid")), _book(_topic("aid", target="less aid")))
    assert (change.what, _ids(change)) == ("aid: target", ["d.0"])


def test_a_wider_definition_also_asks_for_rows_with_its_new_words():
    new = _topic("aid", definition="Help given to somebody, and reconstruction.")
    (change,) = changes(_book(_topic("aid")), _book(new))
    assert (change.what, _ids(change)) == ("aid: definition", ["d.0", "d.1"])


def test_a_new_exclusion_asks_for_the_rows_of_the_topic_only():
    (change,) = changes(_book(_topic("aid")), _book(_topic("aid", excludes=("reconstruction",))))
    assert _ids(change) == ["d.0"]


def test_an_exclusion_taken_back_asks_for_rows_with_its_words():
    found = changes(_book(_topic("aid", excludes=("reconstruction",))), _book(_topic("aid")))
    assert {change.what: _ids(change) for change in found} == {
        "aid: excludes": ["d.0"],
        "aid: no longer excluded": ["d.1"],
    }


def test_a_new_topic_asks_for_every_labelled_row():
    (change,) = changes(_book(_topic("aid")), _book(_topic("aid"), _topic("sport")))
    assert (change.what, _ids(change)) == ("sport: new topic", ["d.0", "d.1", "d.2"])


def test_a_removed_topic_asks_for_its_rows():
    (change,) = changes(_book(_topic("aid"), _topic("sport")), _book(_topic("aid")))
    assert (change.what, _ids(change)) == ("sport: removed", ["d.2"])


def test_a_changed_rule_asks_for_rows_of_the_topics_it_tests():
    test = RuleTest(kind="positive", text="Send tents!", topic="aid", stance="favor")
    old, new = (Rule(id="demands", text=text, tests=(test,)) for text in ("A demand is favor.", "A plea is favor."))
    (change,) = changes(_book(_topic("aid"), rules=(old,)), _book(_topic("aid"), rules=(new,)))
    assert (change.what, _ids(change)) == ("demands: rule changed", ["d.0"])
