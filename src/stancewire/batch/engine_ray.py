"""Chunks tagged by a pool of actors of Ray Data: on this machine, or on a cluster that runs already.

One task reads and cuts the input, so that ids and shards are those of every other engine; the actors hold a model
each; the process that writes gets finished chunks in order. Ray holds back the reader when the actors are busy.
"""

from __future__ import annotations

import logging
import os
import pickle  # chunks between our own processes, as Ray itself sends them
import socket
import warnings
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from stancewire.batch.reading import Reading
from stancewire.batch.work import Done, Work
from stancewire.errors import MissingError, OutputError, first_line

_BLOCK = 1 << 20
"""Bytes of a block: small, so that finished chunks come one by one instead of by the hundred."""

_Table = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class RayActors:
    """`workers` actors, one model each.

    Attributes
    ----------
    address
        A cluster, as in ``ray://head:10001`` or ``auto``; `None` starts Ray on this machine and stops it again. The
        cluster's machines need this package and the same paths to inputs and bundle.
    """

    workers: int
    address: str | None = None

    def run(self, reading: Reading, work: Work) -> Generator[Done, None, None]:
        """See `stancewire.batch.engines.Engine`."""
        ray = _start(self.address, self.workers)
        try:
            for row in _dataset(ray, self.workers, reading, work).iter_rows():
                yield pickle.loads(row["done"])  # noqa: S301
        except ray.exceptions.RayError as error:
            raise OutputError(
                f"Ray failed ({first_line(error)}). What is committed stays; run the same command again."
            ) from error
        finally:
            if self.address is None:
                ray.shutdown()


def _start(address: str | None, workers: int) -> Any:
    """Connect to a cluster, or start one that is seen by nobody else and phones nobody."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    if address is None:
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingError("--engine ray needs an extra: pip install 'stancewire[ray]'") from None
    if address and not _answers(address):
        raise MissingError(f"Ray: nothing answers at {address}. Check the address, and that the cluster runs.")
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    # the one task that reads gives many blocks, which Ray cannot know
    warnings.filterwarnings("ignore", message="The minimum number of concurrent actors")
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.WARNING, "configure_logging": False}
    try:
        if address is None:
            ray.init(num_cpus=workers + 1, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, ignore_reinit_error=True, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise MissingError(f"Ray: no cluster at {address or 'this machine'} ({first_line(error)}).") from None
    return ray


def _answers(address: str) -> bool:
    """Whether somebody listens there; Ray itself would try for minutes. True for words like ``auto``."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    if parts.hostname is None or parts.port is None:
        return True
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=10).close()
    except OSError:
        return False
    return True


def _dataset(ray: Any, workers: int, reading: Reading, work: Work) -> Any:
    """Read, then tag, as one stream in order."""
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.target_max_block_size = _BLOCK
    context.enable_progress_bars = False
    return (
        ray.data.from_items([{"reading": pickle.dumps(reading)}])
        # other needs than the actors', so that Ray does not fuse reading and tagging into one
        .map_batches(_read, batch_size=None, num_cpus=0.5)
        .map_batches(
            _Tagging,
            fn_constructor_args=(work,),
            batch_size=1,
            num_cpus=1,
            compute=ray.data.ActorPoolStrategy(size=workers),
        )
    )


def _read(batch: Mapping[str, Any]) -> Iterator[_Table]:
    """Chunks of the whole input, one row each."""
    for data in batch["reading"]:
        reading: Reading = pickle.loads(bytes(data))  # noqa: S301
        for chunk in reading.chunks():
            yield {"chunk": _column(pickle.dumps(chunk))}


class _Tagging:
    """An actor with a model."""

    def __init__(self, work: Work) -> None:
        self._worker = work.open()

    def __call__(self, batch: Mapping[str, Any]) -> _Table:
        """Tag one chunk."""
        chunk = pickle.loads(bytes(batch["chunk"][0]))  # noqa: S301
        return {"done": _column(pickle.dumps(self._worker(chunk)))}


def _column(data: bytes) -> np.ndarray[Any, Any]:
    """One value as an array of objects."""
    column = np.empty(1, object)
    column[0] = data
    return column
