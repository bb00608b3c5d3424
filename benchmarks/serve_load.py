"""Load test of ``stancewire serve``: clients that ask at once, for a while, on this machine only.

Start the server first, then: ``python benchmarks/serve_load.py --port 5001 --clients 100 --seconds 60``.
Prints one JSON object: requests, errors, requests and sentences per second, and times in milliseconds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import threading
import time
from dataclasses import dataclass, field

HOST = "127.0.0.1"
SENTENCES = [
    "The minister urged partners to send more missiles.",
    "Brussels refused to deliver any further shells before the vote.",
    "Rain fell on the capital for most of the week.",
    "Two senators warned that the alliance must not be drawn into the war.",
]
MOST_CLIENTS, MOST_SECONDS = 200, 300


@dataclass
class Tally:
    """What the clients saw; each appends to it under the lock."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def body_of(client: int, request: int, sentences: int) -> bytes:
    """A request whose sentences nobody has sent before: what repeats is remembered by the server and comes for free."""
    inputs = [f"{SENTENCES[i % len(SENTENCES)]} No. {client}.{request}.{i}" for i in range(sentences)]
    return json.dumps({"inputs": inputs}).encode()


def ask(number: int, options: argparse.Namespace, until: float, tally: Tally) -> None:
    """One client: asks again as soon as it is answered, over one connection."""
    connection, sent = http.client.HTTPConnection(HOST, options.port, timeout=60), 0
    while time.perf_counter() < until:
        body, sent = body_of(number, sent, options.sentences), sent + 1
        start = time.perf_counter()
        try:
            connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            problem = None if answer.status == 200 else f"{answer.status} {content[:80]!r}"
        except (OSError, http.client.HTTPException) as error:
            problem = type(error).__name__
            connection.close()
        with tally.lock:
            tally.times.append(time.perf_counter() - start)
            if problem:
                tally.errors.append(problem)
    connection.close()


def percentile(times: list[float], share: float) -> float:
    """Milliseconds."""
    return round(1000 * sorted(times)[min(int(share * len(times)), len(times) - 1)], 1)


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5001)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--sentences", type=int, default=4, help="sentences per request")
    options = parser.parse_args()
    n_clients, seconds = min(options.clients, MOST_CLIENTS), min(options.seconds, MOST_SECONDS)
    tally = Tally()
    start = time.perf_counter()
    threads = [
        threading.Thread(target=ask, args=(number, options, start + seconds, tally)) for number in range(n_clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    print(
        json.dumps(
            {
                "clients": n_clients,
                "seconds": round(elapsed, 1),
                "requests": len(tally.times),
                "errors": len(tally.errors),
                "first_errors": sorted(set(tally.errors))[:5],
                "requests_per_second": round(len(tally.times) / elapsed, 1),
                "sentences_per_second": round(len(tally.times) * options.sentences / elapsed, 1),
                "p50_ms": percentile(tally.times, 0.5),
                "p95_ms": percentile(tally.times, 0.95),
                "p99_ms": percentile(tally.times, 0.99),
            }
        )
    )


if __name__ == "__main__":
    main()
