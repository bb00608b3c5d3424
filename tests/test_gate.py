from dataclasses import replace
from pathlib import Path

import pytest

from stancewire.bundle import Bundle
from stancewire.codebook import Codebook, Example
from stancewire.errors import InputError, ProblemsError
from stancewire.gate import Check, Limits, judge, read_limits
from stancewire.labels import read_labels
from stancewire.predict import Tagger, load
from stancewire.records import LabelledSet
from weak_bundle import train_weak_bundle

QUICK = Limits(sentences_per_second=1)
NAMES = ["codebook", "better triple_micro_f1", "cells", "rule tests", "quantisation", "size", "speed"]


@pytest.fixture(scope="module")
def weak(codebook: Codebook, tiny_labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return load(train_weak_bundle(codebook, tiny_labels, tmp_path_factory.mktemp("weak")))


@pytest.fixture(scope="module")
def labelled(codebook: Codebook, tiny_labels: Path) -> LabelledSet:
    return read_labels(tiny_labels, codebook)


def failed(checks: tuple[Check, ...]) -> list[str]:
    return [check.name for check in checks if not check.passed]


def test_the_first_candidate_has_no_champion_to_beat(weak: Tagger, labelled: LabelledSet, codebook: Codebook) -> None:
    verdict = judge(weak, None, labelled, codebook, QUICK)
    assert [check.name for check in verdict.checks] == NAMES
    assert verdict.passed
    assert verdict.checks[1].found == "no champion to beat"


def test_a_better_candidate_passes(weak: Tagger, tagger: Tagger, labelled: LabelledSet, codebook: Codebook) -> None:
    verdict = judge(tagger, weak, labelled, codebook, QUICK)
    assert verdict.passed
    assert verdict.differences is not None
    gap = verdict.differences["triple_micro_f1"]
    assert 0 < gap.low <= gap.value <= gap.high


def test_a_worse_candidate_fails_and_the_lost_cell_is_named(
    weak: Tagger, tagger: Tagger, labelled: LabelledSet, codebook: Codebook
) -> None:
    verdict = judge(weak, tagger, labelled, codebook, QUICK)
    assert failed(verdict.checks) == ["better triple_micro_f1", "cells"]
    cells = verdict.checks[2]
    assert cells.found.startswith("triple_f1/aid/against -")
    assert cells.wanted == "no topic or stance loses more than 5.0 (where gold has 10 or more)"


def test_a_cell_that_is_rare_in_gold_is_not_looked_at(
    weak: Tagger, tagger: Tagger, labelled: LabelledSet, codebook: Codebook
) -> None:
    verdict = judge(weak, tagger, labelled, codebook, Limits(sentences_per_second=1, min_gold=49))
    assert "triple_f1/aid/against" not in verdict.checks[2].found  # 48 in gold


def test_the_champion_itself_is_no_better(tagger: Tagger, labelled: LabelledSet, codebook: Codebook) -> None:
    verdict = judge(tagger, tagger, labelled, codebook, QUICK)
    assert failed(verdict.checks) == ["better triple_micro_f1"]
    assert verdict.checks[1].found == "this bundle is the champion"


def test_another_codebook_ends_the_matter(tagger: Tagger, labelled: LabelledSet, codebook: Codebook) -> None:
    newer = codebook.model_copy(update={"version": 2})
    verdict = judge(tagger, None, labelled, newer, QUICK)
    assert [(check.name, check.passed) for check in verdict.checks] == [("codebook", False)]


def test_rule_tests_count(tagger: Tagger, labelled: LabelledSet, codebook: Codebook) -> None:
    examples = (
        Example(text="Oslo promised to send more radios.", stance="favor", why="a promise"),
        Example(text="Oslo promised to send more radios.", stance="against", why="wrong on purpose"),
        Example(text="Rain fell on Oslo all week.", stance="against", why="wrong on purpose"),
    )
    topics = (codebook.topics[0].model_copy(update={"examples": examples}), *codebook.topics[1:])
    tested = codebook.model_copy(update={"topics": topics})
    manifest = replace(tagger.bundle.manifest, codebook=tested)
    candidate = Tagger(Bundle(tagger.bundle.folder, manifest, tagger.bundle.content_hash))
    rules = judge(candidate, None, labelled, tested, QUICK).checks[3]
    assert rules == Check("rule tests", "1 of 3 (33.3 %)", "at least 50.0 %", passed=False)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (0.004, Check("quantisation", "int8, 0.40 %", "at most 1.00 % of decisions changed", passed=True)),
        (0.02, Check("quantisation", "int8, 2.00 %", "at most 1.00 % of decisions changed", passed=False)),
    ],
)
def test_8_bit_weights_may_change_few_decisions(
    changed: float, expected: Check, tagger: Tagger, labelled: LabelledSet, codebook: Codebook
) -> None:
    notes = {"notes": {"quantisation": {"kept": "int8", "decisions_changed": changed}}}
    manifest = replace(tagger.bundle.manifest, provenance=notes)
    candidate = Tagger(Bundle(tagger.bundle.folder, manifest, tagger.bundle.content_hash))
    assert judge(candidate, None, labelled, codebook, QUICK).checks[4] == expected


def test_size_and_speed_have_limits(tagger: Tagger, labelled: LabelledSet, codebook: Codebook) -> None:
    limits = Limits(megabytes=0.001, sentences_per_second=1e9)
    assert failed(judge(tagger, None, labelled, codebook, limits).checks) == ["size", "speed"]


def test_an_unknown_metric_is_refused(tagger: Tagger, labelled: LabelledSet, codebook: Codebook) -> None:
    with pytest.raises(InputError, match=r"gate: no metric 'f2'\. Correct 'metric' in models/gate\.yaml\."):
        judge(tagger, None, labelled, codebook, Limits(metric="f2"))


def test_without_a_file_the_limits_are_the_defaults(tmp_path: Path) -> None:
    assert read_limits(tmp_path / "gate.yaml") == Limits()


def test_a_wrong_limit_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_text("evaluation: labels/held-out\nmargins: 0.1\n")
    with pytest.raises(ProblemsError, match=r"gate\.yaml:2: unknown key 'margins'"):
        read_limits(tmp_path / "gate.yaml")


def test_the_projects_own_limits_are_the_defaults() -> None:
    assert read_limits(Path(__file__).parents[1] / "models" / "gate.yaml") == Limits()
