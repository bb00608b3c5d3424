"""Finding good params: Optuna proposes, each trial is a run nested in the search, the best params are trained.

Trials are judged on the held-out sentences only, never on the sets of ``--measure``: the search may not see those.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stancewire.errors import InputError, MissingError, did_you_mean
from stancewire.files import parse_scalar
from stancewire.job import Job
from stancewire.metrics import Metric
from stancewire.recipe import Range, Recipe, Search
from stancewire.runs import Run, RunInfo
from stancewire.train import split_data, try_out
from stancewire.trainers import Progress, make_trainer
from stancewire.validation import validate

if TYPE_CHECKING:
    import optuna


def search_params(job: Job, where: str, run: Run, progress: Progress) -> Recipe:
    """Try the params of ``recipe.search`` and return the recipe with the best ones, without its search.

    Parameters
    ----------
    where
        The recipe's path, for errors and for what its params name relative to it.

    Raises
    ------
    InputError
        When the metric is unknown, or no trial gave it.
    MissingError
        When Optuna is not installed.
    """
    wanted = _required(job.recipe.search)
    study, trials = _study(wanted, job.recipe.seed)
    data = split_data(job)

    def objective(trial: optuna.Trial) -> float:
        progress.step("trials", trial.number, trials)
        chosen = {name: _suggest(trial, name, values) for name, values in wanted.space.items()}
        recipe = with_params(job.recipe, chosen, where)
        trainer = make_trainer(recipe.family, recipe.params, where)
        with run.child(RunInfo(f"{recipe.name} trial {trial.number + 1}", _words(chosen), {"kind": "trial"})) as child:
            child.params(chosen)
            metrics = try_out(job, data, trainer, progress)
            child.metrics(metrics)
        return _value(metrics, wanted.metric, where)

    study.optimize(objective, n_trials=trials)
    progress.step("trials", trials, trials)
    best = study.best_trial
    run.tags({"kind": "search", "search.best_trial": str(best.number + 1)})
    run.params({"search": {"metric": wanted.metric, "trials": trials, "sampler": wanted.sampler}})
    run.table("trials", [{"trial": t.number + 1, wanted.metric: t.value, **t.params} for t in study.trials])
    return with_params(job.recipe, {name: best.params[name] for name in wanted.space}, where)


def parse_grid(options: Sequence[str]) -> Search:
    """``NAME=V,V`` options as a grid; values are read as YAML.

    Raises
    ------
    InputError
        For an option of another form.
    """
    space = {}
    for option in options:
        name, found, values = option.partition("=")
        if not (name and found and values):
            raise InputError(f"--grid {option}: found no values, expected NAME=VALUE,VALUE.")
        space[name] = [parse_scalar(value) for value in values.split(",")]
    return validate(Search, {"space": space, "sampler": "grid"}, "--grid")


def with_params(recipe: Recipe, chosen: Mapping[str, Any], where: str) -> Recipe:
    """The recipe with some params replaced, by dotted names, and without its search."""
    params = copy.deepcopy(dict(recipe.params))
    for name, value in chosen.items():
        _put(params, name, value, where)
    return recipe.model_copy(update={"params": params, "search": None})


def _put(params: dict[str, Any], name: str, value: Any, where: str) -> None:
    """Set a param by its dotted name; a mapping may get a new key, a list no new place."""
    *path, last = name.split(".")
    here: Any = params
    part = last
    try:
        for part in path:
            here = here[_key(here, part)]
        part = last
        here[_key(here, last)] = value
    except (KeyError, IndexError, ValueError, TypeError):
        raise InputError(f"{where}: search: '{name}' leads nowhere; the recipe has no params '{part}'.") from None


def _key(container: Any, part: str) -> int | str:
    return int(part) if isinstance(container, list) else part


def _required(search: Search | None) -> Search:
    if search is None:
        raise InputError("the recipe has no 'search'. Add one, or use --grid NAME=VALUE,VALUE.")
    return search


def _study(wanted: Search, seed: int) -> tuple[optuna.Study, int]:
    """The study, and how many trials it takes."""
    try:
        import optuna
    except ImportError:
        raise MissingError("a search needs Optuna: pip install 'stancewire[train]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # a failed trial is raised, and need not be logged too
    grid = {name: values for name, values in wanted.space.items() if not isinstance(values, Range)}
    samplers = {
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "grid": lambda: optuna.samplers.GridSampler(grid, seed=seed),
    }
    trials = math.prod(map(len, grid.values())) if wanted.sampler == "grid" else wanted.trials
    return optuna.create_study(direction="maximize", sampler=samplers[wanted.sampler]()), trials


def _suggest(trial: optuna.Trial, name: str, values: Sequence[Any] | Range) -> Any:
    if not isinstance(values, Range):
        return trial.suggest_categorical(name, list(values))
    if isinstance(values.low, int) and isinstance(values.high, int):
        return trial.suggest_int(name, values.low, values.high, step=int(values.step or 1), log=values.log)
    return trial.suggest_float(name, values.low, values.high, step=values.step, log=values.log)


def _value(metrics: Mapping[str, Metric], name: str, where: str) -> float:
    if name not in metrics:
        raise InputError(f"{where}: search: no metric '{name}' came out.{did_you_mean(name, metrics)}")
    return metrics[name].value


def _words(chosen: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}" for name, value in chosen.items()
    )
