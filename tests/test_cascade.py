"""A cascade of two bundles: from what they keep of their held-out sentences, or on a labelled set."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fast_bundle import train_fast_bundle
from stancewire import cascade as weighing
from stancewire import compare as comparing
from stancewire.bundle import Bundle, read_bundle, write_manifest
from stancewire.cascade import Members, TradeOff, fast_alone, held_out_sides, labelled_sides, outcome_of, weigh
from stancewire.cascade_bundle import write_cascade
from stancewire.codebook import Codebook
from stancewire.errors import BundleError, InputError
from stancewire.job import Job
from stancewire.labels import read_labels
from stancewire.predict import load
from stancewire.recipe import Recipe
from stancewire.records import LabelledSentence
from stancewire.train import split_data

RECIPE = Recipe(name="tiny", family="tfidf-linear", dev_share=0.25)


@pytest.fixture(scope="module")
def members(
    bundle_folder: Path, codebook: Codebook, tiny_labels: Path, tmp_path_factory: pytest.TempPathFactory
) -> Members:
    """The tiny bundle as the strong one, and one that knows a few words only."""
    fast = train_fast_bundle(codebook, tiny_labels, tmp_path_factory.mktemp("models"))
    return Members(read_bundle(fast), read_bundle(bundle_folder))


@pytest.fixture(scope="module")
def held_out(codebook: Codebook, tiny_labels: Path) -> list[LabelledSentence]:
    """The 40 sentences that both held out."""
    return list(split_data(Job(RECIPE, codebook, {"labels": read_labels(tiny_labels, codebook)}, {}, {})).dev)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few sentences are enough here, and speed is measured for a moment only."""
    monkeypatch.setattr(weighing, "ENOUGH", 30)
    monkeypatch.setattr(comparing, "MIN_SECONDS", 0.01)


@pytest.fixture
def choice(members: Members, held_out: list[LabelledSentence]) -> TradeOff:
    """Every cut on the common held-out sentences."""
    return weigh(members, None, held_out)


def changed(bundle: Bundle, folder: Path, **changes: object) -> Bundle:
    """A copy of a bundle with another manifest."""
    shutil.copytree(bundle.folder, folder)
    return write_manifest(folder, replace(bundle.manifest, **changes))


def test_bundles_keep_what_a_cascade_needs(members: Members, held_out: list[LabelledSentence]) -> None:
    kept, scored = held_out_sides(members), labelled_sides(members, held_out)
    assert len(kept.docs) == len(held_out) == 40
    for a, b in ((kept.fast, scored.fast), (kept.strong, scored.strong)):
        np.testing.assert_allclose(a.topic, b.topic, atol=1e-3)  # kept scores have three digits
        np.testing.assert_allclose(a.stance, b.stance, atol=1e-3)
    assert np.array_equal(kept.gold.stance, scored.gold.stance)
    assert len(set(kept.docs)) == len(set(scored.docs)) == 8


def test_too_few_common_sentences_are_one_clear_line(members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "ENOUGH", 200)
    found = "found 40 common held-out sentences, expected at least 200. Give a labelled set that neither was trained on"
    with pytest.raises(InputError, match=found):
        held_out_sides(members)


def test_a_bundle_from_before_held_out_scores_is_named(members: Members, tmp_path: Path) -> None:
    shutil.copytree(members.strong.folder, tmp_path / "old")
    (tmp_path / "old" / "held_out.safetensors").unlink()
    old = write_manifest(tmp_path / "old", members.strong.manifest)
    found = re.escape(f"found 0 common held-out sentences ({tmp_path / 'old'} keeps none)")
    with pytest.raises(InputError, match=found):
        held_out_sides(Members(members.fast, read_bundle(old.folder)))


def test_bundles_of_two_codebooks_are_refused(
    members: Members, held_out: list[LabelledSentence], codebook: Codebook, tmp_path: Path
) -> None:
    other = changed(members.fast, tmp_path / "other", codebook=Codebook(**codebook.model_dump() | {"version": 2}))
    with pytest.raises(BundleError, match=r"made for codebook 'tiny' v2 .*, found 'tiny' v1"):
        weigh(Members(other, members.strong), None, held_out)


def test_a_set_without_labels_is_refused(members: Members) -> None:
    with pytest.raises(InputError, match="the set has no labelled sentence"):
        weigh(members, [], [])


def test_an_outcome_is_what_the_curve_shows_at_its_cut(choice: TradeOff) -> None:
    curve = choice.curve
    middle = len(curve.cuts) // 2
    outcome = outcome_of(choice, float(curve.cuts[middle]), n_resamples=50)
    quality = {name: columns["triple_micro_f1"][0] for name, columns in outcome.columns.items()}
    assert quality["strong"] == curve.columns["triple_micro_f1"][0] == 1.0
    assert quality["fast"] == fast_alone(choice)["triple_micro_f1"] < 1.0
    assert quality["cascade"] == pytest.approx(curve.columns["triple_micro_f1"][middle])
    assert outcome.share == curve.share[middle]
    assert outcome.loss.value == pytest.approx(curve.loss[middle])
    assert outcome.loss.low <= outcome.loss.value <= outcome.loss.high


def test_the_bundle_says_what_was_measured(choice: TradeOff, held_out: list[LabelledSentence], tmp_path: Path) -> None:
    cut = float(choice.curve.cuts[len(choice.curve.cuts) // 2])
    outcome = outcome_of(choice, cut, n_resamples=50)
    written = write_cascade(choice.members, outcome, tmp_path / "both", "the tests")
    tagger = load(tmp_path / "both")
    found, expected = tagger.predict_proba([r.sentence for r in held_out]), choice.sides.mixed(cut)
    assert tagger.bundle.content_hash == written.content_hash
    np.testing.assert_allclose(found.topic, expected.topic, atol=1e-3)  # kept scores have three digits
    np.testing.assert_allclose(found.stance, expected.stance, atol=1e-3)
    manifest = tagger.bundle.manifest
    assert (manifest.family, manifest.runtime["cut"], manifest.context) == ("cascade", cut, 0)
    assert manifest.metrics["triple_micro_f1"].value == pytest.approx(
        outcome.columns["cascade"]["triple_micro_f1"][0], abs=1e-6
    )
    assert manifest.provenance["members"]["fast"]["bundle"] == choice.members.fast.label


def test_at_the_ends_it_is_one_of_its_members(
    choice: TradeOff, held_out: list[LabelledSentence], tmp_path: Path
) -> None:
    sentences = [row.sentence for row in held_out]
    for cut, member in ((0.0, choice.members.strong), (1.0, choice.members.fast)):
        write_cascade(choice.members, outcome_of(choice, cut, n_resamples=5), tmp_path / "both", "the tests")
        tagger, alone = load(tmp_path / "both"), load(member.folder)
        found, expected = tagger.predict_proba(sentences), alone.predict_proba(sentences)
        assert np.array_equal(found.topic, expected.topic)
        assert np.array_equal(found.stance, expected.stance)
        if member is choice.members.strong:
            for ours, theirs in zip(tagger.decide(found), alone.decide(expected), strict=True):
                assert np.array_equal(ours, theirs)


def test_the_bundle_holds_its_members_and_nothing_else(choice: TradeOff, tmp_path: Path) -> None:
    outcome = outcome_of(choice, 0.5, n_resamples=5)
    first = write_cascade(choice.members, outcome, tmp_path / "a", "the tests")
    second = write_cascade(choice.members, outcome, tmp_path / "again" / "a", "the tests")
    assert first.content_hash == second.content_hash
    assert sorted(p.relative_to(tmp_path / "a").as_posix() for p in (tmp_path / "a").rglob("*") if p.is_file()) == [
        "README.md",
        "bundle.json",
        "fast/vocabulary.json",
        "fast/weights.safetensors",
        "profile.json",
        "strong/vocabulary.json",
        "strong/weights.safetensors",
    ]


def test_its_card_says_what_it_is_made_of(choice: TradeOff, tmp_path: Path) -> None:
    outcome = outcome_of(choice, 0.5, n_resamples=5)
    write_cascade(choice.members, outcome, tmp_path / "both", "the tests")
    card = (tmp_path / "both" / "README.md").read_text()
    assert f"`{choice.members.fast.label}` scores every sentence, `{choice.members.strong.label}` those where" in card
    assert "The strong one is asked from a risk of 0.5 on" in card
    assert "## Measured on the tests" in card
