"""``stancewire train``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from stancewire.cli.setting import git_state, read_target_set, say_kept, set_digest, set_name, store, workspace
from stancewire.cli.terminal import metric_table, say, show, steps
from stancewire.errors import InputError, MissingError
from stancewire.evaluate import HEADLINES, target_headlines
from stancewire.growth import grow
from stancewire.job import Job
from stancewire.labels import read_labels
from stancewire.recipe import Range, Recipe, read_recipe
from stancewire.records import LabelledSet
from stancewire.runs import NullRun, Run
from stancewire.search import parse_grid, search_params, with_params
from stancewire.targets import CODEBOOK as TARGETS
from stancewire.targets import takes_targets
from stancewire.train import Trained, train
from stancewire.trainers import make_trainer
from stancewire.workspace import Workspace


@click.command("train")
@click.argument("recipes", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--add",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also train on this labelled set (or target set, for a recipe with targets); repeatable.",
)
@click.option(
    "--measure",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also measure on this labelled set; repeatable, the last one's figures go into the bundle.",
)
@click.option("--name", help="The bundle's name, models/NAME.  [default: the recipe's]")
@click.option("--register", metavar="NAME", help="Register the model in MLflow under this name, alias 'candidate'.")
@click.option("--no-track", is_flag=True, help="Keep nothing in MLflow.")
@click.option(
    "--grid", multiple=True, metavar="NAME=V,V", help="First try every combination of these params; repeatable."
)
@click.option("--learning-curve", is_flag=True, help="First train on growing shares of the sentences.")
@click.pass_context
def command(
    context: click.Context,
    recipes: tuple[Path, ...],
    add: tuple[Path, ...],
    measure: tuple[Path, ...],
    name: str | None,
    register: str | None,
    no_track: bool,
    grid: tuple[str, ...],
    learning_curve: bool,
) -> None:
    """Train from RECIPES: split, fit, calibrate, measure, write a bundle to models/, track the run in MLflow."""
    if name and (len(recipes) > 1 or Path(name).name != name):
        raise click.UsageError("--name is one folder's name under models/, and goes with one recipe.")
    space = workspace(context)
    for path in recipes:
        recipe, _ = read_recipe(path)
        if grid:
            recipe = recipe.model_copy(update={"search": parse_grid(grid)})
        _check_params(recipe, str(path))
        if register and takes_targets(recipe.params):
            raise click.UsageError("--register is for models that are asked about sentences alone, without targets.")
        job = _job(context, recipe, add, measure)
        target = space.models / (name or recipe.name)
        if no_track:
            done = _run(job, path, target, NullRun(), learning_curve)
        else:
            tags = git_state(space.root) | {"codebook": job.codebook.hash[:8], "family": recipe.family}
            with store(space).run(recipe.name, recipe.description, tags, register) as run:
                done = _run(job, path, target, run, learning_curve)
            say_kept(run)
        _tell(done)


def _check_params(recipe: Recipe, where: str) -> None:
    """Refuse wrong params, the search's too, before anything is read."""
    make_trainer(recipe.family, recipe.params, where)
    for name, values in (recipe.search.space if recipe.search else {}).items():
        for value in (values.low, values.high) if isinstance(values, Range) else values:
            make_trainer(recipe.family, with_params(recipe, {name: value}, where).params, where)


def _job(context: click.Context, recipe: Recipe, add: tuple[Path, ...], measure: tuple[Path, ...]) -> Job:
    space, targets = workspace(context), takes_targets(recipe.params)
    codebook = TARGETS if targets else space.codebook()

    def read(path: Path) -> LabelledSet:
        return read_target_set(context, path) if targets else read_labels(path, codebook)

    folders = [space.root / name for name in recipe.data] + list(add)
    data, held = _by_name(space, folders), _by_name(space, list(measure))
    return Job(
        recipe=recipe,
        codebook=codebook,
        data={name: read(path) for name, path in data.items()},
        measure_on={name: read(path) for name, path in held.items()},
        digests={name: set_digest(path) for name, path in (data | held).items()},
    )


def _by_name(space: Workspace, folders: list[Path]) -> dict[str, Path]:
    """Folders by the names that cards and runs call them, which must tell them apart."""
    twice = [folder for i, folder in enumerate(folders) if folder.resolve() in {f.resolve() for f in folders[:i]}]
    if twice:
        raise InputError(f"{twice[0]}: given twice, by the recipe's 'data' or by options. Give it once.")
    named = {set_name(space, folder): folder for folder in folders}
    if len(named) < len(folders):
        raise InputError(
            f"{', '.join(map(str, folders))}: two sets have one name ({', '.join(named)}). Rename a folder."
        )
    return named


def _run(job: Job, path: Path, target: Path, run: Run, learning_curve: bool) -> Trained:
    try:
        with steps(run) as progress:
            if job.recipe.search:
                job = replace(job, recipe=search_params(job, str(path), run, progress))
            trainer = make_trainer(job.recipe.family, job.recipe.params, str(path))
            if learning_curve:
                grow(job, trainer, run, progress)
            return train(job, trainer, target, run, progress)
    except ModuleNotFoundError as error:
        extra = "train" if job.recipe.family == "tfidf-linear" else "transformers"
        raise MissingError(f"training needs {error.name}: pip install 'stancewire[train,{extra}]'") from None


def _tell(done: Trained) -> None:
    for name, report in done.reports.items():
        names = target_headlines(report.metrics) if takes_targets(done.bundle.manifest.runtime) else HEADLINES
        show(metric_table(f"{done.bundle.label} on {name}", report.metrics, names))
    say(f"bundle written to {done.bundle.folder}")
