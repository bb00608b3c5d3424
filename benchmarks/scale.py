"""Rate and memory of batch prediction at 1, 10, ... times a file of articles; the figures of ``docs/scale.md``.

    python benchmarks/scale.py ARTICLES.jsonl.gz -m models/default --times 1 10 --workers 1 2

Each copy of the file gets ids of its own and a day number in every title, so that no sentence with its context is met
twice: the memory of repeats does not flatter the rate. Every run is a program of its own, timed from start to exit.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import tempfile
from itertools import product
from pathlib import Path

from measured import run

COLUMNS = {
    "times": "{:.0f}",
    "engine": "{}",
    "workers": "{:.0f}",
    "articles": "{:,.0f}",
    "sentences": "{:,.0f}",
    "seconds": "{:.1f}",
    "CPU s": "{:.1f}",
    "sentences/s": "{:,.0f}",
    "per CPU s": "{:,.0f}",
    "RSS MB": "{:.0f}",
    "all MB": "{:.0f}",
    "out MB": "{:.1f}",
}


def multiply(source: Path, times: int, target: Path) -> None:
    """Write the articles so many times over, each copy with new ids and titles."""
    opener = gzip.open if source.suffix == ".gz" else open
    with gzip.open(target, "wt", encoding="utf-8", compresslevel=1) as out:
        for copy in range(times):
            with opener(source, "rt", encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    row |= {"id": f"{copy}-{row['id']}", "title": f"{row.get('title', '')} ({copy})"}
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")


def measure(articles: Path, bundle: str, out: Path, engine: str, workers: int, limit: int | None) -> dict[str, float]:
    """Tag into a fresh folder; returns counts, times, and peak memory: of its largest process, of all."""
    shutil.rmtree(out, ignore_errors=True)
    command: list[object] = ["-m", "stancewire", "predict", articles, "-m", bundle, "-o", out, "--format", "parquet"]
    command += ["--engine", engine, "--workers", workers] + (["--limit", limit] if limit else [])
    used = run(command)
    if used.status:
        raise SystemExit(f"python {' '.join(map(str, command))} ended with {used.status}")
    shards = [json.loads(line) for line in (out / "_run" / "shards.jsonl").read_text().splitlines()]
    sentences = sum(shard["rows"] for shard in shards)
    return {
        "articles": sum(shard["articles"] for shard in shards),
        "sentences": sentences,
        "seconds": used.seconds,
        "CPU s": used.cpu,
        "sentences/s": sentences / used.seconds,
        "per CPU s": sentences / used.cpu,
        "RSS MB": used.largest,
        "all MB": used.together,
        "out MB": sum(shard["size"] for shard in shards) / 1e6,
    }


def main() -> None:
    """Print a line per measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("articles", type=Path)
    parser.add_argument("-m", "--model", default="models/default")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--engine", nargs="+", default=["local"])
    parser.add_argument("--limit", type=int, help="Only so many articles of each input.")
    asked = parser.parse_args()
    print(*(f"{name:>11}" for name in COLUMNS), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for times in asked.times:
            path = Path(folder) / f"{times}.jsonl.gz"
            multiply(asked.articles, times, path)
            for engine, workers in product(asked.engine, asked.workers):
                row: dict[str, object] = {"times": times, "engine": engine, "workers": workers}
                row |= measure(path, asked.model, Path(folder) / "out", engine, workers, asked.limit)
                print(*(f"{form.format(row[name]):>11}" for name, form in COLUMNS.items()), flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
