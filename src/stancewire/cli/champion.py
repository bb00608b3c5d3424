"""``stancewire champion``."""

from __future__ import annotations

import click
from rich.table import Table

from stancewire.champion import Entry, history, present, roll_back
from stancewire.cli.setting import store, who, workspace
from stancewire.cli.terminal import say, show


@click.command("champion")
@click.option("--history", "past", is_flag=True, help="Every decision, refused ones too, the newest first.")
@click.option("--rollback", is_flag=True, help="Make the champion before this one champion again.")
@click.option("--why", default="", help="With --rollback: why; kept with the decision.")
@click.option("--model", default="stancewire", show_default=True, help="Name in the registry.")
@click.pass_context
def command(context: click.Context, past: bool, rollback: bool, why: str, model: str) -> None:
    """Show the champion: its bundle, since when, by whom and why."""
    space = workspace(context)
    place = store(space)
    if past:
        entries = history(place, model)
        if entries:
            show(_table(entries, f"decisions on '{model}'"))
        else:
            say(f"no decisions on '{model}' yet; the first is made by: stancewire promote BUNDLE")
        return
    entry = roll_back(place, model, who(space), why) if rollback else present(place, model)
    show(_table([entry], f"champion of '{model}': version {entry.after}"))
    say(f"use it: stancewire predict ARTICLES -m models:/{model}@champion")


def _table(entries: list[Entry], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for head in ("when (UTC)", "decision", "bundle", "champion", "who", "why", "run"):
        table.add_column(head, overflow="fold")
    for e in entries:
        moved = e.after if e.before == e.after else f"{e.before or '–'} → {e.after}"
        table.add_row(e.when, e.decision, e.bundle, moved, e.who, e.why, e.run_id[:8])
    return table
