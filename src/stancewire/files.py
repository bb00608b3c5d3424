"""Reading and writing files: the only module that opens one for text, YAML or JSON lines."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from stancewire.errors import InputError, MissingError, OutputError, StancewireError

Locate = Callable[[Sequence[str | int]], int]
"""Maps a path of keys and indices into a YAML document to its line, counted from 1."""


def read_bytes(path: Path) -> bytes:
    """All bytes of a file.

    Raises
    ------
    MissingError, InputError
        When the file is not there or cannot be read.
    """
    with _reading(path):
        return path.read_bytes()


def decode(data: bytes, where: str) -> str:
    """Decode UTF-8, without its byte order mark; line ends stay as they are.

    Raises
    ------
    InputError
        For binary data (a NUL byte) and other encodings, naming the first bad byte.
    """
    if b"\x00" in data[:4096]:
        raise InputError(f"{where}: found binary data, expected UTF-8 text.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bad = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise InputError(
            f"{where}: found {bad}, expected UTF-8 text. Convert it first, for example: iconv -f WINDOWS-1252 -t UTF-8"
        ) from None


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; raises as `read_bytes` and `decode` do."""
    return decode(read_bytes(path), str(path))


def read_yaml(path: Path) -> tuple[Any, Locate]:
    """Parse YAML with the safe loader; also return a function from key path to line number.

    Raises
    ------
    InputError
        When the file is not YAML, with the line.
    """
    text = read_text(path)
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}:{line}: not valid YAML ({error.problem}).") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML ({error}).") from None
    return data, lambda keys: _line_of(tree, keys)


def parse_scalar(text: str) -> Any:
    """A number, a truth value or a text, as YAML reads it."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _line_of(node: yaml.Node | None, keys: Sequence[str | int]) -> int:
    line = 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return line


def parse_json_object(line: str | bytes, where: str) -> dict[str, Any]:
    """One JSON object; raises `InputError` with the column where it breaks."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: broken JSON at column {error.colno} ({error.msg}).") from None
    except (ValueError, RecursionError) as error:  # other encodings, numbers of thousands of digits, deep nesting
        raise InputError(f"{where}: not a JSON object in UTF-8 ({type(error).__name__}).") from None
    if not isinstance(record, dict):
        raise InputError(f"{where}: found a JSON {type(record).__name__}, expected an object {{...}}.")
    return record


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Pairs of line number (from 1) and object; blank lines are passed over."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield number, parse_json_object(line, f"{path}:{number}")


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def flatten_keys(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs of dotted name and value; mappings within are opened."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flatten_keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def sha256(data: bytes) -> str:
    """Hex digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex digest of a file, read in blocks; raises as `read_bytes` does."""
    with _reading(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise MissingError(f"{path}: no such file. Check the path and the current directory.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it on success and is removed on any failure.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    # named before it is made: whenever Ctrl-C comes, it is known what to remove
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}{path.suffix}"
    try:
        _make_file(temporary, path)
        yield temporary
        temporary.replace(path)
    except StancewireError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}).") from None
    finally:
        with suppress(OSError):  # moved, or never made
            temporary.unlink()


def _make_file(temporary: Path, path: Path) -> None:
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}). Choose another output.") from None


def make_folder(path: Path, advice: str) -> None:
    """Make a folder and those above it, unless it is there; raises `OutputError` that ends in the advice."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made ({error.strerror}). {advice}") from None


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON with a final newline, atomically."""
    write_bytes(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write JSON lines atomically."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
