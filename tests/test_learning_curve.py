from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from stancewire.codebook import Codebook
from stancewire.job import Job
from stancewire.labels import labels_hash, read_labels
from stancewire.recipe import Recipe

OPTIONS = Namespace(sizes=[20, 60], seen=0)


@pytest.fixture(scope="module")
def learning_curve() -> Iterator[ModuleType]:
    """``benchmarks/learning_curve.py``."""
    pytest.importorskip("matplotlib")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
        import learning_curve

        yield learning_curve


@pytest.fixture
def job(codebook: Codebook, tiny_labels: Path) -> Job:
    recipe = Recipe(name="tiny", family="tfidf-linear", dev_share=0.25, params={"blocks": [{"min_documents": 1}]})
    labelled = read_labels(tiny_labels, codebook)
    digest = labels_hash([tiny_labels])
    return Job(recipe, codebook, {"labels": labelled}, {"gold": labelled}, {"labels": digest, "gold": digest})


def test_parts_grow_to_all_sentences_and_are_measured_on_the_named_set(learning_curve: ModuleType, job: Job) -> None:
    rows = list(learning_curve.points(Path("tiny.yaml"), job, OPTIONS, []))
    assert [(row["size"], row["sentences"]) for row in rows] == [(20, 20), (60, 60), (200, 200)]
    assert {row["measured"] for row in rows} == {job.digests["gold"]}
    assert rows[-1]["metrics"]["topic_macro_f1"].value >= rows[0]["metrics"]["topic_macro_f1"].value


def test_a_known_point_is_not_trained_again(learning_curve: ModuleType, job: Job) -> None:
    first, *_ = learning_curve.points(Path("tiny.yaml"), job, OPTIONS, [])
    rest = list(learning_curve.points(Path("tiny.yaml"), job, OPTIONS, [first]))
    assert [row["size"] for row in rest] == [60, 200]


def test_every_recipe_has_a_line_and_its_rows(learning_curve: ModuleType) -> None:
    metrics = {name: [0.5, 0.4, 0.6] for name in learning_curve.NAMES}
    rows = [
        {"recipe": recipe, "sentences": n, "metrics": metrics} for n, recipe in ((300, "b"), (100, "b"), (100, "a"))
    ]
    found = learning_curve.ordered(rows)
    assert [(row["recipe"], row["sentences"]) for row in found] == [("b", 100), ("b", 300), ("a", 100)]
    assert learning_curve.markdown_of(found).splitlines()[2].startswith("| b | 100 | 50.0 (40.0–60.0) |")
    left, _right = learning_curve.draw(found).axes
    assert [line.get_label() for line in left.lines] == ["b", "a"]
    assert left.lines[0].get_xdata().tolist() == [100, 300]
