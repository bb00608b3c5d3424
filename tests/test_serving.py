"""Limits in front of MLflow's scoring server, and the whole server."""

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Command
from stancewire.predict import Tagger
from stancewire.records import Article
from stancewire.serving import Limited, Refused, ServeLimits, check_request

LIMITS = ServeLimits(body=60, sentences=2)
JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "kind", "status", "line"),
    [
        (b"[", JSON, 400, "the body is not JSON"),
        (b"[" * 100_000, JSON, 400, "the body is not JSON"),
        (b'["a"]', JSON, 400, r'expected \{"inputs": \["a sentence", ...\]\}'),
        (b'{"inputs": "a"}', JSON, 400, "at least one, each a text"),
        (b'{"inputs": []}', JSON, 400, "at least one, each a text"),
        (b'{"inputs": [1]}', JSON, 400, "at least one, each a text"),
        (b'{"inputs": ["a", "b", "c"]}', JSON, 413, "3 sentences, at most 2 in one request"),
        (b'{"inputs": ["a"]}', "text/csv", 415, "content type 'text/csv', expected application/json"),
    ],
)
def test_a_wrong_request_is_refused_with_one_line(body: bytes, kind: str, status: int, line: str) -> None:
    with pytest.raises(Refused, match=line) as refused:
        check_request(body, kind, LIMITS)
    assert refused.value.status == status


def test_a_right_request_passes() -> None:
    check_request('{"inputs": ["Ünal", ""]}'.encode(), "application/json; charset=utf-8", LIMITS)


def ask(body: list[bytes], stated: bytes | None = None) -> tuple[int, bytes]:
    """Send a body in pieces through the limits to an application that gives it back; returns status and body."""

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message["body"]})

    async def talk() -> list[Any]:
        pieces = [{"type": "http.request", "body": b, "more_body": i < len(body) - 1} for i, b in enumerate(body)]
        sent: list[Any] = []

        async def receive() -> Any:
            return pieces.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", JSON.encode())] + ([(b"content-length", stated)] if stated else [])
        await Limited(echo, LIMITS)({"type": "http", "method": "POST", "headers": headers}, receive, send)
        return sent

    start, content = asyncio.run(talk())
    return start["status"], content["body"]


def test_a_request_within_the_limits_reaches_the_server_whole() -> None:
    assert ask([b'{"inputs": ', b'["Rain."]}']) == (200, b'{"inputs": ["Rain."]}')


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    assert ask([], stated=b"61")[0] == 413


def test_a_body_that_grows_too_large_is_not_read_to_its_end() -> None:
    status, body = ask([b"x" * 40, b"x" * 40, b"x" * 40])
    assert status == 413
    assert json.loads(body) == {"error": "the body is larger than 60 bytes; send fewer sentences at once."}


def test_serving_what_is_no_bundle_is_one_line(tmp_path: Path, stancewire: Command) -> None:
    done = stancewire("serve", "-m", tmp_path)
    assert done.code == 1
    assert "so this is not a bundle" in done.err


@pytest.fixture(scope="module")
def port(bundle_folder: Path) -> Iterator[int]:
    """The port of a running server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "stancewire", "serve", "-m", str(bundle_folder), "--port", str(port)]
    server = subprocess.Popen([*command, "--max-sentences", "5", "--max-bytes", "2000"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
                break
            except OSError:
                assert server.poll() is None
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def post(port: int, body: bytes) -> tuple[int, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": JSON})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (our own address)
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.slow
def test_the_server_gives_the_tags_of_the_command_line(port: int, tagger: Tagger) -> None:
    texts = ["Oslo refused to send any coats.", "", "Rain fell all week."]
    expected = [
        tag.to_dict() for tag in tagger.tag_many(Article(str(i), t, sentences=(t,)) for i, t in enumerate(texts))
    ]
    assert post(port, json.dumps({"inputs": texts}).encode()) == (200, {"predictions": expected})


@pytest.mark.slow
def test_the_server_refuses_what_is_too_much(port: int) -> None:
    assert post(port, json.dumps({"inputs": ["a"] * 6}).encode())[0] == 413
    assert post(port, b"x" * 3000)[0] == 413
    assert post(port, b'{"inputs": 1}')[0] == 400


@pytest.mark.slow
def test_the_server_is_healthy_and_says_its_version(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/version", timeout=10) as answer:
        assert answer.status == 200
