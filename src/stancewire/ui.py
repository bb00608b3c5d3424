"""MLflow's own server on a workspace's store, lean and on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Callable

from stancewire.errors import InputError, OutputError, first_line
from stancewire.tracking import MlflowStore

HOST = "127.0.0.1"
_START_SECONDS = 180


def serve(store: MlflowStore, port: int, *, open_browser: bool, tell: Callable[[str], None]) -> int:
    """Run the server until it is interrupted; returns its exit code (0 after Ctrl-C).

    Raises
    ------
    InputError
        When the port is taken.
    OutputError
        When the store fails or the server does not start.
    """
    if store.uri and store.uri.startswith(("http://", "https://")):  # it has its own server
        url = f"{store.uri.rstrip('/')}/#/{_page(store)}"
        tell(f"MLflow UI at {url}")
        if open_browser:
            webbrowser.open(url)
        return 0
    _require_free(port)
    url = f"http://{HOST}:{port}/#/{_page(store)}"
    for end in (signal.SIGINT, signal.SIGTERM):  # whoever ends us, and a script's "&" ignores SIGINT, ends the server
        signal.signal(end, signal.default_int_handler)
    server = subprocess.Popen(_command(store, port), env=_environment(), start_new_session=True)  # noqa: S603
    try:
        _wait_until_up(server, port)
        tell(f"MLflow UI at {url}  (Ctrl-C stops it)")
        if open_browser:
            webbrowser.open(url)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(server)


def _page(store: MlflowStore) -> str:
    """The experiment in the classic view; MLflow opens others first."""
    client = store.client()
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_experiment_by_name(store.experiment)
    except MlflowException as error:
        raise OutputError(f"{store.tracking_uri}: the MLflow store failed ({first_line(error)}).") from None
    page = f"experiments/{found.experiment_id}/runs" if found else "experiments"
    return f"{page}?workflowType=machine_learning"


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server with its workers: they are a process group of their own."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
    else:
        server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()


def _command(store: MlflowStore, port: int) -> list[str]:
    artifacts = (store.folder / "artifacts").resolve().as_uri()
    return [
        sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1",
        "--uvicorn-opts", "--log-level warning",
        "--backend-store-uri", store.tracking_uri, "--artifacts-destination", artifacts,
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    return os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise InputError(f"port {port}: in use by another program. Choose another with --port.") from None


def _wait_until_up(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(_START_SECONDS * 4):
        if server.poll() is not None:
            raise OutputError(f"the MLflow server ended with code {server.returncode}; its message stands above.")
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    raise OutputError(f"the MLflow server did not answer within {_START_SECONDS} seconds.")
