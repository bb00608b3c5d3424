"""What a user would pick instead, trained and measured on the same sentences: quality, speed and size as ratios.

    pip install -e '.[benchmarks]'       # best into an environment of its own: it brings SetFit, model2vec, spaCy
    python benchmarks/peers.py           # labels/, its own held-out articles, models/default
    python benchmarks/peers.py --train labels --train MORE --test GOLD --model models/default --plot peers.png

Every peer sees the sentence alone, as these tools do by default; `--context` puts title and the sentences before in
front. A topic, and a topic with its stance, are one label each of a multi-label classifier. Thresholds and weights of
the stances are chosen for a peer as for a bundle, on a tenth of the training articles (at most 3,000 sentences);
`plain` in the JSON file has the figures without. Bundles are taken as they are: what they were trained on stands in
their cards.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peer_labels import choose_cuts, divide, label_matrix, label_names, plain_cuts, report_of, text_of
from peer_runs import PEERS, THREADS, Task, run
from rich.table import Table

from stancewire.bundle import bundle_bytes, read_bundle
from stancewire.cli.terminal import say, show
from stancewire.codebook import Codebook, read_codebook
from stancewire.compare import COMPARED, Entry, cpu_seconds, sentences_per_second
from stancewire.errors import StancewireError
from stancewire.evaluate import Report, evaluate, paired_difference
from stancewire.figures import image_bytes, pareto
from stancewire.files import write_bytes, write_json
from stancewire.labels import read_labels
from stancewire.predict import Tagger
from stancewire.records import LabelledSentence, LabelledSet
from stancewire.scores import gold_arrays

ROOT = Path(__file__).resolve().parents[1]
SHOWN = ("topic_macro_f1", "triple_micro_f1", "stance_macro_f1")
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; what is not known of a bundle is None."""

    entry: Entry
    cpu: float  # CPU-seconds per 1,000 sentences
    trained_on: int | None = None
    train: tuple[float, float] | None = None  # seconds, CPU-seconds
    plain: Report | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Data:
    """The sentences: to learn from, to choose thresholds on, to measure on."""

    codebook: Codebook
    train: Sequence[LabelledSentence]
    tune: Sequence[LabelledSentence]
    test: Sequence[LabelledSentence]


def read_data(trains: Sequence[Path], tests: Sequence[Path], codebook: Codebook) -> Data:
    """Read the sets; without a test set, the `dev` articles of the training sets are it."""
    rows = [row for folder in trains for row in read_labels(folder, codebook).scored]
    test = [row for folder in tests for row in read_labels(folder, codebook).scored]
    if not tests:
        test = [row for row in rows if row.split == "dev"]
        rows = [row for row in rows if row.split != "dev"]
    if not test or not rows:
        raise SystemExit("no sentence to measure on: give --test SET, or train on a set that has a splits.jsonl.")
    train, tune = divide(rows)
    return Data(codebook, train, tune, test)


def measure_bundle(folder: Path, data: Data) -> Line:
    """A bundle as it is."""
    tagger = Tagger(read_bundle(folder), threads=THREADS)
    tagger.bundle.require_codebook(data.codebook, str(folder))
    report = evaluate(tagger, LabelledSet((), tuple(data.test)))
    sentences = [row.sentence for row in data.test]
    rate = sentences_per_second(tagger, sentences)
    entry = Entry(tagger.bundle.manifest.name, report, {}, rate, bundle_bytes(folder) / 1e6, NAN)
    return Line(entry, cpu_seconds(tagger, sentences))


def measure_peer(name: str, data: Data, options: argparse.Namespace) -> Line:
    """Train and measure a peer."""
    most = options.most or PEERS[name].most or len(data.train)
    train = random.Random(0).sample(list(data.train), min(most, len(data.train)))
    texts, tune, test = ([text_of(row, options.context) for row in rows] for rows in (train, data.tune, data.test))
    topics = data.codebook.topic_ids
    labels = label_matrix(gold_arrays(train, data.codebook))
    done = run(Task(name, texts, labels, label_names(topics), tune, test, 60 * options.minutes))
    cuts = choose_cuts(done.tune, gold_arrays(data.tune, data.codebook))
    report = report_of(data.test, done.test, cuts, data.codebook)
    plain = report_of(data.test, done.test, plain_cuts(len(topics)), data.codebook)
    rate, cpu = done.speed
    entry = Entry(name, report, {}, rate, done.megabytes, NAN)
    return Line(entry, cpu, done.trained_on, (done.train_seconds, done.train_cpu_seconds), plain, done.note)


def measure(data: Data, options: argparse.Namespace) -> Iterator[Line]:
    """Bundles, then peers, one after the other; what cannot be had or fails is one line on stderr."""
    for folder in options.model:
        say(f"{folder.name} ...")
        yield measure_bundle(folder, data)
    for name in options.only or PEERS:
        if lacks := PEERS[name].lacks:
            say(f"{name}: skipped, {', '.join(lacks)} not installed. pip install {PEERS[name].pip}")
            continue
        say(f"{name} ...")
        try:
            yield measure_peer(name, data, options)
        except StancewireError as error:
            say(str(error))


def table_of(lines: Sequence[Line], title: str) -> Table:
    """Values with their ratio to the first line, intervals below; * where p < 0.05 (paired bootstrap of documents)."""
    table = Table(title=title, title_justify="left", show_lines=True)
    for head in ("", "trained on", "train s (CPU)", *SHOWN, "sentences/s", "CPU s/1,000", "MB"):
        table.add_column(head, justify="right" if head else "left")
    first = lines[0].entry
    for line in lines:
        entry = line.entry
        table.add_row(
            entry.label,
            "" if line.trained_on is None else f"{line.trained_on:,}",
            "" if line.train is None else "{:,.0f}\n({:,.0f})".format(*line.train),
            *(_cell(entry, first, metric) for metric in SHOWN),
            f"{entry.sentences_per_second:,.0f}\n{entry.sentences_per_second / first.sentences_per_second:.2f}×",
            f"{line.cpu:.2f}\n{line.cpu / lines[0].cpu:.2f}×",
            f"{entry.megabytes:.1f}\n{entry.megabytes / first.megabytes:.2f}×",
        )
    return table


def _cell(entry: Entry, first: Entry, metric: str) -> str:
    value, low, high = (100 * x for x in entry.report.metrics[metric])
    ratio = value / max(100 * first.report.metrics[metric].value, 1e-9)
    star = "*" if entry is not first and paired_difference(entry.report, first.report, metric).p_value < 0.05 else ""
    return f"{value:.1f} {ratio:.2f}×{star}\n{low:.1f}–{high:.1f}"


def json_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Everything that was measured; metrics are value, low and high."""
    first = lines[0].entry
    return [
        {
            "name": line.entry.label,
            "trained_on": line.trained_on,
            "train_seconds": line.train[0] if line.train else None,
            "train_cpu_seconds": line.train[1] if line.train else None,
            "sentences_per_second": line.entry.sentences_per_second,
            "cpu_seconds_per_1000": line.cpu,
            "megabytes": line.entry.megabytes,
            "note": line.note,
            "metrics": line.entry.report.metrics,
            "plain": line.plain.metrics if line.plain else None,
            "ratios": {
                "sentences_per_second": line.entry.sentences_per_second / first.sentences_per_second,
                "cpu_seconds_per_1000": line.cpu / lines[0].cpu,
                "megabytes": line.entry.megabytes / first.megabytes,
            }
            | {m: float(line.entry.report.columns[m][0] / first.report.columns[m][0]) for m in COMPARED},
            "p_values": {m: paired_difference(line.entry.report, first.report, m).p_value for m in COMPARED},
        }
        for line in lines
    ]


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, action="append", help="a labelled set; may be repeated  [labels/]")
    parser.add_argument("--test", type=Path, action="append", help="a labelled set  [dev articles of the first]")
    parser.add_argument("--model", type=Path, nargs="+", action="extend", help="bundles  [models/default]")
    parser.add_argument(
        "--only", nargs="+", action="extend", choices=list(PEERS), metavar="NAME", help=str(list(PEERS))
    )
    parser.add_argument("--minutes", type=float, default=12, help="the most that one peer may take  [12]")
    parser.add_argument("--most", type=int, help="training sentences of every peer  [all; spacy-cnn, setfit: a sample]")
    parser.add_argument("--context", action="store_true", help="put title and sentences before in front of a sentence")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--plot", type=Path, help="draw quality against speed: FILE.png")
    options = parser.parse_args()
    options.train = options.train or [ROOT / "labels"]
    options.model = options.model or [ROOT / "models" / "default"]
    return options


def conditions(data: Data, options: argparse.Namespace) -> dict[str, Any]:
    """What the figures were measured on and with."""
    return {
        "train": list(map(str, options.train)),
        "test": list(map(str, options.test or ["dev articles of the training sets"])),
        "n_train": len(data.train),
        "n_tune": len(data.tune),
        "n_test": len(data.test),
        "threads": THREADS,
        "minutes": options.minutes,
        "context": options.context,
    }


def main() -> None:
    """Measure, print, write; the JSON file grows line by line."""
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a peer's process is ended too
    lines: list[Line] = []
    try:
        data = read_data(options.train, options.test or [], read_codebook(ROOT / "labels" / "codebook.yaml"))
        known = conditions(data, options)
        say("{n_train:,} sentences to train on, {n_tune:,} for thresholds, {n_test:,} to measure on".format(**known))
        for line in measure(data, options):
            lines.append(line)
            if options.json:
                write_json(options.json, known | {"lines": json_of(lines)})
        show(table_of(lines, f"on {len(data.test):,} sentences, {THREADS} threads; × of {lines[0].entry.label}"))
        for line in lines:
            if line.note:
                say(f"{line.entry.label}: {line.note}")
        if options.plot:
            picture = pareto([line.entry for line in lines])
            write_bytes(options.plot, image_bytes(picture, options.plot.suffix.lower().lstrip(".")))
    except StancewireError as error:
        raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main()
