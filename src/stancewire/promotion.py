"""Promotion to ``champion``, and back: every decision is a run that says who, when, why, and on what comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancewire.bundle import CARD
from stancewire.codebook import Codebook
from stancewire.curves import difference_bars
from stancewire.errors import OutputError
from stancewire.experiment import dataset_rows
from stancewire.figures import figures_of
from stancewire.gate import Check, Limits, Verdict, judge
from stancewire.predict import Tagger, load
from stancewire.records import LabelledSet
from stancewire.registry import CHAMPION, fetch_bundle, registry_errors
from stancewire.tracking import MlflowStore, SafeRun

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

EVALUATION_TAG = "evaluation_set"
"""Tag of a registered model: hash of the set that its champions were measured on."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be decided.

    Attributes
    ----------
    evaluation, evaluation_name, evaluation_hash
        The frozen evaluation set.
    model
        Name in the registry.
    who, why
        Kept with the decision.
    new_evaluation
        The evaluation set may be another one than for the decisions before.
    """

    bundle: Path
    codebook: Codebook
    evaluation: LabelledSet
    evaluation_name: str
    evaluation_hash: str
    limits: Limits
    model: str
    who: str
    why: str
    new_evaluation: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided.

    Attributes
    ----------
    version
        The champion's version afterwards; `None` when there is none.
    """

    accepted: bool
    checks: tuple[Check, ...]
    candidate: str
    version: str | None
    run_id: str


def decisions_store(store: MlflowStore) -> MlflowStore:
    """The same store, with the experiment that lists decisions."""
    return replace(store, experiment=f"{store.experiment}-promotions")


def champion_version(store: MlflowStore, model: str) -> ModelVersion | None:
    """The version that is champion now; `None` when there is none.

    Raises
    ------
    OutputError
        When the registry does not answer: that is not "no champion".
    """
    with registry_errors(store):
        from mlflow.exceptions import MlflowException

        try:
            return store.client().get_model_version_by_alias(model, CHAMPION)
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            return None


def promote(request: Request, store: MlflowStore) -> Decision:
    """Judge a bundle and, when it passes every check, register it and make it champion.

    Raises
    ------
    OutputError
        When the store cannot take the decision: then nothing has changed.
    """
    candidate = load(request.bundle)
    before = champion_version(store, request.model)
    with registry_errors(store):
        champion = load(fetch_bundle(f"models:/{request.model}/{before.version}", store)) if before else None
        frozen = _frozen_check(request, store)
    verdict = judge(candidate, champion, request.evaluation, request.codebook, request.limits)
    verdict = replace(verdict, checks=(frozen, *verdict.checks))
    word = "accepted" if verdict.passed else "refused"
    label = candidate.bundle.label
    tags = {
        "kind": "promotion",
        "decision": word,
        "who": request.who,
        "why": request.why,
        "model": request.model,
        "candidate": label,
        "candidate_hash": candidate.bundle.content_hash,
        "champion_before": str(before.version) if before else "",
        "champion_before_bundle": champion.bundle.label if champion else "",
    }
    with decisions_store(store).run(f"{word}: {label}", _describe(request, verdict, word, label), tags) as run:
        _tell(run, request, verdict, candidate)
        version = str(before.version) if before else None
        if verdict.passed:
            version = _install(request, store, run, candidate, version)
    if run.problem:
        raise OutputError(f"{store.tracking_uri}: the decision was not kept ({run.problem}). Try again when it is up.")
    return Decision(verdict.passed, verdict.checks, label, version, run.head.run_id or "")


def _frozen_check(request: Request, store: MlflowStore) -> Check:
    from mlflow.exceptions import MlflowException

    try:
        frozen = store.client().get_registered_model(request.model).tags.get(EVALUATION_TAG)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        frozen = None
    found = f"{request.evaluation_name} {request.evaluation_hash[:8]}"
    if frozen is None:
        return Check("evaluation set", found, "the first one, frozen from now on", passed=True)
    same = frozen == request.evaluation_hash
    wanted = frozen[:8] if same or not request.new_evaluation else f"{frozen[:8]}, or another by --new-evaluation"
    return Check("evaluation set", found, wanted, same or request.new_evaluation)


def _tell(run: SafeRun, request: Request, verdict: Verdict, candidate: Tagger) -> None:
    run.params({"limits": request.limits.model_dump(mode="json"), "evaluation": request.evaluation_name})
    run.table("reasons", [check.to_dict() for check in verdict.checks])
    rows = dataset_rows(request.evaluation.scored)
    run.dataset(request.evaluation_name, rows, request.evaluation_hash, "evaluation")
    if verdict.report is None:
        return
    run.metrics(verdict.report.metrics)
    topics = request.codebook.topic_ids
    if verdict.reference and verdict.differences:
        run.metrics(verdict.reference.metrics, "champion/")
        run.table("comparison", list(_comparison(verdict)))
        run.figure("difference", difference_bars(verdict.differences, topics, request.limits.margin))
    for name, figure in figures_of(verdict.report, topics):
        run.figure(name, figure)
    run.file(candidate.bundle.folder / CARD, "card")


def _comparison(verdict: Verdict) -> Iterator[dict[str, Any]]:
    if verdict.report is None or verdict.reference is None:
        return
    own, other = verdict.report.metrics, verdict.reference.metrics
    for name, gap in (verdict.differences or {}).items():
        if name in own and name in other:
            yield {
                "metric": name,
                "candidate": own[name].value,
                "champion": other[name].value,
                "difference": round(gap.value, 6),
                "low": round(gap.low, 6),
                "high": round(gap.high, 6),
                "p_value": round(gap.p_value, 4),
            }


def _describe(request: Request, verdict: Verdict, word: str, label: str) -> str:
    said = f"`{label}` was **{word}** as champion of `{request.model}` by {request.who}"
    table = [
        "| check | found | wanted | |",
        "|---|---|---|---|",
        *(f"| {c.name} | {c.found} | {c.wanted} | {'passed' if c.passed else '**failed**'} |" for c in verdict.checks),
    ]
    return f"{said}: {request.why or '(no reason)'}\n\n" + "\n".join(table)


def _install(request: Request, store: MlflowStore, run: SafeRun, candidate: Tagger, before: str | None) -> str | None:
    """Register the bundle, unless it is, and move the alias; returns the version."""
    if run.live is None:
        return before
    with registry_errors(store):
        client = store.client()
        version = _registered(store, request.model, candidate.bundle.content_hash)
        version = version or run.live.log_model(candidate.bundle.folder, request.model)
        now = champion_version(store, request.model)
        if (str(now.version) if now else None) != before:
            raise OutputError(f"{request.model}: somebody else moved 'champion' meanwhile. Promote again.")
        client.set_registered_model_tag(request.model, EVALUATION_TAG, request.evaluation_hash)
        run.tags({"champion_after": str(version)})
        if run.problem is None:  # the alias last: no champion without its decision
            client.set_registered_model_alias(request.model, CHAMPION, version)
    return str(version)


def _registered(store: MlflowStore, model: str, content_hash: str) -> str | None:
    """The version that holds these bytes already."""
    found = store.client().search_model_versions(f"name = '{model}'")
    return next((str(v.version) for v in found if v.tags.get("bundle_hash") == content_hash), None)
