"""One workspace, one registry, and the decisions made there one after the other, by command."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from conftest import Command
from stancewire.bundle import read_bundle
from stancewire.champion import history
from stancewire.codebook import Codebook
from stancewire.errors import BundleError, MissingError
from stancewire.files import write_bytes, write_json
from stancewire.registry import fetch_bundle
from stancewire.tracking import MlflowStore
from weak_bundle import train_weak_bundle

pytestmark = pytest.mark.filterwarnings("default")  # MLflow's own warnings are not ours to mend


class Place(NamedTuple):
    """A workspace whose champion was weak, then good, then not weak again."""

    root: Path
    weak: Path
    good: Path
    store: MlflowStore


@pytest.fixture(scope="module", autouse=True)
def own_environment() -> Iterator[None]:
    """MLflow writes its address into the environment: the module starts and ends without it."""
    import mlflow

    os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    yield
    mlflow.set_tracking_uri("")
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(scope="module")
def place(
    codebook: Codebook, tiny_labels: Path, bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Place:
    root = tmp_path_factory.mktemp("space")
    for name in ("labels", "models", "mlruns", "frozen"):
        (root / name).mkdir()
    write_json(root / "labels" / "codebook.yaml", codebook.model_dump(mode="json"))
    for name in ("documents.jsonl", "sentences.jsonl"):
        shutil.copy(tiny_labels / name, root / "frozen" / name)
    write_bytes(root / "models" / "gate.yaml", b"evaluation: frozen\nsentences_per_second: 1\n")
    weak = train_weak_bundle(codebook, tiny_labels, root / "models")
    good = root / "models" / "good"
    shutil.copytree(bundle_folder, good)
    return Place(root, weak, good, MlflowStore(root / "mlruns"))


def decided(place: Place) -> list[tuple[str, str, str, str, str]]:
    return [(e.decision, e.bundle.split("@")[0], e.why, e.before, e.after) for e in history(place.store, "stancewire")]


def promote(place: Place, stancewire: Command, bundle: Path, why: str, *options: str) -> Any:
    return stancewire("-C", place.root, "promote", bundle, "--why", why, *options)


def test_without_a_champion_there_is_one_line(place: Place, stancewire: Command) -> None:
    done = stancewire("-C", place.root, "champion")
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("Make one: stancewire promote BUNDLE\n")


def test_the_first_bundle_becomes_champion(place: Place, stancewire: Command) -> None:
    done = promote(place, stancewire, place.weak, "a start")
    assert done.code == 0
    label = read_bundle(place.weak).label
    assert done.err.splitlines()[-1] == f"{label} is now champion of 'stancewire', version 1"
    assert decided(place) == [("accepted", "weak", "a start", "", "1")]


def test_a_better_bundle_becomes_champion(place: Place, stancewire: Command) -> None:
    assert promote(place, stancewire, place.good, "knows against").code == 0
    assert decided(place)[0] == ("accepted", "tiny", "knows against", "1", "2")


def test_a_worse_bundle_is_refused_with_its_reasons(place: Place, stancewire: Command) -> None:
    done = promote(place, stancewire, place.weak, "try again")
    assert done.code == 1
    assert "not promoted (better triple_micro_f1, cells)" in done.err
    assert "triple_f1/aid/against" in done.out
    assert decided(place)[0] == ("refused", "weak", "try again", "2", "2")


def test_a_refused_decision_is_a_run_with_its_comparison(place: Place) -> None:
    client = place.store.client()
    run = client.get_run(history(place.store, "stancewire")[0].run_id)
    assert run.data.tags["who"] != ""
    assert run.data.tags["champion_before_bundle"] == read_bundle(place.good).label
    assert run.data.metrics["champion/triple_micro_f1"] > run.data.metrics["triple_micro_f1"]
    kept = {f.path for folder in ("tables", "figures") for f in client.list_artifacts(run.info.run_id, folder)}
    assert {"tables/reasons.json", "tables/comparison.json", "figures/difference.png"} <= kept


def test_another_evaluation_set_is_refused(place: Place, stancewire: Command, tiny_labels: Path) -> None:
    other = place.root / "other"
    other.mkdir()
    write_bytes(other / "documents.jsonl", (tiny_labels / "documents.jsonl").read_bytes())
    lines = (tiny_labels / "sentences.jsonl").read_bytes().splitlines(keepends=True)
    write_bytes(other / "sentences.jsonl", b"".join(lines[:100]))
    done = promote(place, stancewire, place.weak, "an easier set", "--on", str(other))
    assert done.code == 1
    assert "not promoted (evaluation set, " in done.err


def test_the_champion_is_shown_with_who_and_why(place: Place, stancewire: Command) -> None:
    done = stancewire("-C", place.root, "champion")
    assert "champion of 'stancewire': version 2" in done.out
    assert "knows against" in done.out


def test_predict_uses_the_champion_from_the_cache(place: Place, stancewire: Command) -> None:
    sentence = b"Oslo refused to send any coats."
    arguments = ("-C", place.root, "predict", "-", "-m", "models:/stancewire@champion")
    first, second = (stancewire(*arguments, stdin=sentence) for _ in range(2))
    assert first.out == second.out == stancewire("predict", "-", "-m", place.good, stdin=sentence).out
    cached = {p.name for p in (place.root / "mlruns" / "cache").iterdir() if not p.name.startswith(".")}
    assert read_bundle(place.good).content_hash in cached


@pytest.mark.parametrize(("name", "content"), [("README.md", "changed"), ("bundle.json", '{"format": 1, "na')])
def test_a_damaged_copy_in_the_cache_is_fetched_anew(place: Place, name: str, content: str) -> None:
    content_hash = read_bundle(place.good).content_hash
    copy = place.root / "mlruns" / "cache" / content_hash
    (copy / name).write_text(content)
    assert fetch_bundle("models:/stancewire@champion", place.store) == copy
    assert read_bundle(copy).content_hash == content_hash


def test_a_registry_that_holds_another_bundle_is_refused(place: Place) -> None:
    client = place.store.client()
    client.set_model_version_tag("stancewire", "1", "bundle_hash", "0" * 64)
    try:
        with pytest.raises(BundleError, match="registered as 00000000"):
            fetch_bundle("models:/stancewire/1", place.store)
    finally:
        client.set_model_version_tag("stancewire", "1", "bundle_hash", read_bundle(place.weak).content_hash)


def test_rollback_goes_back_and_is_kept(place: Place, stancewire: Command) -> None:
    done = stancewire("-C", place.root, "champion", "--rollback", "--why", "complaints")
    assert done.code == 0
    assert "champion of 'stancewire': version 1" in done.out
    assert decided(place)[0] == ("rolled back", "weak", "complaints", "2", "1")


def test_there_is_nothing_before_the_first_champion(place: Place, stancewire: Command) -> None:
    done = stancewire("-C", place.root, "champion", "--rollback")
    assert done.code == 1
    assert "version 1 is the first champion; there is none to go back to." in done.err


def test_a_bundle_that_is_registered_becomes_champion_again_without_a_new_version(
    place: Place, stancewire: Command
) -> None:
    assert promote(place, stancewire, place.good, "complaints were wrong").code == 0
    assert decided(place)[0] == ("accepted", "tiny", "complaints were wrong", "1", "2")


def test_the_history_has_every_decision(place: Place, stancewire: Command) -> None:
    done = stancewire("-C", place.root, "champion", "--history")
    assert [e.decision for e in history(place.store, "stancewire")] == [
        "accepted", "rolled back", "refused", "refused", "accepted", "accepted",
    ]  # fmt: skip
    assert done.out.count("refused") == 2


def test_a_version_that_was_deleted_cannot_come_back(place: Place, stancewire: Command) -> None:
    place.store.client().delete_model_version("stancewire", "1")
    done = stancewire("-C", place.root, "champion", "--rollback")
    assert done.code == 1
    assert "mlflow.db: the registry failed (Model Version (name=stancewire, version=1) not found" in done.err
    assert done.err.count("\n") == 1


@pytest.fixture
def store_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name a server that nobody runs."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.mark.usefixtures("store_is_down")
def test_a_store_that_is_down_has_no_history(place: Place, stancewire: Command) -> None:
    done = stancewire("-C", place.root, "champion", "--history")
    assert done.code == 1
    assert done.err.startswith("error: http://127.0.0.1:9: the registry failed (")
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("store_is_down")
def test_a_store_that_is_down_decides_nothing(place: Place, stancewire: Command) -> None:
    done = promote(place, stancewire, place.weak, "no registry")
    assert done.code == 1
    assert done.err.startswith("error: http://127.0.0.1:9: the registry failed (")
    assert done.err.count("\n") == 1


def test_without_its_store_a_bundle_still_predicts(place: Place, stancewire: Command) -> None:
    shutil.rmtree(place.root / "mlruns")
    done = stancewire("predict", "-", "-m", place.good, stdin=b"Oslo refused to send any coats.")
    assert done.code == 0
    assert '"stance": "against"' in done.out


def test_a_name_that_is_no_model_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="models:/nobody@champion: not found"):
        fetch_bundle("models:/nobody@champion", MlflowStore(tmp_path / "mlruns"))
