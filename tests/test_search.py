import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Command
from stancewire.codebook import Codebook
from stancewire.errors import InputError, ProblemsError
from stancewire.files import write_json
from stancewire.growth import grow
from stancewire.job import Job
from stancewire.labels import labels_hash, read_labels
from stancewire.recipe import Recipe, read_recipe
from stancewire.runs import NullRun
from stancewire.search import parse_grid, search_params, with_params
from stancewire.tracking import MlflowStore
from stancewire.trainers import Silent, make_trainer

PARAMS = {"topic_c": 10.0, "blocks": [{"min_documents": 1, "max_features": 500}]}


@pytest.fixture
def no_store() -> Iterator[None]:
    """MLflow writes its address into the environment: the test ends without it."""
    import mlflow

    yield
    mlflow.set_tracking_uri("")
    os.environ.pop("MLFLOW_TRACKING_URI", None)


def job(codebook: Codebook, folder: Path, search: dict[str, object]) -> Job:
    recipe = Recipe.model_validate(
        {"name": "tiny", "family": "tfidf-linear", "dev_share": 0.25, "params": PARAMS, "search": search}
    )
    return Job(recipe, codebook, {"labels": read_labels(folder, codebook)}, {}, {"labels": labels_hash([folder])})


def test_a_grid_is_read_from_the_command_line() -> None:
    grid = parse_grid(["topic_c=1,10.5", "blocks.0.analyzer=words,characters"])
    assert grid.model_dump(exclude_defaults=True) == {
        "space": {"topic_c": [1, 10.5], "blocks.0.analyzer": ["words", "characters"]}, "sampler": "grid",
    }  # fmt: skip


def test_a_grid_without_values_is_refused() -> None:
    with pytest.raises(InputError, match=r"--grid topic_c: found no values, expected NAME=VALUE,VALUE\."):
        parse_grid(["topic_c"])


def test_a_grid_of_a_range_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("name: a\nfamily: b\nsearch:\n  sampler: grid\n  space: {c: {low: 1, high: 2}}\n")
    with pytest.raises(ProblemsError, match=r"bad\.yaml:3: search: a grid needs listed values; c is a range"):
        read_recipe(path)


def test_params_are_replaced_by_dotted_names() -> None:
    recipe = Recipe(name="tiny", family="tfidf-linear", params=PARAMS)
    changed = with_params(recipe, {"topic_c": 1.0, "blocks.0.max_features": 9}, "tiny.yaml")
    assert changed.params == {"topic_c": 1.0, "blocks": [{"min_documents": 1, "max_features": 9}]}
    assert recipe.params == PARAMS


@pytest.mark.parametrize(
    ("name", "part"),
    [("blocks.3.scale", "3"), ("blocks.scale", "scale"), ("blocks.1", "1"), ("topic_c.low", "low")],
)
def test_a_name_that_leads_nowhere_is_refused(name: str, part: str) -> None:
    recipe = Recipe(name="tiny", family="tfidf-linear", params=PARAMS)
    with pytest.raises(InputError, match=rf"^tiny\.yaml: search: '{name}' leads nowhere; .* no params '{part}'\.$"):
        with_params(recipe, {name: 1}, "tiny.yaml")


def test_the_best_of_the_grid_is_returned_without_its_search(codebook: Codebook, tiny_labels: Path) -> None:
    # two features cannot tell favor from against, five hundred can
    space = {"blocks.0.max_features": [2, 500]}
    wanted = job(codebook, tiny_labels, {"sampler": "grid", "space": space})
    found = search_params(wanted, "tiny.yaml", NullRun(), Silent())
    assert found.search is None
    assert found.params == PARAMS


def test_an_unknown_metric_is_refused(codebook: Codebook, tiny_labels: Path) -> None:
    wanted = job(codebook, tiny_labels, {"trials": 1, "metric": "topic_macro_f2", "space": {"topic_c": [1, 2]}})
    with pytest.raises(InputError, match=r"no metric 'topic_macro_f2' came out\. Did you mean 'topic_macro_f1'\?"):
        search_params(wanted, "tiny.yaml", NullRun(), Silent())


def test_a_recipe_without_a_search_keeps_its_hash() -> None:
    recipe = Recipe(name="tiny", family="tfidf-linear")
    assert "search" not in recipe.model_dump(exclude_none=True)


def test_the_learning_curve_ends_with_all_sentences(codebook: Codebook, tiny_labels: Path) -> None:
    wanted = job(codebook, tiny_labels, {"space": {"topic_c": [1]}})
    points = grow(wanted, make_trainer("tfidf-linear", PARAMS, "tiny.yaml"), NullRun(), Silent())
    assert [point.sentences for point in points] == [25, 50, 100, 200]
    assert points[-1].metrics["topic_macro_f1"].value >= points[0].metrics["topic_macro_f1"].value


@pytest.mark.filterwarnings("default")  # MLflow's own warnings are not ours to mend
@pytest.mark.usefixtures("no_store")
def test_trials_are_runs_nested_in_the_search(
    workspace_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    recipe = {"name": "tiny", "family": "tfidf-linear", "dev_share": 0.25, "params": PARAMS}
    search = {"trials": 2, "sampler": "random", "space": {"topic_c": {"low": 0.1, "high": 10, "log": True}}}
    write_json(workspace_folder / "training" / "tiny.yaml", recipe | {"search": search})
    done = stancewire("-C", workspace_folder, "train", workspace_folder / "training" / "tiny.yaml")
    assert done.code == 0
    client = MlflowStore(workspace_folder / "mlruns").client()
    experiment = client.get_experiment_by_name("stancewire")
    runs = {r.info.run_name: r for r in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"tiny", "tiny trial 1", "tiny trial 2"}
    parent = runs["tiny"].info.run_id
    assert {r.data.tags.get("mlflow.parentRunId") for name, r in runs.items() if name != "tiny"} == {parent}
    best = max((runs["tiny trial 1"], runs["tiny trial 2"]), key=lambda r: r.data.metrics["triple_macro_f1"])
    assert runs["tiny"].data.params["params.topic_c"] == best.data.params["topic_c"]
