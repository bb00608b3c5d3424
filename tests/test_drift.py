import json
import math
import re
from pathlib import Path

import pytest

from conftest import Command
from stancewire.batch import write_file
from stancewire.bundle import PROFILE, Bundle
from stancewire.drift import SHIFTED, STABLE, compare_tags, psi
from stancewire.drift_report import drift_html
from stancewire.errors import InputError, MissingError
from stancewire.output import make_layout
from stancewire.predict import Tagger
from stancewire.profile import CONFIDENCES, LENGTHS, bin_of, bins, check_profile, words_of
from stancewire.records import Article
from stancewire.tag_rows import TagRow, read_tag_rows

TOPICS = ("aid", "sport")
ALIKE = [
    text
    for thing in ("blankets", "engines", "sacks", "ropes")
    for who in ("Paris", "The mayor", "Oslo")
    for text in (
        f"{who} promised to send more {thing}.",
        f"{who} refused to send any {thing}.",
        f"A convoy with {thing} left for {who} on day 3.",
        f"The match of {thing} against {who} ended in a draw.",
        f"Rain fell on {thing} and on {who} all week.",
    )
]
OTHER = [
    f"Shares of Company {i} rose by {i} percent on hopes of lower interest rates, traders said." for i in range(60)
]


@pytest.fixture(scope="module")
def profile(bundle_folder: Path) -> dict[str, object]:
    return dict(json.loads((bundle_folder / PROFILE).read_bytes()))


def tag(tagger: Tagger, texts: list[str], path: Path) -> Path:
    articles = [Article(f"a{i}", text, sentences=(text,)) for i, text in enumerate(texts)]
    write_file(tagger.tag_columns(articles), path, make_layout(path.suffix[1:], TOPICS))
    return path


def test_the_profile_is_in_the_bundle_and_holds_no_sentence(profile: dict[str, object], bundle_folder: Path) -> None:
    assert profile["sentences"] == 200
    assert profile["held_out"] == 40
    assert profile["labels"] == {
        "aid: favor": 0.2, "aid: against": 0.2, "aid: neutral": 0.2,
        "sport: favor": 0.0, "sport: against": 0.0, "sport: neutral": 0.2, "none": 0.2,
    }  # fmt: skip
    assert "promised to send" not in (bundle_folder / PROFILE).read_text()


def test_bins_have_their_lower_end_and_no_gap() -> None:
    assert [bin_of(n, LENGTHS) for n in (0, 4, 5, 59, 60, 400)] == ["0-5", "0-5", "5-10", "40-60", "60+", "60+"]
    assert bins(CONFIDENCES)[0] == bin_of(0.4, CONFIDENCES) == "0.5-0.6"


def test_words_have_no_numbers_and_one_apostrophe() -> None:
    assert words_of("Kyiv’s 40 tanks, don't") == ["kyiv's", "tanks", "don't"]


def test_psi_is_that_of_a_hand_count() -> None:
    assert psi({"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.5}) == 0
    expected = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)
    assert psi({"a": 0.5, "b": 0.5}, {"a": 0.8, "b": 0.2}) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_tags_are_read_back_from_every_format(tagger: Tagger, tmp_path: Path, suffix: str) -> None:
    (row,) = read_tag_rows(tag(tagger, ["Oslo refused to send any coats."], tmp_path / f"tags.{suffix}"), TOPICS)
    (expected,) = tagger.tag_many(
        [Article("a0", "Oslo refused to send any coats.", sentences=("Oslo refused to send any coats.",))]
    )
    assert (row.doc, row.text, row.labels, row.model) == ("a0", expected.text, {"aid": "against"}, tagger.bundle.label)
    assert row.topic_p == pytest.approx([expected.topic_p["aid"], expected.topic_p["sport"]])
    assert row.stance_p == pytest.approx([expected.stance_p["aid"]["against"]])


def test_a_folder_of_shards_is_read_in_order(tagger: Tagger, tmp_path: Path) -> None:
    tag(tagger, ["Rain fell."], tmp_path / "part-1.jsonl")
    tag(tagger, ["Oslo refused to send any coats."], tmp_path / "part-0.parquet")
    (tmp_path / "manifest.json").write_text("{}")
    assert [row.text for row in read_tag_rows(tmp_path, TOPICS)] == ["Oslo refused to send any coats.", "Rain fell."]


def test_tags_of_another_codebook_are_refused_with_their_place(tagger: Tagger, tmp_path: Path) -> None:
    path = tag(tagger, ["Rain fell."], tmp_path / "tags.jsonl")
    with pytest.raises(InputError, match=r"tags\.jsonl:1: not a tag of topics aid, weather"):
        list(read_tag_rows(path, ("aid", "weather")))


def test_an_empty_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="holds no tags"):
        list(read_tag_rows(tmp_path, TOPICS))


def test_articles_like_the_training_data_are_stable(tagger: Tagger, profile: dict[str, object], tmp_path: Path) -> None:
    drift = compare_tags(read_tag_rows(tag(tagger, ALIKE, tmp_path / "a.jsonl"), TOPICS), profile, "tiny@1")
    assert (drift.sentences, drift.documents) == (60, 60)
    verdicts = {feature.name: feature.verdict for feature in drift.features}
    assert {name: verdicts[name] for name in ("predicted", "length")} == {"predicted": STABLE, "length": STABLE}


def test_other_articles_are_shifted(tagger: Tagger, profile: dict[str, object], tmp_path: Path) -> None:
    drift = compare_tags(read_tag_rows(tag(tagger, OTHER, tmp_path / "b.jsonl"), TOPICS), profile, "tiny@1")
    verdicts = {feature.name: feature.verdict for feature in drift.features}
    assert verdicts["length"] == verdicts["vocabulary"] == drift.verdict == SHIFTED
    assert drift.unseen > 0.5
    assert ("traders", 60) in drift.new_words


def test_one_sentence_is_too_few_to_speak_of_a_shift(profile: dict[str, object]) -> None:
    row = TagRow("a", "Rain.", {}, (0.1, 0.1), (), "tiny@1")
    drift = compare_tags([row], profile, "tiny@1")
    assert {feature.name: feature.verdict for feature in drift.features}["length"] == STABLE


def test_the_page_needs_no_network_and_escapes_what_it_shows(profile: dict[str, object]) -> None:
    row = TagRow("a", "<script>alert(1)</script>", {}, (0.1, 0.1), (), "<b>")
    page = drift_html(compare_tags([row], profile, "tiny@1"))
    assert not re.search(r"https?://|<script|<b>|<link|<img", page)


def test_a_newer_profile_is_refused() -> None:
    with pytest.raises(InputError, match="models/x: profile format 2, this version reads 1"):
        check_profile({"format": 2}, "models/x")


def test_drift_by_command(tagger: Tagger, bundle_folder: Path, tmp_path: Path, stancewire: Command) -> None:
    tags = tag(tagger, OTHER, tmp_path / "tags.parquet")
    report = tmp_path / "drift.html"
    done = stancewire("drift", tags, "--against", bundle_folder, "-o", report, "--no-track")
    assert done.code == 0
    assert f"60 sentences of 60 documents against {tagger.bundle.label}: shifted" in done.out
    assert report.read_text().startswith("<!doctype html>")


def test_a_bundle_without_a_profile_is_one_line(tagger: Tagger, tmp_path: Path, stancewire: Command) -> None:
    from stancewire.bundle import write_manifest

    older: Bundle = write_manifest(tmp_path, tagger.bundle.manifest)
    done = stancewire("drift", tmp_path / "tags.jsonl", "--against", older.folder, "--no-track")
    assert done.code == 1
    assert "has no profile.json; it is older than drift reports. Train it anew." in done.err
