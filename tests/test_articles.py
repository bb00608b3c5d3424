from __future__ import annotations

import gzip
import io
import json

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from stancewire.articles import ReadOptions, read_articles, units_of
from stancewire.articles.document import article_from_text
from stancewire.articles.record import article_from_record
from stancewire.errors import InputError, MissingError
from stancewire.records import Article, Sentence

LINES = b"""\
{"text": "Kyiv asks.", "id": "k", "title": "Aid", "date": "2024-11-13", "source": "AP"}
{"text": "Oslo gives."}
"""
KYIV = Article("k", "Kyiv asks.", "Aid", "2024-11-13", extra={"source": "AP"})


def read(*paths, stdin=b"", **options):
    return list(read_articles(map(str, paths), ReadOptions(**options), io.BytesIO(stdin)))


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sentences(article):
    return [unit.sentence.text for unit in units_of(article)]


# --- one file, one article


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("Aid passes\n\nThe House voted.\n", "Aid passes", "The House voted."),
        ("Aid passes\nThe House voted.", "Aid passes", "The House voted."),
        ("\n  Aid passes  \r\n \r\n\r\nThe House voted.\r\n", "Aid passes", "The House voted."),
        ("Will aid pass?\nThe House votes.", "Will aid pass?", "The House votes."),
        ("# Aid passes\n\nThe House voted.", "Aid passes", "The House voted."),
        ("#MeToo grows\n\nMore spoke.", "#MeToo grows", "More spoke."),
        ("---\nlayout: post\n---\n# Aid passes\n\nThe House voted.", "Aid passes", "The House voted."),
        ("Aid passes", "", "Aid passes"),
        ("Aid passes\n\n", "", "Aid passes"),
        ("The House voted.\n\nThe Senate did not.", "", "The House voted.\n\nThe Senate did not."),
        ("x" * 201 + "\n\nThe House voted.", "", "x" * 201 + "\n\nThe House voted."),
    ],
)
def test_the_first_line_is_the_title_when_text_follows_and_no_full_stop_ends_it(text, title, body):
    article = article_from_text(text, "a.txt")
    start, end = article.body
    assert (article.title, text[start:end].strip()) == (title, body)


def test_the_first_line_of_hard_wrapped_text_is_no_title():
    text = "The minister said on Monday that the government would send\n" * 5
    assert article_from_text(text, "a.txt").title == ""


@pytest.mark.parametrize(
    "note", ["Original Source: www.ap.com", "Source: www.ap.com ", "  original source:www.ap.com\r\n"]
)
def test_a_source_note_at_the_end_is_kept_and_is_no_sentence(note):
    article = article_from_text(f"Aid passes\r\nThe House voted.\r\n{note}", "a.txt")
    assert (sentences(article), article.extra) == (["The House voted."], {"source": "www.ap.com"})


def test_a_source_in_the_middle_is_a_sentence():
    article = article_from_text("Aid passes\nSource: AP\nThe House voted.", "a.txt")
    assert (sentences(article), article.extra) == (["Source: AP", "The House voted."], {})


def test_a_text_file_is_named_by_its_name_and_kept_as_it_is(tmp_path):
    path = write(tmp_path / "a.txt", b"\xef\xbb\xbfAid passes\r\n\r\nThe House voted.\r\n")
    assert read(path) == [
        Article("a.txt", "Aid passes\r\n\r\nThe House voted.\r\n", "Aid passes", body=(14, 32)),
    ]


def test_a_title_line_is_searched_in_linear_time():
    text = "x" * 199 + " " * 200_000 + "y"
    assert article_from_text(text, "a.txt").title == ""


def test_the_main_text_of_a_web_page_is_read(tmp_path):
    pytest.importorskip("trafilatura")
    sentence = "The House voted on Tuesday to send more tents and coats to the towns near the river."
    words = " ".join([sentence] * 5)
    page = (
        "<html><head><title>Aid passes</title></head><body><nav>Home Sport</nav>"
        f"<article><h1>Aid passes</h1><p>{words}</p><p>{words}</p></article><footer>Imprint</footer></body></html>"
    )
    (article,) = read(write(tmp_path / "a.html", page))
    assert (article.doc, article.title, set(sentences(article))) == ("a.html", "Aid passes", {sentence})


def test_a_page_without_text_is_refused(tmp_path):
    pytest.importorskip("trafilatura")
    with pytest.raises(InputError, match=r"a\.htm: found no main text in the page"):
        read(write(tmp_path / "a.htm", "<html><body></body></html>"))


# --- many records in a file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", LINES),
        ("a.jsonl", b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n\r\n").removesuffix(b"\r\n")),
        ("a.jsonl.gz", gzip.compress(LINES)),
        ("A.JSONL.GZ", gzip.compress(LINES)),
        ("a.jsonl.zst", zstandard.compress(LINES)),
        ("a.jsonl.zst", b"".join(zstandard.compress(line) for line in LINES.splitlines(keepends=True))),
    ],
)
def test_json_lines_are_read_plain_and_compressed(tmp_path, name, content):
    line = 3 if b"\r\n\r\n" in content else 2
    assert read(write(tmp_path / name, content)) == [KYIV, Article(f"{name}:{line}", "Oslo gives.")]


@pytest.mark.parametrize(("name", "compress"), [("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zstandard.compress)])
def test_a_compressed_file_that_was_cut_off_is_an_error_not_a_shorter_file(tmp_path, name, compress):
    path = write(tmp_path / name, compress(LINES * 9)[:-9])
    with pytest.raises(InputError, match=r"a\.jsonl\.\w+: cannot be read \(Truncated compressed stream\)"):
        read(path, on_error="skip")


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_file_that_is_not_compressed_as_its_name_says_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot be read"):
        read(write(tmp_path / name, LINES))


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_tables_of_text_are_read_by_row(tmp_path, suffix, delimiter):
    rows = [("ID", "Headline", "Text", "n"), ("k", "Aid", '"Kyiv asks.\nOslo gives."', "7"), ("", "", "Rain fell.", "")]
    content = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)
    assert read(write(tmp_path / f"a.{suffix}", content)) == [
        Article("k", "Kyiv asks.\nOslo gives.", "Aid", extra={"n": "7"}),
        Article(f"a.{suffix}:2", "Rain fell.", extra={"n": ""}),
    ]


def test_parquet_is_read_by_row_with_its_types(tmp_path):
    table = pyarrow.table({"doc_id": [7, None], "body": ["Kyiv asks.", "Oslo gives."], "n": [1.5, None]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == [
        Article("7", "Kyiv asks.", extra={"n": 1.5}),
        Article("a.parquet:2", "Oslo gives.", extra={"n": None}),
    ]


def test_named_columns_go_before_the_usual_ones(tmp_path):
    path = write(tmp_path / "a.csv", "text,lead,key,name,day\nlong,Kyiv asks.,k,Aid,Monday\n")
    assert read(path, text="lead", id="key", title="name", date="day") == [
        Article("k", "Kyiv asks.", "Aid", "Monday", extra={"text": "long"})
    ]


def test_records_already_split_keep_their_sentences():
    article = article_from_record({"sentences": ["Kyiv asks. Oslo gives.", "", "Rain"]}, "a", ReadOptions())
    assert article == Article("a", "Kyiv asks. Oslo gives.\n\nRain", sentences=("Kyiv asks. Oslo gives.", "", "Rain"))
    assert [(unit.n, unit.start, unit.end) for unit in units_of(article)] == [(0, 0, 22), (1, 23, 23), (2, 24, 28)]


def test_sentences_come_with_title_and_context():
    article = Article("a", "One here. Two here. Three here. Four here.", "Aid")
    assert [unit.sentence for unit in units_of(article, context=2)][2:] == [
        Sentence("Three here.", "Aid", ("One here.", "Two here.")),
        Sentence("Four here.", "Aid", ("Two here.", "Three here.")),
    ]


# --- folders, globs, stdin


def test_a_folder_is_read_in_order_with_relative_names(tmp_path):
    (tmp_path / "b").mkdir()
    write(tmp_path / "b" / "a.txt", "Two.")
    write(tmp_path / "a.md", "One.")
    write(tmp_path / "c.jsonl", '{"text": "Three."}')
    write(tmp_path / "SOURCES.md", "Where these are from.")
    write(tmp_path / "photo.jpg", b"\xff\xd8")
    assert [(a.doc, a.text) for a in read(tmp_path)] == [
        ("a.md", "One."),
        ("b/a.txt", "Two."),
        ("c.jsonl:1", "Three."),
    ]


def test_a_glob_is_read_in_order(tmp_path):
    for name in ("b.txt", "a.txt", "c.md"):
        write(tmp_path / name, "Kyiv asks.")
    assert [article.doc for article in read(tmp_path / "*.txt")] == ["a.txt", "b.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_read(tmp_path):
    assert [article.doc for article in read(write(tmp_path / "a[1].txt", "Kyiv asks."))] == ["a[1].txt"]


def test_standard_input_is_json_lines_when_it_begins_with_a_brace():
    assert read("-", stdin=b"\n" + LINES) == [KYIV, Article("stdin:3", "Oslo gives.")]


def test_standard_input_is_one_plain_text_otherwise():
    assert read("-", stdin=b"Aid passes\nThe House voted.") == [
        Article("stdin", "Aid passes\nThe House voted.", "Aid passes", body=(11, 27))
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.txt", r"gone\.txt: no such file or folder"),
        ("*.txt", r"\*\.txt: no file matches this pattern"),
        ("", "nothing to read in this folder"),
    ],
)
def test_an_input_that_is_not_there_is_named(tmp_path, name, message):
    write(tmp_path / "SOURCES.md", "Where these would be from.")
    with pytest.raises(MissingError, match=message):
        read(tmp_path / name)


def test_an_unknown_kind_of_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.pdf: cannot read '\.pdf', expected \.txt, \.md"):
        read(write(tmp_path / "a.pdf", "%PDF"))


# --- bad records


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": ', r"a\.jsonl:2: broken JSON at column"),
        (b"[]", r"a\.jsonl:2: found a JSON list, expected an object"),
        (b'{"text": "caf\xe9"}', r"a\.jsonl:2: found byte 0xe9 at offset 13, expected UTF-8"),
        (b'{"text": "\x00"}', r"a\.jsonl:2: found binary data"),
        (b'{"text": "half \\ud83d"}', r"a\.jsonl:2: found half of a .* pair, expected whole characters"),
        (b'{"id": "x", "n": 1}', r"a\.jsonl:2: found no text \(keys: id, n\); expected 'text' or 'sentences'"),
        (b'{"text": " "}', r"a\.jsonl:2: the text is empty"),
        (b'{"text": null}', r"a\.jsonl:2: the text is empty"),
        (b'{"text": 5}', r"a\.jsonl:2: 'text' is int, expected a text"),
        (b'{"sentences": "One."}', r"a\.jsonl:2: 'sentences' is not a list of texts"),
        (b'{"sentences": []}', r"a\.jsonl:2: 'sentences' is not a list of texts"),
        (b'{"text": "b", "id": "one"}', r"id 'one' is used twice"),
    ],
)
def test_a_bad_record_stops_or_is_skipped_with_its_line(tmp_path, line, message):
    path = write(tmp_path / "a.jsonl", b'{"text": "a", "id": "one"}\n' + line + b'\n{"text": "c", "id": "three"}\n')
    with pytest.raises(InputError, match=message):
        read(path)
    rejected = []
    assert [a.doc for a in read(path, on_error="skip", reject=rejected.append)] == ["one", "three"]
    with pytest.raises(InputError, match=message):
        raise InputError(*rejected)


def test_whole_characters_in_escaped_pairs_are_read(tmp_path):
    assert read(write(tmp_path / "a.jsonl", rb'{"text": "\ud83d\ude00"}'))[0].text == "😀"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"PK\x03\x04\x00", r"a\.txt: found binary data, expected UTF-8 text"),
        ("a.txt", "Kyiv".encode("utf-16"), r"a\.txt: found binary data"),
        ("a.txt", "café".encode("latin-1"), r"a\.txt: found byte 0xe9 at offset 3"),
        ("a.txt", b" \n", r"a\.txt: the text is empty; expected an article"),
        ("a.csv", b"id,lead\n1,x\n", r"a\.csv: no column with the text \(columns: id, lead\)\. Name it with --text"),
        ("a.csv", b"", r"a\.csv: no column with the text \(columns: none\)"),
        ("a.csv", b"text\ncaf\xe9\n", r"a\.csv: not a readable CSV file in UTF-8"),
        ("a.csv", b'text\n"Kyiv asks.\nOslo gives.\n', r"a\.csv: not a readable CSV file .*unexpected end of data"),
        ("a.csv", b"id,text\n1\n", r"a\.csv:1: the text is empty"),
        ("a.parquet", b"PAR1", r"a\.parquet: not a readable Parquet file"),
    ],
)
def test_a_bad_file_is_named_with_what_was_found(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        read(write(tmp_path / name, content))


def test_empty_standard_input_is_refused():
    with pytest.raises(InputError, match="stdin: the text is empty"):
        read("-")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_misspelt_column_gets_a_hint(tmp_path, name):
    path = write(tmp_path / name, "id,lead\n1,x\n" if name == "a.csv" else '{"id": 1, "lead": "x"}')
    with pytest.raises(InputError, match=r"no column 'laed' \(there are: id, lead\)\. Did you mean 'lead'\?"):
        read(path, text="laed")


def test_a_parquet_file_without_text_is_refused(tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"lead": ["Kyiv asks."]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: no column with the text \(columns: lead\)"):
        read(tmp_path / "a.parquet")


def test_one_article_given_twice_is_refused(tmp_path):
    path = write(tmp_path / "a.txt", "Kyiv asks.")
    with pytest.raises(InputError, match=r"id 'a\.txt' is used twice"):
        read(path, path)


# --- offsets

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")).filter(str.strip)


@given(TEXT)
def test_every_sentence_of_a_plain_text_stands_where_its_offsets_say(text):
    article = article_from_text(text, "a.txt")
    assert article.text == text
    assert [text[unit.start : unit.end] for unit in units_of(article)] == sentences(article)


@given(st.lists(TEXT, min_size=1))
def test_every_given_sentence_stands_where_its_offsets_say(given_sentences):
    line = json.dumps({"sentences": given_sentences}).encode()
    (article,) = read("-", stdin=line)
    units = units_of(article)
    assert [unit.n for unit in units] == list(range(len(given_sentences)))
    assert ["\n".join(given_sentences)[unit.start : unit.end] for unit in units] == given_sentences
