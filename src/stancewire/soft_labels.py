"""Soft labels: how probable a model finds every topic and stance of a sentence, for a smaller model to learn from.

A label says that a sentence is against aid; a good model's probabilities also say what it might have been, and they
cost nothing (Hinton et al. 2015, "Distilling the knowledge in a neural network"). `stancewire.trainers` reads them.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stancewire.articles import units_of
from stancewire.codebook import STANCES
from stancewire.predict import BATCH, Tagger
from stancewire.records import Article, LabelledSet, Sentence

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
        A random sample of at most so many, drawn while reading (Vitter 1985, algorithm R); by default all.
    """
    rng = random.Random(seed)  # noqa: S311 (a reproducible sample, not a secret)
    seen, kept = set(known), list[Asked]()
    n_seen = 0
    for asked in (a for article in articles for a in _units(article)):
        text = asked.sentence.text
        if text in seen or len(text.split()) not in WORDS:
            continue
        seen.add(text)
        n_seen += 1
        if limit is None or len(kept) < limit:
            kept.append(asked)
        elif (place := rng.randrange(n_seen)) < limit:
            kept[place] = asked
    return kept


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
                "topic_p": {t: round(p, 4) for t, p in zip(topics, topic, strict=True)},
                "stance_p": {
                    t: {s: round(p, 4) for s, p in zip(STANCES, row, strict=True)}
                    for t, row in zip(topics, stance, strict=True)
                },
            }


def _units(article: Article) -> Iterator[Asked]:
    for unit in units_of(article, CONTEXT, passages=True):
        yield Asked(f"{article.doc}#{unit.n}", article.doc, unit.sentence)
