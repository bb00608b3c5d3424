"""Soft labels: how probable a model finds every topic and stance of a sentence, for a smaller model to learn from.

A label says that a sentence is against aid; a good model's probabilities also say what it might have been, and they
cost nothing (Hinton et al. 2015, "Distilling the knowledge in a neural network"). `stancewire.trainers` reads them.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from stancewire.articles import units_of
from stancewire.codebook import STANCES
from stancewire.predict import BATCH, Tagger
from stancewire.records import PASSAGE, Article, LabelledSet, Sentence

WORDS = range(4, 91)
"""Shorter and longer "sentences" of running text are mostly headings, lists and failures to split."""

CONTEXT = 2
"""Sentences before that are kept with each; a model may read fewer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A sentence that a model is asked about."""

    id: str
    doc: str
    sentence: Sentence


def asked_of_set(labelled: LabelledSet) -> list[Asked]:
    """The sentences with labels of a set, under their own ids."""
    return [Asked(row.id, row.doc, row.sentence) for row in labelled.scored]


def asked_of_articles(
    articles: Iterable[Article], known: Collection[str], limit: int | None = None, seed: int = 0
) -> list[Asked]:
    """The different sentences of articles, of usual length.

    Parameters
    ----------
    known
        Texts to leave out, such as those of a test set.
    limit
        At most so many, by default all: whole passages, drawn at random while reading, because models that read
        passages learn most from whole ones.
    """
    passages = _passages(articles, set(known))
    if limit is not None:
        passages = _drawn(passages, limit, random.Random(seed))  # noqa: S311 (a reproducible sample, not a secret)
    return [asked for passage in passages for asked in passage][:limit]


def soft_labels(tagger: Tagger, asked: Iterable[Asked]) -> Iterator[dict[str, Any]]:
    """One row per sentence, in order: what was asked, ``topic_p`` by topic, ``stance_p`` by topic and stance."""
    topics = tagger.bundle.manifest.codebook.topic_ids
    waiting = iter(asked)
    while batch := list(islice(waiting, BATCH)):
        found = tagger.predict_proba([one.sentence for one in batch])
        for one, topic, stance in zip(batch, found.topic.tolist(), found.stance.tolist(), strict=True):
            yield {
                "id": one.id,
                "doc": one.doc,
                "title": one.sentence.title,
                "before": list(one.sentence.before),
                "text": one.sentence.text,
                **_passage_fields(one.sentence),
                "topic_p": {t: round(p, 4) for t, p in zip(topics, topic, strict=True)},
                "stance_p": {
                    t: {s: round(p, 4) for s, p in zip(STANCES, row, strict=True)}
                    for t, row in zip(topics, stance, strict=True)
                },
            }


def _passage_fields(sentence: Sentence) -> dict[str, Any]:
    passage = sentence.passage
    if passage is None:
        return {}
    return {"passage": {"texts": list(passage.texts), "before": list(passage.before)}, "place": sentence.place}


def _passages(articles: Iterable[Article], seen: set[str]) -> Iterator[list[Asked]]:
    """The sentences of each passage that were not seen before and are of usual length, if there are any."""
    for article in articles:
        units = units_of(article, CONTEXT, passages=True)
        for start in range(0, len(units), PASSAGE):
            new = []
            for unit in units[start : start + PASSAGE]:
                text = unit.sentence.text
                if text not in seen and len(text.split()) in WORDS:
                    seen.add(text)
                    new.append(Asked(f"{article.doc}#{unit.n}", article.doc, unit.sentence))
            if new:
                yield new


def _drawn(passages: Iterable[list[Asked]], limit: int, rng: random.Random) -> Iterator[list[Asked]]:
    """Passages drawn at random, in their order, with at least `limit` sentences: those of the smallest random keys."""
    kept: list[tuple[float, int, list[Asked]]] = []  # a heap by the negative key: the first is the next to go
    n = 0
    for order, passage in enumerate(passages):
        heapq.heappush(kept, (-rng.random(), order, passage))
        n += len(passage)
        while n - len(kept[0][2]) >= limit:
            n -= len(heapq.heappop(kept)[2])
    return (passage for _, _, passage in sorted(kept, key=itemgetter(1)))
