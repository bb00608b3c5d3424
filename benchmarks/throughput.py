"""The whole way from articles to a folder of Parquet: seconds by stage, rates, memory, beside what others use.

    python benchmarks/throughput.py -m models/fast -m models/default --articles ARTICLES.jsonl.gz --workers 2

Without --articles it makes its text: sentences of labels/ in random order, 20 an article, so that hardly any sentence
meets its context twice. Stages are of one process with one thread; rates and memory are those of the command
``stancewire predict`` in processes of its own; 10 times the articles are copies with other ids and titles. A model that
needs longer than --seconds for all articles gets as many as it can do in that time, and then ten times as many. Peers
(``throughput_peers.py``) tag the same sentences from memory: reading, splitting and writing is not on their bill.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from measured import Used, run
from scale import measure, multiply
from stages import STAGES, StageTimes, draw
from throughput_peers import MISSING, PEERS

from stancewire.articles import read_articles, units_of
from stancewire.codebook import read_codebook
from stancewire.files import write_json, write_jsonl
from stancewire.labels import read_labels

ROOT = Path(__file__).resolve().parents[1]
_PROBE = 50
"""Articles by which a model's rate is guessed."""


def made_articles(path: Path, n_articles: int) -> Path:
    """Write articles of 20 sentences drawn from the shipped labels."""
    labelled = read_labels(ROOT / "labels", read_codebook(ROOT / "labels" / "codebook.yaml"))
    texts = sorted({row.text for row in labelled.scored})
    draw_from = random.Random(0)
    rows = (
        {"id": f"m{i}", "title": f"News {i}", "text": " ".join(draw_from.sample(texts, 20))} for i in range(n_articles)
    )
    write_jsonl(path, rows)
    return path


def stages_of(model: Path, articles: Path, limit: int) -> StageTimes:
    """Seconds by stage, in a process of one thread."""
    used = run([Path(__file__).with_name("stages.py"), model, articles, "--limit", limit], OPENBLAS_NUM_THREADS="1")
    if used.status:
        raise SystemExit(f"the stages of {model} could not be measured: status {used.status}")
    return StageTimes(**json.loads(used.out))


def measure_model(model: Path, sources: dict[int, Path], asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Stages, then the command at every size."""
    probe = stages_of(model, sources[1], min(_PROBE, asked.n_articles))
    limit = min(asked.n_articles, max(_PROBE, round(asked.seconds / probe.total * probe.articles)))
    stages = stages_of(model, sources[1], limit)
    show_stages(model.name, stages)
    runs = []
    for times, source in sources.items():
        for workers in asked.workers if times == 1 else asked.workers[:1]:
            out = folder / f"out-{times}-{workers}"
            found = measure(source, str(model), out, "local", workers, limit * times)
            runs.append({"times": times, "workers": workers} | found)
            print("  " + ", ".join(f"{name} {value:,.0f}" for name, value in runs[-1].items()), flush=True)
    return {"stages": stages.seconds, "sentences": stages.sentences, "runs": runs}


def show_stages(name: str, stages: StageTimes) -> None:
    """A line per stage."""
    print(f"{name}: {stages.sentences:,} sentences of {stages.articles:,} articles, one process, one thread")
    for stage in STAGES:
        seconds = stages.seconds[stage]
        share, each = seconds / stages.total, seconds / stages.sentences * 1e6
        print(f"  {stage:<9} {seconds:8.2f} s {share:7.1%} {each:8.2f} µs a sentence")
    print(f"  {'all':<9} {stages.total:8.2f} s {stages.sentences / stages.total:,.0f} sentences/s", flush=True)


def measure_peers(names: list[str], sentences: Path) -> dict[str, dict[str, float]]:
    """Rates of the peers that are installed."""
    found = {}
    for name in names:
        used: Used = run([Path(__file__).with_name("throughput_peers.py"), name, sentences])
        if used.status:
            print(used.out.strip() if used.status == MISSING else f"{name}: ended with {used.status}", flush=True)
            continue
        found[name] = json.loads(used.out)
        shown = ", ".join(f"{value:,.0f} {unit}" for unit, value in found[name].items())
        print(f"{name}: {shown}, tagging alone, {used.largest:,.0f} MB", flush=True)
    return found


def show_ratios(models: dict[str, dict[str, Any]], peers: dict[str, dict[str, float]]) -> None:
    """The best end-to-end rates of each model, and how many times those of each peer they are.

    On a busy machine only the rates per second of processor say something.
    """
    for name, found in models.items():
        for unit in ("sentences/s", "per CPU s"):
            best = max(row[unit] for row in found["runs"])
            ratios = "".join(f", {best / rates[unit]:.2f} x {peer}" for peer, rates in peers.items())
            print(f"{name}: {best:,.0f} {unit} end to end{ratios}")


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", type=Path, action="append", help="a bundle; repeatable")
    parser.add_argument("--articles", type=Path, help="a .jsonl or .jsonl.gz file with ids, instead of made text")
    parser.add_argument("--made", type=int, default=8000, help="how many articles to make")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="the first is measured at every size")
    parser.add_argument("--times", type=int, nargs="+", default=[10], help="sizes beside 1")
    parser.add_argument("--seconds", type=float, default=60, help="about as long as a run may take at size 1")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--peer-sentences", type=int, default=2000)
    parser.add_argument("--picture", type=Path, help="draw the stages here, as .png")
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    asked = options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = asked.articles or made_articles(folder / "made.jsonl", asked.made)
        articles = list(read_articles([str(source)]))
        asked.n_articles = len(articles)
        sentences = [unit.sentence.text for article in articles[:1000] for unit in units_of(article)]
        write_json(folder / "sentences.json", sentences[: asked.peer_sentences])
        del articles, sentences
        sources = {1: source}
        for times in asked.times:
            sources[times] = folder / f"{times}.jsonl.gz"
            multiply(source, times, sources[times])
        models = {
            model.name: measure_model(model, sources, asked, Path(tempfile.mkdtemp(dir=folder)))
            for model in asked.model or [ROOT / "models" / "default"]
        }
        peers = measure_peers(asked.peers, folder / "sentences.json")
    show_ratios(models, peers)
    if asked.picture:
        draw({name: found["stages"] for name, found in models.items()}, asked.picture)
    if asked.json:
        write_json(asked.json, {"models": models, "peers": peers})


if __name__ == "__main__":
    main()
