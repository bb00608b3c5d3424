"""Progress where there is no terminal to draw it on."""

from __future__ import annotations

import itertools

import pytest
from rich.table import Table

from stancewire.cli import terminal
from stancewire.cli.terminal import bytes_bar, counted, show, steps


@pytest.fixture(autouse=True)
def minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let half a minute pass with every look at the clock."""
    clock = itertools.count(step=30)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))


def test_work_that_belongs_in_a_log_says_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counted(range(2000), "sentences", 2000, logged=True)) == list(range(2000))
    lines = capsys.readouterr().err.splitlines()
    assert 300 < len(lines) < 2000
    assert lines[-1].startswith("sentences: ")
    assert lines[-1].split(", ")[0].endswith(" of 2,000")


def test_other_work_and_short_work_say_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    list(counted(range(2000), "sentences", 2000))
    with bytes_bar("tagging") as draw:
        draw(10_000_000, 340_000_000, 600)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: 0.0)
    list(counted(range(2000), "sentences", 2000, logged=True))
    assert capsys.readouterr().err == ""


def test_steps_of_training_are_said_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as progress:
        for done in range(1, 9):
            progress.step("batches", done, 8)
    assert "batches: 8 of 8" in capsys.readouterr().err


def test_a_whole_table_is_not_cut_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    heads = [f"a-column-of-some-width-{i}" for i in range(6)]
    show(Table(*heads), whole=True)
    shown = capsys.readouterr().out
    assert [head for head in heads if head not in shown] == []
