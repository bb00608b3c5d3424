"""The codebook's test sentences against a model."""

from __future__ import annotations

import pytest

from stancewire.codebook import Codebook, Example, Rule, RuleTest, Topic
from stancewire.errors import InputError
from stancewire.predict import Tagger
from stancewire.rule_checks import Broken, Case, check_rules


def _book(topic: str = "aid") -> Codebook:
    example = Example(text="Oslo refused to send any boots.", stance="against", why="It refuses.")
    tests = (
        RuleTest(kind="positive", text="Brussels promised to send more tents.", topic=topic, stance="favor"),
        RuleTest(kind="edge", text="Oslo refused to send any boots.", topic=topic, stance="favor"),
        RuleTest(kind="negative", text="Rain fell on boots and on Kyiv all week.", topic=topic, stance="absent"),
    )
    about = Topic(id=topic, title="Aid", definition="Help.", target="giving aid", examples=(example,))
    return Codebook(
        name="tiny", version=1, language="en", topics=(about,), rules=(Rule(id="promises", text="…", tests=tests),)
    )


def test_counts_are_kept_by_rule_and_what_is_broken_is_named(tagger: Tagger):
    report = check_rules(tagger, _book())
    case = Case("promises", "edge", "aid", "favor", "Oslo refused to send any boots.")
    assert report.counts == {"aid": (1, 1), "promises": (2, 3)}
    assert report.broken == (Broken(case, "against"),)
    assert (report.passed, report.tests) == (3, 4)


def test_a_topic_the_model_does_not_know_is_an_error(tagger: Tagger):
    with pytest.raises(InputError, match="does not know the topics weather"):
        check_rules(tagger, _book("weather"))


def test_a_codebook_without_tests_is_an_error(tagger: Tagger, codebook: Codebook):
    with pytest.raises(InputError, match="no examples and no rule tests"):
        check_rules(tagger, codebook)
