"""The codebook as a test of a model: the sentences by which rules and topics are defined, and what it says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stancewire.codebook import ABSENT, STANCES, Codebook
from stancewire.errors import InputError
from stancewire.predict import Tagger
from stancewire.records import Sentence


@dataclass(frozen=True, slots=True)
class Case:
    """One test sentence: `stance` is what `topic` must get there, ``absent`` when it has not the topic.

    Attributes
    ----------
    rule
        Id of the rule, or of the topic whose example it is.
    kind
        ``positive``, ``negative``, ``edge`` or ``example``.
    """

    rule: str
    kind: str
    topic: str
    stance: str
    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A test sentence that a model gets wrong, and what it said."""

    case: Case
    found: str


@dataclass(frozen=True, slots=True)
class RuleReport:
    """Outcome by rule, in the codebook's order: ``(tests passed, tests)``, and what was broken."""

    counts: dict[str, tuple[int, int]]
    broken: tuple[Broken, ...]

    @property
    def passed(self) -> int:
        """Tests passed, over all rules."""
        return sum(passed for passed, _ in self.counts.values())

    @property
    def tests(self) -> int:
        """Tests, over all rules."""
        return sum(tests for _, tests in self.counts.values())


def cases(codebook: Codebook) -> Iterator[Case]:
    """Every test of a codebook: the examples of its topics, then the tests of its rules."""
    for topic in codebook.topics:
        for example in topic.examples:
            yield Case(topic.id, "example", topic.id, example.stance, example.text)
    for rule in codebook.rules:
        for test in rule.tests:
            yield Case(rule.id, test.kind, test.topic, test.stance, test.text)


def check_rules(tagger: Tagger, codebook: Codebook) -> RuleReport:
    """Run a model on every test sentence, each without context.

    Raises
    ------
    InputError
        When the codebook has no tests, or tests a topic that the model does not know.
    """
    tests = list(cases(codebook))
    if not tests:
        raise InputError(f"codebook '{codebook.name}' has no examples and no rule tests, so nothing can be checked.")
    topics = tagger.bundle.manifest.codebook.topic_ids
    unknown = sorted({case.topic for case in tests} - set(topics))
    if unknown:
        raise InputError(
            f"{tagger.bundle.label} does not know the topics {', '.join(unknown)}. Train a bundle for this codebook."
        )
    found = _stances(tagger, tests, topics)
    broken = tuple(Broken(case, says) for case, says in zip(tests, found, strict=True) if says != case.stance)
    wrong = Counter(b.case.rule for b in broken)
    every = Counter(case.rule for case in tests)  # in the codebook's order
    counts = {rule: (n - wrong[rule], n) for rule, n in every.items()}
    return RuleReport(counts, broken)


def _stances(tagger: Tagger, tests: Sequence[Case], topics: Sequence[str]) -> list[str]:
    texts = list(dict.fromkeys(case.text for case in tests))  # a sentence is tested on several topics
    decisions = tagger.decide(tagger.predict_proba([Sentence(text) for text in texts]))
    row = {text: i for i, text in enumerate(texts)}
    found = []
    for case in tests:
        i, k = row[case.text], topics.index(case.topic)
        found.append(STANCES[decisions.stance[i, k]] if decisions.topic[i, k] else ABSENT)
    return found
