r"""Tag new articles with a bundle.

>>> tagger = load("models/default")
>>> for tag in tagger.tag("Kyiv asks for more shells\nThe minister urged partners to send ammunition."):
...     print(tag.text, dict(tag.labels))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from stancewire.articles import Unit, units_of
from stancewire.articles.document import article_from_text
from stancewire.bundle import Bundle, read_bundle
from stancewire.codebook import NEUTRAL, STANCES
from stancewire.holders import find_holder
from stancewire.metrics import Decisions, decide
from stancewire.records import Article, Label, Sentence, Tag
from stancewire.runtimes.once import OnceRuntime
from stancewire.scores import Probabilities

BATCH = 256
"""Sentences that are scored together; it changes the speed, never the tags."""

_UNSURE = 0.5
"""A stance with no majority is marked for review."""
_MARGIN = 0.1
"""A topic this near to its threshold is marked for review."""


def load(folder: str | Path) -> Tagger:
    """Verify a bundle and open it.

    Raises
    ------
    MissingError, BundleError
        As `stancewire.bundle.read_bundle`.
    """
    return Tagger(read_bundle(Path(folder)))


class Tagger:
    """A model ready to tag articles.

    Attributes
    ----------
    bundle
        Where it came from: codebook, thresholds, metrics.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self.bundle = bundle
        self._runtime = bundle.open(threads)
        self._once = OnceRuntime(self._runtime)

    def tag(self, article: Article | str) -> list[Tag]:
        """Tag one article (or its plain text, whose first line is the title as in a ``.txt`` file)."""
        if isinstance(article, str):
            article = article_from_text(article, "article")
        return list(self.tag_many([article]))

    def tag_many(self, articles: Iterable[Article]) -> Iterator[Tag]:
        """Tag a stream of articles, in order; at most `BATCH` sentences and one article are held."""
        waiting: list[tuple[Article, Unit]] = []
        for article in articles:
            for unit in units_of(article, self.bundle.manifest.context):
                waiting.append((article, unit))
                if len(waiting) == BATCH:
                    yield from self._tag_batch(waiting)
                    waiting = []
        yield from self._tag_batch(waiting)

    def predict_proba(self, sentences: Sequence[Sentence]) -> Probabilities:
        """Calibrated probabilities, ``(n, n_topics)`` of topics and ``(n, n_topics, 3)`` of stances."""
        return self.bundle.manifest.calibration.predict_proba(self._runtime.decision_function(sentences))

    def decide(self, probabilities: Probabilities) -> Decisions:
        """Topics and stances by the bundle's own thresholds and weights."""
        return decide(probabilities, self.bundle.manifest.thresholds, self.bundle.manifest.stance_weights)

    def _tag_batch(self, batch: Sequence[tuple[Article, Unit]]) -> Iterator[Tag]:
        if not batch:
            return
        scores = self._once.decision_function([unit.sentence for _, unit in batch])
        probabilities = self.bundle.manifest.calibration.predict_proba(scores)
        decisions = self.decide(probabilities)
        for i, (article, unit) in enumerate(batch):
            yield self._tag(article, unit, i, probabilities, decisions)

    def _tag(self, article: Article, unit: Unit, i: int, probabilities: Probabilities, decisions: Decisions) -> Tag:
        topics = self.bundle.manifest.codebook.topic_ids
        stance_p = {
            topic: {stance: round(float(p), 4) for stance, p in zip(STANCES, probabilities.stance[i, k], strict=True)}
            for k, topic in enumerate(topics)
        }
        chosen = [(k, topic) for k, topic in enumerate(topics) if decisions.topic[i, k]]
        labels = {topic: _label(STANCES[decisions.stance[i, k]], unit.sentence.text) for k, topic in chosen}
        near = abs(probabilities.topic[i] - self.bundle.manifest.thresholds) < _MARGIN
        return Tag(
            doc=article.doc,
            n=unit.n,
            start=unit.start,
            end=unit.end,
            text=unit.sentence.text,
            labels=labels,
            topic_p={topic: round(float(p), 4) for topic, p in zip(topics, probabilities.topic[i], strict=True)},
            stance_p=stance_p,
            review=bool(near.any() or any(probabilities.stance[i, k].max() < _UNSURE for k, _ in chosen)),
            truncated=bool(probabilities.truncated[i]),
            model=self.bundle.label,
            codebook=self.bundle.manifest.codebook.hash[:8],
        )


def _label(stance: str, text: str) -> Label:
    return Label(stance) if stance == NEUTRAL else Label(stance, find_holder(text))
