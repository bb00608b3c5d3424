import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Command
from stancewire import __version__
from stancewire.cli import COMMANDS, group
from stancewire.cli.setting import who
from stancewire.cli.terminal import counted
from stancewire.workspace import Workspace


def test_help_lists_every_command_with_its_line(stancewire: Command) -> None:
    done = stancewire("--help")
    assert done.code == 0
    listed = {line.split()[0]: " ".join(line.split()[1:]) for line in done.out.splitlines() if line.startswith("  ")}
    assert {name: listed.get(name) for name in COMMANDS} == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(stancewire: Command, command: str) -> None:
    done = stancewire(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: stancewire {command}")


def test_the_version_is_told(stancewire: Command) -> None:
    assert stancewire("--version").out.split()[-1] == __version__


def test_an_account_without_a_name_decides_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setattr(os, "getuid", lambda: 54_321)  # as in a container that runs under any number
    assert who(Workspace(tmp_path)) == "unknown"


def test_a_package_of_an_extra_that_is_not_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, workspace_folder: Path, stancewire: Command
) -> None:
    monkeypatch.setitem(sys.modules, "datasketch", None)
    done = stancewire("-C", workspace_folder, "labels", "duplicates")
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: this needs datasketch, which is not installed: pip install 'stancewire[train]'\n"


def test_without_anything_the_help_is_shown(stancewire: Command) -> None:
    done = stancewire()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: stancewire")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict", "--modle", "x"], "stancewire predict: No such option '--modle'."),
        (["predict"], "stancewire predict: Missing argument 'ARTICLES...'."),
        (["predct"], "stancewire: No such command 'predct'. Did you mean 'predict'?"),
        (["predict", "x", "--on-error", "ignore"], "stancewire predict: Invalid value for '--on-error'"),
        (["evaluate", "x", "--resamples", "1"], "stancewire evaluate: Invalid value for '--resamples'"),
        (
            ["train", "a", "b", "--name", "c"],
            "stancewire train: --name is one folder's name under models/, and goes with one recipe.",
        ),
        (
            ["compare", "x", "--on", "y", "--plot", "p.gif"],
            "stancewire compare: --plot p.gif: expected a file that ends in",
        ),
        (["-C", "/nowhere/at/all", "check"], "stancewire: Invalid value for '-C'"),
    ],
)
def test_wrong_usage_is_one_line_and_code_two(stancewire: Command, arguments: list[str], said: str) -> None:
    done = stancewire(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {said}")
    assert "--help'." in done.err
    assert done.err.count("\n") == 1


def test_a_problem_the_user_can_mend_is_one_line_and_code_one(
    stancewire: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = stancewire("check")
    assert (done.code, done.out) == (1, "")
    said = f"{tmp_path}: not in a workspace (no labels/codebook.yaml here or above)"
    assert done.err == f"error: {said}. Go to one, use -C, or make one: stancewire init DIR\n"


def test_another_workspace_is_chosen_with_c(stancewire: Command, workspace_folder: Path) -> None:
    done = stancewire("-C", workspace_folder, "check")
    assert (done.code, done.err.splitlines()[1:]) == (
        0,
        ["ok  recipe tiny.yaml: tfidf-linear", "ok  labels: 48 documents, 240 labelled sentences"],
    )


def test_every_option_says_what_it_is_for() -> None:
    import importlib

    for name in COMMANDS:
        command = importlib.import_module(f"stancewire.cli.{name}").command
        commands = list(getattr(command, "commands", {}).values()) or [command]
        for option in (p for c in commands for p in c.params if p.param_type_name == "option"):
            assert option.help or option.name == "port", f"{name} {option.name}"


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "stancewire", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == __version__


def test_items_pass_through_the_counter_unchanged() -> None:
    assert list(counted(iter("abc"), "letters")) == ["a", "b", "c"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_that_want_it(tmp_path: Path, no_color: str, coloured: bool) -> None:
    import pty

    leader, follower = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm-256color"} | ({"NO_COLOR": no_color} if no_color else {})
    command = [sys.executable, "-m", "stancewire", "-C", str(tmp_path), "check"]
    subprocess.run(command, stdout=follower, stderr=follower, env=environment, check=False)
    os.close(follower)
    said = os.read(leader, 10_000).decode()
    os.close(leader)
    assert "not in a workspace" in said
    assert ("\x1b[" in said) == coloured


def test_the_group_is_what_the_program_runs() -> None:
    assert list(group.list_commands(group.make_context("stancewire", ["check"]))) == list(COMMANDS)
