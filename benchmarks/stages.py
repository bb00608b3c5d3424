"""Where the time of a run goes: the functions of each stage of ``stancewire predict`` under a stop-watch.

    OPENBLAS_NUM_THREADS=1 python benchmarks/stages.py BUNDLE ARTICLES [--limit N]

Prints JSON. Twenty articles are tagged before, so that imports and first calls are on nobody's bill.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from stancewire.articles import ReadOptions
from stancewire.batch import InProcess, Job, run_batch
from stancewire.bundle import read_bundle
from stancewire.output import make_layout

STAGES = ("read", "split", "tokenise", "model", "decide", "write", "rest")
_COLOURS = ("#4c72b0", "#55a868", "#ccb974", "#c44e52", "#8172b3", "#64b5cd", "#bbbbbb")
_FUNCTIONS = (
    ("read", "stancewire.batch.reading", "Reading.chunks"),
    ("read", "stancewire.batch.plan", "look_at"),
    ("split", "stancewire.predict", "units_of"),
    ("tokenise", "stancewire.segments", "Segmenter.__call__"),
    ("tokenise", "stancewire.vocabulary", "Vocabulary.encode"),
    ("tokenise", "stancewire.runtimes.linear", "_Block.features"),
    ("model", "stancewire.runtimes.once", "OnceRuntime.decision_function"),
    ("decide", "stancewire.predict", "Tagger._columns"),
    ("decide", "stancewire.tag_columns", "TagColumns.holders"),
    ("write", "stancewire.batch.work", "Worker.__call__"),
    ("write", "stancewire.batch.shard", "OpenShard.add"),
    ("write", "stancewire.batch.shard", "OpenShard.commit"),
)
"""A stage's own functions; what they call of another stage is on that stage's bill."""


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Seconds of each of `STAGES`."""

    seconds: Mapping[str, float]
    articles: int
    sentences: int

    @property
    def total(self) -> float:
        """Seconds of the run."""
        return sum(self.seconds.values())


class _Watch:
    """Seconds by stage; the innermost stage runs. For one thread."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._running = ["rest"]
        self._since = time.perf_counter()

    def _book(self) -> None:
        now = time.perf_counter()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def start(self, stage: str) -> None:
        """Enter a stage."""
        self._book()
        self._running.append(stage)

    def stop(self) -> None:
        """Leave it."""
        self._book()
        self._running.pop()

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, on the stage's bill; a generator's steps too."""

        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            self.start(stage)
            try:
                found = function(*arguments, **named)
            finally:
                self.stop()
            return self._steps(stage, found) if isinstance(found, Iterator) else found

        return call

    def _steps(self, stage: str, found: Iterator[Any]) -> Iterator[Any]:
        while True:
            self.start(stage)
            try:
                step = next(found)
            except StopIteration:
                return
            finally:
                self.stop()
            yield step


@contextmanager
def _watched(watch: _Watch) -> Iterator[None]:
    """Put the watch around every function of `_FUNCTIONS`, and take it off again."""
    kept = []
    for stage, module, path in _FUNCTIONS:
        *parents, name = path.split(".")
        owner = functools.reduce(getattr, parents, importlib.import_module(module))
        kept.append((owner, name, getattr(owner, name)))
        setattr(owner, name, watch.timed(stage, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)


def measure_stages(model: Path, articles: Path, out: Path, limit: int) -> StageTimes:
    """Tag articles to a folder of Parquet in this process, on one thread."""
    bundle = read_bundle(model)
    layout = make_layout("parquet", bundle.manifest.codebook.topic_ids)
    job = Job((str(articles),), ReadOptions(), bundle, layout, out, limit=limit, threads=1)
    watch, last = _Watch(), None
    with _watched(watch):
        for last in run_batch(job, InProcess()):  # noqa: B007 (the last one has the totals)
            pass
        watch.start("rest")
    if last is None:
        raise SystemExit(f"{articles}: nothing was tagged")
    return StageTimes(watch.seconds, last.articles, last.rows)


def draw(stages: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """A bar per model, cut into the shares of the stages."""
    figure = Figure(figsize=(7.2, 1.5 + 0.55 * len(stages)), layout="constrained")
    axes = figure.add_subplot()
    for row, seconds in enumerate(stages.values()):
        left, total = 0.0, sum(seconds.values())
        for stage, colour in zip(STAGES, _COLOURS, strict=True):
            share = 100 * seconds[stage] / total
            axes.barh(row, share, left=left, color=colour, label=stage if row == 0 else None)
            if share >= 5:
                axes.text(left + share / 2, row, f"{share:.0f}", ha="center", va="center", fontsize=8, color="white")
            left += share
    axes.set_yticks(range(len(stages)), list(stages))
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("per cent of the time, one process, one thread")
    axes.set_title("From articles to Parquet: where the time goes")
    figure.legend(ncols=len(STAGES), loc="outside lower center", fontsize=8, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Print what `measure_stages` finds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--limit", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure_stages(asked.bundle, asked.articles, Path(folder) / "before", 20)
        found = measure_stages(asked.bundle, asked.articles, Path(folder) / "measured", asked.limit)
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
