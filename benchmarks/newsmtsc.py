"""Stance toward persons on NewsMTSC (Hamborg and Donnay 2021): several seeds, their mean and spread.

    python benchmarks/newsmtsc.py --data FOLDER --seeds 0 1 2
    python benchmarks/newsmtsc.py --data FOLDER --seeds 0 1 2 --set consistency=1 --set epochs=4
    python benchmarks/newsmtsc.py --data FOLDER --seeds 0 1 2 --also labels

FOLDER has ``train.jsonl``, ``rw/dev.jsonl`` and ``mt/dev.jsonl`` (github.com/fhamborg/NewsMTSC). Macro-F1 is the data
set's own measure: the unweighted mean F1 of the three classes, each mention one example. What is measured is the bundle
as it would ship: exported, calibrated, its stance weights chosen on held-out sentences of the training file.

Every finished seed is a line of ``OUT/newsmtsc.jsonl`` and is not trained again. The runs go to MLflow, nested in one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from stancewire.cli.setting import set_digest, store
from stancewire.codebook import STANCES
from stancewire.files import canonical_json, parse_scalar, read_jsonl, sha256
from stancewire.job import Job
from stancewire.labels import read_labels
from stancewire.metrics import Metric
from stancewire.recipe import Recipe, read_recipe
from stancewire.records import LabelledSet
from stancewire.runs import NullRun, Run, RunInfo
from stancewire.targets import CODEBOOK, read_targets, target_set
from stancewire.train import train
from stancewire.trainers import Silent, make_trainer
from stancewire.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
MEASURED = {"rw": "rw/dev.jsonl", "mt": "mt/dev.jsonl"}
NAMES = ("stance_macro_f1", "stance_accuracy/target", *(f"stance_f1/target/{s}" for s in STANCES), "ece/stance")
Figures = dict[str, float]
"""By ``<set>/<metric>``."""


class Told(Silent):
    """Progress as a line now and then, and the training curve into a run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def metric(self, name: str, value: float, step: int) -> None:
        """Keep a point of the training curve, and say some."""
        self._run.step_metric(name, value, step)
        if step % 500 == 0:
            print(f"  {time.strftime('%H:%M:%S')} {name} {value:.4f} after {step} batches", flush=True)


def make_job(recipe: Recipe, data: Path, also: Sequence[Path]) -> Job:
    """Train on the training file and further target sets or labelled folders, measure on the development files."""
    others = {path.name: path for path in also}
    recipe = recipe.model_copy(update={"data": tuple(others), "hold_out": "added"})  # hold out from NewsMTSC alone
    sets = others | {"NewsMTSC train": data / "train.jsonl"}
    measured = {name: data / file for name, file in MEASURED.items()}
    digests = {name: set_digest(path) for name, path in (sets | measured).items()}
    return Job(recipe, CODEBOOK, read_sets(sets), read_sets(measured), digests)


def read_sets(paths: Mapping[str, Path]) -> dict[str, LabelledSet]:
    """Target sets, and labelled folders as such, by name."""
    codebook = Workspace(ROOT).codebook()
    return {
        name: target_set(read_labels(path, codebook), codebook) if path.is_dir() else read_targets(path)
        for name, path in paths.items()
    }


def one_seed(job: Job, where: Path, target: Path, run: Run) -> Figures:
    """Train one bundle and measure it."""
    trainer = make_trainer(job.recipe.family, job.recipe.params, str(where))
    trained = train(job, trainer, target, run, Told(run))
    metrics = {name: trained.reports[name].metrics for name in MEASURED}
    return {f"{name}/{metric}": metrics[name][metric].value for name in MEASURED for metric in NAMES}


def known(path: Path) -> dict[str, Figures]:
    """Finished trainings: figures by what decided them."""
    return {row["key"]: row["figures"] for _, row in read_jsonl(path)} if path.exists() else {}


def summary(found: Sequence[Figures]) -> dict[str, Metric]:
    """Mean over the seeds, with the lowest and the highest."""
    columns = {name: [figures[name] for figures in found] for name in found[0]}
    return {name: Metric(statistics.fmean(column), min(column), max(column)) for name, column in columns.items()}


def show(found: Sequence[Figures]) -> None:
    """Print mean, standard deviation and range over the seeds, in percent."""
    print(f"{'':<32}{'mean':>7}{'sd':>7}{'lowest':>9}{'highest':>9}   ({len(found)} seeds)")
    for name, metric in summary(found).items():
        spread = statistics.stdev([figures[name] for figures in found]) if len(found) > 1 else float("nan")
        mean, low, high = (100 * x for x in metric)
        print(f"{name:<32}{mean:7.1f}{100 * spread:7.1f}{low:9.1f}{high:9.1f}", flush=True)


def seeded(recipe: Recipe, seed: int, chosen: Mapping[str, Any]) -> Recipe:
    """The recipe with another seed and params of its own."""
    return recipe.model_copy(update={"seed": seed, "params": {**recipe.params, **chosen}})


def main() -> None:
    """Train what is not there yet, print every seed and the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of NewsMTSC")
    parser.add_argument("--recipe", type=Path, default=ROOT / "training" / "newsmtsc.yaml")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another param")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="also train on these sets or labelled folders")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="where bundles and results go")
    parser.add_argument("--no-track", action="store_true", help="keep nothing in MLflow")
    options = parser.parse_args()
    chosen = {name: parse_scalar(value) for name, _, value in (pair.partition("=") for pair in options.set)}
    recipe, _ = read_recipe(options.recipe)
    results = options.out / "newsmtsc.jsonl"
    found = []
    about = json.dumps(dict(recipe.params) | chosen)
    parent: AbstractContextManager[Run] = nullcontext(NullRun())
    if not options.no_track:
        parent = store(Workspace(ROOT)).run("newsmtsc", f"Seeds {options.seeds}: {about}", {"kind": "seeds"})
    with parent as run:
        run.params({"seeds": options.seeds, **recipe.params, **chosen})
        for seed in options.seeds:
            job = make_job(seeded(recipe, seed, chosen), options.data, options.also)
            key = sha256(canonical_json([job.recipe.hash, dict(job.digests)]))[:16]
            done = known(results)
            if key not in done:
                begun = time.perf_counter()
                with run.child(RunInfo(f"newsmtsc seed {seed}", about, {"seed": str(seed)})) as child:
                    figures = one_seed(job, options.recipe, options.out / f"newsmtsc-{key[:6]}-{seed}", child)
                row = {"key": key, "seed": seed, "params": chosen, "minutes": (time.perf_counter() - begun) / 60}
                with results.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(row | {"figures": figures}) + "\n")
            found.append(known(results)[key])
            print(f"seed {seed}: " + ", ".join(f"{n} {100 * found[-1][f'{n}/stance_macro_f1']:.1f}" for n in MEASURED))
        run.metrics(summary(found))
    show(found)


if __name__ == "__main__":
    main()
