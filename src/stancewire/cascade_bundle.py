"""A cascade's bundle from those of its members, without training."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from stancewire.bundle import CARD, HELD_OUT, MANIFEST, PROFILE, Bundle, Manifest, bundle_in_making, write_manifest
from stancewire.calibration import Calibration
from stancewire.card import CALIBRATION, cascade_card
from stancewire.cascade import Members, Outcome
from stancewire.cuts import QUALITY
from stancewire.files import write_bytes
from stancewire.metrics import summarise
from stancewire.runtimes.cascade import FAST, STRONG


def write_cascade(members: Members, outcome: Outcome, target: Path, on: str) -> Bundle:
    """Write the bundle: both members' files, each in a folder of its own, and the cut.

    Thresholds, stance weights and profile are the strong bundle's.

    Parameters
    ----------
    on
        What the cut was chosen on, for the card.

    Raises
    ------
    OutputError
        As `stancewire.bundle.bundle_in_making`.
    """
    manifest = _manifest(members, outcome, target.name, on)
    choice = (
        f"The strong one is asked from a risk of {outcome.cut:g} on, for {100 * outcome.share:.1f} % of the sentences; "
        f"that loses {outcome.loss.value:.2f} points of {QUALITY} against it "
        f"(95 %: {outcome.loss.low:.2f} to {outcome.loss.high:.2f})."
    )
    labels = (members.fast.label, members.strong.label)
    with bundle_in_making(target) as folder:
        _copy_files(members.fast, folder / FAST)
        _copy_files(members.strong, folder / STRONG)
        if (members.strong.folder / PROFILE).is_file():
            shutil.copyfile(members.strong.folder / PROFILE, folder / PROFILE)
        card = cascade_card(target.name, labels, choice, on, manifest.codebook, manifest.metrics)
        write_bytes(folder / CARD, card.encode())
        written = write_manifest(folder, manifest)
    return Bundle(target, written.manifest, written.content_hash)


def _manifest(members: Members, outcome: Outcome, name: str, on: str) -> Manifest:
    fast, strong = members.fast.manifest, members.strong.manifest
    rule = strong.to_dict()
    context = max(fast.context, strong.context)
    return Manifest(
        name=name,
        family="cascade",
        codebook=strong.codebook,
        runtime={
            "kind": "cascade",
            "cut": outcome.cut,
            "passages": strong.passages,
            "context": context,
            "thresholds": list(rule["thresholds"].values()),
            "stance_weights": rule["stance_weights"],
            "members": {FAST: _options(fast), STRONG: _options(strong)},
        },
        context=context,
        passages=fast.passages or strong.passages,
        thresholds=strong.thresholds,
        stance_weights=strong.stance_weights,
        calibration=Calibration.identity(len(strong.thresholds)),
        metrics=summarise(outcome.columns["cascade"]),
        provenance={
            "chosen_on": on,
            "share": round(outcome.share, 6),
            "loss": [round(x, 4) for x in outcome.loss],
            "members": {FAST: _origin(members.fast), STRONG: _origin(members.strong)},
            "notes": dict(strong.provenance.get("notes", {})),
        },
    )


def _options(manifest: Manifest) -> dict[str, Any]:
    return {"runtime": dict(manifest.runtime), "calibration": manifest.calibration.to_dict()}


def _origin(bundle: Bundle) -> dict[str, Any]:
    return {"bundle": bundle.label, "content_hash": bundle.content_hash, "provenance": dict(bundle.manifest.provenance)}


def _copy_files(bundle: Bundle, folder: Path) -> None:
    """The files that the runtime reads, without what is told about them."""
    told = [MANIFEST, CARD, CALIBRATION, PROFILE, HELD_OUT]
    shutil.copytree(bundle.folder, folder, ignore=lambda at, names: told if Path(at) == bundle.folder else [])
