"""One real run in a real MLflow store (SQLite), looked at from every side."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Command
from stancewire.bundle import read_bundle
from stancewire.codebook import Codebook
from stancewire.files import write_json
from stancewire.labels import labels_hash
from stancewire.tracking import MlflowStore

pytestmark = pytest.mark.filterwarnings("default")  # MLflow's own warnings are not ours to mend
SENTENCES = ["The minister promised to send more tents.", "Oslo refused to send any coats.", "Rain fell all week."]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MLflow writes its address into the environment: every test starts and ends without it."""
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    yield
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    mlflow.set_tracking_uri("")
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(scope="module")
def tracked(
    codebook: Codebook, tiny_labels: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Any, Any]]:
    """A workspace in which one training was tracked and registered, MLflow's client and the run."""
    root = tmp_path_factory.mktemp("tracked")
    for name in ("labels", "training", "models"):
        (root / name).mkdir()
    write_json(root / "labels" / "codebook.yaml", codebook.model_dump(mode="json"))
    for name in ("documents.jsonl", "sentences.jsonl"):
        (root / "labels" / name).write_bytes((tiny_labels / name).read_bytes())
    recipe = {"name": "tiny", "family": "tfidf-linear", "description": "A small one.", "dev_share": 0.25}
    write_json(root / "training" / "tiny.yaml", recipe | {"params": {"blocks": [{"min_documents": 1}]}})
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    command = [sys.executable, "-m", "stancewire", "train", "training/tiny.yaml", "--register", "tiny"]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    import mlflow

    uri = MlflowStore(root / "mlruns").tracking_uri
    client = mlflow.MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("stancewire")
    assert experiment
    (run,) = client.search_runs([experiment.experiment_id], "tags.mlflow.runName = 'tiny'")
    return root, client, run


def test_the_store_is_one_sqlite_file_and_a_folder(tracked: tuple[Path, Any, Any]) -> None:
    root, _, run = tracked
    assert sorted(p.name for p in (root / "mlruns").iterdir()) == ["artifacts", "mlflow.db"]
    assert run.info.status == "FINISHED"
    assert run.info.artifact_uri.startswith((root / "mlruns" / "artifacts").as_uri())


def test_every_metric_is_kept_with_its_interval(tracked: tuple[Path, Any, Any]) -> None:
    root, _, run = tracked
    measured = read_bundle(root / "models" / "tiny").manifest.metrics
    expected = {
        f"{name}{end}": x
        for name, metric in measured.items()
        for end, x in zip(("", "/low", "/high"), metric, strict=True)
    }
    assert {name: run.data.metrics.get(name) for name in expected} == pytest.approx(expected)


def test_params_are_the_recipe_and_the_sizes(tracked: tuple[Path, Any, Any]) -> None:
    _, _, run = tracked
    params = run.data.params
    assert {name: params[name] for name in ("name", "family", "seed", "dev_share")} == {
        "name": "tiny", "family": "tfidf-linear", "seed": "0", "dev_share": "0.25",
    }  # fmt: skip
    assert int(params["train_sentences"]) + int(params["dev_sentences"]) == 240
    assert "params.blocks" in params


def test_tags_say_family_codebook_and_description(tracked: tuple[Path, Any, Any], codebook: Codebook) -> None:
    _, _, run = tracked
    assert run.data.tags["family"] == "tfidf-linear"
    assert run.data.tags["codebook"] == codebook.hash[:8]
    assert run.data.tags["mlflow.note.content"].startswith("A small one.")


def test_the_data_set_is_kept_with_its_digest(tracked: tuple[Path, Any, Any]) -> None:
    root, _, run = tracked
    (given,) = run.inputs.dataset_inputs
    assert given.dataset.name == "labels"
    assert given.dataset.digest == labels_hash([root / "labels"])[:32]
    assert {tag.key: tag.value for tag in given.tags} == {"mlflow.data.context": "training"}


def test_pictures_tables_and_documents_are_kept(tracked: tuple[Path, Any, Any]) -> None:
    _, client, run = tracked
    kept = {
        f.path for folder in ("", "figures", "tables", "card") for f in client.list_artifacts(run.info.run_id, folder)
    }
    expected = {
        "figures/confusion_aid.png", "figures/confusion_sport.png", "figures/precision_recall.png",
        "figures/reliability.png", "figures/sources.png", "tables/predictions_dev_split.json",
        "recipe.yaml", "codebook.yaml", "packages.yaml", "card/README.md",
    }  # fmt: skip
    assert expected - kept == set()


def test_the_table_has_a_row_per_held_out_sentence(tracked: tuple[Path, Any, Any], tmp_path: Path) -> None:
    _, client, run = tracked
    path = client.download_artifacts(run.info.run_id, "tables/predictions_dev_split.json", str(tmp_path))
    table = json.loads(Path(path).read_bytes())
    assert {"id", "text", "gold", "predicted", "right"} <= set(table["columns"])
    assert len(table["data"]) == int(run.data.params["dev_sentences"])


def test_the_model_gives_exactly_the_tags_of_the_command_line(
    tracked: tuple[Path, Any, Any], stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _, _ = tracked
    records = "".join(json.dumps({"id": str(i), "sentences": [text]}) + "\n" for i, text in enumerate(SENTENCES))
    shown = stancewire("predict", "-", "-m", root / "models" / "tiny", stdin=records.encode())
    MlflowStore(root / "mlruns").connect()
    import mlflow.pyfunc

    model = mlflow.pyfunc.load_model("models:/tiny@candidate")
    assert model.predict(SENTENCES) == [json.loads(line) for line in shown.out.splitlines()]
    assert model.metadata.signature is not None


def test_a_bundle_is_fetched_by_its_alias(tracked: tuple[Path, Any, Any], stancewire: Command) -> None:
    root, _, _ = tracked
    by_alias = stancewire("-C", root, "predict", "-", "-m", "models:/tiny@candidate", stdin=SENTENCES[0].encode())
    by_folder = stancewire("predict", "-", "-m", root / "models" / "tiny", stdin=SENTENCES[0].encode())
    assert by_alias.code == 0
    assert by_alias.out == by_folder.out


@pytest.mark.parametrize("name", ["models:/tiny@nobody", "models:/other@candidate"])
def test_an_alias_that_is_not_there_is_one_line(tracked: tuple[Path, Any, Any], stancewire: Command, name: str) -> None:
    root, _, _ = tracked
    done = stancewire("-C", root, "predict", "-", "-m", name, stdin=b"Rain fell.")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: {name}: not found")
    assert "Make one: stancewire train RECIPE --register NAME" in done.err
    assert done.err.count("\n") == 1


def test_a_failed_training_ends_its_run_as_failed(tracked: tuple[Path, Any, Any], stancewire: Command) -> None:
    root, client, run = tracked
    recipe = {"name": "bad", "family": "tfidf-linear", "dev_share": 0.001}
    write_json(root / "training" / "bad.yaml", recipe)
    assert stancewire("-C", root, "train", root / "training" / "bad.yaml").code == 1
    (failed,) = client.search_runs([run.info.experiment_id], "tags.mlflow.runName = 'bad'")
    assert failed.info.status == "FAILED"
    assert not (root / "models" / "bad").exists()


def test_a_server_that_does_not_answer_ends_no_training(
    workspace_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    done = stancewire("-C", workspace_folder, "train", workspace_folder / "training" / "tiny.yaml")
    assert done.code == 0
    assert read_bundle(workspace_folder / "models" / "tiny").manifest.name == "tiny"
    warning, written = done.err.splitlines()
    assert warning.startswith("warning: the MLflow store failed (")
    assert warning.endswith("; send it with: stancewire sync")
    assert written == f"bundle written to {workspace_folder / 'models' / 'tiny'}"


def test_a_server_that_does_not_answer_has_no_models(
    workspace_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    done = stancewire("-C", workspace_folder, "predict", "-", "-m", "models:/tiny@candidate", stdin=b"Rain fell.")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: models:/tiny@candidate: ")
    assert "http://127.0.0.1:9" in done.err
    assert done.err.count("\n") == 1
