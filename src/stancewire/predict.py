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
from stancewire.metrics import Decisions, decide
from stancewire.records import Article, Sentence, Tag
from stancewire.runtimes.once import OnceRuntime
from stancewire.scores import Probabilities
from stancewire.tag_columns import Maker, Places, TagColumns, to_review

BATCH = 1024
"""Sentences that are scored together; it changes the speed, never the tags."""


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
        codebook = bundle.manifest.codebook
        self._maker = Maker(tuple(codebook.topic_ids), bundle.label, codebook.hash[:8])

    def tag(self, article: Article | str) -> list[Tag]:
        """Tag one article (or its plain text, whose first line is the title as in a ``.txt`` file)."""
        if isinstance(article, str):
            article = article_from_text(article, "article")
        return list(self.tag_many([article]))

    def tag_many(self, articles: Iterable[Article]) -> Iterator[Tag]:
        """Tag a stream of articles, in order; at most `BATCH` sentences and one article are held."""
        for columns in self.tag_columns(articles):
            yield from columns.tags()

    def tag_columns(self, articles: Iterable[Article]) -> Iterator[TagColumns]:
        """`tag_many`, at most `BATCH` tags at a time as columns: much faster where tables are written."""
        context, passages = self.bundle.manifest.context, self.bundle.manifest.passages
        docs: list[str] = []
        units: list[Unit] = []
        for article in articles:
            for unit in units_of(article, context, passages=passages):
                docs.append(article.doc)
                units.append(unit)
                if len(units) == BATCH:
                    yield self._columns(docs, units)
                    docs, units = [], []
        if units:
            yield self._columns(docs, units)

    def predict_proba(self, sentences: Sequence[Sentence]) -> Probabilities:
        """Calibrated probabilities, ``(n, n_topics)`` of topics and ``(n, n_topics, 3)`` of stances."""
        return self.bundle.manifest.calibration.predict_proba(self._runtime.decision_function(sentences))

    def decide(self, probabilities: Probabilities) -> Decisions:
        """Topics and stances by the bundle's own thresholds and weights."""
        return decide(probabilities, self.bundle.manifest.thresholds, self.bundle.manifest.stance_weights)

    def _columns(self, docs: Sequence[str], units: Sequence[Unit]) -> TagColumns:
        manifest = self.bundle.manifest
        n, start, end, sentences = zip(*units, strict=True)
        probabilities = manifest.calibration.predict_proba(self._once.decision_function(sentences))
        decisions = self.decide(probabilities)
        return TagColumns(
            self._maker,
            Places(docs, n, start, end),
            [sentence.text for sentence in sentences],
            decisions,
            probabilities,
            to_review(probabilities, decisions, manifest.thresholds),
        )
