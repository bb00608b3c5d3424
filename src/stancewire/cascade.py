"""What a cascade of two bundles would give and cost: both on the same sentences, every cut, the outcome of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stancewire.bundle import HELD_OUT, Bundle
from stancewire.compare import cpu_seconds
from stancewire.cuts import Costs, Curve, Sides, curve_of, loss_between, measure, spread
from stancewire.errors import InputError
from stancewire.evaluate import predict_labelled
from stancewire.files import read_bytes
from stancewire.held_out import HeldOut, common_rows, read_held_out, take
from stancewire.metrics import Column, Metric, Resamples
from stancewire.passages import number_passages
from stancewire.predict import Tagger
from stancewire.records import PASSAGE, LabelledSentence
from stancewire.runtimes.cascade import FAST, STRONG, Rule
from stancewire.scores import Ints, Probabilities, gold_arrays

ENOUGH = 200
"""Fewer common held-out sentences than this cannot place a cut."""
TIMED = 300
"""Sentences on which the cost of a bundle is measured."""


@dataclass(frozen=True, slots=True)
class Members:
    """The two bundles of a cascade; raises `BundleError` when they are not made for the same codebook."""

    fast: Bundle
    strong: Bundle

    def __post_init__(self) -> None:
        self.fast.require_codebook(self.strong.manifest.codebook, str(self.strong.folder))


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What can be chosen from: both members on the same sentences, what they cost here, every cut."""

    members: Members
    sides: Sides
    costs: Costs
    curve: Curve


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cut gives on the sentences it was chosen on.

    Attributes
    ----------
    columns
        Every metric of ``fast`` (by its own thresholds), ``cascade`` and ``strong`` over document resamples.
    """

    cut: float
    share: float
    columns: dict[str, dict[str, Column]]

    @property
    def loss(self) -> Metric:
        """Points of triple_micro_f1 that are lost against the strong model, with the interval."""
        return loss_between(self.columns["cascade"], self.columns[STRONG])


def weigh(members: Members, labelled: Sequence[LabelledSentence] | None, timed: Sequence[LabelledSentence]) -> TradeOff:
    """Measure every cut.

    Parameters
    ----------
    labelled
        What to measure on; by default the sentences that both bundles held out.
    timed
        Sentences to measure the costs on; some of them are taken.

    Raises
    ------
    InputError
        When there is too little to measure on.
    """
    if not timed:
        raise InputError("the set has no labelled sentence (every 'labels' is null); nothing can be measured on it.")
    sides = held_out_sides(members) if labelled is None else labelled_sides(members, labelled)
    return TradeOff(members, sides, costs_of(members, timed), curve_of(sides))


def fast_alone(choice: TradeOff) -> dict[str, float]:
    """Every metric of the fast bundle by its own thresholds, on the same sentences."""
    resamples = Resamples(choice.sides.docs, 0)
    columns = measure(choice.sides.fast, choice.sides, resamples, rule_of(choice.members.fast))
    return {name: float(column[0]) for name, column in columns.items()}


def held_out_sides(members: Members) -> Sides:
    """Both bundles on the sentences that both held out, from what the bundles themselves keep.

    Raises
    ------
    InputError
        When there are fewer than `ENOUGH`.
    """
    fast, strong = (_held_out(bundle) for bundle in (members.fast, members.strong))
    a, b = common_rows(fast, strong) if fast and strong else (np.array([], np.int64), np.array([], np.int64))
    if fast is None or strong is None or len(a) < ENOUGH:
        old = [str(m.folder) for m, h in ((members.fast, fast), (members.strong, strong)) if h is None]
        why = f" ({', '.join(old)} keeps none)" if old else ""
        raise InputError(
            f"{members.fast.folder}, {members.strong.folder}: found {len(a)} common held-out sentences{why}, expected "
            f"at least {ENOUGH}. Give a labelled set that neither was trained on: --on SET"
        )
    strong = take(strong, b)
    return Sides(
        members.fast.manifest.calibration.predict_proba(take(fast, a).scores),
        members.strong.manifest.calibration.predict_proba(strong.scores),
        strong.gold,
        tuple(map(str, strong.docs)),
        _units(members.strong, strong.passages),
        rule_of(members.strong),
        members.strong.manifest.codebook.topic_ids,
    )


def labelled_sides(members: Members, rows: Sequence[LabelledSentence]) -> Sides:
    """Both bundles on a labelled set."""
    fast, strong = (_predict(bundle, rows) for bundle in (members.fast, members.strong))
    codebook = members.strong.manifest.codebook
    docs = tuple(row.doc for row in rows)
    units = _units(members.strong, np.array(number_passages(rows)))
    return Sides(fast, strong, gold_arrays(rows, codebook), docs, units, rule_of(members.strong), codebook.topic_ids)


def _units(strong: Bundle, passages: Ints) -> Ints:
    """What the strong bundle is asked about at once: passages if it reads them, else single sentences."""
    _, numbers = np.unique(passages if strong.manifest.passages else np.arange(len(passages)), return_inverse=True)
    return numbers.astype(np.int64)


def _held_out(bundle: Bundle) -> HeldOut | None:
    path = bundle.folder / HELD_OUT
    return read_held_out(read_bytes(path)) if path.is_file() else None


def _predict(bundle: Bundle, rows: Sequence[LabelledSentence]) -> Probabilities:
    return Probabilities.concatenate(list(predict_labelled(Tagger(bundle), rows)))


def rule_of(bundle: Bundle) -> Rule:
    """How a bundle decides."""
    return Rule(bundle.manifest.thresholds, bundle.manifest.stance_weights)


def costs_of(members: Members, rows: Sequence[LabelledSentence]) -> Costs:
    """CPU-seconds per 1,000 sentences of both, measured here on about `TIMED` of the sentences, by whole passages."""
    passages = number_passages(rows)
    taken = set(spread(max(passages) + 1, TIMED // PASSAGE).tolist())
    timed = [row.sentence for row, number in zip(rows, passages, strict=True) if number in taken]
    return Costs(*(cpu_seconds(Tagger(bundle), timed) for bundle in (members.fast, members.strong)))


def outcome_of(choice: TradeOff, cut: float, *, n_resamples: int = 1000, seed: int = 0) -> Outcome:
    """Every metric of both members and of the cascade, over the same resamples of documents."""
    sides = choice.sides
    resamples = Resamples(sides.docs, n_resamples, seed)
    columns = {
        FAST: measure(sides.fast, sides, resamples, rule_of(choice.members.fast)),
        "cascade": measure(sides.mixed(cut), sides, resamples),
        STRONG: measure(sides.strong, sides, resamples),
    }
    return Outcome(cut, float((sides.risk() >= cut).mean()), columns)
