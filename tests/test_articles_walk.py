from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from stancewire.articles import InputFile, ReadOptions, find_files, read_articles
from stancewire.articles.opened import opened
from stancewire.errors import InputError, MissingError


def names(folder: Path, follow: bool = False) -> list[str]:
    return [name for _, name in find_files(str(folder), follow)]


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_is_walked_in_the_order_of_paths(tmp_path: Path) -> None:
    for name in ("b/z.txt", "b.txt", "a.txt", "b/a/x.txt", "B.txt", "SOURCES.md", "notes.pdf"):
        write(tmp_path / name, b"Rain fell.")
    assert names(tmp_path) == ["B.txt", "a.txt", "b/a/x.txt", "b/z.txt", "b.txt"]
    assert names(tmp_path) == [p.relative_to(tmp_path).as_posix() for p in sorted(tmp_path.rglob("*.txt"))]


def test_links_out_of_a_folder_are_left_out_unless_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "secret" / "s.txt", b"Rain fell.")
    inside = write(tmp_path / "in" / "a.txt", b"Snow fell.").parent
    (inside / "b.txt").symlink_to(tmp_path / "secret" / "s.txt")
    (inside / "c").symlink_to(tmp_path / "secret")
    (inside / "d.txt").symlink_to(inside / "a.txt")
    assert names(inside) == ["a.txt", "d.txt"]
    assert "b.txt: leads out of the folder; left out. Use --follow to read it." in caplog.text
    assert names(inside, follow=True) == ["a.txt", "b.txt", "c/s.txt", "d.txt"]


def test_a_link_upwards_ends(tmp_path: Path) -> None:
    write(tmp_path / "a" / "a.txt", b"Rain fell.")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    assert names(tmp_path, follow=True) == ["a/a.txt"]


def test_pipes_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", b"Rain fell.")
    os.mkfifo(tmp_path / "b.txt")
    assert names(tmp_path) == ["a.txt"]


def test_a_name_that_is_no_utf8_is_still_a_name(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("Rain fell.")
    assert [article.doc for article in read_articles([str(tmp_path)])] == ["caf\\xe9.txt"]


def test_addresses_are_read_as_paths_are(tmp_path: Path) -> None:
    write(tmp_path / "b" / "a.jsonl", b'{"text": "Rain fell."}\n')
    write(tmp_path / "a.txt", b"Snow fell.")
    write(tmp_path / "notes.pdf", b"")
    pyarrow.parquet.write_table(pyarrow.table({"text": ["Hail fell."]}), tmp_path / "c.parquet")
    uri = tmp_path.as_uri()
    assert list(read_articles([uri])) == list(read_articles([str(tmp_path)]))
    assert list(read_articles([f"{uri}/a.txt"])) == list(read_articles([str(tmp_path / "a.txt")]))


@pytest.mark.parametrize(
    ("given", "said"),
    [("file:///no/such/place", "nothing is there"), ("nonsense://x/y", "not an address that can be read")],
)
def test_an_address_with_nothing_behind_it_is_told(given: str, said: str) -> None:
    with pytest.raises((MissingError, InputError), match=said):
        list(read_articles([given]))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="nothing to read in this folder"):
        names(tmp_path)


@pytest.mark.parametrize("suffix", ["jsonl.gz", "jsonl.zst"])
def test_a_decompression_bomb_is_refused(tmp_path: Path, suffix: str) -> None:
    kind = {"jsonl.gz": "gzip", "jsonl.zst": "zstd"}[suffix]
    path = tmp_path / f"bomb.{suffix}"
    with pyarrow.CompressedOutputStream(str(path), kind) as stream:
        for _ in range(70):
            stream.write(b" " * (1 << 20) + b"\n")
    with pytest.raises(InputError, match=r"bomb\.jsonl\.\w+: unpacks to more than 200 times its size"):
        list(read_articles([str(path)]))


def test_a_parquet_file_that_swells_is_refused(tmp_path: Path) -> None:
    column = pyarrow.array(["x" * (1 << 20)]).take(pyarrow.array([0] * 66))
    table = pyarrow.table({"text": column})
    path = tmp_path / "bomb.parquet"
    pyarrow.parquet.write_table(table, path, compression="zstd", use_dictionary=False)
    with pytest.raises(InputError, match=r"bomb\.parquet: a column unpacks to over 1,000 times its size"):
        list(read_articles([str(path)]))


def test_what_was_read_is_counted_and_hashed(tmp_path: Path) -> None:
    data = gzip.compress(b'{"text": "Rain fell."}\n' * 3)
    file = InputFile(write(tmp_path / "a.jsonl.gz", data), "a.jsonl.gz")
    assert len(list(file.entries(ReadOptions()))) == 3
    assert (file.count, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_a_file_that_has_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.txt: no such file any more"):
        list(InputFile(tmp_path / "a.txt", "a.txt").entries(ReadOptions()))


PAGE = """<html><head><title>Grain leaves Odesa</title></head><body><article><h1>Grain leaves Odesa</h1>
<p>A convoy with forty trucks of grain left the port on Tuesday, the ministry said in a statement.</p>
<p>Brussels welcomed the news and promised to send more trucks before the winter begins.</p></article></body></html>"""


def test_an_extra_that_a_reader_lacks_is_not_taken_for_a_file_that_has_gone(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"")
    with pytest.raises(MissingError, match=r"^WARC needs an extra$"), opened(tmp_path / "a.warc"):
        raise MissingError("WARC needs an extra")


def warc_record(url: str, head: str, body: bytes) -> bytes:
    """A response, as ISO 28500 has it."""
    http = f"HTTP/1.1 {head}\r\n\r\n".encode() + body
    about = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-11-13T06:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return about.encode() + http + b"\r\n\r\n"


def make_warc(path: Path, pages: dict[str, str], gzipped: bool) -> Path:
    """A web archive with the pages, a picture and an error; every record is compressed for itself."""
    html = "Content-Type: text/html; charset=utf-8"
    records = [warc_record(url, f"200 OK\r\n{html}", body.encode()) for url, body in pages.items()]
    records.append(warc_record("http://x.org/p.png", "200 OK\r\nContent-Type: image/png", b"\x89PNG"))
    records.append(warc_record("http://x.org/gone", f"404 Not Found\r\n{html}", b"gone"))
    return write(path, b"".join(gzip.compress(record) if gzipped else record for record in records))


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_pages_of_a_web_archive_are_articles(tmp_path: Path, name: str) -> None:
    pytest.importorskip("warcio")
    pytest.importorskip("trafilatura")
    path = make_warc(tmp_path / name, {"http://x.org/1": PAGE}, name.endswith(".gz"))
    (article,) = read_articles([str(path)])
    assert (article.doc, article.title) == ("http://x.org/1@2024-11-13T06:00:00Z", "Grain leaves Odesa")
    assert (article.date, article.extra) == ("2024-11-13", {"url": "http://x.org/1"})
    assert "forty trucks of grain" in article.text


@pytest.mark.parametrize("charset", ["nobody-knows", "utf\x00-8"])
def test_a_page_of_a_strange_charset_is_read_as_utf8(tmp_path: Path, charset: str) -> None:
    pytest.importorskip("warcio")
    pytest.importorskip("trafilatura")
    page = warc_record("http://x.org/1", f"200 OK\r\nContent-Type: text/html; charset={charset}", PAGE.encode())
    (article,) = read_articles([str(write(tmp_path / "a.warc", page))])
    assert article.title == "Grain leaves Odesa"


def test_a_page_without_text_is_a_bad_record(tmp_path: Path) -> None:
    pytest.importorskip("warcio")
    pytest.importorskip("trafilatura")
    path = make_warc(tmp_path / "a.warc", {"http://x.org/1": "<p></p>", "http://x.org/2": PAGE}, False)
    said: list[str] = []
    assert len(list(read_articles([str(path)], ReadOptions(on_error="skip", reject=said.append)))) == 1
    assert said == ["a.warc:1: found no main text in the page; expected an article."]


def test_a_damaged_web_archive_is_told(tmp_path: Path) -> None:
    pytest.importorskip("warcio")
    path = write(tmp_path / "a.warc", b"no archive at all\r\n" * 9)
    with pytest.raises(InputError, match=r"a\.warc: not a readable WARC file"):
        list(read_articles([str(path)]))
