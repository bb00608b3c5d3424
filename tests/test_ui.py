import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from conftest import Command

pytestmark = pytest.mark.filterwarnings("default")  # MLflow's own warnings are not ours to mend


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_is_taken_is_one_line(workspace_folder: Path, stancewire: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = stancewire("-C", workspace_folder, "ui", "--no-browser", "--port", port)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: port {port}: in use by another program. Choose another with --port.\n"


def test_a_server_that_is_down_has_no_ui(
    workspace_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    done = stancewire("-C", workspace_folder, "ui", "--no-browser")
    assert done.code == 1
    assert done.err.startswith("error: http://127.0.0.1:9: the MLflow store failed (")
    assert done.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_ui_opens_in_the_classic_view_and_stops_cleanly(workspace_folder: Path, end: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "stancewire", "-C", str(workspace_folder), "ui", "--no-browser"]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    log = workspace_folder / "ui.log"
    with log.open("w") as stream:
        server = subprocess.Popen([*command, "--port", str(port)], stderr=stream, env=environment)
    while "MLflow UI at" not in log.read_text():
        assert server.poll() is None, log.read_text()
        time.sleep(0.5)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
        assert answer.status == 200
    assert f"MLflow UI at http://127.0.0.1:{port}/#/experiments?workflowType=machine_learning" in log.read_text()
    server.send_signal(end)
    assert server.wait(timeout=60) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.slow
def test_a_remote_server_takes_runs_and_artifacts(workspace_folder: Path, tmp_path: Path) -> None:
    """A tracking server with its own store, named by MLFLOW_TRACKING_URI as users do."""
    port = free_port()
    remote = tmp_path / "remote"
    remote.mkdir()
    served = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{remote / 'mlflow.db'}", "--artifacts-destination", str(remote / "files"),
    ]  # fmt: skip
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"} | quiet
    server = subprocess.Popen(
        served, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(400):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
                break
            except OSError:
                assert server.poll() is None
                time.sleep(0.5)
        command = [sys.executable, "-m", "stancewire", "-C", str(workspace_folder)]
        here = environment | {"MLFLOW_TRACKING_URI": url}
        train = [*command, "train", str(workspace_folder / "training" / "tiny.yaml"), "--register", "tiny"]
        done = subprocess.run(train, env=here, capture_output=True, text=True, check=True)
        assert "warning" not in done.stderr
        tag = [*command, "predict", "-", "-m", "models:/tiny@candidate"]
        tags = subprocess.run(tag, env=here, capture_output=True, text=True, check=True, input="Rain fell all week.")
        assert '"text": "Rain fell all week."' in tags.stdout
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)
    assert (remote / "files").is_dir()
    assert not (workspace_folder / "mlruns" / "mlflow.db").exists()
