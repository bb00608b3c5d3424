"""What may befall a run, done to a program of its own: no row may be lost, doubled or different afterwards."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import Command

TEXTS = ("The minister promised to send more tents.", "Brussels refused to send any grain. Rain fell.", "A draw.")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory with 200 articles in ``in/``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for part in range(2):
        rows = ({"id": f"{part}.{i}", "text": f"{TEXTS[i % 3]} Day {i}."} for i in range(100))
        (tmp_path / "in" / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def start(bundle: Path, *more: object, **options: object) -> subprocess.Popen[str]:
    """``stancewire predict in -o out`` as a program of its own, four articles a part."""
    command = [sys.executable, "-m", "stancewire", "predict", "in", "-m", bundle, "-o", "out", "--shard", 4, *more]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(list(map(str, command)), **(pipes | options))  # type: ignore[call-overload, no-any-return]


def parts(folder: str = "out") -> dict[str, bytes]:
    """Every file of a folder of tags."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()}


def committed() -> int:
    log = Path("out/_run/shards.jsonl")
    return log.read_bytes().count(b"\n") if log.exists() else 0


def wait_for(shards: int, running: subprocess.Popen[str]) -> None:
    """Until so many shards are committed, or the program has ended."""
    deadline = time.monotonic() + 120
    while committed() < shards and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)


def undisturbed(stancewire: Command, bundle: Path, *more: object) -> dict[str, bytes]:
    assert stancewire("predict", "in", "-m", bundle, "-o", "whole", "--shard", 4, *more).code == 0
    return parts("whole")


def kill_at_random(bundle: Path, times: int, seed: int, *more: object) -> int:
    """Kill the program at random moments until it has been killed so often; returns how often it was at work."""
    moments, at_work = random.Random(seed), 0  # noqa: S311
    for _ in range(times):
        running = start(bundle, *more)
        wait_for(min(committed() + moments.choice([0, 0, 1, 1, 2, 3]), 50), running)
        time.sleep(moments.random() * 0.05)
        at_work += running.poll() is None
        running.kill()
        running.communicate()
    return at_work


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(
    here: Path, bundle_folder: Path, stancewire: Command, kind: str
) -> None:
    assert kill_at_random(bundle_folder, 3, 1, "--format", kind) == 3
    assert stancewire("predict", "in", "-m", bundle_folder, "-o", "out", "--shard", 4, "--format", kind).code == 0
    assert parts() == undisturbed(stancewire, bundle_folder, "--format", kind)


def test_killed_with_its_workers_at_work_it_leaves_no_process_and_goes_on(
    here: Path, bundle_folder: Path, stancewire: Command
) -> None:
    running = start(bundle_folder, "--workers", 2)
    wait_for(1, running)
    workers = [
        Path("/proc") / pid for pid in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    ]
    running.kill()
    running.communicate()
    deadline = time.monotonic() + 30
    while any(worker.exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers) >= 2
    assert not any(worker.exists() for worker in workers)
    assert stancewire("predict", "in", "-m", bundle_folder, "-o", "out", "--shard", 4).code == 0
    assert parts() == undisturbed(stancewire, bundle_folder)


@pytest.mark.slow
def test_killed_fifty_times_it_goes_on_to_the_same_bytes(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    whole = undisturbed(stancewire, bundle_folder)
    at_work = 0
    for seed in range(10):
        for path in sorted(Path("out").rglob("*"), reverse=True) if Path("out").exists() else ():
            path.unlink() if path.is_file() else path.rmdir()
        at_work += kill_at_random(bundle_folder, 5, seed)
        assert stancewire("predict", "in", "-m", bundle_folder, "-o", "out", "--shard", 4).code == 0
        assert parts() == whole
    assert at_work >= 45


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_after_the_shard_and_it_can_go_on(
    here: Path, bundle_folder: Path, stancewire: Command, number: int, code: int
) -> None:
    running = start(bundle_folder)
    wait_for(2, running)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == code
    assert "finishing this shard; once more to stop at once." in said
    assert said.endswith("stopped; run the same command again to go on.\n")
    assert not list(Path("out").glob(".part*"))
    assert 2 <= committed() < 50
    assert stancewire("predict", "in", "-m", bundle_folder, "-o", "out", "--shard", 4).code == 0
    assert parts() == undisturbed(stancewire, bundle_folder)


def test_a_disk_that_fills_up_is_told_and_it_can_go_on(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))  # noqa: E731
    running = start(bundle_folder, preexec_fn=limit)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert said.startswith("error: out")
    assert said.endswith("cannot be written (File too large). What is committed stays; make room and run again.\n")
    assert stancewire("predict", "in", "-m", bundle_folder, "-o", "out", "--shard", 4).code == 0
    assert parts() == undisturbed(stancewire, bundle_folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_output_is_told(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "out").mkdir(mode=0o555)
    done = stancewire("predict", "in", "-m", bundle_folder, "-o", "out")
    assert done.code == 1
    assert "cannot be written (Permission denied)" in done.err


def test_an_output_below_a_file_is_told(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "file").write_text("")
    done = stancewire("predict", "in", "-m", bundle_folder, "-o", "file/out")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: file/out: cannot be written (Not a directory)")


def test_a_second_program_on_the_same_folder_is_refused(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    running = start(bundle_folder)
    wait_for(1, running)
    running.send_signal(signal.SIGSTOP)
    second = stancewire("predict", "in", "-m", bundle_folder, "-o", "out", "--shard", 4)
    running.send_signal(signal.SIGCONT)
    assert second.code == 1
    assert second.err == "error: out: another run is writing to this folder. Wait for it, or write to another one.\n"
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert parts() == undisturbed(stancewire, bundle_folder)


def test_clocks_may_jump(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    whole = undisturbed(stancewire, bundle_folder)
    assert kill_at_random(bundle_folder, 1, 3) == 1
    for path in [*Path("in").iterdir(), *Path("out").rglob("*")]:
        os.utime(path, (0, 0))
    assert stancewire("predict", "in", "-m", bundle_folder, "-o", "out", "--shard", 4).code == 0
    assert parts() == whole


def test_strange_texts_become_rows_or_rejects(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    texts = {
        "rtl": "وصلت القافلة إلى الميناء. The minister promised to send more tents.",
        "combining": "Zu\u0308rich refused to send any grai\u0301n. Rain fell on Cafe\u0301.",
        "nul": "Rain fell\x00 on Oslo. Snow fell.",
        "crlf": "News\r\n\r\nRain fell.\r\nSnow fell.\r\n",
        "long": "tents and shells " * 5000 + ".",
        "emoji": "👩‍👩‍👧 fled. Rain fell 🌧️.",
        "separators": "Rain\u2028fell.\x0bSnow\x85fell.",
    }
    rows = [json.dumps({"id": name, "text": text}) for name, text in texts.items()]
    rows.append('{"id": "surrogate", "text": "half \\ud83d of a pair."}')
    (here / "in" / "strange.jsonl").write_text("\n".join(rows) + "\n")
    (here / "in" / "empty.txt").write_text("")
    (here / "in" / "bom.txt").write_bytes(b"\xef\xbb\xbfNews\n\nRain fell.")
    (here / "in" / "binary.txt").write_bytes(b"\x00\x01\x02")
    (here / "in" / "latin.txt").write_bytes(b"Caf\xe9 closed.")
    for kind in ("jsonl", "csv", "parquet"):
        done = stancewire(
            "predict", "in", "-m", bundle_folder, "-o", f"to-{kind}", "--format", kind, "--on-error", "skip"
        )
        assert done.code == 0
    index = [json.loads(line) for line in Path("to-jsonl/_run/articles.jsonl").read_text().splitlines()]
    assert {row["doc"] for row in index} == {*texts, "bom.txt", *(f"{p}.{i}" for p in (0, 1) for i in range(100))}
    tags = [json.loads(line) for line in Path("to-jsonl/part-000000.jsonl").read_text().split("\n") if line]
    assert all(texts[tag["doc"]][tag["start"] : tag["end"]] == tag["text"] for tag in tags if tag["doc"] in texts)
    rejects = [json.loads(line) for line in Path("to-jsonl/_run/rejects.jsonl").read_text().splitlines()]
    assert [row["reject"]["input"] for row in rejects] == ["binary.txt", "empty.txt", "latin.txt", "strange.jsonl"]


def test_a_thousand_tiny_files_are_a_thousand_articles(
    tmp_path: Path, bundle_folder: Path, stancewire: Command
) -> None:
    for i in range(1000):
        path = tmp_path / "in" / f"{i % 10}" / f"{i}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Rain fell.")
    done = stancewire("predict", tmp_path / "in", "-m", bundle_folder, "-o", tmp_path / "out")
    assert done.err.splitlines()[-1].endswith("has 1000 sentences of 1000 articles in 1 part")
