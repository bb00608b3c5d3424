"""Headings of doubts."""

from __future__ import annotations

from stancewire.codebook import Codebook, Rule, RuleTest, Topic
from stancewire.concerns import RuleFinder


def _rule(i: str, *tests: tuple[str, str]) -> Rule:
    made = (RuleTest(kind="edge", text=text, topic="aid", stance=stance) for text, stance in tests)  # type: ignore[arg-type]
    return Rule(id=i, text=i, tests=tuple(made))


BOOK = Codebook(
    name="tiny",
    version=1,
    language="en",
    topics=(Topic(id="aid", title="Aid", definition="Help.", target="giving aid"),),
    rules=(
        _rule("conditions", ("No audit, no money.", "against"), ("The loan is tied to an audit.", "neutral")),
        _rule("vetoes", ("Budapest vetoed the loan.", "against"), ("Budapest dropped its veto.", "favor")),
    ),
)


def test_a_doubt_is_under_the_rule_whose_tests_have_both_labels():
    assert (
        RuleFinder(BOOK).heading("Budapest wants an audit of the loan.", "aid", ("against", "neutral"))
        == "rule conditions"
    )


def test_among_rules_that_decide_the_most_similar_is_taken():
    assert RuleFinder(BOOK).find("Budapest lifted the veto.", "aid", ("against",)) == "vetoes"


def test_a_doubt_that_no_rule_decides_is_under_its_cell():
    assert RuleFinder(BOOK).heading("Budapest wants an audit.", "aid", ("neutral", "favor")) == "aid: favor or neutral"


def test_a_sentence_that_resembles_no_test_is_under_its_cell():
    assert RuleFinder(BOOK).heading("Rain fell.", "aid", ("against",)) == "aid: against"


def test_a_codebook_without_rules_has_cells_only():
    assert (
        RuleFinder(BOOK.model_copy(update={"rules": ()})).find("Budapest vetoed the loan.", "aid", ("against",)) is None
    )
