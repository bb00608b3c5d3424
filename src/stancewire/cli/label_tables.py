"""Tables and listings of ``stancewire labels``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import click
from rich.table import Table

from stancewire.agreement import Agreement
from stancewire.cli.terminal import show
from stancewire.codebook import STANCES
from stancewire.label_stats import LabelStats
from stancewire.records import Label, LabelledSentence


def stats_tables(stats: LabelStats) -> Iterator[Table]:
    """Cells first, then everything else by name."""
    head = f"{stats.documents} documents, {stats.sentences} labelled sentences, {stats.background} without a topic"
    cells = _table(head, "topic", *STANCES, "all")
    for topic, counts in stats.cells.items():
        cells.add_row(topic, *(str(counts[stance]) for stance in STANCES), str(sum(counts.values())))
    yield cells
    rest = _table(f"{stats.pairs} minimal pairs, {stats.context_only} sentences of context only", "what", "counts")
    for what in ("topics_per_sentence", "words", "holders", "genres", "sources", "years", "splits"):
        counts = getattr(stats, what)
        rest.add_row(what.replace("_", " "), ", ".join(f"{name} {count}" for name, count in counts.items()))
    rest.columns[1].justify = "left"
    yield rest


def agreement_tables(whole: Agreement, genres: Mapping[str, Agreement], topics: Iterable[str]) -> Iterator[Table]:
    """Agreement by topic, by cell, by genre."""
    title = f"{whole.sentences} sentences read twice, {whole.identical} with the same topics and stances"
    table = _table(
        title, "topic", "alpha topic", "alpha stance", "alpha cell", "F1 topic", *(f"F1 {s}" for s in STANCES)
    )
    for topic in topics:
        values = [whole.alpha[f"{kind}/{topic}"] for kind in ("topic", "stance", "cell")]
        values += [whole.f1[f"topic/{topic}"], *(whole.f1[f"triple/{topic}/{stance}"] for stance in STANCES)]
        table.add_row(topic, *map(_figure, values))
    yield table
    by_genre = _table("by genre", "genre", "sentences", "F1 topics", "F1 triples", "holder exact", "stances held")
    for name, part in {"all": whole, **genres}.items():
        figures = (part.f1["topic/micro"], part.f1["triple/micro"], part.holder_exact)
        by_genre.add_row(name, str(part.sentences), *map(_figure, figures), str(part.holders))
    yield by_genre


def show_titled(table: Table) -> None:
    """Print a table under its title, on one line however narrow the table is."""
    click.secho(str(table.title), bold=True)
    table.title = None
    show(table)


def rule_table(rules: Mapping[str, tuple[int, int]]) -> Table:
    """Agreement by rule."""
    table = _table("by rule, as the words of its tests suggest", "rule", "labels", "the same", "share")
    for name, (agreed, every) in rules.items():
        table.add_row(name, str(every), str(agreed), _figure(agreed / every))
    return table


def listing(heading: str, rows: Iterable[tuple[LabelledSentence, str]], count: int, *, as_json: bool = False) -> None:
    """Sentences with a note each under a heading, for the eye or as JSON lines."""
    if not as_json:
        click.secho(f"{heading} ({count})", bold=True)
    for row, note in rows:
        if as_json:
            line = {"concern": heading, "id": row.id, "note": note, "text": row.text}
            click.echo(json.dumps(line, ensure_ascii=False))
        else:
            click.echo(f"  {row.id}  {note}{': ' if note else ''}{row.text}")


def compact(labels: Mapping[str, Label] | None) -> str:
    """Labels in a few words."""
    if labels is None:
        return "context only"
    return ", ".join(f"{topic} {label.stance}" for topic, label in labels.items()) or "no topic"


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left")
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left")
    return table


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
