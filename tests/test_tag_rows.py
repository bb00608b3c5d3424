"""Tags read back."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from stancewire import Article, Tagger
from stancewire.errors import InputError
from stancewire.output import make_layout, write_jsonl
from stancewire.tag_rows import TagRow, read_tag_rows

TOPICS = ("aid", "sport")


@pytest.fixture
def plain(tagger: Tagger, tmp_path: Path) -> Path:
    """Tags of two sentences."""
    tags = tagger.tag_many([Article("a", "Kyiv asked for boots. Rain fell.")])
    write_jsonl(tags, tmp_path / "t.jsonl", make_layout("jsonl", TOPICS))
    return tmp_path / "t.jsonl"


@pytest.mark.parametrize(("ending", "compress"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_packed_tags_are_read_like_plain_ones(plain: Path, ending: str, compress: Callable[[bytes], bytes]) -> None:
    packed = plain.with_name(f"t.jsonl{ending}")
    packed.write_bytes(compress(plain.read_bytes()))
    rows = list(read_tag_rows(packed, TOPICS))
    assert [row.text for row in rows] == ["Kyiv asked for boots.", "Rain fell."]
    assert rows == list(read_tag_rows(plain, TOPICS))


def test_a_csv_with_a_very_long_sentence_is_read(tmp_path: Path) -> None:
    head = "doc,text,aid_p,aid_stance,aid_stance_favor_p,model"
    long = "hum " * 50_000
    (tmp_path / "t.csv").write_text(f"{head}\na,{long},0.9,favor,0.8,m@1\nb,Rain fell.,0.1,,0.5,m@1\n", "utf-8")
    assert list(read_tag_rows(tmp_path / "t.csv", ["aid"])) == [
        TagRow("a", long, {"aid": "favor"}, (0.9,), (0.8,), "m@1"),
        TagRow("b", "Rain fell.", {}, (0.1,), (), "m@1"),
    ]


def test_a_damaged_packed_file_is_named(plain: Path) -> None:
    packed = plain.with_name("t.jsonl.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes())[:-20])
    with pytest.raises(InputError, match=r"t\.jsonl\.gz: "):
        list(read_tag_rows(packed, TOPICS))
