"""MLflow's UI in a real browser, on a store made by real runs."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser_pages import Pages, browser_page, chromium
from stancewire.codebook import Codebook
from stancewire.files import write_bytes, write_json
from stancewire.tracking import MlflowStore
from weak_bundle import train_weak_bundle

CHROMIUM = chromium()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # MLflow's and Playwright's own warnings are not ours to mend
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]
pytest.importorskip("playwright", reason="no Playwright: pip install playwright")


@pytest.fixture(scope="module")
def root(codebook: Codebook, tiny_labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two trainings and two decisions, all by command."""
    root = tmp_path_factory.mktemp("space")
    for name in ("labels", "models", "mlruns", "training", "frozen"):
        (root / name).mkdir()
    write_json(root / "labels" / "codebook.yaml", codebook.model_dump(mode="json"))
    for name in ("documents.jsonl", "sentences.jsonl"):
        shutil.copy(tiny_labels / name, root / "frozen" / name)
        shutil.copy(tiny_labels / name, root / "labels" / name)
    recipe = {"name": "tiny", "family": "tfidf-linear", "description": "A small one.", "dev_share": 0.25}
    write_json(root / "training" / "tiny.yaml", recipe | {"params": {"blocks": [{"min_documents": 1}]}})
    write_json(root / "training" / "few.yaml", recipe | {"name": "few", "params": {"blocks": [{"max_features": 20}]}})
    write_bytes(root / "models" / "gate.yaml", b"evaluation: frozen\nsentences_per_second: 1\n")
    weak = train_weak_bundle(codebook, tiny_labels, root / "models")
    for arguments in (
        ["train", "training/few.yaml", "training/tiny.yaml"],
        ["promote", str(weak), "--why", "a start"],
        ["promote", "models/tiny", "--why", "knows against"],
    ):
        environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
        command = [sys.executable, "-m", "stancewire", *arguments]
        subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    return root


@pytest.fixture(scope="module")
def pages(root: Path) -> Iterator[Pages]:
    """The browser on the running UI; both are stopped afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "stancewire", "-C", str(root), "ui", "--no-browser", "--port", str(port)]
    log = root / "ui.log"
    with log.open("w") as stream:
        server = subprocess.Popen(command, stderr=stream)
    try:
        while "MLflow UI at" not in log.read_text():
            assert server.poll() is None, log.read_text()
            time.sleep(0.5)
        assert CHROMIUM
        with browser_page(CHROMIUM) as page:
            yield Pages(page, MlflowStore(root / "mlruns"), port, root)
    finally:
        server.terminate()
        server.wait(timeout=60)
    with socket.socket() as probe:  # nothing listens any more
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_runs_are_listed_with_our_metrics(pages: Pages) -> None:
    pages.runs_listed(("topic_macro_f1", "triple_macro_f1"))


def test_two_runs_are_compared(pages: Pages) -> None:
    pages.comparison("brier/stance/aid")


def test_a_run_explains_itself(pages: Pages) -> None:
    pages.overview("A small one.")


def test_the_confusion_matrix_is_shown(pages: Pages) -> None:
    pages.picture("figures/confusion_aid.png")


def test_the_registry_shows_the_champion(pages: Pages) -> None:
    pages.registry("stancewire")
