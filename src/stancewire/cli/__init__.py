"""The command line: one file per verb, loaded when it is called, so that ``stancewire --help`` is quick."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import cast

import click

from stancewire import __version__
from stancewire.errors import StancewireError, did_you_mean

COMMANDS = {
    "predict": "Tag articles, sentence by sentence.",
    "check": "Validate codebook, labels, recipes and bundles.",
    "train": "Train from recipes, evaluate, track, write bundles.",
    "evaluate": "Measure a bundle on labelled sentences.",
    "compare": "Put bundles side by side: quality and speed.",
    "cascade": "Make one bundle of a fast and a strong one, without training.",
    "labels": "Statistics, agreement, duplicates and errors of the labels.",
    "promote": "Make a bundle the champion, if it passes the gate.",
    "champion": "Show the champion, its history, or go back to the one before.",
    "serve": "Serve the champion over HTTP, with MLflow's scoring server.",
    "drift": "Compare tags of new articles with a bundle's training data.",
    "ui": "Look at the runs in the MLflow UI.",
    "sync": "Send what the MLflow store did not take when it was down.",
    "init": "Make a new workspace for your own codebook.",
}


_MANY = 20
"""Problems that are printed; a set read under another codebook has thousands of one kind."""


class _Verbs(click.Group):
    """A group whose commands live in ``stancewire.cli.<verb>``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name == "predict":
            # numpy reads it when it is loaded: products of 32 rows gain nothing from threads, which wait at full speed
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        return cast(click.Command, importlib.import_module(f"stancewire.cli.{cmd_name}").command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(error.message + did_you_mean(args[0], COMMANDS), error.ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version")
@click.option(
    "-C",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Work in this workspace (default: the one at or above the current directory).",
)
@click.pass_context
def group(context: click.Context, folder: Path) -> None:
    """Tag every sentence of the news: what it is about, which side it takes, and who takes it."""
    context.obj = folder


def main() -> None:
    """Run the command line: exit code 1 with one line for what a user can mend, 2 for wrong usage."""
    try:
        code = group.main(prog_name="stancewire", standalone_mode=False)
    except StancewireError as error:
        _fail(str(error))
        code = 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("stancewire"):
            raise  # ours to mend, not the user's
        _fail(f"this needs {error.name}, which is not installed: pip install 'stancewire[train]'")
        code = 1
    except click.exceptions.Abort:  # Ctrl-C
        _fail("interrupted; nothing is half written.")
        code = 130
    except click.ClickException as error:
        _say_usage(error)
        code = error.exit_code
    sys.exit(code or 0)


def _fail(message: str) -> None:
    """Say an error; what draws on the terminal is loaded only now, for a quick ``--help``."""
    from stancewire.cli.terminal import say_error

    lines = message.splitlines()
    say_error("\n".join(lines[:_MANY]))
    if len(lines) > _MANY:
        say_error(f"and {len(lines) - _MANY} more; 'stancewire check' lists all problems of a workspace.")


def _say_usage(error: click.ClickException) -> None:
    """One line for wrong usage; the help where a command was called without anything."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "stancewire"
    _fail(f"{command}: {error.format_message()} See '{command} --help'.")
