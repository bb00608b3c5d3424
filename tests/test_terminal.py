"""Progress where there is no terminal to draw it on."""

from __future__ import annotations

import itertools

import pytest

from stancewire.cli import terminal
from stancewire.cli.terminal import bytes_bar, counted, steps


@pytest.fixture(autouse=True)
def minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let half a minute pass with every look at the clock."""
    clock = itertools.count(step=30)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))


def test_long_counts_say_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counted(range(2000), "sentences", 2000)) == list(range(2000))
    lines = capsys.readouterr().err.splitlines()
    assert 300 < len(lines) < 2000
    assert lines[-1].startswith("sentences: ")
    assert lines[-1].split(", ")[0].endswith(" of 2,000")


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.time, "monotonic", lambda: 0.0)
    list(counted(range(2000), "sentences", 2000))
    assert capsys.readouterr().err == ""


def test_bytes_are_said_in_megabytes(capsys: pytest.CaptureFixture[str]) -> None:
    with bytes_bar("tagging") as draw:
        for done in (1, 2, 3, 4):
            draw(done * 10_000_000, 340_000_000, done * 600)
    line = capsys.readouterr().err.splitlines()[-1]
    assert (line.startswith("tagging: 40 MB of 340 MB, "), " sentences/s" in line) == (True, True)


def test_steps_of_training_are_said_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as progress:
        for done in range(1, 9):
            progress.step("batches", done, 8)
    assert "batches: 8 of 8" in capsys.readouterr().err
