from pathlib import Path

import pytest

from stancewire.errors import InputError, MissingError, ProblemsError
from stancewire.recipe import Recipe, read_recipe


def write(tmp_path: Path, text: str) -> Path:
    """A recipe's file."""
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_short_recipe_gets_the_defaults(tmp_path: Path) -> None:
    recipe, _ = read_recipe(write(tmp_path, "name: base\nfamily: tfidf-linear\n"))
    assert recipe == Recipe(name="base", family="tfidf-linear")
    assert (recipe.data, recipe.dev_share, recipe.seed, recipe.params) == (("labels",), 0.15, 0, {})


def test_every_problem_is_reported_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "name: a b\nfamily: tfidf-linear\nsead: 1\ndev_share: 0.9\n")
    with pytest.raises(ProblemsError) as raised:
        read_recipe(path)
    assert [line.split(": ")[0] for line in raised.value.problems] == [f"{path}:1", f"{path}:4", f"{path}:3"]
    assert "unknown key 'sead'. Remove it or correct its spelling." in raised.value.problems[2]


def test_a_name_cannot_leave_the_folder_of_bundles(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="'name'"):
        read_recipe(write(tmp_path, "name: ../labels\nfamily: tfidf-linear\n"))


def test_a_line_is_found_for_a_nested_key(tmp_path: Path) -> None:
    _, locate = read_recipe(write(tmp_path, "name: base\nfamily: tfidf-linear\nparams:\n  topic_c: 1\n  stance_c: 2\n"))
    assert locate(["params", "stance_c"]) == 5


def test_the_hash_changes_with_a_value_and_not_with_the_layout(tmp_path: Path) -> None:
    first, _ = read_recipe(write(tmp_path, "name: base\nfamily: encoder\nparams: {lr: 0.1, epochs: 2}\n"))
    same, _ = read_recipe(write(tmp_path, "family: encoder\nname: base\n\nparams:\n  epochs: 2\n  lr: 0.1\n"))
    other, _ = read_recipe(write(tmp_path, "name: base\nfamily: encoder\nparams: {lr: 0.2, epochs: 2}\n"))
    assert first.hash == same.hash != other.hash


def test_a_file_that_is_not_a_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found list, expected a mapping of keys"):
        read_recipe(write(tmp_path, "- name: base\n"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"r\.yaml: no such file"):
        read_recipe(tmp_path / "r.yaml")
