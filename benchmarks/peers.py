"""What a user would pick instead, beside our models, in one table: quality, speed, size, memory, loading, training.

    pip install -e '.[benchmarks]'       # best into an environment of its own: it brings SetFit, model2vec, spaCy
    python benchmarks/peers.py --train labels --train MORE --test GOLD -o FOLDER
    python benchmarks/peers.py --train labels --train MORE --only-train      # beforehand, in the background

Prints the table and writes peers.json, peers.md and peers.png to FOLDER. Without --model it takes the bundles
tfidf-linear, fast, cascade and default of models/. The strong model in 32 bits is not among them: train a copy of its
recipe that has `quantise: none` (--name default-fp32), and name it beside the others: --model models/default-fp32.

Peers are trained once on the same sentences, each the way its own library does it with a bounded number of steps, and
kept in --keep: a rerun only measures. Other sentences or settings are another training; to repeat one, delete its
folder.
Every peer sees the sentence alone, as these tools do by default; --context puts title and sentences before in front.
A topic, and a topic with its stance, are one label each of a multi-label classifier. Thresholds and weights of the
stances are chosen for a peer as for a bundle, on a tenth of the training articles (at most 3,000 sentences); `plain` in
the JSON file has the figures without. Bundles are taken as they are: what they were trained on stands in their cards.

Each model is measured in fresh processes with two threads: the quicker of two loads (imports included), the highest
memory, then tagging again and again for some seconds. --articles measures speed on whole articles instead of the test
sentences, which may be short pieces: a model that reads passages shares less there.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fresh
from peer_labels import (
    Cuts,
    choose_cuts,
    divide,
    label_matrix,
    label_names,
    plain_cuts,
    probabilities_of,
    report_of,
    text_of,
)
from peer_offers import PEERS
from peer_table import Line, json_of, markdown_of, reference_of, table_of
from peer_training import THREADS, Kept, PeerError, Task, find, settings, train
from rich.console import Console

from stancewire.articles import read_articles, units_of
from stancewire.bundle import bundle_bytes, read_bundle
from stancewire.cli.terminal import say
from stancewire.codebook import Codebook, read_codebook
from stancewire.compare import Entry
from stancewire.errors import StancewireError
from stancewire.figures import image_bytes, pareto
from stancewire.files import make_folder, write_bytes, write_json
from stancewire.labels import read_labels
from stancewire.records import LabelledSentence, Sentence
from stancewire.scores import Probabilities, gold_arrays

ROOT = Path(__file__).resolve().parents[1]
BUNDLES = ("tfidf-linear", "fast", "cascade", "default")


@dataclass(frozen=True, slots=True)
class Data:
    """The sentences: to learn from, to choose thresholds on, to measure quality on, to measure speed on."""

    codebook: Codebook
    train: Sequence[LabelledSentence]
    tune: Sequence[LabelledSentence]
    test: Sequence[LabelledSentence]
    timed: Sequence[Sentence]


def read_data(options: argparse.Namespace) -> Data:
    """Read the sets; without a test set, the `dev` articles of the training sets are it."""
    codebook = read_codebook(ROOT / "labels" / "codebook.yaml")
    rows = [row for folder in options.train for row in read_labels(folder, codebook).scored]
    test = [row for folder in options.test for row in read_labels(folder, codebook).scored]
    if not options.test:
        test = [row for row in rows if row.split == "dev"]
        rows = [row for row in rows if row.split != "dev"]
    if not test or not rows:
        raise SystemExit("no sentence to measure on: give --test SET, or train on a set that has a splits.jsonl.")
    timed = [row.sentence for row in test]
    if options.articles:
        articles = read_articles([str(options.articles)])
        timed = [unit.sentence for article in articles for unit in units_of(article, passages=True)][: options.timed]
    train_rows, tune_rows = divide(rows)
    if options.most:
        train_rows = random.Random(0).sample(train_rows, min(options.most, len(train_rows)))
    return Data(codebook, train_rows, tune_rows, test, timed)


def measure_bundle(name: str, folder: Path, data: Data, minutes: Mapping[str, float]) -> Line:
    """A bundle as it is."""
    bundle = read_bundle(folder)
    bundle.require_codebook(data.codebook, str(folder))
    found = fresh.measure(
        fresh.BUNDLE, folder, fresh.Asked([row.sentence for row in data.test], data.timed), settings()
    )
    cuts = Cuts(bundle.manifest.thresholds, bundle.manifest.stance_weights)
    report = report_of(data.test, Probabilities(**found.scores), cuts, data.codebook)
    entry = Entry(name, report, {}, found.rate, bundle_bytes(folder) / 1e6, found.load_seconds)
    return Line(entry, found.cpu, found.rss, minutes.get(name))


def measure_peer(name: str, kept: Kept, data: Data, context: bool) -> Line:
    """A trained peer, with thresholds and weights of stances chosen for it."""
    test = [text_of(row.sentence, context) for row in data.test]
    timed = [text_of(sentence, context) for sentence in data.timed]
    found = fresh.measure(name, kept.saved, fresh.Asked(test, timed), settings())
    probabilities = probabilities_of(found.scores["scores"])
    cuts = choose_cuts(kept.tune, gold_arrays(data.tune, data.codebook))
    report = report_of(data.test, probabilities, cuts, data.codebook)
    plain = report_of(data.test, probabilities, plain_cuts(len(data.codebook.topic_ids)), data.codebook)
    entry = Entry(name, report, {}, found.rate, bundle_bytes(kept.saved) / 1e6, found.load_seconds)
    result = kept.result
    minutes, about = result.seconds / 60, "; ".join(filter(None, (PEERS[name].about, result.note)))
    return Line(entry, found.cpu, found.rss, minutes, result.cpu_seconds / 60, result.trained_on, plain, about)


def trained(name: str, data: Data, options: argparse.Namespace) -> Kept | None:
    """A peer that was kept, else trained now; what cannot be had or fails is one line on stderr."""
    offer = PEERS[name]
    texts = [text_of(row.sentence, options.context) for row in data.train]
    tune = [text_of(row.sentence, options.context) for row in data.tune]
    labels = label_matrix(gold_arrays(data.train, data.codebook))
    task = Task(name, texts, labels, label_names(data.codebook.topic_ids), tune, 60 * options.minutes)
    if kept := find(task, options.keep):
        return kept
    if offer.lacks:
        say(f"{name}: skipped, {', '.join(offer.lacks)} not installed. pip install {offer.pip}")
        return None
    if options.no_train:
        say(f"{name}: skipped, not trained yet")
        return None
    say(f"{name}: training ...")
    try:
        kept = train(task, options.keep)
    except PeerError as error:
        say(str(error))
        return None
    result = kept.result
    say(f"{name}: trained in {result.seconds:,.0f} s ({result.cpu_seconds:,.0f} CPU-seconds); {result.note}")
    return kept


def measure(data: Data, options: argparse.Namespace) -> Iterator[Line]:
    """Bundles, then peers, one after the other; all peers are trained before anything is measured."""
    found = {name: kept for name in options.only or PEERS if (kept := trained(name, data, options))}
    if options.only_train:
        return
    for name, folder in options.model.items():
        say(f"{name}: measuring ...")
        yield measure_bundle(name, folder, data, options.took)
    for name, kept in found.items():
        say(f"{name}: measuring ...")
        try:
            yield measure_peer(name, kept, data, options.context)
        except RuntimeError as error:
            say(f"{name}: {error}")


def _named(text: str) -> tuple[str, Path]:
    name, _, folder = text.rpartition("=")
    return name or Path(folder).name, Path(folder)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--train", type=Path, action="append", help="a labelled set; may be repeated  [labels/]")
    add("--test", type=Path, action="append", default=[], help="a labelled set  [dev articles of the first]")
    add("--model", type=_named, nargs="+", action="extend", metavar="[NAME=]FOLDER", help="bundles  [see above]")
    add("--took", nargs="+", default=[], metavar="NAME=MINUTES", help="how long training a bundle took")
    add("--only", nargs="*", choices=list(PEERS), metavar="PEER", help=", ".join(PEERS))
    add("--reference", default="setfit", help="what ratios are against  [setfit; else the first line]")
    add("--minutes", type=float, default=30, help="the most that training one peer may take  [30]")
    add("--most", type=int, help="training sentences of the peers  [all]")
    add("--context", action="store_true", help="put title and sentences before in front of a peer's sentence")
    add("--articles", type=Path, help="measure speed on the sentences of these articles  [on the test sentences]")
    add("--timed", type=int, default=2000, help="at most so many of them  [2000]")
    add("--keep", type=Path, default=ROOT / "models" / ".peers", help="where trained peers are kept  [models/.peers]")
    add("--only-train", action="store_true", help="train what is not there yet, measure nothing")
    add("--no-train", action="store_true", help="leave out what is not there yet")
    add("-o", "--out", type=Path, help="write peers.json, peers.md and peers.png here")
    options = parser.parse_args()
    options.train = options.train or [ROOT / "labels"]
    found = {name: ROOT / "models" / name for name in BUNDLES if (ROOT / "models" / name / "bundle.json").is_file()}
    options.model = dict(options.model or found)
    options.took = {name: float(minutes) for name, minutes in (text.split("=") for text in options.took)}
    return options


def conditions(data: Data, options: argparse.Namespace) -> dict[str, Any]:
    """What the figures were measured on and with."""
    return {
        "train": list(map(str, options.train)),
        "test": list(map(str, options.test or ["dev articles of the training sets"])),
        "n_train": len(data.train),
        "n_tune": len(data.tune),
        "n_test": len(data.test),
        "n_timed": len(data.timed),
        "timed_on": str(options.articles or "the test sentences"),
        "threads": THREADS,
        "context": options.context,
    }


def write(lines: Sequence[Line], known: Mapping[str, Any], options: argparse.Namespace) -> None:
    """The figures so far."""
    reference = reference_of(lines, options.reference)
    write_json(options.out / "peers.json", {**known, "lines": json_of(lines, reference)})
    write_bytes(options.out / "peers.md", markdown_of(lines, reference).encode())
    picture = pareto([line.entry for line in lines])
    picture.set_size_inches(9, 6.2)  # room for so many labels
    write_bytes(options.out / "peers.png", image_bytes(picture, "png"))


def main() -> None:
    """Train, measure, print, write; the files grow line by line."""
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a peer's process is ended too
    lines: list[Line] = []
    try:
        if options.out:
            make_folder(options.out, "Choose another --out.")
        data = read_data(options)
        known = conditions(data, options)
        say("{n_train:,} sentences to train on, {n_tune:,} for thresholds, {n_test:,} to measure on".format(**known))
        for line in measure(data, options):
            lines.append(line)
            if options.out:
                write(lines, known, options)
    except StancewireError as error:
        raise SystemExit(f"error: {error}") from error
    if lines:
        reference = reference_of(lines, options.reference)
        title = f"on {len(data.test):,} sentences, {THREADS} threads; * p < 0.05 against {reference.entry.label}"
        Console(width=None if sys.stdout.isatty() else 150).print(table_of(lines, reference, title))


if __name__ == "__main__":
    main()
