"""``stancewire labels agreement``, ``duplicates`` and ``errors``: where the labels are in doubt."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby, islice
from pathlib import Path

import click

from stancewire.agreement import agreement
from stancewire.cli.label_tables import agreement_tables, compact, listing, rule_table, show_titled
from stancewire.cli.setting import workspace
from stancewire.cli.terminal import say
from stancewire.errors import InputError
from stancewire.label_errors import Suspect, suspected_errors
from stancewire.labels import read_labels, read_reading
from stancewire.readings import agreement_by_genre, agreement_by_rule, list_disagreements, reading_of
from stancewire.splits import duplicate_groups

_READING = click.Path(path_type=Path, dir_okay=False)


@click.command("agreement", short_help="Agreement of two readings.")
@click.argument("first", required=False, type=_READING)
@click.argument("second", required=False, type=_READING)
@click.option("--list", "list_all", is_flag=True, help="List every disagreement under the rule or cell it concerns.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def agreement_command(
    context: click.Context, first: Path | None, second: Path | None, list_all: bool, as_json: bool
) -> None:
    """Agreement of two readings, FIRST and SECOND, files of {"id", "labels"}.

    By default labels/first_reading.jsonl (or, without it, the labels themselves) and labels/second_reading.jsonl.
    """
    space = workspace(context)
    codebook = space.codebook()
    labelled = read_labels(space.labels, codebook)
    own = first or space.labels / "first_reading.jsonl"
    a = read_reading(own, codebook) if first or own.is_file() else reading_of(labelled)
    b = read_reading(second or space.labels / "second_reading.jsonl", codebook)
    figures = agreement(a, b, codebook.topic_ids)
    if not figures.sentences:
        raise InputError("the two readings have no sentence in common; nothing can be compared.")
    if as_json:
        click.echo(json.dumps(asdict(figures)))
        return
    for table in agreement_tables(figures, agreement_by_genre(labelled, a, b, codebook), codebook.topic_ids):
        show_titled(table)
    show_titled(rule_table(agreement_by_rule(labelled, a, b, codebook)))
    if list_all:
        for concern, group in groupby(list_disagreements(labelled, a, b, codebook), lambda d: d.concern):
            found = [(d.row, f"{d.topic} {d.first} / {d.second}") for d in group]
            listing(concern, found, len(found))


@click.command("duplicates", short_help="List clusters of near-duplicate sentences.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per sentence.")
@click.pass_context
def duplicates_command(context: click.Context, as_json: bool) -> None:
    """List clusters of near-duplicate sentences; minimal pairs, which are alike on purpose, only where not marked."""
    space = workspace(context)
    rows = read_labels(space.labels, space.codebook()).sentences
    groups = duplicate_groups(rows)
    for number, group in enumerate(groups, start=1):
        same = all(row.labels == group[0].labels for row in group)
        heading = f"cluster {number}, labels {'are the same' if same else 'differ'}"
        listing(heading, ((row, compact(row.labels)) for row in group), len(group), as_json=as_json)
    say(f"{len(groups)} clusters of near-duplicates in {len(rows)} sentences")


@click.command("errors", short_help="List labels that are probably wrong.")
@click.option("--top", default=60, show_default=True, type=click.IntRange(1), help="List so many, the worst first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per suspect.")
@click.pass_context
def errors_command(context: click.Context, top: int, as_json: bool) -> None:
    """List labels that are probably wrong (cross-validated by document; cleanlab), under the rule or cell concerned."""
    space = workspace(context)
    codebook = space.codebook()
    rows = read_labels(space.labels, codebook).scored
    suspects = suspected_errors(rows, codebook)
    for concern, group in _by_concern(islice(suspects, top)):
        listing(concern, ((s.row, _note(s)) for s in group), len(group), as_json=as_json)
    labels = len(rows) * len(codebook.topic_ids)
    say(f"{len(suspects)} suspected errors in {labels} labels; listed: {min(top, len(suspects))}")


def _by_concern(suspects: Iterable[Suspect]) -> Iterable[tuple[str, list[Suspect]]]:
    """Groups in the order of their worst member."""
    groups: dict[str, list[Suspect]] = {}
    for suspect in suspects:
        groups.setdefault(suspect.concern, []).append(suspect)
    return groups.items()


def _note(suspect: Suspect) -> str:
    return f"{suspect.topic} {suspect.given} → {suspect.suggested}? ({suspect.confidence:.2f})"
