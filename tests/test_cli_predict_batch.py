from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Command
from stancewire.cli.predict_batch import thread_limits

ROWS = [
    {"id": "a", "title": "Aid", "date": "2024-11-13", "text": "The minister promised to send more tents. Rain fell."},
    {"id": "b", "title": "Cup", "date": None, "text": "The match of boots against Oslo ended in a draw."},
    {"id": "c", "title": "Aid", "date": None, "text": "Brussels refused to send any grain."},
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory with three articles."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path


def test_a_name_without_an_ending_is_a_folder_that_can_be_resumed(
    here: Path, bundle_folder: Path, stancewire: Command
) -> None:
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", "tags")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("4 sentences of 3 articles tagged by tiny@")
    assert done.err.endswith("; tags has 4 sentences of 3 articles in 1 part\n")
    again = stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", "tags")
    assert again.err.startswith("nothing new to tag by tiny@")
    one_file = stancewire("predict", "a.jsonl", "-m", bundle_folder)
    assert (here / "tags" / "part-000000.jsonl").read_text() == one_file.out


def test_left_out_records_are_counted_and_named(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "b.jsonl").write_text("nonsense\n")
    done = stancewire("predict", "a.jsonl", "b.jsonl", "-m", bundle_folder, "-o", "tags", "--on-error", "skip")
    assert done.code == 0
    assert done.err.splitlines()[-1] == "1 records left out, see tags/_run/rejects.jsonl"


def test_another_option_is_refused_in_one_line(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", "tags")
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", "tags", "--on-error", "skip", "--limit", 2)
    assert (done.code, done.err) == (
        1,
        "error: tags: begun with reading.on_error 'stop', now 'skip'; limit None, now 2. "
        "Use what it was begun with, or another folder.\n",
    )


@pytest.mark.parametrize("output", [[], ["-o", "tags"], ["-o", "tags.jsonl"]])
def test_columns_text_and_limit_can_be_chosen(
    here: Path, bundle_folder: Path, stancewire: Command, output: list[str]
) -> None:
    chosen = ["--columns", "doc,n,text,review", "--no-text", "--limit", 1]
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, *output, *chosen)
    written = done.out or "".join(p.read_text() for p in [*here.glob("tags/part*"), *here.glob("tags.jsonl")])
    assert [json.loads(line) for line in written.splitlines()] == [
        {"doc": "a", "n": 0, "review": False},
        {"doc": "a", "n": 1, "review": False},
    ]


def test_columns_of_a_table_are_its_own(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "--format", "csv", "--columns", "doc,n,aid_stance")
    assert done.out == "doc,n,aid_stance\na,0,favor\na,1,\nb,0,\nc,0,against\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--columns", "stanse_p"], 1, "no column 'stanse_p' in jsonl (there are: doc, n, start"),
        (["--workers", "2"], 2, "--workers goes with a folder as output, as in '-o tags', not to standard output."),
        (["--cluster", "-o", "t.csv"], 2, "--cluster goes with a folder as output, as in '-o tags', not to t.csv."),
        (["--address", "auto", "-o", "tags"], 2, "--address goes with --engine ray."),
        (["--format", "table", "-o", "tags"], 2, "a table is for the terminal; leave -o out, or name a file."),
        (["--table", "--no-text"], 2, "--columns and --no-text go with rows, not with the table."),
    ],
)
def test_options_that_do_not_fit_are_told(
    here: Path, bundle_folder: Path, stancewire: Command, arguments: list[str], code: int, said: str
) -> None:
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_links_out_of_a_folder_need_follow(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "in").mkdir()
    (here / "in" / "b.txt").write_text("Rain fell.")
    (here / "in" / "a.jsonl").symlink_to(here / "a.jsonl")
    assert stancewire("predict", "in", "-m", bundle_folder).out.count("\n") == 1
    assert stancewire("predict", "in", "-m", bundle_folder, "--follow").out.count("\n") == 5


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # MLflow's own
def test_a_tracked_run_keeps_counts_and_label_shares(
    workspace_folder: Path, bundle_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.chdir(workspace_folder)
    (workspace_folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", "tags", "--track")
    assert (done.code, "warning: " in done.err) == (0, False)
    with sqlite3.connect(workspace_folder / "mlruns" / "mlflow.db") as store:
        kept = dict(store.execute("select key, value from metrics where key like 'share/%' or key = 'rows'").fetchall())
    store.close()
    assert kept == {"rows": 4, "share/aid/favor": 0.25, "share/aid/against": 0.25, "share/sport/neutral": 0.25}


def test_worker_processes_are_told_how_many_threads_they_may_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before = dict(os.environ)
    code = "import os; print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'])"
    with thread_limits(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "7"]
    assert dict(os.environ) == before


def test_one_process_may_use_all_processors() -> None:
    before = dict(os.environ)
    with thread_limits(None):
        assert dict(os.environ) == before
