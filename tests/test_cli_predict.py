import csv
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet
import pytest

from conftest import Command
from stancewire.predict import Tagger

GOOD = '{"id": "a", "text": "The minister promised to send more tents."}\n'
TEXT = "Aid\n\nThe minister promised to send more tents. Rain fell on coats.\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(text: str) -> list[dict[str, object]]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def test_data_goes_to_stdout_and_nothing_else_does(
    here: Path, bundle_folder: Path, stancewire: Command, tagger: Tagger
) -> None:
    (here / "a.txt").write_text(TEXT)
    done = stancewire("predict", "a.txt", "-m", bundle_folder)
    assert (done.code, done.err) == (0, "")
    assert [row["text"] for row in rows_of(done.out)] == [
        "The minister promised to send more tents.",
        "Rain fell on coats.",
    ]
    assert [TEXT[row["start"] : row["end"]] for row in rows_of(done.out)] == [row["text"] for row in rows_of(done.out)]  # type: ignore[misc]
    assert {row["doc"] for row in rows_of(done.out)} == {"a.txt"}


def test_the_ending_of_the_output_says_the_format(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "a.jsonl").write_text(GOOD)
    for name in ("t.jsonl", "t.csv", "t.parquet"):
        done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", name)
        assert (done.code, done.out) == (0, "")
        assert done.err.startswith("1 sentences tagged by tiny@")
        assert done.err.endswith(f", written to {name}\n")
    (as_json,) = rows_of((here / "t.jsonl").read_text())
    (as_csv,) = csv.DictReader(io.StringIO((here / "t.csv").read_text(encoding="utf-8")))
    (as_parquet,) = pyarrow.parquet.read_table(here / "t.parquet").to_pylist()
    assert as_json["text"] == as_csv["text"] == as_parquet["text"] == "The minister promised to send more tents."
    assert (as_csv["aid"], as_csv["aid_stance"]) == ("True", "favor")
    assert (as_parquet["aid"], as_parquet["aid_stance"]) == (True, "favor")
    assert as_json["labels"]["aid"]["stance"] == "favor"  # type: ignore[index]
    assert sorted(p.name for p in here.iterdir()) == ["a.jsonl", "t.csv", "t.jsonl", "t.parquet"]


def test_csv_goes_to_stdout_when_asked(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    done = stancewire("predict", "-", "-m", bundle_folder, "--format", "csv", stdin=GOOD.encode())
    (row,) = csv.DictReader(io.StringIO(done.out))
    assert (row["doc"], row["aid_stance"], done.err) == ("a", "favor", "")


def test_a_table_is_shown_when_asked(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "a.txt").write_text(TEXT)
    for arguments in (["--format", "table"], ["--table"], ["--table", "-o", "t.jsonl"]):
        done = stancewire("predict", "a.txt", "-m", bundle_folder, *arguments)
        assert done.code == 0
        assert "+ aid favor" in done.out
        assert "\x1b" not in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "parquet"], "Parquet is not written to a terminal or pipe; name a file with -o."),
        (["--format", "table", "-o", "t.jsonl"], "--format table is for the terminal; with -o use --table."),
    ],
)
def test_formats_that_do_not_go_there_are_refused(
    here: Path, bundle_folder: Path, stancewire: Command, arguments: list[str], said: str
) -> None:
    done = stancewire("predict", "-", "-m", bundle_folder, *arguments, stdin=GOOD.encode())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: stancewire predict: {said}")


def test_the_workspace_s_default_bundle_needs_no_name(
    workspace_folder: Path, bundle_folder: Path, stancewire: Command
) -> None:
    (workspace_folder / "models" / "default").symlink_to(bundle_folder)
    done = stancewire("-C", workspace_folder, "predict", "-", stdin=GOOD.encode())
    assert (done.code, len(rows_of(done.out))) == (0, 1)


def test_a_wrong_bundle_gets_the_names_of_those_that_are_there(
    workspace_folder: Path, bundle_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace_folder)
    shutil.copytree(bundle_folder, "models/tiny")
    done = stancewire("predict", "-", "-m", "tiny", stdin=GOOD.encode())
    said = "error: tiny: there is no such folder. Bundles of this workspace: models/tiny.\n"
    assert (done.code, done.out, done.err) == (1, "", said)
    done = stancewire("predict", "-", stdin=GOOD.encode())
    said = f"error: {workspace_folder / 'models' / 'default'}: no default bundle is there."
    assert (done.code, done.out, done.err.startswith(said)) == (1, "", True)


def test_without_a_workspace_a_bundle_is_asked_for(here: Path, stancewire: Command) -> None:
    done = stancewire("predict", "-", stdin=GOOD.encode())
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: {here}: not in a workspace")
    assert done.err.endswith("Or name a bundle's folder with -m.\n")


def test_an_input_without_articles_is_said(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "a.csv").write_text("id,text\n")
    done = stancewire("predict", "a.csv", "-m", bundle_folder)
    assert (done.code, done.out, done.err) == (0, "", "nothing to tag: no sentence was found.\n")


def test_sentences_that_come_split_are_counted_from_zero(bundle_folder: Path, stancewire: Command) -> None:
    record = json.dumps({"id": "s", "sentences": ["Rain fell. It was cold.", "Oslo promised to send tents."]})
    done = stancewire("predict", "-", "-m", bundle_folder, stdin=record.encode())
    assert [(r["n"], r["start"], r["end"], r["text"]) for r in rows_of(done.out)] == [
        (0, 0, 23, "Rain fell. It was cold."),
        (1, 24, 52, "Oslo promised to send tents."),
    ]


BAD = {
    "an empty file": ("a.txt", b"", "a.txt: the text is empty"),
    "white space only": ("a.txt", b" \n\n", "a.txt: the text is empty"),
    "a binary file": ("a.txt", b"GIF89a\x00\x01\x02" * 9, "a.txt: found binary data, expected UTF-8 text."),
    "a wrong encoding": ("a.txt", "Für Kiew".encode("cp1252"), "a.txt: found byte 0xfc at offset 1, expected UTF-8"),
    "broken JSON": ("a.jsonl", GOOD.encode() + b'{"text": "x"\n', "a.jsonl:2: broken JSON at column"),
    "no object": ("a.jsonl", b"[1, 2]\n", "a.jsonl:1: found a JSON list, expected an object"),
    "no text": ("a.jsonl", b'{"id": "x", "titel": "T"}\n', "a.jsonl:1: found no text (keys: id, titel)"),
    "a text that is none": ("a.jsonl", b'{"text": 5}\n', "a.jsonl:1: 'text' is int, expected a text."),
    "half a character": ("a.jsonl", b'{"text": "bad \\ud800"}\n', "a.jsonl:1: "),
    "ids twice": ("a.jsonl", GOOD.encode() * 2, "a.jsonl:2: id 'a' is used twice"),
    "no column": ("a.csv", b"id,body text\n1,Rain fell.\n", "a.csv: no column with the text (columns: id, body text)"),
    "not Parquet": ("a.parquet", b"PAR1 but not really", "a.parquet: not a readable Parquet file"),
    "not gzip": ("a.jsonl.gz", b"hello", "a.jsonl.gz: cannot be read"),
    "not zstandard": ("a.jsonl.zst", b"hello hello hello", "a.jsonl.zst: cannot be read"),
    "an unknown kind": ("a.pdf", b"%PDF-1.7", "a.pdf: cannot read '.pdf', expected .txt"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_that_says_where(here: Path, bundle_folder: Path, stancewire: Command, name: str) -> None:
    file, content, said = BAD[name]
    (here / file).write_bytes(content)
    done = stancewire("predict", file, "-m", bundle_folder, "-o", "t.jsonl")
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert [p.name for p in here.iterdir()] == [file]


def test_broken_json_in_line_40000_is_found_there(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    with (here / "a.jsonl").open("w") as stream:
        stream.writelines(f'{{"id": "{i}", "text": "Rain."}}\n' for i in range(1, 40_000))
        stream.write('{"id": "x", "text": "Rain.}\n')
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", "t.jsonl")
    assert done.code == 1
    assert done.err.startswith("error: a.jsonl:40000: broken JSON at column ")
    assert [p.name for p in here.iterdir()] == ["a.jsonl"]


def test_a_single_line_of_65_megabytes_is_refused_quickly(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    with (here / "a.jsonl").open("wb") as stream:
        stream.write(b'{"text": "')
        stream.truncate(65 * 2**20)  # the rest is a hole of zero bytes
    started = time.monotonic()
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "-o", "t.jsonl")
    assert done.code == 1
    assert "a.jsonl:1: a line of more than 67,108,864 bytes, expected one JSON object a line" in done.err
    assert time.monotonic() - started < 10


def test_bad_records_are_skipped_and_reported_when_asked(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    lines = [GOOD, '{"text": ""}\n', "{broken\n", '{"id": "b"}\n', GOOD, '{"id": "c", "text": "Rain fell."}\n']
    (here / "a.jsonl").write_text("".join(lines))
    done = stancewire("predict", "a.jsonl", "-m", bundle_folder, "--on-error", "skip")
    assert (done.code, [row["doc"] for row in rows_of(done.out)]) == (0, ["a", "c"])
    said = done.err.splitlines()
    assert [line.split(": ")[:3] for line in said[:3]] == [["error", "left out", f"a.jsonl:{n}"] for n in (2, 3, 4)]
    assert "id 'a' is used twice" in said[3]
    assert said[4] == "4 records left out."


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("nowhere.txt", "no such file or folder"),
        ("*.jsonl", "no file matches this pattern"),
        ("empty", "nothing to read"),
    ],
)
def test_an_input_that_is_not_there_is_named(
    here: Path, bundle_folder: Path, stancewire: Command, argument: str, said: str
) -> None:
    (here / "empty").mkdir()
    done = stancewire("predict", argument, "-m", bundle_folder)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: {argument}: {said}")


def test_a_column_that_is_not_there_gets_a_hint(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "a.csv").write_text("id,story\n1,Rain fell.\n")
    done = stancewire("predict", "a.csv", "-m", bundle_folder, "--text", "stroy")
    assert done.code == 1
    assert "no column 'stroy' (there are: id, story). Did you mean 'story'?" in done.err
    assert stancewire("predict", "a.csv", "-m", bundle_folder, "--text", "story").code == 0


def test_a_damaged_bundle_is_refused_before_anything_is_read(
    here: Path, bundle_folder: Path, stancewire: Command
) -> None:
    import shutil

    shutil.copytree(bundle_folder, here / "b")
    (here / "b" / "vocabulary.json").write_bytes(b"[]")
    done = stancewire("predict", "nowhere.txt", "-m", "b")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: b/vocabulary.json: changed after it was written")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("no/t.jsonl", "no/t.jsonl: no folder no. Make it first."),
        ("file/t.jsonl", "file/t.jsonl: no folder file. Make it first."),
        ("t" * 300 + ".csv", "cannot be written (File name too long). Choose another output."),
        ("t.xlsx", "t.xlsx: no format 'xlsx' (jsonl, csv, parquet)"),
    ],
)
def test_an_output_that_cannot_be_written_is_said(
    here: Path, bundle_folder: Path, stancewire: Command, output: str, said: str
) -> None:
    (here / "file").write_text("")
    done = stancewire("predict", "-", "-m", bundle_folder, "-o", output, stdin=GOOD.encode())
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert [p.name for p in here.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said(here: Path, bundle_folder: Path, stancewire: Command) -> None:
    (here / "locked").mkdir(mode=0o555)
    done = stancewire("predict", "-", "-m", bundle_folder, "-o", "locked/t.jsonl", stdin=GOOD.encode())
    assert (done.code, done.err) == (
        1,
        "error: locked/t.jsonl: cannot be written (Permission denied). Choose another output.\n",
    )


def program(*arguments: object, **more: object) -> subprocess.Popen[bytes]:
    """Start the command line as a program of its own."""
    command = [sys.executable, "-m", "stancewire", *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **(pipes | more))  # type: ignore[call-overload, no-any-return]


def test_a_disk_that_fills_up_leaves_nothing_half_written(here: Path, bundle_folder: Path) -> None:
    records = "".join(f'{{"id": "{i}", "text": "Rain fell."}}\n' for i in range(300))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))  # noqa: E731
    running = program("predict", "-", "-m", bundle_folder, "-o", "t.jsonl", preexec_fn=limit)
    _, said = running.communicate(records.encode(), timeout=60)
    assert running.returncode == 1
    assert said == b"error: t.jsonl: cannot be written (File too large).\n"
    assert list(here.iterdir()) == []


def test_an_interrupted_run_leaves_the_old_file_and_nothing_else(here: Path, bundle_folder: Path) -> None:
    (here / "t.jsonl").write_text("old\n")
    # a shell in the background would hand down an ignored SIGINT
    hear = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    running = program("predict", "-", "-m", bundle_folder, "-o", "t.jsonl", preexec_fn=hear)
    assert running.stdin
    assert running.stderr
    running.stdin.write(GOOD.encode())
    running.stdin.flush()
    deadline = time.monotonic() + 60
    while len(list(here.iterdir())) < 2 and time.monotonic() < deadline:  # until the temporary file is there
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == 130
    assert running.stderr.read().decode().strip() == "error: interrupted; nothing is half written."
    assert {p.name: p.read_text() for p in here.iterdir()} == {"t.jsonl": "old\n"}
    running.stdin.close()
    running.stdout.close()  # type: ignore[union-attr]
    running.stderr.close()


def test_a_reader_that_leaves_is_no_error(here: Path, bundle_folder: Path) -> None:
    records = "".join(f'{{"id": "{i}", "text": "Rain fell."}}\n' for i in range(3000))
    (here / "a.jsonl").write_text(records)
    running = program("predict", "a.jsonl", "-m", bundle_folder, stdin=subprocess.DEVNULL)
    assert running.stdout
    assert running.stderr
    running.stdout.readline()
    running.stdout.close()
    assert running.stderr.read() == b""
    running.stderr.close()
    running.wait(timeout=60)


def test_stdout_is_utf8_whatever_the_locale(here: Path, bundle_folder: Path) -> None:
    running = program("predict", "-", "-m", bundle_folder, env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0"})
    out, said = running.communicate('{"id": "ü", "text": "„Für Київ“ fell."}\n'.encode(), timeout=60)
    assert (running.returncode, said) == (0, b"")
    assert json.loads(out.decode("utf-8"))["text"] == "„Für Київ“ fell."
