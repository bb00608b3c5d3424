"""Under which heading of the codebook a doubtful label belongs: the rule that decides it, or its cell.

A rule decides between two labels of a topic when its test sentences have both. Among those the one whose tests share
the most words with the sentence is taken. That is a heading to work through doubts by, not a judgement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from stancewire.codebook import Codebook

RESEMBLES = 0.08
"""Cosine of TF-IDF word beginnings from which a sentence is listed under a rule."""

_BEGINNING = re.compile(r"\b[^\W\d_]{3,5}")  # five letters do for "threatened" and "threats"


class RuleFinder:
    """Finds the rule that decides between labels of a sentence on one of its topics."""

    def __init__(self, codebook: Codebook) -> None:
        tests = [(rule.id, test) for rule in codebook.rules for test in rule.tests]
        bags = [_words(test.text) for _, test in tests]
        documents = Counter(word for bag in bags for word in bag)
        self._idf = {word: float(np.log(len(bags) / count) + 1) for word, count in documents.items()}
        self._rarest = float(np.log(max(len(bags), 1)) + 1)  # words that no test has
        self._tests = [(rule, test.topic, self._weigh(bag)) for (rule, test), bag in zip(tests, bags, strict=True)]
        self._stances: dict[tuple[str, str], set[str]] = {}
        for rule, test in tests:
            self._stances.setdefault((rule, test.topic), set()).add(test.stance)

    def find(self, text: str, topic: str, stances: Iterable[str]) -> str | None:
        """Id of the rule; `None` when none decides between the stances (or ``absent``) or resembles the sentence."""
        wanted = set(stances)
        own = self._weigh(_words(text))
        best, found = RESEMBLES, None
        for rule, about, vector in self._tests:
            if about == topic and wanted <= self._stances[rule, topic]:
                cosine = sum(weight * vector.get(word, 0.0) for word, weight in own.items())
                if cosine > best:
                    best, found = cosine, rule
        return found

    def heading(self, text: str, topic: str, stances: Iterable[str]) -> str:
        """``rule <id>``, else the cell in doubt: ``aid: favor or neutral``."""
        wanted = sorted(set(stances))
        rule = self.find(text, topic, wanted)
        return f"rule {rule}" if rule else f"{topic}: {' or '.join(wanted)}"

    def _weigh(self, bag: Counter[str]) -> dict[str, float]:
        weights = {word: (1 + np.log(count)) * self._idf.get(word, self._rarest) for word, count in bag.items()}
        norm = float(np.sqrt(sum(weight * weight for weight in weights.values()))) or 1.0
        return {word: float(weight) / norm for word, weight in weights.items()}


def _words(text: str) -> Counter[str]:
    return Counter(_BEGINNING.findall(text.lower()))
