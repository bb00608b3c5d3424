"""Under which heading of the codebook a doubtful label belongs: the rule whose test sentences it resembles, or its cell.

A list of doubts is quicker to work through rule by rule. The match is by words only and is a heading, not a judgement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from stancewire.codebook import Codebook

RESEMBLES = 0.25
"""Cosine of TF-IDF words from which a sentence is listed under a rule."""

_WORD = re.compile(r"[^\W\d_]{3,}")


class RuleFinder:
    """Finds the rule for a sentence and one of its topics."""

    def __init__(self, codebook: Codebook) -> None:
        tests = [(rule.id, test) for rule in codebook.rules for test in rule.tests]
        self._rules = [rule for rule, _ in tests]
        self._topics = [test.topic for _, test in tests]
        bags = [_words(test.text) for _, test in tests]
        documents = Counter(word for bag in bags for word in bag)
        self._idf = {word: float(np.log(len(bags) / count) + 1) for word, count in documents.items()}
        self._rarest = float(np.log(max(len(bags), 1)) + 1)  # words that no test has
        self._vectors = [self._weigh(bag) for bag in bags]

    def find(self, text: str, topic: str) -> str | None:
        """Id of the rule with the most similar test on the topic; `None` when no test resembles the sentence."""
        own = self._weigh(_words(text))
        best, found = RESEMBLES, None
        for rule, about, vector in zip(self._rules, self._topics, self._vectors, strict=True):
            if about == topic:
                cosine = sum(weight * vector.get(word, 0.0) for word, weight in own.items())
                if cosine >= best:
                    best, found = cosine, rule
        return found

    def heading(self, text: str, topic: str, stances: Iterable[str]) -> str:
        """``rule <id>``, else the cell in doubt: ``aid: favor or neutral``."""
        rule = self.find(text, topic)
        return f"rule {rule}" if rule else f"{topic}: {' or '.join(sorted(set(stances)))}"

    def _weigh(self, bag: Counter[str]) -> dict[str, float]:
        weights = {word: (1 + np.log(count)) * self._idf.get(word, self._rarest) for word, count in bag.items()}
        norm = float(np.sqrt(sum(weight * weight for weight in weights.values()))) or 1.0
        return {word: float(weight) / norm for word, weight in weights.items()}


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))
