"""``stancewire evaluate``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from stancewire.cli.setting import open_tagger, read_labelled, read_target_set, warn_of_training_data
from stancewire.cli.terminal import metric_table, show
from stancewire.evaluate import HEADLINES, evaluate, target_headlines
from stancewire.targets import takes_targets


@click.command("evaluate")
@click.argument("labelled", type=click.Path(path_type=Path))
@click.option("-m", "--model", help="A bundle's folder, or models:/NAME@ALIAS.  [default: models/default]")
@click.option("--all", "every", is_flag=True, help="Every metric, not only the headlines.")
@click.option("--json", "as_json", is_flag=True, help="Print {metric: [value, low, high]}.")
@click.option(
    "--resamples",
    default=1000,
    show_default=True,
    type=click.IntRange(100),
    help="Bootstrap resamples of documents.",
)
@click.pass_context
def command(
    context: click.Context, labelled: Path, model: str | None, every: bool, as_json: bool, resamples: int
) -> None:
    """Measure a bundle on LABELLED, a folder with documents.jsonl and sentences.jsonl.

    A target model is measured on a target set, a .jsonl file, or on such a folder by its topics' targets.
    """
    tagger = open_tagger(context, model)
    targets = takes_targets(tagger.bundle.manifest.runtime)
    rows = read_target_set(context, labelled) if targets else read_labelled(tagger, labelled)
    warn_of_training_data(context, tagger.bundle, labelled)
    report = evaluate(tagger, rows, n_resamples=resamples)
    metrics = report.metrics
    if as_json:
        click.echo(json.dumps(metrics))
        return
    names = [n for n in metrics if n in HEADLINES or n.startswith("topic_f1/")]
    names = target_headlines(metrics) if targets else names
    names = list(metrics) if every else names
    title = f"{tagger.bundle.label} on {labelled.name}: {len(report.sentences)} sentences"
    show(metric_table(title, metrics, names))
