"""MLflow's scoring server on a bundle, with limits in front of it.

The server, its routes (``/invocations``, ``/health``, ``/ping``, ``/version``) and its protocol are MLflow's. What
stands in front answers a request that is too large, too long or not JSON before MLflow reads it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancewire.errors import InputError, MissingError
from stancewire.mlflow_run import pyfunc_parts

HOST = "127.0.0.1"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ServeLimits:
    """What one request may hold, and how many may be under way.

    Attributes
    ----------
    body
        Bytes.
    sentences
        Texts in ``inputs``.
    concurrency
        Open requests; a further one is answered with status 503.
    seconds
        For one request; longer ones are answered with status 504.
    """

    body: int = 2_000_000
    sentences: int = 1000
    concurrency: int = 256
    seconds: int = 60


class Refused(Exception):  # noqa: N818 (an answer, not an error of ours)
    """A request that is answered with a status and one line."""

    def __init__(self, status: int, line: str) -> None:
        self.status, self.line = status, line
        super().__init__(line)


class Limited:
    """An ASGI application that lets only well-sized requests through to another."""

    def __init__(self, app: App, limits: ServeLimits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a refused request; pass on any other, with its body."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        try:
            body = await self._body(scope, receive)
            check_request(body, _header(scope, b"content-type"), self._limits)
        except Refused as refused:
            await _answer(refused, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        """Read the body, but never more than is allowed."""
        most = self._limits.body
        stated = _header(scope, b"content-length")
        too_large = Refused(413, f"the body is larger than {most:,} bytes; send fewer sentences at once.")
        if stated.isdigit() and int(stated) > most:
            raise too_large
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise too_large
            more = message.get("more_body", False) and message["type"] == "http.request"
        return b"".join(parts)


def check_request(body: bytes, content_type: str, limits: ServeLimits) -> None:
    """Raise `Refused` unless the body is ``{"inputs": [text, ...]}`` within the limits."""
    if content_type.split(";", maxsplit=1)[0].strip() != "application/json":
        raise Refused(415, f"content type '{content_type}', expected application/json.")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, 'the body is not JSON; expected {"inputs": ["a sentence", ...]}.') from None
    inputs = data.get("inputs") if isinstance(data, dict) else None
    if not isinstance(inputs, list) or not inputs or not all(isinstance(text, str) for text in inputs):
        raise Refused(400, 'expected {"inputs": ["a sentence", ...]}, at least one, each a text.')
    if len(inputs) > limits.sentences:
        raise Refused(413, f"{len(inputs):,} sentences, at most {limits.sentences:,} in one request.")


def serve(bundle: Path, host: str, port: int, limits: ServeLimits) -> None:
    """Serve a bundle until interrupted.

    Raises
    ------
    MissingError
        When MLflow or its server is not installed.
    InputError
        When the port is taken.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingError("serving needs an extra: pip install 'stancewire[train]'") from None
    application = scoring_app(bundle, limits)
    config = uvicorn.Config(
        application, host=host, port=port, limit_concurrency=limits.concurrency, log_level="warning", lifespan="off"
    )
    try:
        uvicorn.Server(config).run()
    except SystemExit:
        raise InputError(f"port {port}: in use by another program. Choose another with --port.") from None


def scoring_app(bundle: Path, limits: ServeLimits) -> Limited:
    """MLflow's scoring application on a bundle, behind the limits."""
    import mlflow.pyfunc
    from mlflow.pyfunc import scoring_server

    os.environ["MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT"] = str(limits.seconds)  # MLflow reads it nowhere else
    with tempfile.TemporaryDirectory(prefix="stancewire-") as temporary:
        folder = Path(temporary) / "model"
        mlflow.pyfunc.save_model(str(folder), **pyfunc_parts(bundle))
        model = mlflow.pyfunc.load_model(str(folder))
    return Limited(scoring_server.init(model), limits)


def _header(scope: Message, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the whole body first."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _answer(refused: Refused, send: Send) -> None:
    body = json.dumps({"error": refused.line}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
