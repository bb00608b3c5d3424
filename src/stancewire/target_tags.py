"""Tag articles with a target model: whatever targets are asked about, each sentence that names one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stancewire.articles import Unit, units_of
from stancewire.codebook import NEUTRAL, STANCES
from stancewire.errors import InputError
from stancewire.holders import find_holder
from stancewire.mentions import find_mentions, is_name
from stancewire.predict import BATCH, Tagger
from stancewire.records import Article, Label, Sentence, Tag, Target
from stancewire.tag_columns import DECIMALS, to_review


@dataclass(frozen=True, slots=True)
class _Asked:
    """A sentence and the targets that it is asked about."""

    doc: str
    unit: Unit
    targets: tuple[Target, ...]

    @property
    def sentences(self) -> list[Sentence]:
        return [replace(self.unit.sentence, target=target) for target in self.targets]


def tag_targets(tagger: Tagger, articles: Iterable[Article], targets: Sequence[str] = ()) -> Iterator[Tag]:
    """One tag per sentence, in order; its keys are the targets' own texts, where others have topics.

    A sentence is asked about the names that it mentions (`stancewire.mentions.find_mentions`) and about every phrase.

    Parameters
    ----------
    tagger
        A target model.
    targets
        Asked about in all articles, besides those that an article brings along as ``target`` or ``targets``.

    Raises
    ------
    InputError
        For an article without any target.
    """
    waiting: list[_Asked] = []
    for article in articles:
        asked = _targets_of(article, targets)
        for unit in units_of(article, tagger.bundle.manifest.context):
            waiting.append(_Asked(article.doc, unit, _asked_about(unit.sentence.text, asked)))
            if len(waiting) == BATCH:
                yield from _tags(tagger, waiting)
                waiting = []
    yield from _tags(tagger, waiting)


def _targets_of(article: Article, targets: Sequence[str]) -> list[str]:
    """The targets of an article, each once."""
    one, many = article.extra.get("target"), article.extra.get("targets")
    found = [*targets, *_texts("target", [one] if one else []), *_texts("targets", many if many else [])]
    if not found:
        raise InputError(
            f"article '{article.doc}': no target. Name one with --target, or give the record a 'target' or 'targets'."
        )
    return list(dict.fromkeys(found))


def _texts(key: str, given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(target, str) and target.strip() for target in given):
        expected = "a text" if key == "target" else "a list of texts"
        raise InputError(f"'{key}' is {str(given)[:60]!r}, expected {expected}, as in \"Joe Biden\".")
    return [" ".join(target.split()) for target in given]


def _asked_about(text: str, targets: Sequence[str]) -> tuple[Target, ...]:
    found = [Target(target, find_mentions(target, text)) for target in targets]
    return tuple(target for target in found if target.spans or not is_name(target.text))


def _tags(tagger: Tagger, asked: Sequence[_Asked]) -> Iterator[Tag]:
    """Tags of a batch, all pairs of a sentence and a target scored at once."""
    pairs = [sentence for one in asked for sentence in one.sentences]
    probabilities = tagger.predict_proba(pairs)
    decisions = tagger.decide(probabilities)
    columns = (
        decisions.topic[:, 0].tolist(),
        decisions.stance[:, 0].tolist(),
        probabilities.topic[:, 0].astype(float).round(DECIMALS).tolist(),
        probabilities.stance[:, 0].astype(float).round(DECIMALS).tolist(),
        to_review(probabilities, decisions, tagger.bundle.manifest.thresholds).tolist(),
        probabilities.truncated.tolist(),
    )
    rows = iter(list(zip(*columns, strict=True)))
    for one in asked:
        yield _tag(tagger, one, [next(rows) for _ in one.targets])


def _tag(tagger: Tagger, asked: _Asked, rows: Sequence[tuple[Any, ...]]) -> Tag:
    """The tag of a sentence from what is decided of each of its targets."""
    n, start, end, sentence = asked.unit
    by_name = dict(zip([target.text for target in asked.targets], rows, strict=True))
    stances = {name: STANCES[row[1]] for name, row in by_name.items() if row[0]}
    holder = find_holder(sentence.text) if set(stances.values()) - {NEUTRAL} else None
    return Tag(
        asked.doc,
        n,
        start,
        end,
        sentence.text,
        {name: Label(stance, None if stance == NEUTRAL else holder) for name, stance in stances.items()},
        {name: row[2] for name, row in by_name.items()},
        {name: dict(zip(STANCES, row[3], strict=True)) for name, row in by_name.items()},
        any(row[4] for row in rows),
        any(row[5] for row in rows),
        tagger.bundle.label,
        tagger.bundle.manifest.codebook.hash[:8],
    )
