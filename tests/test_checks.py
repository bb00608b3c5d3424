import shutil
import sys
from pathlib import Path

import pytest

from stancewire.bundle import read_bundle
from stancewire.checks import check_workspace
from stancewire.workspace import Workspace


def test_a_sound_workspace_is_listed(workspace_folder: Path, bundle_folder: Path) -> None:
    shutil.copytree(bundle_folder, workspace_folder / "models" / "tiny")
    findings = check_workspace(Workspace(workspace_folder))
    codebook, bundle = Workspace(workspace_folder).codebook(), read_bundle(bundle_folder)
    assert findings.problems == []
    assert findings.sound == [
        f"codebook tiny v1 ({codebook.hash[:8]}): aid, sport",
        "recipe tiny.yaml: tfidf-linear",
        "labels: 48 documents, 240 labelled sentences",
        f"bundle models/tiny: {bundle.label}, tfidf-linear",
    ]


def test_problems_of_every_kind_are_found_at_once(workspace_folder: Path, bundle_folder: Path) -> None:
    bundle = shutil.copytree(bundle_folder, workspace_folder / "models" / "tiny")
    (bundle / "vocabulary.json").unlink()
    (workspace_folder / "training" / "bad.yaml").write_text("name: bad\nfamily: tfidf-lineer\n")
    (workspace_folder / "training" / "worse.yaml").write_text("name: worse\nfamily: tfidf-linear\nparams: {c: 1}\n")
    with (workspace_folder / "labels" / "sentences.jsonl").open("a") as stream:
        stream.write('{"id": "x", "doc": "d47", "n": 9, "text": "A.", "labels": {"aid": {"stance": "positve"}}}\n')
    findings = check_workspace(Workspace(workspace_folder))
    assert [line.removeprefix(f"{workspace_folder}/") for line in findings.problems] == [
        "training/bad.yaml: family 'tfidf-lineer' is unknown (tfidf-linear, static, encoder, ensemble)."
        " Did you mean 'tfidf-linear'?",
        "training/worse.yaml: params: unknown key 'c'. Remove it or correct its spelling.",
        "labels/sentences.jsonl:241: stance 'positve' is not in the codebook (favor, against, neutral).",
        "models/tiny: file vocabulary.json is missing. Get the bundle anew.",
    ]


def test_under_a_broken_codebook_only_recipes_are_looked_at(workspace_folder: Path) -> None:
    (workspace_folder / "labels" / "codebook.yaml").write_text("name: x\nversion: 1\ntopcs: []\n")
    findings = check_workspace(Workspace(workspace_folder))
    assert findings.sound == ["recipe tiny.yaml: tfidf-linear"]
    assert [line.split("codebook.yaml:")[1] for line in findings.problems] == [
        "1: 'language' is missing.",
        "1: 'topics' is missing.",
        "3: unknown key 'topcs'. Remove it or correct its spelling.",
    ]


def test_a_bundle_for_another_codebook_is_a_problem(workspace_folder: Path, bundle_folder: Path) -> None:
    shutil.copytree(bundle_folder, workspace_folder / "models" / "tiny")
    path = workspace_folder / "labels" / "codebook.yaml"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    (problem,) = check_workspace(Workspace(workspace_folder)).problems
    assert "made for codebook 'tiny' v1" in problem
    assert "found 'tiny' v2" in problem


def test_a_recipe_whose_extra_is_not_installed_is_no_problem(
    workspace_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    (workspace_folder / "training" / "more.yaml").write_text("name: more\nfamily: encoder\n")
    findings = check_workspace(Workspace(workspace_folder))
    assert findings.problems == []
    assert "recipe more.yaml: encoder (its params were not checked: onnx is not installed)" in findings.sound


def test_a_new_workspace_without_labels_is_sound(workspace_folder: Path) -> None:
    (workspace_folder / "labels" / "sentences.jsonl").unlink()
    findings = check_workspace(Workspace(workspace_folder))
    assert [line.split(" ")[0] for line in findings.sound] == ["codebook", "recipe"]
