from __future__ import annotations

import hashlib

import pytest

from stancewire.errors import InputError, MissingError, OutputError
from stancewire.files import (
    atomic_path,
    canonical_json,
    decode,
    parse_json_object,
    read_jsonl,
    read_text,
    read_yaml,
    sha256,
    sha256_file,
    write_bytes,
    write_json,
    write_jsonl,
)


def test_text_loses_its_byte_order_mark_and_keeps_its_line_ends(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfKyiv\r\nOslo\n")
    assert read_text(tmp_path / "a.txt") == "Kyiv\r\nOslo\n"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"gone\.txt: no such file"):
        read_text(tmp_path / "gone.txt")


def test_a_folder_cannot_be_read_as_a_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path)


def test_binary_data_is_refused():
    with pytest.raises(InputError, match=r"^a\.txt: found binary data, expected UTF-8 text"):
        decode(b"PK\x03\x04\x00\x00", "a.txt")


def test_another_encoding_is_refused_with_its_first_bad_byte():
    with pytest.raises(InputError, match=r"a\.txt: found byte 0xe9 at offset 3, expected UTF-8 text.*iconv"):
        decode("café".encode("latin-1"), "a.txt")


def test_yaml_knows_the_line_of_every_key(tmp_path):
    (tmp_path / "a.yaml").write_text("name: x\ntopics:\n  - id: aid\n    title: Aid\n  - id: war\n")
    data, locate = read_yaml(tmp_path / "a.yaml")
    assert data == {"name": "x", "topics": [{"id": "aid", "title": "Aid"}, {"id": "war"}]}
    paths = [(), ("name",), ("topics",), ("topics", 0, "title"), ("topics", 1, "id"), ("topics", 1, "title")]
    assert [locate(path) for path in paths] == [1, 1, 2, 4, 5, 5]


def test_an_unknown_place_in_yaml_has_the_line_of_what_is_around_it(tmp_path):
    (tmp_path / "a.yaml").write_text("name: x\ntopics:\n  - id: aid\n")
    _, locate = read_yaml(tmp_path / "a.yaml")
    assert [locate(path) for path in [("nothing",), ("topics", 7), ("name", "deeper")]] == [1, 2, 1]


def test_an_empty_yaml_file_holds_nothing(tmp_path):
    (tmp_path / "a.yaml").write_text("")
    data, locate = read_yaml(tmp_path / "a.yaml")
    assert (data, locate(("name",))) == (None, 1)


def test_broken_yaml_has_its_line(tmp_path):
    (tmp_path / "a.yaml").write_text("name: x\ntopics: [\n")
    with pytest.raises(InputError, match=r"a\.yaml:3: not valid YAML"):
        read_yaml(tmp_path / "a.yaml")


def test_yaml_cannot_build_python_objects(tmp_path):
    (tmp_path / "a.yaml").write_text("name: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(InputError, match=r"a\.yaml:1: not valid YAML"):
        read_yaml(tmp_path / "a.yaml")


def test_broken_json_has_its_column():
    with pytest.raises(InputError, match=r"^a\.jsonl:7: broken JSON at column 10"):
        parse_json_object('{"text": }', "a.jsonl:7")


@pytest.mark.parametrize(("line", "kind"), [("[1]", "list"), ("5", "int"), ('"x"', "str"), ("null", "NoneType")])
def test_json_that_is_no_object_is_refused(line, kind):
    with pytest.raises(InputError, match=rf"found a JSON {kind}, expected an object"):
        parse_json_object(line, "a.jsonl:1")


@pytest.mark.parametrize("line", [b'{"a": "\xff"}', "[" * 100_000])
def test_json_that_cannot_be_read_at_all_is_an_input_error(line):
    with pytest.raises(InputError, match=r"a\.jsonl:1: not a JSON object in UTF-8"):
        parse_json_object(line, "a.jsonl:1")


def test_json_lines_count_blank_lines_and_pass_them_over(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"n": 1}\r\n\r\n{"n": "\xe2\x80\xa8"}\n')
    assert list(read_jsonl(tmp_path / "a.jsonl")) == [(1, {"n": 1}), (3, {"n": "\u2028"})]


def test_canonical_json_is_one_form_for_one_value():
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'.encode()


def test_hashes_are_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    expected = hashlib.sha256(b"abc").hexdigest()
    assert (sha256(b"abc"), sha256_file(tmp_path / "a")) == (expected, expected)


def test_json_lines_written_are_read_back(tmp_path):
    rows = [{"text": "Zażółć"}, {"text": "a\nb"}]
    write_jsonl(tmp_path / "a.jsonl", rows)
    assert [row for _, row in read_jsonl(tmp_path / "a.jsonl")] == rows


def test_json_is_written_for_people(tmp_path):
    write_json(tmp_path / "a.json", {"b": "é"})
    assert (tmp_path / "a.json").read_bytes() == '{\n "b": "é"\n}\n'.encode()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(AttributeError):
        write_jsonl(tmp_path / "a", ({"n": n.real} for n in (1, 2, None)))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_a_written_file_has_the_usual_permissions(tmp_path):
    write_bytes(tmp_path / "a", b"1")
    (tmp_path / "b").write_bytes(b"1")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_an_output_whose_folder_is_not_there_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"out\.json: cannot be written \(No such file or directory\)"):
        write_json(tmp_path / "no" / "out.json", {})


def test_an_output_that_is_a_folder_is_refused_and_nothing_is_left(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "out", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_input_error_while_writing_stays_what_it_is(tmp_path):
    with pytest.raises(MissingError, match="no shard"), atomic_path(tmp_path / "a"):
        raise MissingError("no shard")
