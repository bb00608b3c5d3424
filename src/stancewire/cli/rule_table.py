"""What ``stancewire check --model`` prints: every rule with its count, then the sentences that break one."""

from __future__ import annotations

from itertools import groupby

import click
from rich.table import Table

from stancewire.cli.label_tables import show_titled
from stancewire.rule_checks import RuleReport


def show_rules(report: RuleReport, label: str) -> None:
    """Counts by rule, and each broken test under its rule."""
    title = f"{label}: {report.passed} of {report.tests} test sentences right"
    table = Table(title=title, title_justify="left")
    table.add_column("rule or topic")
    for head in ("right", "of"):
        table.add_column(head, justify="right")
    for rule, (passed, tests) in report.counts.items():
        table.add_row(rule, str(passed), str(tests), style="" if passed == tests else "red")
    show_titled(table)
    for rule, group in groupby(report.broken, lambda broken: broken.case.rule):
        click.secho(rule, bold=True)
        for broken in group:
            case = broken.case
            click.echo(f"  {case.kind}, {case.topic}: {broken.found}, expected {case.stance}: {case.text}")
