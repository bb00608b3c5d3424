"""``stancewire labels soft``: what a strong model thinks of many sentences, to teach a smaller one."""

from __future__ import annotations

from pathlib import Path

import click

from stancewire.articles import read_articles
from stancewire.cli.setting import open_tagger, read_labelled
from stancewire.cli.terminal import counted, say
from stancewire.errors import InputError
from stancewire.files import write_jsonl
from stancewire.soft_labels import asked_of_articles, asked_of_set, soft_labels

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("soft", short_help="Write what a model thinks of many sentences, as a teacher.")
@click.argument("articles", nargs=-1)
@click.option("-m", "--model", metavar="FOLDER", help="The teacher's bundle.  [default: models/default]")
@click.option("--set", "sets", multiple=True, type=_FOLDER, help="Also ask about this labelled set's sentences.")
@click.option("--not-in", multiple=True, type=_FOLDER, help="Leave out what stands in this labelled set.")
@click.option("--sentences", type=click.IntRange(min=1), help="At most so many of the ARTICLES', drawn at random.")
@click.option("--seed", default=0, show_default=True, help="Of the draw.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON lines, for soft_labels:",
)
@click.pass_context
def soft_command(
    context: click.Context,
    articles: tuple[str, ...],
    model: str | None,
    sets: tuple[Path, ...],
    not_in: tuple[Path, ...],
    sentences: int | None,
    seed: int,
    output: Path,
) -> None:
    """Write what a model thinks of the sentences of ARTICLES and labelled sets: probabilities of topics and stances."""
    tagger = open_tagger(context, model)
    taught = [read_labelled(tagger, folder) for folder in sets]
    left_out = {row.text for folder in not_in for row in read_labelled(tagger, folder).sentences}
    asked = [one for labelled in taught for one in asked_of_set(labelled) if one.sentence.text not in left_out]
    if articles:
        known = left_out | {one.sentence.text for one in asked}
        asked += asked_of_articles(counted(read_articles(articles), "articles"), known, sentences, seed)
    if not asked:
        raise InputError("no sentence to ask about; give articles, or a labelled set with --set.")
    write_jsonl(output, counted(soft_labels(tagger, asked), "sentences", len(asked), logged=True))
    say(f"{len(asked)} sentences written to {output}")
