from pathlib import Path

import pytest

from stancewire import compare as comparing
from stancewire.bundle import bundle_bytes, read_bundle, write_manifest
from stancewire.codebook import Codebook, Topic
from stancewire.compare import COMPARED, compare, sentences_per_second
from stancewire.errors import InputError
from stancewire.predict import Tagger
from stancewire.records import Sentence


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure speed for a moment only."""
    monkeypatch.setattr(comparing, "MIN_SECONDS", 0.01)


def test_the_first_bundle_is_the_reference(bundle_folder: Path, tiny_labels: Path) -> None:
    first, second = compare([bundle_folder, bundle_folder], tiny_labels)
    assert first.differences == {}
    assert {m: (d.value, d.p_value) for m, d in second.differences.items()} == dict.fromkeys(COMPARED, (0.0, 1.0))
    assert first.label == second.label == read_bundle(bundle_folder).label
    assert first.megabytes == bundle_bytes(bundle_folder) / 1e6
    assert first.sentences_per_second > 100
    assert first.load_seconds > 0


def test_a_bundle_with_other_topics_is_refused(bundle_folder: Path, tiny_labels: Path, tmp_path: Path) -> None:
    for name in ("README.md", "profile.json", "vocabulary.json", "weights.safetensors"):
        (tmp_path / name).write_bytes((bundle_folder / name).read_bytes())
    manifest = read_bundle(bundle_folder).manifest
    renamed = Topic(id="games", title="Games", definition="Games.", target="playing more games")
    codebook = Codebook(**manifest.codebook.model_dump() | {"topics": (manifest.codebook.topics[0], renamed)})
    write_manifest(
        tmp_path, type(manifest)(**{n: getattr(manifest, n) for n in manifest.__slots__} | {"codebook": codebook})
    )
    with pytest.raises(InputError, match="has topics aid, games, the first bundle has aid, sport"):
        list(compare([bundle_folder, tmp_path], tiny_labels))


def test_speed_is_counted_in_sentences(tagger: Tagger) -> None:
    assert sentences_per_second(tagger, [Sentence("Rain fell.")] * 50) > 100
