import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stancewire.errors import InputError, OutputError
from stancewire.output import (
    columns,
    flatten,
    format_of,
    make_layout,
    text_stream,
    write_csv_stream,
    write_jsonl,
    write_jsonl_stream,
)
from stancewire.records import Label, Tag

TOPICS = ("aid", "sport")
TAG = Tag(
    doc="d1",
    n=0,
    start=3,
    end=30,
    text='Oslo, "the friend", sent\n5 €.',
    labels={"aid": Label("favor", "Oslo")},
    topic_p={"aid": 0.75, "sport": 0.125},
    stance_p={
        "aid": {"favor": 0.5, "against": 0.25, "neutral": 0.25},
        "sport": {"favor": 0.0, "against": 0.0, "neutral": 1.0},
    },
    review=False,
    truncated=True,
    model="tiny@01234567",
    codebook="89abcdef",
)
FLAT = {
    "doc": "d1",
    "n": 0,
    "start": 3,
    "end": 30,
    "text": 'Oslo, "the friend", sent\n5 €.',
    "aid": True,
    "aid_p": 0.75,
    "aid_stance": "favor",
    "aid_stance_favor_p": 0.5,
    "aid_stance_against_p": 0.25,
    "aid_stance_neutral_p": 0.25,
    "aid_holder": "Oslo",
    "sport": False,
    "sport_p": 0.125,
    "sport_stance": None,
    "sport_stance_favor_p": 0.0,
    "sport_stance_against_p": 0.0,
    "sport_stance_neutral_p": 1.0,
    "sport_holder": None,
    "review": False,
    "truncated": True,
    "model": "tiny@01234567",
    "codebook": "89abcdef",
}


def test_a_flat_row_has_every_column_of_the_contract() -> None:
    assert flatten(TAG) == FLAT
    assert list(flatten(TAG)) == columns(TOPICS) == list(FLAT)


@pytest.mark.parametrize(("topics", "name"), [(("text",), "text"), (("aid", "aid_p"), "aid_p")])
def test_a_topic_that_takes_another_column_s_name_is_refused(topics: tuple[str, ...], name: str) -> None:
    with pytest.raises(InputError, match=f"two columns would be called '{name}'"):
        columns(topics)


def test_a_json_line_is_the_contract_s_form(tmp_path: Path) -> None:
    assert write_jsonl([TAG], tmp_path / "t.jsonl", make_layout("jsonl", TOPICS)) == 1
    row = json.loads((tmp_path / "t.jsonl").read_text(encoding="utf-8"))
    assert row == TAG.to_dict()
    assert row["labels"] == {"aid": {"stance": "favor", "holder": "Oslo", "holder_span": [0, 4]}}
    assert list(row) == [
        "doc", "n", "start", "end", "text", "labels", "topic_p", "stance_p", "review", "truncated", "model", "codebook",
    ]  # fmt: skip


def test_the_holder_author_has_no_span() -> None:
    tag = Tag(**{name: getattr(TAG, name) for name in TAG.__slots__} | {"labels": {"aid": Label("against", "author")}})
    assert tag.to_dict()["labels"] == {"aid": {"stance": "against", "holder": "author", "holder_span": None}}


def test_csv_comes_back_with_quotes_and_line_breaks() -> None:
    stream = io.StringIO(newline="")
    assert write_csv_stream([TAG, TAG], stream, make_layout("csv", TOPICS)) == 2
    stream.seek(0)
    expected = {key: "" if value is None else str(value) for key, value in FLAT.items()}
    assert list(csv.DictReader(stream)) == [expected, expected]


def test_a_run_that_breaks_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("old")

    def tags() -> Iterator[Tag]:
        yield TAG
        raise InputError("line 2 is bad")

    with pytest.raises(InputError, match="line 2 is bad"):
        write_jsonl(tags(), path, make_layout("jsonl", TOPICS))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {path.name: "old"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"t\.jsonl: no folder .*no\. Make it first\."):
        write_jsonl([TAG], tmp_path / "no" / "t.jsonl", make_layout("jsonl", TOPICS))


def test_the_format_is_the_ending_unless_it_is_named(tmp_path: Path) -> None:
    assert format_of(Path("a.csv"), None) == "csv"
    assert format_of(Path("a.PARQUET"), None) == "parquet"
    assert format_of(Path("a.out"), "jsonl") == "jsonl"


@pytest.mark.parametrize(("name", "found"), [("a.xlsx", "xlsx"), ("a", "")])
def test_an_ending_that_says_no_format_is_refused(name: str, found: str) -> None:
    with pytest.raises(InputError, match=rf"no format '{found}' \(jsonl, csv, parquet\)\. Give the file"):
        format_of(Path(name), None)


def test_a_stream_gets_the_same_bytes_as_a_file(tmp_path: Path) -> None:
    binary = io.BytesIO()
    with text_stream(binary) as stream:
        write_jsonl_stream([TAG], stream, make_layout("jsonl", TOPICS))
    write_jsonl([TAG], tmp_path / "t.jsonl", make_layout("jsonl", TOPICS))
    assert binary.getvalue() == (tmp_path / "t.jsonl").read_bytes()


def test_standard_output_stays_open() -> None:
    binary = io.BytesIO()
    with text_stream(binary) as stream:
        stream.write("a")
    assert not binary.closed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_behind_standard_output_is_said() -> None:
    with (
        os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb", buffering=0) as full,
        pytest.raises(OutputError, match=r"standard output: cannot be written \(No space left on device\)"),
        text_stream(full) as stream,
    ):
        stream.write("a")
