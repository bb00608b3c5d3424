"""A store that is down, read-only or full: training goes on, what was told is kept, and `sync` sends it."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from conftest import Command
from stancewire.bundle import read_bundle
from stancewire.errors import InputError, OutputError
from stancewire.files import write_json
from stancewire.metrics import Metric
from stancewire.spool import read_head
from stancewire.tracking import MlflowStore, SafeRun

pytestmark = pytest.mark.filterwarnings("default")  # MLflow's own warnings are not ours to mend
DOWN = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    yield
    mlflow.set_tracking_uri("")
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without runs, made once: its tables take seconds."""
    folder = tmp_path_factory.mktemp("store")
    MlflowStore(folder).client().search_experiments()
    return folder / "mlflow.db"


@pytest.fixture
def store(database: Path, tmp_path: Path) -> MlflowStore:
    folder = tmp_path / "mlruns"
    folder.mkdir()
    (folder / "mlflow.db").write_bytes(database.read_bytes())
    return MlflowStore(folder)


def tell(run: SafeRun, bundle: Path) -> None:
    """Something of everything that a training tells."""
    run.params({"seed": 1, "params": {"c": 2.5}})
    run.tags({"kind": "test"})
    run.metrics({"f1": Metric(0.5, 0.4, 0.6)})
    run.step_metric("loss", 0.25, 7)
    run.figure("empty", Figure())
    run.table("rows", [{"a": 1, "b": "x"}])
    run.text("page.html", "<p>")
    run.dataset("labels", [{"doc": "d1", "text": "Rain.", "aid": "favor"}], "abc", "training")
    run.document("recipe", {"name": "tiny"})
    run.describe("What it is.")
    run.file(bundle / "README.md", "card")


def told(store: MlflowStore) -> dict[str, Any]:
    """What the store holds of its only run."""
    client = store.client()
    experiment = client.get_experiment_by_name("stancewire")
    assert experiment
    (run,) = client.search_runs([experiment.experiment_id])
    places = ("", "figures", "tables", "card")
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "params": run.data.params,
        "metrics": {k: v for k, v in run.data.metrics.items() if not k.startswith("system/")},
        "kind": run.data.tags["kind"],
        "description": run.data.tags["mlflow.note.content"],
        "files": sorted(f.path for p in places for f in client.list_artifacts(run.info.run_id, p) if not f.is_dir),
        "profile": run.inputs.dataset_inputs[0].dataset.profile,
    }


EXPECTED = {
    "name": "tiny",
    "status": "FINISHED",
    "params": {"seed": "1", "params.c": "2.5"},
    "metrics": {"f1": 0.5, "f1/low": 0.4, "f1/high": 0.6, "loss": 0.25},
    "kind": "test",
    "description": "What it is.",
    "files": ["card/README.md", "figures/empty.png", "page.html", "recipe.yaml", "tables/rows.json"],
    "profile": '{"num_rows": 1, "num_elements": 3, "documents": 1, '
    '"sources": {"unknown": 1}, "labels": {"aid: favor": 1}}',
}


def test_a_run_is_kept_when_the_store_works(store: MlflowStore, bundle_folder: Path) -> None:
    with store.run("tiny", "", {}) as run:
        tell(run, bundle_folder)
    assert (run.problem, run.kept) == (None, None)
    assert told(store) == EXPECTED


def test_what_a_store_that_is_down_did_not_take_is_sent_later(store: MlflowStore, bundle_folder: Path) -> None:
    with MlflowStore(store.folder, DOWN).run("tiny", "", {}) as run:
        tell(run, bundle_folder)
    assert run.problem is not None
    assert run.kept is not None
    ((folder, _),) = store.sync()
    assert folder == run.kept
    assert told(store) == EXPECTED
    assert list(store.unsent.iterdir()) == []


def test_a_read_only_store_ends_nothing(
    store: MlflowStore, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # MLflow takes such an address for a path, and makes folders of it
    uri = f"sqlite:///file:{store.folder / 'mlflow.db'}?mode=ro&uri=true"
    with MlflowStore(store.folder, uri).run("tiny", "", {}) as run:
        tell(run, bundle_folder)
    assert "readonly" in str(run.problem)
    assert len(list(store.sync())) == 1
    assert told(store) == EXPECTED


def test_a_store_that_fails_half_way_gets_the_rest_into_the_same_run(store: MlflowStore, bundle_folder: Path) -> None:
    with store.run("tiny", "", {}) as run:
        run.params({"seed": 1})
        with sqlite3.connect(store.folder / "mlflow.db") as connection:
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON metrics BEGIN SELECT RAISE(ABORT, 'full'); END")
        tell(run, bundle_folder)
        with sqlite3.connect(store.folder / "mlflow.db") as connection:
            connection.execute("DROP TRIGGER full")
    assert run.head.run_id is not None
    assert [run_id for _, run_id in store.sync()] == [run.head.run_id]
    assert told(store) == EXPECTED


def test_a_run_whose_block_raised_is_sent_as_failed(store: MlflowStore) -> None:
    with pytest.raises(InputError), MlflowStore(store.folder, DOWN).run("bad", "", {"kind": "test"}) as run:
        raise InputError("too few labels")
    assert run.kept is not None
    assert read_head(run.kept).status == "FAILED"
    list(store.sync())
    (sent,) = store.client().search_runs([store.client().get_experiment_by_name("stancewire").experiment_id])
    assert sent.info.status == "FAILED"


def test_nested_runs_are_sent_below_their_parent(store: MlflowStore) -> None:
    from stancewire.tracking import RunInfo

    with MlflowStore(store.folder, DOWN).run("search", "", {}) as run, run.child(RunInfo("trial 1")) as child:
        child.metrics({"f1": Metric(0.5, 0.4, 0.6)})
    list(store.sync())
    experiment = store.client().get_experiment_by_name("stancewire")
    runs = {r.info.run_name: r for r in store.client().search_runs([experiment.experiment_id])}
    assert runs["trial 1"].data.tags["mlflow.parentRunId"] == runs["search"].info.run_id


def test_sync_keeps_everything_while_the_store_is_still_down(store: MlflowStore) -> None:
    down = MlflowStore(store.folder, DOWN)
    with down.run("tiny", "", {}) as run:
        run.params({"seed": 1})
    with pytest.raises(OutputError, match=r"not sent, http://127\.0\.0\.1:9 failed"):
        list(down.sync())
    assert run.kept is not None
    assert run.kept.is_dir()


def test_a_run_that_is_still_open_is_not_sent(store: MlflowStore) -> None:
    with MlflowStore(store.folder, DOWN).run("tiny", "", {}):
        assert list(store.sync()) == []


def test_a_folder_that_cannot_be_written_to_ends_nothing_either(tmp_path: Path) -> None:
    (tmp_path / "mlruns").write_text("a file where the folder should be")
    with MlflowStore(tmp_path / "mlruns").run("tiny", "", {}) as run:
        run.params({"seed": 1})
    assert run.problem is not None
    assert run.kept is None


def test_a_kept_run_of_another_form_is_one_line(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"name": "x", "colour": "red"})
    with pytest.raises(InputError, match=r"run\.json: not a kept run"):
        read_head(tmp_path)


def test_training_and_sync_by_command(
    workspace_folder: Path, database: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", DOWN)
    done = stancewire("-C", workspace_folder, "train", workspace_folder / "training" / "tiny.yaml")
    assert done.code == 0
    assert "send it with: stancewire sync" in done.err
    content_hash = read_bundle(workspace_folder / "models" / "tiny").content_hash
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (workspace_folder / "mlruns" / "mlflow.db").write_bytes(database.read_bytes())
    sent = stancewire("-C", workspace_folder, "sync")
    assert sent.err.splitlines()[-1].startswith("1 runs sent to sqlite:///")
    client = MlflowStore(workspace_folder / "mlruns").client()
    (run,) = client.search_runs([client.get_experiment_by_name("stancewire").experiment_id])
    assert run.data.tags["bundle_hash"] == content_hash
    assert run.outputs.model_outputs != []
