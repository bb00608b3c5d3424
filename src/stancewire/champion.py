"""The champion: which bundle it is, since when and why, what was decided before, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stancewire.errors import InputError, MissingError, OutputError
from stancewire.promotion import champion_version, decisions_store
from stancewire.registry import CHAMPION, registry_errors
from stancewire.tracking import MlflowStore

if TYPE_CHECKING:
    from mlflow.entities import Run

ACCEPTED, REFUSED, ROLLED_BACK, FAILED = "accepted", "refused", "rolled back", "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision.

    Attributes
    ----------
    when
        UTC, to the second.
    before, after
        The champion's version before and after; empty when there was none.
    """

    when: str
    decision: str
    bundle: str
    who: str
    why: str
    before: str
    after: str
    run_id: str


def history(store: MlflowStore, model: str) -> list[Entry]:
    """Every decision on a registered model, the newest first.

    Raises
    ------
    OutputError
        When the store does not answer.
    """
    with registry_errors(store):
        client = store.client()
        experiment = client.get_experiment_by_name(decisions_store(store).experiment)
        if experiment is None:
            return []
        runs = client.search_runs(
            [experiment.experiment_id], f"tags.model = '{model}'", order_by=["attributes.start_time DESC"]
        )
    return [_entry(run) for run in runs]


def _entry(run: Run) -> Entry:
    tags = run.data.tags
    when = datetime.fromtimestamp(run.info.start_time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    before = tags.get("champion_before", "")
    return Entry(
        when,
        tags.get("decision", "?") if run.info.status == "FINISHED" else FAILED,
        tags.get("candidate", "?"),
        tags.get("who", ""),
        tags.get("why", ""),
        before,
        tags.get("champion_after", before),
        run.info.run_id,
    )


def present(store: MlflowStore, model: str) -> Entry:
    """The decision that made the present champion.

    Raises
    ------
    MissingError
        When there is no champion.
    """
    version = champion_version(store, model)
    if version is None:
        raise MissingError(f"{model}: no champion in {store.tracking_uri}. Make one: stancewire promote BUNDLE")
    number = str(version.version)  # MLflow gives an int, or a str
    installed = (e for e in history(store, model) if e.decision in (ACCEPTED, ROLLED_BACK) and e.after == number)
    unknown = Entry("", "unknown", version.tags.get("bundle", "?"), "", "set by hand", "", number, "")
    return next(installed, unknown)


def roll_back(store: MlflowStore, model: str, who: str, why: str) -> Entry:
    """Make the champion before this one champion again; a further call goes further back.

    Raises
    ------
    MissingError
        When there is no champion.
    InputError
        When there was none before it.
    OutputError
        When the store cannot keep the decision; then nothing has changed.
    """
    now = present(store, model)
    target = _promoted_before(history(store, model), now.after)
    if not target:
        raise InputError(f"{model}: version {now.after} is the first champion; there is none to go back to.")
    with registry_errors(store):  # also where that version was deleted
        client = store.client()
        bundle = client.get_model_version(model, target).tags.get("bundle", f"version {target}")
    tags = {
        "kind": "promotion",
        "decision": ROLLED_BACK,
        "who": who,
        "why": why,
        "model": model,
        "candidate": bundle,
        "champion_before": now.after,
        "champion_before_bundle": now.bundle,
    }
    text = f"Back from version {now.after} (`{now.bundle}`) to version {target} (`{bundle}`), by {who}: {why}"
    with registry_errors(store), decisions_store(store).run(f"{ROLLED_BACK}: {bundle}", text, tags) as run:
        run.tags({"champion_after": target})
        if run.problem is None:  # the alias last: no champion without its decision
            client.set_registered_model_alias(model, CHAMPION, target)
    if run.problem:
        raise OutputError(f"{store.tracking_uri}: the decision was not kept ({run.problem}). Try again when it is up.")
    return present(store, model)


def _promoted_before(entries: Sequence[Entry], version: str) -> str:
    """The champion that `version` replaced when it was promoted; empty when it was the first."""
    promoted = (entry for entry in entries if entry.decision == ACCEPTED and entry.after == version)
    return next((entry.before for entry in promoted), "")
