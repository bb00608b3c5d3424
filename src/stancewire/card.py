"""The model card of a bundle (Mitchell et al. 2019), written from what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from stancewire.codebook import STANCES, Codebook
from stancewire.evaluate import HEADLINES
from stancewire.metrics import Metric
from stancewire.recipe import Recipe
from stancewire.records import LabelledSet


def model_card(
    recipe: Recipe,
    codebook: Codebook,
    trained_on: Sequence[LabelledSet],
    measured: Mapping[str, Mapping[str, Metric]],
) -> str:
    """Markdown with purpose, data, metrics with intervals per topic and stance, and limits.

    Parameters
    ----------
    measured
        Metrics of each evaluation set, by its name.
    """
    parts = [
        f"# {recipe.name}\n\n{recipe.description}",
        f"A stancewire bundle of family `{recipe.family}` for codebook *{codebook.name}* version {codebook.version}.",
        "## Use\n\nTags sentences of English news with topics and the stance taken on each, for counting over many "
        "articles and for finding sentences to read. Not for judging a person by one sentence, and not for other "
        "languages, genres or codebooks without measuring first.",
        f"## Training data\n\n{_data_table(trained_on)}",
        *(f"## Measured on {name}\n\n{_metric_tables(metrics, codebook)}" for name, metrics in measured.items()),
        "## Limits\n\nIntervals are 95 %, from resampled documents; they say how sure the figure is on text like the "
        "measured set, not how the model does elsewhere. Figures on the dev split flatter a little: thresholds and "
        "calibration were chosen on it. Labels were made by a language model under the codebook and "
        "were not checked by people. Holders are found by rules for English attributions.",
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


def _show(metric: Metric) -> str:
    return f"{_percent(metric)} | {_range(metric)}"


def _percent(metric: Metric) -> str:
    return f"{100 * metric.value:.1f}"


def _range(metric: Metric) -> str:
    return f"{100 * metric.low:.1f}–{100 * metric.high:.1f}"
