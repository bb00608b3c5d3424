"""The gate to ``champion``: what a candidate must show, measured on the frozen evaluation set against the champion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stancewire.bundle import bundle_bytes
from stancewire.codebook import STANCES, Codebook
from stancewire.compare import sentences_per_second
from stancewire.errors import InputError
from stancewire.evaluate import Difference, Report, evaluate, paired_difference
from stancewire.files import read_yaml
from stancewire.predict import Tagger
from stancewire.records import LabelledSet
from stancewire.rule_checks import check_rules
from stancewire.validation import validate

GATE = "gate.yaml"
"""The file of limits, under ``models/``."""


class Limits(BaseModel):
    """What is asked of a champion; ``models/gate.yaml``, every key optional.

    Attributes
    ----------
    evaluation
        The frozen evaluation set, relative to the workspace; ``--on`` names another.
    metric
        Must be higher than the champion's, with a 95 % interval of the difference above 0.
    margin
        F1 that no topic and no (topic, stance) may lose, where gold has at least `min_gold` sentences.
    rules
        Share of the codebook's tests to pass; nor may it be lower than the champion's by more than `margin`.
    decisions_changed
        Share of decisions that 8-bit weights may have changed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    evaluation: str | None = None
    metric: str = "triple_micro_f1"
    margin: float = Field(default=0.05, ge=0, le=1)
    min_gold: int = Field(default=10, ge=1)
    rules: float = Field(default=0.5, ge=0, le=1)
    decisions_changed: float = Field(default=0.01, ge=0, le=1)
    megabytes: float = Field(default=150, gt=0)
    sentences_per_second: float = Field(default=20, ge=0)


@dataclass(frozen=True, slots=True)
class Check:
    """One reason for or against: what was found, what was wanted."""

    name: str
    found: str
    wanted: str
    passed: bool

    def to_dict(self) -> dict[str, Any]:
        """A row of the table of reasons."""
        return {"check": self.name, "found": self.found, "wanted": self.wanted, "passed": self.passed}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every check, both reports and their differences.

    Attributes
    ----------
    reference
        The champion's report; `None` when there is none to compare with.
    differences
        Candidate minus champion, by metric.
    """

    checks: tuple[Check, ...]
    report: Report | None = None
    reference: Report | None = None
    differences: Mapping[str, Difference] | None = None

    @property
    def passed(self) -> bool:
        """All checks are passed."""
        return all(check.passed for check in self.checks)


def read_limits(path: Path) -> Limits:
    """Read ``gate.yaml``; the defaults when there is none. Raises `ProblemsError` with every problem."""
    if not path.exists():
        return Limits()
    data, locate = read_yaml(path)
    return validate(Limits, data, str(path), locate)


def judge(
    candidate: Tagger, champion: Tagger | None, labelled: LabelledSet, codebook: Codebook, limits: Limits
) -> Verdict:
    """Measure the candidate and hold it against the champion.

    Raises
    ------
    InputError
        When `limits.metric` is no metric.
    """
    fits = _codebook_check(candidate, codebook)
    if not fits.passed:
        return Verdict((fits,))
    topics = codebook.topic_ids
    report = evaluate(candidate, labelled)
    if limits.metric not in report.columns:
        raise InputError(f"gate: no metric '{limits.metric}'. Correct 'metric' in models/gate.yaml.")
    comparable = champion if champion and champion.bundle.manifest.codebook.topic_ids == topics else None
    reference = evaluate(comparable, labelled) if comparable else None
    differences = {m: paired_difference(report, reference, m) for m in report.columns} if reference else {}
    checks = [
        fits,
        _bootstrap_check(candidate, champion, differences.get(limits.metric), limits),
        _cells_check(report, differences, topics, limits),
        _rules_check(candidate, comparable, codebook, limits),
        _quantisation_check(candidate, limits),
        *_cost_checks(candidate, report, limits),
    ]
    return Verdict(tuple(checks), report, reference, differences)


def _codebook_check(candidate: Tagger, codebook: Codebook) -> Check:
    own = candidate.bundle.manifest.codebook
    return Check("codebook", f"{own.name} {own.hash[:8]}", f"{codebook.name} {codebook.hash[:8]}", own == codebook)


def _bootstrap_check(
    candidate: Tagger, champion: Tagger | None, difference: Difference | None, limits: Limits
) -> Check:
    name = f"better {limits.metric}"
    if champion is None:
        return Check(name, "no champion to beat", "", passed=True)
    if candidate.bundle.content_hash == champion.bundle.content_hash:
        return Check(name, "this bundle is the champion", "another bundle", passed=False)
    if difference is None:
        return Check(name, "the champion has other topics", "", passed=True)
    found = f"{100 * difference.value:+.1f} ({100 * difference.low:+.1f} to {100 * difference.high:+.1f})"
    return Check(name, found, f"interval above 0, against {champion.bundle.label}", bool(difference.low > 0))


def _cells_check(report: Report, differences: Mapping[str, Difference], topics: Sequence[str], limits: Limits) -> Check:
    wanted = f"no topic or stance loses more than {100 * limits.margin:.1f} (where gold has {limits.min_gold} or more)"
    losses = {
        name: differences[name].value
        for name, n in cell_counts(report, topics)
        if n >= limits.min_gold and name in differences and not np.isnan(differences[name].value)
    }
    worst = sorted((value, name) for name, value in losses.items() if value < -limits.margin)
    if worst:
        found = ", ".join(f"{name} {100 * value:+.1f}" for value, name in worst[:5])
    elif losses:
        value, name = min((value, name) for name, value in losses.items())
        found = f"{len(losses)} cells, the lowest {name} {100 * value:+.1f}"
    else:
        found = "nothing to compare"
    return Check("cells", found, wanted, not worst)


def cell_counts(report: Report, topics: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Metric of each topic and of each topic x stance, with its number of gold sentences."""
    for k, topic in enumerate(topics):
        yield f"topic_f1/{topic}", int(report.gold.topic[:, k].sum())
        for s, stance in enumerate(STANCES):
            yield f"triple_f1/{topic}/{stance}", int((report.gold.stance[:, k] == s).sum())


def _rules_check(candidate: Tagger, champion: Tagger | None, codebook: Codebook, limits: Limits) -> Check:
    try:
        own = check_rules(candidate, codebook)
    except InputError:
        return Check("rule tests", "the codebook has none", "", passed=True)
    share, wanted = own.passed / own.tests, limits.rules
    if champion:
        before = check_rules(champion, codebook)
        wanted = max(wanted, before.passed / before.tests - limits.margin)
    found = f"{own.passed} of {own.tests} ({100 * share:.1f} %)"
    return Check("rule tests", found, f"at least {100 * wanted:.1f} %", share >= wanted)


def _quantisation_check(candidate: Tagger, limits: Limits) -> Check:
    notes = candidate.bundle.manifest.provenance.get("notes", {}).get("quantisation") or {}
    if notes.get("kept") != "int8":
        return Check("quantisation", notes.get("kept", "not quantised"), "", passed=True)
    changed = float(notes.get("decisions_changed", 1.0))
    wanted = f"at most {100 * limits.decisions_changed:.2f} % of decisions changed"
    return Check("quantisation", f"int8, {100 * changed:.2f} %", wanted, changed <= limits.decisions_changed)


def _cost_checks(candidate: Tagger, report: Report, limits: Limits) -> Iterator[Check]:
    size = bundle_bytes(candidate.bundle.folder) / 1e6
    yield Check("size", f"{size:.1f} MB", f"at most {limits.megabytes:g} MB", size <= limits.megabytes)
    speed = sentences_per_second(candidate, [row.sentence for row in report.sentences[:512]])
    wanted = f"at least {limits.sentences_per_second:g} sentences/s"
    yield Check("speed", f"{speed:,.0f} sentences/s", wanted, speed >= limits.sentences_per_second)
