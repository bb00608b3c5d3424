"""What the commands print: data to stdout, everything else to stderr, colour and progress on a terminal only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from stancewire.codebook import AGAINST, FAVOR, NEUTRAL
from stancewire.metrics import Metric
from stancewire.runs import NullRun, Run

Item = TypeVar("Item")

SECONDS_BETWEEN_LINES = 60
"""Of training in a log: it should show that work goes on, and not be flooded."""

_WIDTH = 120
"""Of tables where there is no terminal."""

STANCE_STYLES = {FAVOR: "green", AGAINST: "red", NEUTRAL: "dim"}
STANCE_MARKS = {FAVOR: "+", AGAINST: "−", NEUTRAL: "·"}


def say(message: str) -> None:
    """One line to stderr."""
    click.echo(message, err=True)


def say_error(message: str) -> None:
    """An error's line (or lines, when there are several problems) to stderr, in red on a terminal."""
    plain = bool(os.environ.get("NO_COLOR"))
    for line in (f"error: {line}" for line in message.splitlines()):
        click.echo(line if plain else click.style(line, fg="red"), err=True)


def show(table: Table, *, whole: bool = False) -> None:
    """Print a table to stdout; without a terminal it is plain, and when `whole` as wide as it needs."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    if whole and not sys.stdout.isatty():
        needed = console.measure(table, options=console.options.update(max_width=2 * _WIDTH)).maximum
        console.width = max(_WIDTH, needed)
    console.print(table)
    sys.stdout.flush()


def metric_table(title: str, metrics: dict[str, Metric], names: Iterable[str]) -> Table:
    """Metrics with their intervals, in percent."""
    table = Table(title=title, title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name in names:
        if name in metrics:
            m = metrics[name]
            table.add_row(name, f"{100 * m.value:.1f}", f"{100 * m.low:.1f} – {100 * m.high:.1f}")
    return table


class Bars(Progress):
    """Bars on a terminal; elsewhere nothing, or for work that belongs in a log (`logged`) a line a minute."""

    def __init__(self, *, logged: bool = False) -> None:
        super().__init__(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._logged = logged and self.disable
        self._said = time.monotonic()

    def tell(self, number: TaskID) -> None:
        """Say how far a task has come, if it is to be logged and nothing was said for a minute."""
        if not self._logged or time.monotonic() - self._said < SECONDS_BETWEEN_LINES:
            return
        self._said = time.monotonic()
        task = self.tasks[number]
        parts = [f"{task.description}: {task.completed:,.0f}"]
        if task.total is not None:
            parts[0] += f" of {task.total:,.0f}"
        if task.fields["rate"]:
            parts.append(task.fields["rate"])
        if task.time_remaining is not None:
            parts.append(f"about {task.time_remaining / 60:.0f} minutes left")
        say(", ".join(parts))


def counted(
    items: Iterable[Item],
    what: str,
    total: int | None = None,
    size: Callable[[Item], int] = lambda item: 1,
    *,
    logged: bool = False,
) -> Iterator[Item]:
    """Pass items on and show their number (each counts as its `size`), rate and the time left."""
    with Bars(logged=logged) as bars:
        task = bars.add_task(what, total=total, rate="")
        for item in items:
            yield item
            bars.advance(task, size(item))
            speed = bars.tasks[0].speed
            bars.update(task, rate=f"{speed:,.0f}/s" if speed else "")
            bars.tell(task)


@contextmanager
def bytes_bar(what: str) -> Iterator[Callable[[int, int, int], None]]:
    """A bar over bytes of input; gives a function of bytes read, bytes in all, sentences tagged."""
    begun = time.monotonic()
    with Bars() as bars:
        task = bars.add_task(what, total=None, rate="")

        def draw(read: int, size: int, sentences: int) -> None:
            rate = sentences / max(1e-9, time.monotonic() - begun)
            bars.update(task, completed=read, total=size, rate=f"{rate:,.0f} sentences/s")

        yield draw


class Steps:
    """A trainer's `Progress`, drawn as bars; the training curve goes into the run."""

    def __init__(self, bars: Bars, run: Run) -> None:
        self._bars, self._run = bars, run
        self._tasks: dict[str, TaskID] = {}

    def step(self, what: str, done: int, total: int) -> None:
        """Show how far a step has come."""
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, rate="")
        self._bars.update(self._tasks[what], completed=done, total=total)
        self._bars.tell(self._tasks[what])

    def metric(self, name: str, value: float, step: int) -> None:
        """Keep a point of a training curve."""
        self._run.step_metric(name, value, step)


@contextmanager
def steps(run: Run | None = None) -> Iterator[Steps]:
    """Bars for a run's steps."""
    with Bars(logged=True) as bars:
        yield Steps(bars, run or NullRun())
