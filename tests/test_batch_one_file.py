"""Tags in one file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from stancewire import Article, Tagger
from stancewire.batch import write_file
from stancewire.errors import InputError, OutputError
from stancewire.metrics import Decisions
from stancewire.output import flatten, make_layout, write_csv_stream, write_jsonl_stream
from stancewire.scores import Probabilities
from stancewire.tag_columns import Maker, Places, TagColumns

TOPICS = ("aid", "sport")
KINDS = ("jsonl", "csv", "parquet")
ROW = TagColumns(
    Maker(TOPICS, "tiny@01234567", "89abcdef"),
    Places(["d1"], [0], [3], [32]),
    ['"Never," Oslo\nsaid: 5 € stay.'],
    Decisions(np.array([[True, False]]), np.array([[1, 2]])),
    Probabilities(
        np.array([[0.75, 0.125]], np.float32),
        np.array([[[0.25, 0.5, 0.25], [0, 0, 1]]], np.float32),
        np.array([True]),
    ),
    np.array([False]),
)
FLAT = {
    "doc": "d1",
    "n": 0,
    "start": 3,
    "end": 32,
    "text": '"Never," Oslo\nsaid: 5 € stay.',
    "aid": True,
    "aid_p": 0.75,
    "aid_stance": "against",
    "aid_stance_favor_p": 0.25,
    "aid_stance_against_p": 0.5,
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


def test_parquet_comes_back_with_types(tmp_path: Path) -> None:
    assert write_file([ROW, ROW], tmp_path / "t.parquet", make_layout("parquet", TOPICS)) == 2
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert table.to_pylist() == [FLAT, FLAT]
    types = {name: str(table.schema.field(name).type) for name in ("doc", "n", "aid", "aid_p", "aid_stance", "review")}
    assert types == {
        "doc": "string", "n": "int64", "aid": "bool", "aid_p": "float", "aid_stance": "string", "review": "bool",
    }  # fmt: skip


def test_csv_comes_back_with_quotes_and_line_breaks(tmp_path: Path) -> None:
    assert write_file([ROW, ROW], tmp_path / "t.csv", make_layout("csv", TOPICS)) == 2
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    expected = {key: "" if value is None else str(value) for key, value in FLAT.items()}
    assert rows == [expected, expected]


@pytest.mark.parametrize("chosen", [(), ("doc", "text", "truncated")])
def test_a_file_gets_the_bytes_that_a_stream_of_single_tags_gets(
    tagger: Tagger, tmp_path: Path, chosen: tuple[str, ...]
) -> None:
    articles = [Article(str(i), f"The minister promised to send more tents. Rain fell on {i}.") for i in range(600)]
    tags, text = list(tagger.tag_many(articles)), io.StringIO(newline="")
    write_jsonl_stream(tags, text, layout := make_layout("jsonl", TOPICS, chosen))
    assert write_file(tagger.tag_columns(articles), tmp_path / "t.jsonl", layout) == 1200
    assert (tmp_path / "t.jsonl").read_bytes() == text.getvalue().encode()
    text = io.StringIO(newline="")
    write_csv_stream(tags, text, layout := make_layout("csv", TOPICS, chosen))
    assert write_file(tagger.tag_columns(articles), tmp_path / "t.csv", layout) == 1200
    assert (tmp_path / "t.csv").read_bytes() == text.getvalue().encode()


def test_parquet_of_many_row_groups_holds_the_rows_of_single_tags(tagger: Tagger, tmp_path: Path) -> None:
    articles = [Article(str(i), f"The minister promised to send more tents. Rain fell on {i}.") for i in range(6000)]
    layout = make_layout("parquet", TOPICS, ("doc", "n", "aid", "aid_p", "aid_holder"))
    assert write_file(tagger.tag_columns(articles), tmp_path / "t.parquet", layout) == 12_000
    file = pyarrow.parquet.ParquetFile(tmp_path / "t.parquet")
    assert file.num_row_groups == 2
    rows = [{name: flatten(tag)[name] for name in layout.columns} for tag in tagger.tag_many(articles)]
    expected = pyarrow.Table.from_pylist(rows, schema=layout.arrow_schema())
    assert file.read().equals(expected)
    file.close()


@pytest.mark.parametrize("kind", KINDS)
def test_no_tags_make_a_valid_empty_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"t.{kind}"
    assert write_file([], path, make_layout(kind, TOPICS)) == 0
    if kind == "parquet":
        assert pyarrow.parquet.read_table(path).column_names == list(FLAT)
    else:
        assert path.read_text() == {"jsonl": "", "csv": ",".join(FLAT) + "\n"}[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_breaks_leaves_the_old_file_and_nothing_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"t.{kind}"
    path.write_text("old")

    def tags() -> Iterator[TagColumns]:
        yield ROW
        raise InputError("line 2 is bad")

    with pytest.raises(InputError, match="line 2 is bad"):
        write_file(tags(), path, make_layout(kind, TOPICS))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {path.name: "old"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"t\.csv: no folder .*no\. Make it first\."):
        write_file([ROW], tmp_path / "no" / "t.csv", make_layout("csv", TOPICS))
