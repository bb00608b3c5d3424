"""Tables of an evaluation for people: every class with its counts, and the errors that are worth reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stancewire.codebook import STANCES
from stancewire.evaluate import Report
from stancewire.scores import Bools

ERRORS = 200
"""How many errors are kept for reading."""


def class_rows(report: Report, topics: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Precision, recall, F1 with its interval and the counts of every topic, and of every topic x stance."""
    metrics = report.metrics
    for k, topic in enumerate(topics):
        found, truth = report.decisions.topic[:, k], report.gold.topic[:, k]
        yield _class_row(topic, "any", found, truth) | _interval(metrics.get(f"topic_f1/{topic}"))
        for s, stance in enumerate(STANCES):
            of_stance = _class_row(
                topic, stance, found & (report.decisions.stance[:, k] == s), report.gold.stance[:, k] == s
            )
            yield of_stance | _interval(metrics.get(f"triple_f1/{topic}/{stance}"))


def _class_row(topic: str, stance: str, found: Bools, truth: Bools) -> dict[str, Any]:
    hits = int((found & truth).sum())
    return {
        "topic": topic,
        "stance": stance,
        "gold": int(truth.sum()),
        "predicted": int(found.sum()),
        "right": hits,
        "precision": round(hits / max(int(found.sum()), 1), 4),
        "recall": round(hits / max(int(truth.sum()), 1), 4),
    }


def _interval(metric: tuple[float, float, float] | None) -> dict[str, float | None]:
    value, low, high = metric or (None, None, None)
    return {"f1": value, "f1_low": low, "f1_high": high}


def error_rows(report: Report, topics: Sequence[str], limit: int = ERRORS) -> list[dict[str, Any]]:
    """Wrong decisions, the surest first: those are label errors, missing rules or blind spots, not bad luck.

    ``sure`` is the calibrated probability that the model gave to its wrong decision.
    """
    rows = [row for k, topic in enumerate(topics) for row in _errors_of(report, k, topic)]
    rows.sort(key=lambda row: (-row["sure"], row["id"], row["topic"]))
    return rows[:limit]


def _errors_of(report: Report, k: int, topic: str) -> Iterator[dict[str, Any]]:
    for i, row in enumerate(report.sentences):
        has, found = bool(report.gold.topic[i, k]), bool(report.decisions.topic[i, k])
        gold, chosen = int(report.gold.stance[i, k]), int(report.decisions.stance[i, k])
        p_topic = float(report.probabilities.topic[i, k])
        if found != has:
            kind, sure = ("false topic", p_topic) if found else ("missed topic", 1 - p_topic)
        elif has and gold != chosen:
            kind, sure = "wrong stance", float(report.probabilities.stance[i, k, chosen])
        else:
            continue
        yield {
            "sure": round(sure, 4),
            "kind": kind,
            "topic": topic,
            "gold": STANCES[gold] if has else "no topic",
            "predicted": STANCES[chosen] if found else "no topic",
            "text": row.text,
            "before": " ".join(row.sentence.before),
            "title": row.sentence.title,
            "source": row.source,
            "id": row.id,
        }
