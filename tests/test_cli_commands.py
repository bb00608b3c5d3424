"""The commands around a bundle: train, evaluate, compare, check, init, ui."""

import json
import re
import shutil
import socket
from pathlib import Path

import pytest

from conftest import Command
from stancewire import compare as comparing
from stancewire.bundle import read_bundle
from stancewire.evaluate import HEADLINES


def test_training_writes_a_bundle_and_shows_what_it_can_do(workspace_folder: Path, stancewire: Command) -> None:
    recipe = workspace_folder / "training" / "tiny.yaml"
    done = stancewire("-C", workspace_folder, "train", recipe, "--no-track")
    bundle = read_bundle(workspace_folder / "models" / "tiny")
    assert done.code == 0
    assert f"{bundle.label} on dev split" in done.out
    assert [name for name in HEADLINES if name not in done.out] == []
    assert done.err == f"bundle written to {workspace_folder / 'models' / 'tiny'}\n"
    assert list((workspace_folder / "mlruns").iterdir()) == []


def test_a_bundle_gets_the_name_it_is_given(workspace_folder: Path, stancewire: Command) -> None:
    recipe = workspace_folder / "training" / "tiny.yaml"
    assert stancewire("-C", workspace_folder, "train", recipe, "--no-track", "--name", "default").code == 0
    assert [p.name for p in (workspace_folder / "models").iterdir()] == ["default"]


def test_another_set_is_trained_on_or_measured_on(
    workspace_folder: Path, tiny_labels: Path, tmp_path: Path, stancewire: Command
) -> None:
    more = tmp_path / "sets" / "more"
    more.mkdir(parents=True)
    for name in ("documents.jsonl", "sentences.jsonl"):
        (more / name).write_text(re.sub(r'"d(\d)', r'"m\1', (tiny_labels / name).read_text()))
    recipe = workspace_folder / "training" / "tiny.yaml"
    done = stancewire("-C", workspace_folder, "train", recipe, "--no-track", "--add", more, "--measure", tiny_labels)
    assert (done.code, done.err.splitlines()[:-1]) == (0, [])
    provenance = read_bundle(workspace_folder / "models" / "tiny").manifest.provenance
    assert provenance["train_sentences"] + provenance["dev_sentences"] == 480


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("name: a\nfamily: tfidf-lineer\n", "r.yaml: family 'tfidf-lineer' is unknown"),
        ("name: a\nfamily: [\n", "r.yaml:3: not valid YAML"),
        ("name: a\nfamily: tfidf-linear\ndata: [nowhere]\n", "nowhere: no documents.jsonl."),
        ("name: a\nfamily: tfidf-linear\nparams: {topic_d: 1}\n", "unknown key 'topic_d'."),
    ],
)
def test_a_wrong_recipe_is_one_line(
    workspace_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch, recipe: str, said: str
) -> None:
    monkeypatch.chdir(workspace_folder)
    Path("r.yaml").write_text(recipe)
    done = stancewire("train", "r.yaml", "--no-track")
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert list((workspace_folder / "models").iterdir()) == []


def test_problems_of_labels_are_all_listed(workspace_folder: Path, stancewire: Command) -> None:
    path = workspace_folder / "labels" / "sentences.jsonl"
    path.write_text(path.read_text().replace('"favor"', '"favour"', 2))
    done = stancewire("-C", workspace_folder, "train", workspace_folder / "training" / "tiny.yaml", "--no-track")
    assert done.code == 1
    said = "stance 'favour' is not in the codebook (favor, against, neutral). Did you mean 'favor'?"
    assert done.err.splitlines() == [f"error: {path}:{n}: {said}" for n in (1, 6)]


def test_evaluate_prints_every_metric_as_json(bundle_folder: Path, tiny_labels: Path, stancewire: Command) -> None:
    done = stancewire("evaluate", tiny_labels, "-m", bundle_folder, "--json", "--resamples", 100)
    metrics = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert metrics["triple_micro_f1"] == [1, 1, 1]
    assert all(low <= value <= high for name, (value, low, high) in metrics.items() if "f1" in name)


def test_evaluate_shows_headlines_or_everything(bundle_folder: Path, tiny_labels: Path, stancewire: Command) -> None:
    short = stancewire("evaluate", tiny_labels, "-m", bundle_folder, "--resamples", 100).out
    long = stancewire("evaluate", tiny_labels, "-m", bundle_folder, "--resamples", 100, "--all").out
    assert f"{read_bundle(bundle_folder).label} on {tiny_labels.name}: 240 sentences" in short
    assert ("ece/topic" in short, "ece/topic" in long) == (False, True)


def test_evaluate_on_something_else_than_labels_is_said(
    bundle_folder: Path, tmp_path: Path, stancewire: Command
) -> None:
    done = stancewire("evaluate", tmp_path, "-m", bundle_folder)
    said = "no documents.jsonl. A labelled set is a folder with documents.jsonl and sentences.jsonl."
    assert (done.code, done.out, done.err) == (1, "", f"error: {tmp_path}: {said}\n")


def test_compare_shows_bundles_and_draws_them(
    bundle_folder: Path, tiny_labels: Path, tmp_path: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MIN_SECONDS", 0.01)
    picture = tmp_path / "p.png"
    done = stancewire("compare", bundle_folder, bundle_folder, "--on", tiny_labels, "--plot", picture)
    assert (done.code, done.err) == (0, f"picture written to {picture}\n")
    assert done.out.count(read_bundle(bundle_folder).label) == 2
    assert "100.0 (+0.0)" in done.out
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_picture_without_its_folder_is_told_before_anything_is_measured(
    bundle_folder: Path, tiny_labels: Path, tmp_path: Path, stancewire: Command
) -> None:
    picture = tmp_path / "nowhere" / "p.png"
    done = stancewire("compare", bundle_folder, "--on", tiny_labels, "--plot", picture)
    said = f"error: --plot {picture}: no folder {picture.parent}. Make it first.\n"
    assert (done.code, done.out, done.err) == (1, "", said)


def test_check_lists_every_problem_and_ends_with_one(
    workspace_folder: Path, bundle_folder: Path, stancewire: Command
) -> None:
    shutil.copytree(bundle_folder, workspace_folder / "models" / "tiny")
    (workspace_folder / "models" / "tiny" / "extra").write_text("")
    (workspace_folder / "training" / "bad.yaml").write_text("name: bad\n")
    done = stancewire("-C", workspace_folder, "check")
    assert (done.code, done.out) == (1, "")
    assert [line.split(" ")[0] for line in done.err.splitlines()] == ["ok"] * 3 + ["error:"] * 2
    assert "bad.yaml:1: 'family' is missing." in done.err
    assert "found extra, which is not part of the bundle. Remove it." in done.err


def test_init_says_what_it_made_and_what_comes_next(tmp_path: Path, stancewire: Command) -> None:
    done = stancewire("init", tmp_path / "new")
    assert (done.code, done.out) == (0, "")
    *made, following = done.err.splitlines()
    assert [line.split("new/")[1] for line in made] == [
        "README.md", "labels/codebook.yaml", "labels/documents.jsonl", "labels/sentences.jsonl",
        "training/tfidf-linear.yaml", "seeds/article.txt",
    ]  # fmt: skip
    assert following.startswith(f"next: cd {tmp_path / 'new'} && stancewire check && stancewire train ")
    again = stancewire("init", tmp_path / "new")
    assert (again.code, again.err.count("\n")) == (1, 1)


def test_ui_says_that_its_port_is_taken(workspace_folder: Path, stancewire: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = stancewire("-C", workspace_folder, "ui", "--no-browser", "--port", port)
    said = f"error: port {port}: in use by another program. Choose another with --port.\n"
    assert (done.code, done.out, done.err) == (1, "", said)


def test_a_bundle_is_never_written_outside_models(workspace_folder: Path, stancewire: Command) -> None:
    recipe = workspace_folder / "training" / "tiny.yaml"
    done = stancewire("-C", workspace_folder, "train", recipe, "--no-track", "--name", "../x")
    assert (done.code, "one folder's name under models/" in done.err) == (2, True)


def test_two_sets_of_one_name_are_refused(workspace_folder: Path, stancewire: Command) -> None:
    recipe, elsewhere = workspace_folder / "training" / "tiny.yaml", workspace_folder.parent
    same = ("--add", elsewhere / "a" / "sets" / "more", "--add", elsewhere / "b" / "sets" / "more")
    done = stancewire("-C", workspace_folder, "train", recipe, "--no-track", *same)
    assert done.code == 1
    assert "two sets have one name" in done.err


def test_one_set_given_twice_is_told_so(workspace_folder: Path, stancewire: Command) -> None:
    recipe, labels = workspace_folder / "training" / "tiny.yaml", workspace_folder / "labels"
    done = stancewire("-C", workspace_folder, "train", recipe, "--no-track", "--add", labels)
    said = f"{labels}: given twice, by the recipe's 'data' or by options. Give it once."
    assert (done.code, done.out, done.err) == (1, "", f"error: {said}\n")


@pytest.mark.parametrize(
    ("grid", "said"), [("topic_cc=1,2", "params: unknown key 'topic_cc'."), ("topic_c=1,abc", "params: 'topic_c': ")]
)
def test_a_wrong_grid_is_one_line_before_anything_is_tried(
    workspace_folder: Path, stancewire: Command, grid: str, said: str
) -> None:
    recipe = workspace_folder / "training" / "tiny.yaml"
    done = stancewire("-C", workspace_folder, "train", recipe, "--no-track", "--grid", grid)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: {recipe}: {said}")
    assert done.err.count("\n") == 1


def test_a_set_that_the_recipe_names_is_no_measure_of_quality(
    workspace_folder: Path, bundle_folder: Path, stancewire: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MIN_SECONDS", 0.01)
    labels, label = workspace_folder / "labels", read_bundle(bundle_folder).label
    said = f"warning: {label} was trained on labels; figures on it are too high. Measure on other sentences.\n"
    measure = ("evaluate", labels, "-m", bundle_folder, "--json", "--resamples", 100)
    assert stancewire("-C", workspace_folder, *measure).err == said
    assert stancewire("-C", workspace_folder, "compare", bundle_folder, "--on", labels).err == said


def test_of_thousands_of_problems_the_first_are_told_and_the_rest_counted(
    workspace_folder: Path, stancewire: Command
) -> None:
    sentences = workspace_folder / "labels" / "sentences.jsonl"
    sentences.write_text(sentences.read_text().replace('"aid"', '"aide"'))
    done = stancewire("-C", workspace_folder, "train", workspace_folder / "training" / "tiny.yaml", "--no-track")
    lines = done.err.splitlines()
    assert (done.code, len(lines)) == (1, 21)
    assert lines[0].startswith(f"error: {sentences}:1: topic 'aide' is not in the codebook")
    assert lines[-1] == "error: and 124 more; 'stancewire check' lists all problems of a workspace."
    assert stancewire("-C", workspace_folder, "check").err.count("'aide'") == 144


@pytest.mark.filterwarnings("default")  # MLflow's own
def test_a_history_without_decisions_says_so(workspace_folder: Path, stancewire: Command) -> None:
    done = stancewire("-C", workspace_folder, "champion", "--history")
    said = "no decisions on 'stancewire' yet; the first is made by: stancewire promote BUNDLE\n"
    assert (done.code, done.out, done.err) == (0, "", said)
