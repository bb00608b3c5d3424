"""The commands that use a fast and a strong bundle: cascade, compare --curve, predict --fast."""

import json
import re
import shutil
from pathlib import Path

import pytest

from conftest import Command
from fast_bundle import train_fast_bundle
from stancewire import cascade as weighing
from stancewire import compare as comparing
from stancewire.bundle import read_bundle
from stancewire.codebook import Codebook


@pytest.fixture(scope="module")
def fast_folder(codebook: Codebook, tiny_labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that knows a few words only."""
    return train_fast_bundle(codebook, tiny_labels, tmp_path_factory.mktemp("models"))


@pytest.fixture
def space(workspace_folder: Path, bundle_folder: Path, fast_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with both bundles; few sentences are enough, and speed is measured for a moment only."""
    shutil.copytree(fast_folder, workspace_folder / "models" / "fast")
    shutil.copytree(bundle_folder, workspace_folder / "models" / "default")
    monkeypatch.setattr(weighing, "ENOUGH", 30)
    monkeypatch.setattr(comparing, "MIN_SECONDS", 0.01)
    return workspace_folder


def test_a_cascade_of_the_workspace_s_two_bundles_needs_no_names(space: Path, stancewire: Command) -> None:
    done = stancewire("-C", space, "cascade", "--max-loss", 10)
    bundle = read_bundle(space / "models" / "cascade")
    cut, written = done.err.splitlines()
    assert (done.code, written) == (0, f"bundle written to {space / 'models' / 'cascade'}")
    assert re.fullmatch(r"cut \S+: -?\d+\.\d\d points of triple_micro_f1 lost \(95 %: .* to .*\)", cut)
    assert f"{bundle.label} on 40 sentences: the common held-out sentences" in done.out
    assert [label for label in ("fast@", "cascade", "tiny@", "CPU-s", "speed-up") if label not in done.out] == []
    assert bundle.manifest.provenance["chosen_on"] == "the common held-out sentences"


def test_a_labelled_set_places_the_cut_when_it_is_given(
    space: Path, fast_folder: Path, bundle_folder: Path, tiny_labels: Path, stancewire: Command
) -> None:
    members = ("--fast", fast_folder, "--strong", bundle_folder)
    done = stancewire("-C", space, "cascade", *members, "--on", tiny_labels, "--budget", 1000, "--name", "both")
    assert done.code == 0
    assert "on 240 sentences" in done.out
    assert read_bundle(space / "models" / "both").manifest.metrics["triple_micro_f1"].value == 1.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-loss", "1", "--budget", "1"], "--max-loss and --budget are two ways to choose the cut; give one."),
        (["--name", "../x"], "--name is one folder's name under models/."),
        (["--name", "default"], "--name default: the cascade would replace one of its members; choose another name."),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    space: Path, stancewire: Command, options: list[str], said: str
) -> None:
    done = stancewire("-C", space, "cascade", *options)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: stancewire cascade: {said}")


def test_a_bundle_makes_no_cascade_with_itself(space: Path, bundle_folder: Path, stancewire: Command) -> None:
    done = stancewire("-C", space, "cascade", "--fast", bundle_folder)
    said = (
        f"error: stancewire cascade: --fast and --strong are one bundle, {read_bundle(bundle_folder).label}; name two."
    )
    assert (done.code, done.out, done.err.startswith(said)) == (2, "", True)


def test_a_budget_that_buys_nothing_is_one_line(space: Path, stancewire: Command) -> None:
    done = stancewire("-C", space, "cascade", "--budget", 1e-9)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith("error: --budget 1e-09: the fast model alone takes")
    assert not (space / "models" / "cascade").exists()


def test_without_a_fast_bundle_cascade_says_so(workspace_folder: Path, stancewire: Command) -> None:
    done = stancewire("-C", workspace_folder, "cascade")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith(f"error: {workspace_folder / 'models' / 'fast'}: no bundle.json")


@pytest.mark.parametrize(("on", "sentences"), [(True, "240 sentences: "), (False, "40 sentences: the common held-out")])
def test_the_curve_is_printed_and_drawn(
    space: Path, tiny_labels: Path, stancewire: Command, on: bool, sentences: str
) -> None:
    more = ("--on", tiny_labels) if on else ()
    bundles = (space / "models" / "fast", space / "models" / "default")
    done = stancewire("-C", space, "compare", *bundles, "--curve", space / "curve.svg", *more)
    assert (done.code, done.err) == (0, f"picture written to {space / 'curve.svg'}\n")
    assert sentences in done.out
    assert [word for word in ("fast alone", "loss 0.5", "loss 2", "strong alone") if word not in done.out] == []
    assert (space / "curve.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a", "--curve", "c.png"], "--curve takes two bundles, the fast one first, and no --plot."),
        (["a", "b", "--curve", "c.gif"], "--curve c.gif: expected a file that ends in"),
        (["a", "b"], "Missing option '--on': a labelled set to measure on."),
    ],
)
def test_a_curve_is_of_two_bundles(stancewire: Command, arguments: list[str], said: str) -> None:
    done = stancewire("compare", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: stancewire compare: {said}")


def test_fast_is_short_for_the_fast_bundle(space: Path, stancewire: Command) -> None:
    done = stancewire("-C", space, "predict", "-", "--fast", stdin=b'{"id": "x", "text": "Rain fell."}\n')
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["model"] == read_bundle(space / "models" / "fast").label


def test_fast_tags_to_a_folder_too(space: Path, stancewire: Command, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Rain fell.")
    done = stancewire("-C", space, "predict", tmp_path / "a.txt", "--fast", "-o", tmp_path / "tags")
    assert done.code == 0
    assert read_bundle(space / "models" / "fast").label in done.err


def test_without_a_fast_bundle_fast_is_one_clear_line(workspace_folder: Path, stancewire: Command) -> None:
    done = stancewire("-C", workspace_folder, "predict", "-", "--fast", stdin=b"{}\n")
    said = "no fast bundle is there. Make one: stancewire train RECIPE --name fast"
    assert (done.code, done.out, done.err) == (1, "", f"error: {workspace_folder / 'models' / 'fast'}: {said}\n")


def test_fast_and_a_model_are_wrong_usage(space: Path, stancewire: Command) -> None:
    done = stancewire("-C", space, "predict", "-", "--fast", "-m", "x", stdin=b"{}\n")
    assert (done.code, done.out) == (2, "")
    assert "--fast is short for --model models/fast; leave one of them out." in done.err
