"""How well two readings of the same sentences agree: Krippendorff's alpha, F1 per topic, triples, holders.

Alpha for nominal data is computed from coincidences (Krippendorff 2011, "Computing Krippendorff's alpha-reliability",
section B and C): ``alpha = 1 - D_o / D_e``, the observed disagreement over the one expected by chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from stancewire.codebook import ABSENT, NEUTRAL, STANCES
from stancewire.records import Label

Labels = Mapping[str, Label]
Reading = Mapping[str, Labels]
"""One annotator's labels by sentence id; an empty mapping is a label too."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two readings on the sentences both have.

    Attributes
    ----------
    alpha
        Krippendorff's nominal alpha by name: ``topic/<topic>`` (has it or not), ``stance/<topic>`` (on sentences where
        both readings have the topic), ``cell/<topic>`` (favor, against, neutral or absent). `None` where undefined.
    f1
        ``topic/<topic>``, ``topic/micro``, ``triple/micro`` and ``triple/<topic>/<stance>``. `None` where neither
        reading has any.
    holder_exact
        Share of identical holders among the triples (not neutral) that both readings have; `None` without any.
    holders
        How many such triples there are.
    """

    sentences: int
    identical: int
    alpha: Mapping[str, float | None]
    f1: Mapping[str, float | None]
    holder_exact: float | None
    holders: int


def krippendorff_alpha(units: Iterable[Sequence[str | None]]) -> float | None:
    """Krippendorff's alpha for nominal values, any number of readings, missing values as `None`.

    Parameters
    ----------
    units
        The values that the readings give to each unit; units with fewer than two values are left out.

    Returns
    -------
    float or None
        1 for perfect agreement, 0 for chance; `None` when one value only occurs, for which alpha is not defined.
    """
    coincidences: Counter[tuple[str, str]] = Counter()
    for unit in units:
        values = [value for value in unit if value is not None]
        for pair in permutations(values, 2):
            coincidences[pair] += 1 / (len(values) - 1)  # type: ignore[assignment]
    totals: Counter[str] = Counter()
    for (value, _), weight in coincidences.items():
        totals[value] += weight
    n = sum(totals.values())
    expected = n * n - sum(total * total for total in totals.values())
    if expected <= 0:
        return None
    observed = sum(weight for (a, b), weight in coincidences.items() if a != b)
    return 1 - (n - 1) * observed / expected


def agreement(first: Reading, second: Reading, topics: Sequence[str]) -> Agreement:
    """Every figure of agreement on the sentences that both readings have."""
    pairs = [(first[i], second[i]) for i in first if i in second]
    alpha: dict[str, float | None] = {}
    for topic in topics:
        cells = [(_cell(a, topic), _cell(b, topic)) for a, b in pairs]
        alpha[f"topic/{topic}"] = krippendorff_alpha([(str(a == ABSENT), str(b == ABSENT)) for a, b in cells])
        alpha[f"stance/{topic}"] = krippendorff_alpha([(a, b) for a, b in cells if ABSENT not in {a, b}])
        alpha[f"cell/{topic}"] = krippendorff_alpha(cells)
    f1 = {f"topic/{topic}": _f1(pairs, {(topic, stance) for stance in STANCES}, whole=False) for topic in topics}
    every = {(topic, stance) for topic in topics for stance in STANCES}
    f1["topic/micro"] = _f1(pairs, every, whole=False)
    f1["triple/micro"] = _f1(pairs, every, whole=True)
    f1 |= {f"triple/{topic}/{stance}": _f1(pairs, {(topic, stance)}, whole=True) for topic, stance in sorted(every)}
    same = [a == b for a, b in _shared_holders(pairs)]
    identical = sum(_triples(a) == _triples(b) for a, b in pairs)
    return Agreement(len(pairs), identical, alpha, f1, sum(same) / len(same) if same else None, len(same))


def disagreements(first: Reading, second: Reading, topics: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Sentence id, topic and the two stances (or ``absent``) wherever the readings differ, topic by topic."""
    for topic in topics:
        for i in first:
            if i in second:
                a, b = _cell(first[i], topic), _cell(second[i], topic)
                if a != b:
                    yield i, topic, a, b


def _cell(labels: Labels, topic: str) -> str:
    return labels[topic].stance if topic in labels else ABSENT


def _triples(labels: Labels) -> set[tuple[str, str]]:
    return {(topic, label.stance) for topic, label in labels.items()}


def _f1(pairs: Sequence[tuple[Labels, Labels]], cells: set[tuple[str, str]], *, whole: bool) -> float | None:
    """F1 of the second reading against the first (the same the other way round), on some cells."""
    hits = total = 0
    for pair in pairs:
        a, b = (_triples(labels) & cells for labels in pair)
        total += len(a) + len(b)
        hits += len(a & b) if whole else len({t for t, _ in a} & {t for t, _ in b})
    return 2 * hits / total if total else None


def _shared_holders(pairs: Sequence[tuple[Labels, Labels]]) -> Iterator[tuple[str | None, str | None]]:
    for a, b in pairs:
        for topic, stance in sorted(_triples(a) & _triples(b)):
            if stance != NEUTRAL:
                yield a[topic].holder, b[topic].holder
