import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from stancewire.errors import InputError
from stancewire.tracking import MlflowStore
from stancewire.ui import HOST, serve


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port}: in use by another program\. Choose another with --port\."):
            serve(MlflowStore(tmp_path / "mlruns"), port, open_browser=False, tell=print)
    assert list(tmp_path.iterdir()) == []


def test_the_server_listens_on_this_machine_only() -> None:
    assert HOST == "127.0.0.1"


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_server_answers_and_goes_when_it_is_stopped(workspace_folder: Path, ending: signal.Signals) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "stancewire",
        "-C",
        str(workspace_folder),
        "ui",
        "--no-browser",
        "--port",
        str(port),
    ]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert running.stderr
    try:
        url = next((line for line in running.stderr if line.startswith("MLflow UI at ")), "")
        assert url.startswith(f"MLflow UI at http://{HOST}:{port}/#/experiments")
        with urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=30) as answer:
            assert b"MLflow" in answer.read()
    finally:
        running.send_signal(ending)
        assert running.wait(timeout=60) == 0
        running.stderr.close()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return
        time.sleep(0.5)
    pytest.fail("the server still listens")
