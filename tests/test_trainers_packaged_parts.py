from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from stancewire.errors import InputError, MissingError
from stancewire.files import sha256
from stancewire.trainers.packaged_parts import Parts, unpacked
from stancewire.trainers.pretrained import PACKAGED, find_encoder

FILES = ("model.safetensors", "config.json", "tokenizer.json")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the user, and a folder of installed packages."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "cache" / "stancewire"


def install(site: Path, package: str, number: int, content: bytes) -> None:
    """What pip leaves of a package with one piece of an archive."""
    (site / package / "input").mkdir(parents=True)
    piece = f"{package}/input/encoder.zip.{number:03}"
    (site / piece).write_bytes(content)
    info = site / f"{package.replace('-', '_')}-0.0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.0.1\n", encoding="utf-8")
    (info / "RECORD").write_text(f"{piece},,\n", encoding="utf-8")


def archive_of(*members: tuple[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


WHOLE = archive_of(
    ("encoder/1_Pooling/config.json", "of the pooling"),
    *((f"encoder/{name}", name.upper()) for name in FILES),
    ("encoder/../../escaped.py", "x"),
)


def test_parts_are_joined_checked_and_unpacked_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, content in enumerate((WHOLE[:100], WHOLE[100:]), start=1):
        install(tmp_path / "site", f"toy-part-{number}", number, content)
    parts = Parts(("toy-part-1", "toy-part-2"), sha256(b"MODEL.SAFETENSORS"))
    monkeypatch.setitem(PACKAGED, "toy", parts)
    folder = find_encoder("toy", tmp_path)
    assert folder == cache / "toy"
    assert {f.name: f.read_text() for f in folder.iterdir()} == {name: name.upper() for name in FILES}
    (folder / "config.json").write_text("kept", encoding="utf-8")
    assert (find_encoder("toy", tmp_path) / "config.json").read_text() == "kept"
    assert [f.name for f in cache.iterdir()] == ["toy"]


def test_a_part_that_is_not_installed_is_named_with_the_command(tmp_path: Path) -> None:
    install(tmp_path / "site", "half-part-1", 1, WHOLE)
    with pytest.raises(
        MissingError, match=r"package half-part-2 is not installed\. pip install half-part-1 half-part-2"
    ):
        unpacked("half", Parts(("half-part-1", "half-part-2"), ""), FILES)


def test_parts_that_make_no_archive_leave_nothing(tmp_path: Path, cache: Path) -> None:
    install(tmp_path / "site", "torn-part-1", 1, b"not a zip")
    with pytest.raises(InputError, match="the parts do not make a zip archive"):
        unpacked("torn", Parts(("torn-part-1",), ""), FILES)
    assert list(cache.iterdir()) == []


def test_a_package_without_a_piece_is_named(tmp_path: Path) -> None:
    install(tmp_path / "site", "odd-part-1", 1, WHOLE)
    record = tmp_path / "site" / "odd_part_1-0.0.1.dist-info" / "RECORD"
    (tmp_path / "site" / "odd-part-1" / "__init__.py").touch()
    record.write_text("odd-part-1/__init__.py,,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"package odd-part-1: found 0 files \*\.zip\.\*, expected 1"):
        unpacked("odd", Parts(("odd-part-1",), ""), FILES)
