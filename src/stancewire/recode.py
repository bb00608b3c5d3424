"""Which labels a changed codebook puts in doubt: the rows to read again when a definition, target or rule changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stancewire.codebook import Codebook, Rule, Topic
from stancewire.records import LabelledSentence

_WORD = re.compile(r"[^\W\d_]{5,}")


@dataclass(frozen=True, slots=True)
class Change:
    """One change between two codebooks.

    Attributes
    ----------
    what
        The topic or rule with the key that changed, such as ``aid: target``.
    topics
        Topics whose labels it can change.
    new_words
        Words that its new text has and its old one had not: a sentence without the topic that has one of them may have
        the topic now.
    everything
        Whether every sentence must be read, as for a new topic.
    """

    what: str
    topics: tuple[str, ...]
    new_words: frozenset[str] = frozenset()
    everything: bool = False


def changes(old: Codebook, new: Codebook) -> list[Change]:
    """What differs in a way that a label can differ: examples and titles are left out."""
    found = [Change(f"{t.id}: removed", (t.id,)) for t in old.topics if t.id not in new.topic_ids]
    before = {topic.id: topic for topic in old.topics}
    for topic in new.topics:
        if topic.id in before:
            found += _topic_changes(before[topic.id], topic)
        else:
            found.append(Change(f"{topic.id}: new topic", (topic.id,), everything=True))
    rules_before, rules_now = ({rule.id: rule for rule in book.rules} for book in (old, new))
    for i in dict.fromkeys((*rules_before, *rules_now)):
        was, now = rules_before.get(i), rules_now.get(i)
        if was is None or now is None or was.text != now.text:
            found.append(_rule_change(i, was, now))
    return found


def rows_to_recode(rows: Sequence[LabelledSentence], change: Change) -> list[LabelledSentence]:
    """Labelled rows that a change concerns, in order."""
    return [row for row in rows if row.labels is not None and _concerns(change, row)]


def _concerns(change: Change, row: LabelledSentence) -> bool:
    if change.everything or any(topic in (row.labels or {}) for topic in change.topics):
        return True
    return bool(change.new_words & _words(row.text))


def _topic_changes(old: Topic, new: Topic) -> Iterator[Change]:
    for key in ("definition", "includes", "excludes", "target"):
        was, now = _text(getattr(old, key)), _text(getattr(new, key))
        if was != now:
            # a target moves stances only; what is excluded now can be only among the rows that have the topic
            widens = key in {"definition", "includes"}
            new_words = _words(now) - _words(was) if widens else frozenset()
            yield Change(f"{new.id}: {key}", (new.id,), new_words)
            if key == "excludes" and _words(was) - _words(now):
                yield Change(f"{new.id}: no longer excluded", (), _words(was) - _words(now))


def _rule_change(i: str, was: Rule | None, now: Rule | None) -> Change:
    rules = [rule for rule in (was, now) if rule is not None]
    topics = tuple(dict.fromkeys(test.topic for rule in rules for test in rule.tests))
    kind = "new rule" if was is None else "rule removed" if now is None else "rule changed"
    return Change(f"{i}: {kind}", topics)


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "; ".join(value)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))
