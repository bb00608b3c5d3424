import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from stancewire.codebook import Codebook
from stancewire.compare import Entry
from stancewire.evaluate import evaluate
from stancewire.labels import read_labels
from stancewire.predict import Tagger
from stancewire.records import Sentence

NAMES = ["aid", "aid|favor", "aid|against", "aid|neutral"]
TEXTS = [f"The minister promised tents on day {i}." if i % 2 else f"Rain fell on day {i}." for i in range(40)]
LABELS = np.array([[i % 2, i % 2, 0, 0] for i in range(40)], bool)


@pytest.fixture(scope="module")
def benchmarks() -> Iterator[SimpleNamespace]:
    """The modules beside the benchmarks, which are no package."""
    pytest.importorskip("sklearn")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
        import fresh
        import peer_table
        import peer_training

        yield SimpleNamespace(fresh=fresh, table=peer_table, training=peer_training)


def task(training: ModuleType, **changed: object) -> object:
    made = training.Task("tfidf-words", TEXTS, LABELS, NAMES, TEXTS[:3], 60)
    return replace(made, **changed)


@pytest.fixture(scope="module")
def keep(benchmarks: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one trained peer is kept."""
    folder = tmp_path_factory.mktemp("kept")
    benchmarks.training.train(task(benchmarks.training), folder)
    return folder


def test_a_peer_is_kept_with_its_scores_for_the_thresholds(benchmarks: SimpleNamespace, keep: Path) -> None:
    found = benchmarks.training.find(task(benchmarks.training), keep)
    assert (found.tune[:, 0] > 0.5).tolist() == [False, True, False]
    assert found.result.trained_on == 40


def test_more_time_is_not_another_training(benchmarks: SimpleNamespace, keep: Path) -> None:
    assert benchmarks.training.find(task(benchmarks.training, seconds=9), keep) is not None


@pytest.mark.parametrize(
    "changed", [{"texts": [*TEXTS[:-1], "Snow fell."]}, {"labels": ~LABELS}, {"tune": TEXTS[:4]}], ids=list
)
def test_other_sentences_are_another_training(
    benchmarks: SimpleNamespace, keep: Path, changed: dict[str, object]
) -> None:
    assert benchmarks.training.find(task(benchmarks.training, **changed), keep) is None


def test_a_peer_that_is_not_done_in_time_is_ended_and_leaves_nothing(
    benchmarks: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(benchmarks.training.PeerError, match="tfidf-words: not done after 0 minutes, ended"):
        benchmarks.training.train(task(benchmarks.training, seconds=0.01), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tfidf-words.log"]


def test_a_peer_that_fails_says_why(benchmarks: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(benchmarks.training.PeerError, match=r"tfidf-words: ValueError: .*empty vocabulary"):
        benchmarks.training.train(task(benchmarks.training, texts=[""] * 40), tmp_path)


def test_a_peer_is_measured_in_a_fresh_process(benchmarks: SimpleNamespace, keep: Path) -> None:
    kept = benchmarks.training.find(task(benchmarks.training), keep)
    ballast = np.ones(60_000_000)  # 480 MB that are not the peer's
    asked = benchmarks.fresh.Asked(TEXTS[:3], TEXTS, 0.1)
    found = benchmarks.fresh.measure("tfidf-words", kept.saved, asked, benchmarks.training.settings())
    assert ballast.sum() == 60_000_000
    np.testing.assert_allclose(found.scores["scores"], kept.tune)
    assert found.rate > 0
    assert found.cpu > 0
    assert 0 < found.load_seconds < 60
    if sys.platform == "linux":
        assert 30 < found.rss < 450


def test_a_bundle_scores_as_it_does_here(benchmarks: SimpleNamespace, bundle_folder: Path, tagger: Tagger) -> None:
    sentences = [Sentence("Kyiv promised to send more tents."), Sentence("Rain fell.", "News", ("The match ended.",))]
    asked = benchmarks.fresh.Asked(sentences, sentences, 0.1)
    found = benchmarks.fresh.measure("bundle", bundle_folder, asked, benchmarks.training.settings())
    assert found.scores["topic"].tolist() == tagger.predict_proba(sentences).topic.tolist()


def test_a_model_that_cannot_be_loaded_says_why(benchmarks: SimpleNamespace, tmp_path: Path) -> None:
    asked = benchmarks.fresh.Asked(TEXTS, TEXTS, 0.1)
    with pytest.raises(RuntimeError, match=r"FileNotFoundError: .*pipeline\.joblib"):
        benchmarks.fresh.measure("tfidf-words", tmp_path, asked, benchmarks.training.settings())


def test_the_table_has_ratios_to_the_reference(
    benchmarks: SimpleNamespace, tagger: Tagger, tiny_labels: Path, codebook: Codebook
) -> None:
    report = evaluate(tagger, read_labels(tiny_labels, codebook), n_resamples=20)
    lines = [
        benchmarks.table.Line(Entry("ours", report, {}, 3000.0, 25.0, 0.5), 0.5, 200.0, 48.0),
        benchmarks.table.Line(Entry("setfit", report, {}, 150.0, 91.0, 9.0), 12.0, 900.0, 4.5, 8.75, about="250 steps"),
    ]
    reference = benchmarks.table.reference_of(lines, "setfit")
    assert reference is lines[1]
    found = benchmarks.table.markdown_of(lines, reference).splitlines()
    assert found[0].endswith("| sentences/s | × setfit | CPU-s/1,000 | MB | RSS MB | load s | training min |")
    assert found[2].endswith("| 3,000 | 20 | 0.50 | 25.0 | 200 | 0.5 | 48.0 |")
    assert found[3].endswith("| 150 | 1.00 | 12.00 | 91.0 | 900 | 9.0 | 4.5 (8.8 CPU) |")
    assert found[5] == "- setfit: 250 steps"


def test_without_the_reference_ratios_are_to_the_first(benchmarks: SimpleNamespace, tagger: Tagger) -> None:
    line = SimpleNamespace(entry=SimpleNamespace(label="ours"))
    assert benchmarks.table.reference_of([line], "setfit") is line
