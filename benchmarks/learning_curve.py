"""Would more labels help? Recipes on 100 to all sentences, measured on one labelled set: a table and a picture.

    python benchmarks/learning_curve.py training/tfidf-linear.yaml training/static.yaml --add MORE --measure GOLD -o OUT

A part is whole documents, drawn once: a larger part holds every smaller one. Thresholds and calibration come from all
held-out sentences of the recipe at every size, so that small sizes are flattered. A network needs steps as much as
labels: parts are passed over more often than the recipe says until --seen sentences were seen (for an encoder give
less: every sentence takes its time). Every finished point is a line of OUT/learning_curve.jsonl and is not trained
again, so that recipes can be added one by one; table and picture have all that is there for the same measured set.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from stancewire.cli.terminal import say
from stancewire.codebook import Codebook
from stancewire.errors import StancewireError
from stancewire.figures import image_bytes
from stancewire.files import canonical_json, make_folder, read_jsonl, sha256, write_bytes, write_jsonl
from stancewire.growth import NAMES, point_of
from stancewire.job import Job
from stancewire.labels import labels_hash, read_labels
from stancewire.panels import panels
from stancewire.recipe import Recipe, read_recipe
from stancewire.train import split_data
from stancewire.trainers import Silent, make_trainer
from stancewire.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
SIZES = (100, 300, 1000, 3000, 10000, 30000)
Row = dict[str, Any]


def make_job(recipe: Recipe, add: Sequence[Path], measure: Path, codebook: Codebook) -> Job:
    """The recipe's sets and those that are added; one set to measure on."""
    folders = [ROOT / name for name in recipe.data] + list(add)
    data = {str(folder): read_labels(folder, codebook) for folder in folders}
    digests = {str(folder): labels_hash([folder]) for folder in [*folders, measure]}
    return Job(recipe, codebook, data, {str(measure): read_labels(measure, codebook)}, digests)


def points(path: Path, job: Job, options: argparse.Namespace, known: Sequence[Row]) -> Iterator[Row]:
    """Train what is not known yet, from the smallest part on."""
    data = split_data(job)
    for size in [*(size for size in options.sizes if size < len(data.train)), len(data.train)]:
        params = dict(job.recipe.params)
        if "epochs" in params:
            params["epochs"] = max(params["epochs"], round(options.seen / size))
        key = sha256(canonical_json([job.recipe.family, params, sorted(job.digests.values()), size]))
        if any(row["key"] == key for row in known):
            continue
        begun, spent = time.monotonic(), time.process_time()
        point = point_of(job, data, make_trainer(job.recipe.family, params, str(path)), size, Silent())
        row = {
            "key": key,
            "recipe": job.recipe.name,
            "measured": job.digests[list(job.measure_on)[-1]],
            "size": size,
            "sentences": point.sentences,
            "seconds": time.monotonic() - begun,
            "cpu_seconds": time.process_time() - spent,
            "metrics": {name: point.metrics[name] for name in NAMES},
        }
        say(f"{job.recipe.name}, {point.sentences:,} sentences: {shown(row)} ({row['cpu_seconds']:.0f} CPU-seconds)")
        yield row


def shown(row: Row) -> str:
    """The point's figures, in percent."""
    return " / ".join(f"{100 * row['metrics'][name][0]:.1f}" for name in NAMES)


def markdown_of(rows: Iterable[Row]) -> str:
    """A table of recipes by sizes."""
    head = f"| recipe | sentences | {' | '.join(name.replace('_', ' ') for name in NAMES)} |"
    lines = [head, "|---|---:|" + "---:|" * len(NAMES)]
    for row in rows:
        values = (tuple(100 * x for x in row["metrics"][name]) for name in NAMES)
        figures = (f"{value:.1f} ({low:.1f}–{high:.1f})" for value, low, high in values)
        lines.append(f"| {row['recipe']} | {row['sentences']:,} | {' | '.join(figures)} |")
    return "\n".join(lines) + "\n"


def draw(rows: Sequence[Row], names: Sequence[str] = NAMES[:2]) -> Figure:
    """A panel per metric, a line per recipe, sentences on a logarithmic scale."""
    figure, every = panels(len(names), 5 * len(names), 4)
    for axes, name in zip(every, names, strict=True):
        for recipe in dict.fromkeys(row["recipe"] for row in rows):
            own = [row for row in rows if row["recipe"] == recipe]
            xs = [row["sentences"] for row in own]
            values, lows, highs = zip(*([100 * x for x in row["metrics"][name]] for row in own), strict=True)
            axes.plot(xs, values, "o-", label=recipe)
            axes.fill_between(xs, lows, highs, alpha=0.12)
        axes.set_xscale("log")
        axes.set_xlabel("sentences trained on (log scale)")
        axes.set_ylabel(f"{name}, 95 % interval")
        axes.legend(loc="lower right")
    return figure


def main() -> None:
    """Train, print, write after every point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--add", type=Path, action="append", default=[], help="also train on this labelled set")
    parser.add_argument("--measure", type=Path, required=True, help="the labelled set to measure on")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help=f"beside all  {list(SIZES)}")
    parser.add_argument("--seen", type=int, default=20_000, help="sentences a network sees at least  [20000]")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder of learning_curve.jsonl, .md and .png")
    options = parser.parse_args()
    kept = options.out / "learning_curve.jsonl"
    try:
        make_folder(options.out, "Choose another --out.")
        rows = [row for _, row in read_jsonl(kept)] if kept.exists() else []
        measured = labels_hash([options.measure])
        for path in options.recipes:
            recipe, _ = read_recipe(path)
            job = make_job(recipe, options.add, options.measure, Workspace(ROOT).codebook())
            for row in points(path, job, options, rows):
                rows.append(row)
                write_jsonl(kept, rows)
                write(options.out, [row for row in rows if row["measured"] == measured])
    except StancewireError as error:
        raise SystemExit(f"error: {error}") from error
    print(markdown_of(ordered([row for row in rows if row["measured"] == measured])))


def ordered(rows: Sequence[Row]) -> list[Row]:
    """By recipe in the order in which they came, then by size."""
    recipes = list(dict.fromkeys(row["recipe"] for row in rows))
    return sorted(rows, key=lambda row: (recipes.index(row["recipe"]), row["sentences"]))


def write(folder: Path, rows: Sequence[Row]) -> None:
    """The table and the picture."""
    write_bytes(folder / "learning_curve.md", markdown_of(ordered(rows)).encode())
    write_bytes(folder / "learning_curve.png", image_bytes(draw(ordered(rows)), "png"))


if __name__ == "__main__":
    main()
