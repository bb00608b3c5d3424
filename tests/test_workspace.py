from pathlib import Path

import pytest

from stancewire.codebook import Codebook
from stancewire.errors import MissingError
from stancewire.workspace import Workspace, find_workspace


def test_a_workspace_is_found_from_a_folder_inside(workspace_folder: Path) -> None:
    inside = workspace_folder / "seeds" / "more"
    inside.mkdir(parents=True)
    assert find_workspace(inside) == Workspace(workspace_folder)


def test_the_nearest_workspace_wins(workspace_folder: Path) -> None:
    (workspace_folder / "inner" / "labels").mkdir(parents=True)
    (workspace_folder / "inner" / "labels" / "codebook.yaml").write_text("name: inner\n")
    assert find_workspace(workspace_folder / "inner").root == workspace_folder / "inner"


def test_a_folder_outside_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"not in a workspace .*use -C, or make one: stancewire init DIR"):
        find_workspace(tmp_path)


def test_recipes_and_bundles_are_listed_in_order(workspace_folder: Path, codebook: Codebook) -> None:
    for name in ("b", "a", ".half"):
        (workspace_folder / "models" / name).mkdir()
        (workspace_folder / "models" / name / "bundle.json").write_text("{}")
    (workspace_folder / "models" / "notes").mkdir()
    (workspace_folder / "training" / "another.yaml").write_text("")
    space = Workspace(workspace_folder)
    assert [p.name for p in space.recipes] == ["another.yaml", "tiny.yaml"]
    assert [p.name for p in space.bundles()] == ["a", "b"]
    assert space.codebook() == codebook
    assert space.store == workspace_folder / "mlruns"
