"""A drift comparison for people: one HTML file without a single link, and an MLflow run."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from stancewire.drift import SHIFTED, STABLE, WATCH, Drift, Feature
from stancewire.runs import Run

_COLOURS = {STABLE: "#2e7d32", WATCH: "#b26a00", SHIFTED: "#c62828"}
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #ddd; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.bar { height: .55rem; margin: 1px 0; } .r { background: #9aa5b1; } .b { background: #1f6feb; }
.verdict { color: #fff; border-radius: .3rem; padding: .1rem .5rem; }
"""
_ROWS = 24


def drift_html(drift: Drift) -> str:
    """The whole page."""
    head = f"Drift against {drift.bundle}"
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(head)}</title><style>{_STYLE}</style></head>',
            f"<body><h1>{escape(head)} {_badge(drift.verdict)}</h1>",
            f"<p>{drift.sentences:,} sentences of {drift.documents:,} documents, tagged by "
            f"{escape(', '.join(drift.models))}. Grey: the reference, from training. Blue: this batch.</p>",
            _summary(drift),
            *(_feature(feature) for feature in drift.features),
            f"<h2>Words</h2><p>{100 * drift.unseen:.1f} % of the words are not among the training data's most frequent "
            f"ones; in held-out sentences it was {100 * drift.unseen_reference:.1f} %. The most frequent of them:</p>",
            f"<p>{escape(', '.join(f'{word} ({n})' for word, n in drift.new_words)) or 'none'}</p>",
            "<h2>How to read this</h2><p>PSI is the population stability index: below 0.1 stable, above 0.25 shifted; "
            "what sampling alone explains is stable. A shift says that the batch is other text than the model was "
            "measured on, not that its tags are wrong: label a sample of it and evaluate.</p></body></html>",
        ]
    )


def _badge(verdict: str) -> str:
    return f'<span class="verdict" style="background: {_COLOURS[verdict]}">{verdict}</span>'


def _summary(drift: Drift) -> str:
    rows = "".join(
        f"<tr><td>{f.name}</td><td>{escape(f.what)}</td><td class=n>{f.psi:.3f}</td><td class=n>{f.noise:.3f}</td>"
        f"<td>{_badge(f.verdict)}</td></tr>"
        for f in drift.features
    )
    return f"<table><tr><th>feature</th><th>of</th><th>PSI</th><th>sampling alone</th><th></th></tr>{rows}</table>"


def _feature(feature: Feature) -> str:
    """Bars of the bins; of many, those that differ most."""
    names = list(feature.reference)
    if len(names) > _ROWS:
        names.sort(key=lambda name: -abs(feature.reference[name] - feature.batch[name]))
    names = names[:_ROWS]
    top = max((max(feature.reference[n], feature.batch[n]) for n in names), default=1.0) or 1.0
    rows = "".join(_bin(name, feature.reference[name], feature.batch[name], top) for name in names)
    head = "<tr><th>bin</th><th>reference</th><th>batch</th><th style='width: 50%'></th></tr>"
    return f"<h2>{feature.name} {_badge(feature.verdict)}</h2><table>{head}{rows}</table>"


def _bin(name: str, reference: float, batch: float, top: float) -> str:
    bars = "".join(
        f'<div class="bar {kind}" style="width: {100 * share / top:.1f}%"></div>'
        for kind, share in (("r", reference), ("b", batch))
    )
    shares = "".join(f"<td class=n>{100 * share:.1f} %</td>" for share in (reference, batch))
    return f"<tr><td>{escape(name)}</td>{shares}<td>{bars}</td></tr>"


def track_drift(drift: Drift, run: Run) -> None:
    """Write the comparison into a run."""
    run.params({"bundle": drift.bundle, "sentences": drift.sentences, "documents": drift.documents})
    run.tags({"verdict": drift.verdict})
    values = {f"psi/{feature.name}": feature.psi for feature in drift.features}
    for name, value in (values | {"unseen_words": drift.unseen}).items():
        run.step_metric(name, value, 0)
    run.table("drift", list(_bin_rows(drift)))


def _bin_rows(drift: Drift) -> Iterator[dict[str, Any]]:
    for feature in drift.features:
        for name, reference in feature.reference.items():
            yield {
                "feature": feature.name,
                "bin": name,
                "reference": round(reference, 6),
                "batch": round(feature.batch[name], 6),
                "psi": feature.psi,
                "verdict": feature.verdict,
            }
