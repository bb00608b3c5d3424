"""What a labelled set holds: counts per cell, genres, lengths, holders, pairs; as numbers and as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stancewire.codebook import NEUTRAL, STANCES, Codebook
from stancewire.panels import panels
from stancewire.records import AUTHOR, LabelledSentence, LabelledSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#4c956c", "#bc4749", "#adb5bd")
_PRONOUNS = frozenset(["i", "we", "he", "she", "they", "you", "it"])
_QUANTILES = {"shortest": 0, "quarter": 25, "median": 50, "three quarters": 75, "longest": 100}


@dataclass(frozen=True, slots=True)
class LabelStats:
    """Counts of a labelled set.

    Attributes
    ----------
    sentences
        With labels; `context_only` rows have none and are not counted anywhere else.
    background
        Sentences without a topic.
    cells
        Sentences by topic and stance.
    topics_per_sentence
        Sentences by number of topics.
    words
        Words of a sentence: shortest, quarter, median, three quarters, longest.
    holders
        Of the labels that are not neutral: named in the sentence, a pronoun, the author, none given; and how many
        different names there are.
    pairs
        Ids shared by the sentences of a minimal pair.
    """

    documents: int
    sentences: int
    context_only: int
    background: int
    cells: Mapping[str, Mapping[str, int]]
    topics_per_sentence: Mapping[int, int]
    genres: Mapping[str, int]
    sources: Mapping[str, int]
    years: Mapping[str, int]
    words: Mapping[str, int]
    holders: Mapping[str, int]
    splits: Mapping[str, int]
    pairs: int

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def label_stats(labelled: LabelledSet, codebook: Codebook) -> LabelStats:
    """Count a labelled set."""
    rows = labelled.scored
    cells = Counter(cell for row in rows for cell in row.stances.items())
    lengths = [len(row.text.split()) for row in rows] or [0]
    docs = labelled.documents
    return LabelStats(
        documents=len(docs),
        sentences=len(rows),
        context_only=len(labelled.sentences) - len(rows),
        background=sum(not row.labels for row in rows),
        cells={topic: {stance: cells[topic, stance] for stance in STANCES} for topic in codebook.topic_ids},
        topics_per_sentence=dict(sorted(Counter(len(row.labels or {}) for row in rows).items())),
        genres=_most_common(doc.genre or "none given" for doc in docs),
        sources=_most_common(doc.source or "none given" for doc in docs),
        years=dict(sorted(Counter((doc.date or "none given")[:4] for doc in docs).items())),
        words={name: int(np.percentile(lengths, q)) for name, q in _QUANTILES.items()},
        holders=_holders(rows),
        splits=dict(sorted(Counter(row.split or "none given" for row in rows).items())),
        pairs=len({row.pair for row in rows if row.pair}),
    )


def stats_figure(labelled: LabelledSet, codebook: Codebook) -> Figure:
    """Three panels: sentences per topic and stance, words per sentence, documents per genre."""
    stats = label_stats(labelled, codebook)
    figure, (cells, lengths, genres) = panels(3, 13, 4.2)
    _draw_cells(cells, stats)
    lengths.hist([len(row.text.split()) for row in labelled.scored], bins=30, color="#577590")
    lengths.set(title="words per sentence", ylabel="sentences")
    most = list(stats.genres.items())[:12][::-1]
    genres.barh([name for name, _ in most], [count for _, count in most], color="#577590")
    genres.set(title="documents per genre (the 12 largest)")
    figure.suptitle(
        f"{stats.documents} documents, {stats.sentences} labelled sentences, {stats.background} without topic"
    )
    return figure


def _draw_cells(axes: Axes, stats: LabelStats) -> None:
    topics = list(stats.cells)
    for s, (stance, colour) in enumerate(zip(STANCES, _COLOURS, strict=True)):
        counts = [stats.cells[topic][stance] for topic in topics]
        bars = axes.bar(np.arange(len(topics)) + 0.27 * (s - 1), counts, 0.25, label=stance, color=colour)
        axes.bar_label(bars, fontsize=7)
    axes.set_xticks(range(len(topics)), [topic.replace("_", "\n") for topic in topics], fontsize=8)
    axes.set(title="sentences per topic and stance")
    axes.legend()


def _most_common(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _holders(rows: Sequence[LabelledSentence]) -> dict[str, int]:
    counts = dict.fromkeys(("named", "pronoun", AUTHOR, "none given", "different names"), 0)
    names = set()
    for row in rows:
        for label in (row.labels or {}).values():
            if label.stance != NEUTRAL:
                kind = _kind(label.holder)
                counts[kind] += 1
                if kind == "named":
                    names.add(label.holder)
    return counts | {"different names": len(names)}


def _kind(holder: str | None) -> str:
    if holder is None:
        return "none given"
    if holder == AUTHOR:
        return AUTHOR
    return "pronoun" if holder.lower() in _PRONOUNS else "named"
