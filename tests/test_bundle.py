import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from stancewire.bundle import FORMAT, bundle_bytes, read_bundle, write_manifest
from stancewire.codebook import Codebook
from stancewire.errors import BundleError, MissingError
from stancewire.files import canonical_json, sha256
from stancewire.predict import load


@pytest.fixture
def copy(bundle_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle that a test may spoil."""
    return Path(shutil.copytree(bundle_folder, tmp_path / "tiny"))


def rewrite(folder: Path, **changes: object) -> None:
    """Change keys of the manifest and name the hash that fits, as another version of the program would."""
    data = json.loads((folder / "bundle.json").read_bytes()) | changes
    del data["content_hash"]
    (folder / "bundle.json").write_text(json.dumps(data | {"content_hash": sha256(canonical_json(data))}))


def test_a_bundle_holds_only_files_that_cannot_run_code(bundle_folder: Path) -> None:
    names = sorted(p.name for p in bundle_folder.iterdir())
    assert names == [
        "README.md",
        "bundle.json",
        "calibration.png",
        "held_out.safetensors",
        "profile.json",
        "vocabulary.json",
        "weights.safetensors",
    ]


def test_the_manifest_is_read_back_as_it_was_written(bundle_folder: Path, copy: Path) -> None:
    first = read_bundle(bundle_folder)
    (copy / "bundle.json").unlink()
    again = write_manifest(copy, first.manifest)
    assert again.content_hash == first.content_hash
    assert (copy / "bundle.json").read_bytes() == (bundle_folder / "bundle.json").read_bytes()
    assert read_bundle(copy).manifest.to_dict() == first.manifest.to_dict()


def test_the_label_is_the_name_and_eight_digits_of_the_content_hash(bundle_folder: Path) -> None:
    bundle = read_bundle(bundle_folder)
    assert bundle.label == f"tiny@{bundle.content_hash[:8]}"


def test_the_manifest_says_what_a_user_must_know(bundle_folder: Path) -> None:
    data = json.loads((bundle_folder / "bundle.json").read_bytes())
    assert data["format"] == FORMAT
    assert data["topics"] == ["aid", "sport"]
    assert data["stances"] == ["favor", "against", "neutral"]
    files = ["README.md", "calibration.png", "held_out.safetensors", "profile.json", "vocabulary.json"]
    assert sorted(data["files"]) == [*files, "weights.safetensors"]
    assert sorted(data["thresholds"]) == ["aid", "sport"]
    assert {"recipe", "recipe_hash", "labels_hash", "packages"} <= set(data["provenance"])


def test_the_manifest_names_no_path_of_the_machine(bundle_folder: Path) -> None:
    text = "".join(p.read_text() for p in bundle_folder.iterdir() if p.suffix in (".json", ".md"))
    assert str(bundle_folder.parent) not in text


@pytest.mark.parametrize("name", ["weights.safetensors", "vocabulary.json", "README.md"])
def test_a_flipped_byte_is_found_in_every_file(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(BundleError, match=rf"{name}: changed after it was written \(sha256 .*\)\. Get the bundle anew"):
        read_bundle(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "vocabulary.json").unlink()
    with pytest.raises(BundleError, match=r"file vocabulary\.json is missing\. Get the bundle anew\."):
        read_bundle(copy)


def test_an_extra_file_is_named(copy: Path) -> None:
    (copy / "sub").mkdir()
    (copy / "sub" / "more.py").write_text("print('hello')")
    with pytest.raises(BundleError, match=r"found sub/more\.py, which is not part of the bundle\. Remove it\."):
        read_bundle(copy)


def test_an_edited_manifest_is_found(copy: Path) -> None:
    text = (copy / "bundle.json").read_text()
    (copy / "bundle.json").write_text(text.replace('"name": "tiny"', '"name": "huge"', 1))
    with pytest.raises(BundleError, match=r"bundle\.json: changed after it was written"):
        read_bundle(copy)


def test_a_manifest_cut_in_half_is_found(copy: Path) -> None:
    data = (copy / "bundle.json").read_bytes()
    (copy / "bundle.json").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"bundle\.json: broken JSON"):
        read_bundle(copy)


def test_a_newer_format_asks_for_an_upgrade(copy: Path) -> None:
    rewrite(copy, format=FORMAT + 1)
    with pytest.raises(BundleError, match=rf"bundle format {FORMAT + 1}, .* reads up to {FORMAT}\. Upgrade stancewire"):
        read_bundle(copy)


def test_a_manifest_without_a_key_names_it(copy: Path) -> None:
    data = json.loads((copy / "bundle.json").read_bytes())
    del data["content_hash"], data["thresholds"]
    (copy / "bundle.json").write_text(json.dumps(data | {"content_hash": sha256(canonical_json(data))}))
    with pytest.raises(BundleError, match=r"bundle\.json: has no key 'thresholds', which format 1 has\. Train anew"):
        read_bundle(copy)


def test_an_unknown_runtime_asks_for_an_upgrade(copy: Path) -> None:
    rewrite(copy, runtime={"kind": "quantum"})
    with pytest.raises(BundleError, match=r"runtime 'quantum' is unknown here .* Upgrade stancewire"):
        read_bundle(copy).open()


def test_a_codebook_that_does_not_fit_its_hash_is_found(copy: Path) -> None:
    rewrite(copy, codebook_hash="0" * 64)
    with pytest.raises(BundleError, match="its codebook does not have the hash it names"):
        read_bundle(copy)


def test_a_folder_without_a_manifest_is_not_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"no bundle\.json, so this is not a bundle"):
        read_bundle(tmp_path)


def test_another_codebook_is_refused_with_both_names(bundle_folder: Path, codebook: Codebook) -> None:
    bundle = read_bundle(bundle_folder)
    bundle.require_codebook(codebook, "labels/codebook.yaml")
    other = Codebook(**codebook.model_dump() | {"version": 2})
    expected = r"made for codebook 'tiny' v1 \(\w{8}\), found 'tiny' v2 \(\w{8}\) in labels/codebook.yaml\. Train"
    with pytest.raises(BundleError, match=expected):
        bundle.require_codebook(other, "labels/codebook.yaml")


def test_size_counts_every_file(bundle_folder: Path) -> None:
    assert bundle_bytes(bundle_folder) == sum(p.stat().st_size for p in bundle_folder.iterdir())


def test_thresholds_stand_in_the_order_of_the_codebook(bundle_folder: Path) -> None:
    data = json.loads((bundle_folder / "bundle.json").read_bytes())["thresholds"]
    expected = np.array([data["aid"], data["sport"]], np.float32)
    assert read_bundle(bundle_folder).manifest.thresholds.tolist() == expected.tolist()


def test_a_bundle_of_format_1_still_gives_its_tags() -> None:
    # made before the first release; from then on, a new format gets a folder of its own beside this one
    (tag,) = load(Path(__file__).parent / "bundles" / "format-1").tag("The minister promised to send more tents.")
    assert tag.model == "tiny@16edf87a"
    assert tag.topic_p == pytest.approx({"aid": 0.995, "sport": 0.0041}, abs=2e-4)
    assert {topic: label.stance for topic, label in tag.labels.items()} == {"aid": "favor"}
