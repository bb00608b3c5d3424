"""The model card of a bundle (Mitchell et al. 2019), written from what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from stancewire.by_source import SHOWN
from stancewire.codebook import STANCES, Codebook
from stancewire.evaluate import HEADLINES
from stancewire.metrics import Metric
from stancewire.recipe import Recipe
from stancewire.records import LabelledSet

CALIBRATION = "calibration.png"
"""The card's picture, a file of the bundle."""

Sources = Mapping[str, tuple[int, Mapping[str, Metric]]]
"""Number of sentences and metrics by source."""


def model_card(
    recipe: Recipe,
    codebook: Codebook,
    trained_on: Sequence[LabelledSet],
    measured: Mapping[str, Mapping[str, Metric]],
    sources: Mapping[str, Sources],
) -> str:
    """Markdown with purpose, data, metrics with intervals per topic, stance and source, calibration and limits.

    Parameters
    ----------
    measured
        Metrics of each evaluation set, by its name.
    sources
        The same sets by source; see `stancewire.by_source`.
    """
    parts = [
        f"# {recipe.name}\n\n{recipe.description}",
        f"A stancewire bundle of family `{recipe.family}` for codebook *{codebook.name}* version {codebook.version}.",
        "## Use\n\nTags sentences of English news with topics and the stance taken on each, for counting over many "
        "articles and for finding sentences to read. Not for judging a person by one sentence, and not for other "
        "languages, genres or codebooks without measuring first.",
        f"## Training data\n\n{_data_table(trained_on)}",
        *(
            f"## Measured on {name}\n\n{_metric_tables(metrics, codebook)}\n\n{_source_table(sources[name])}"
            for name, metrics in measured.items()
        ),
        f"## Calibration\n\nOn {list(measured)[-1]}: a probability of 0.8 should be right four times in five.\n\n"
        f"![Share that is right against predicted probability]({CALIBRATION})",
        "## Limits\n\nIntervals are 95 %, from resampled documents; they say how sure the figure is on text like the "
        "measured set, not how the model does elsewhere. Figures on the dev split flatter a little: thresholds and "
        "calibration were chosen on it. Labels were made by a language model under the codebook and "
        "were not checked by people. Holders are found by rules for English attributions.",
    ]
    return "\n\n".join(parts) + "\n"


def cascade_card(
    name: str, members: tuple[str, str], choice: str, on: str, codebook: Codebook, metrics: Mapping[str, Metric]
) -> str:
    """Markdown for a bundle that was put together of two others.

    Parameters
    ----------
    members
        Labels of the fast and the strong bundle.
    choice
        A sentence: where the cut is and why.
    on
        What it was chosen and measured on.
    """
    fast, strong = members
    parts = [
        f"# {name}",
        f"A stancewire bundle of family `cascade` for codebook *{codebook.name}* version {codebook.version}: `{fast}` "
        f"scores every sentence, `{strong}` those where the fast one may well be wrong. {choice}",
        "## Use\n\nAs its members are used, where time is short: what it costs against either is printed by "
        "`stancewire compare FAST STRONG --curve FILE`. Training data and limits are those of the members' own cards.",
        f"## Measured on {on}\n\n{_metric_tables(metrics, codebook)}",
        "## Limits\n\nIntervals are 95 %, from resampled documents. The cut was chosen on the same sentences, so the "
        "figures flatter a little. How many sentences the strong model must see depends on the text: unlike text is "
        "risky text, and costs more.",
    ]
    return "\n\n".join(parts) + "\n"


def _data_table(sets: Sequence[LabelledSet]) -> str:
    rows = ["| source | licence | documents | labelled sentences |", "|---|---|---|---|"]
    documents: Counter[tuple[str, str]] = Counter()
    sentences: Counter[tuple[str, str]] = Counter()
    for labelled in sets:
        kind = {d.doc: (d.source or "unknown", d.licence or "unknown") for d in labelled.documents}
        documents.update(kind[d.doc] for d in labelled.documents)
        sentences.update(kind[row.doc] for row in labelled.scored)
    rows += [f"| {s} | {licence} | {n} | {sentences[s, licence]} |" for (s, licence), n in sorted(documents.items())]
    return "\n".join(rows)


def _metric_tables(metrics: Mapping[str, Metric], codebook: Codebook) -> str:
    head = ["| metric | value | 95 % interval |", "|---|---|---|"]
    head += [
        f"| {name} | {_show(metrics[name])} |" for name in (*HEADLINES, "ece/topic", "ece/stance") if name in metrics
    ]
    cells = [
        "| topic | topic F1 | " + " | ".join(f"{s} (triple F1)" for s in STANCES) + " |",
        "|---|---|---|---|---|",
    ]
    for topic in codebook.topic_ids:
        names = [f"topic_f1/{topic}", *(f"triple_f1/{topic}/{stance}" for stance in STANCES)]
        shown = [f"{_percent(metrics[n])} ({_range(metrics[n])})" if n in metrics else "–" for n in names]
        cells.append(f"| {topic} | " + " | ".join(shown) + " |")
    return "\n".join(head) + "\n\n" + "\n".join(cells)


def _source_table(sources: Sources) -> str:
    rows = [f"| source | sentences | {' | '.join(SHOWN)} |", "|---|---|---|---|"]
    for name, (n, metrics) in sources.items():
        shown = [f"{_percent(metrics[m])} ({_range(metrics[m])})" if m in metrics else "–" for m in SHOWN]
        rows.append(f"| {name} | {n} | " + " | ".join(shown) + " |")
    return "\n".join(rows)


def _show(metric: Metric) -> str:
    return f"{_percent(metric)} | {_range(metric)}"


def _percent(metric: Metric) -> str:
    return f"{100 * metric.value:.1f}"


def _range(metric: Metric) -> str:
    return f"{100 * metric.low:.1f}–{100 * metric.high:.1f}"
