"""Sentences per second of each bundle, by stage, in one run: `python benchmarks/throughput.py [BUNDLE ...]`.

Without --text it tags made text: the sentences of labels/, shuffled into articles of 20 sentences. Ratios are against
the first bundle.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stancewire.articles import read_articles, units_of
from stancewire.codebook import read_codebook
from stancewire.files import write_jsonl
from stancewire.labels import read_labels
from stancewire.output import write_tags
from stancewire.predict import load
from stancewire.records import Article

ROOT = Path(__file__).resolve().parents[1]


def made_articles(folder: Path, n_articles: int) -> Path:
    """Articles of 20 sentences drawn from the shipped labels."""
    labelled = read_labels(ROOT / "labels", read_codebook(ROOT / "labels" / "codebook.yaml"))
    texts = [row.text for row in labelled.scored]
    draw = random.Random(0)
    path = folder / "articles.jsonl"
    rows = ({"id": f"m{i}", "title": "News", "text": " ".join(draw.sample(texts, 20))} for i in range(n_articles))
    write_jsonl(path, rows)
    return path


def timed(call: Callable[[], int]) -> float:
    """Things done per second."""
    start = time.perf_counter()
    return call() / (time.perf_counter() - start)


def measure(bundle: Path, source: Path, folder: Path) -> dict[str, float]:
    """Rates of one bundle: scoring alone, and end to end into Parquet."""
    start = time.perf_counter()
    tagger = load(bundle)
    loading = time.perf_counter() - start
    articles: Sequence[Article] = list(read_articles([str(source)]))
    units = [unit.sentence for article in articles for unit in units_of(article, tagger.bundle.manifest.context)]
    tagger.predict_proba(units[:64])

    def score() -> int:
        for i in range(0, len(units), 256):
            tagger.predict_proba(units[i : i + 256])
        return len(units)

    def end_to_end() -> int:
        topics = tagger.bundle.manifest.codebook.topic_ids
        tags = tagger.tag_many(read_articles([str(source)]))
        return write_tags(tags, folder / "tags.parquet", "parquet", topics)

    return {"load s": loading, "score/s": timed(score), "end to end/s": timed(end_to_end)}


def main() -> None:
    """Print one line per stage and bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", nargs="*", type=Path, default=[ROOT / "models" / "default"])
    parser.add_argument("--text", type=Path, help="an article file instead of made text")
    parser.add_argument("--articles", type=int, default=100, help="how many articles to make")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = options.text or made_articles(folder, options.articles)
        print(f"read      {timed(lambda: sum(1 for _ in read_articles([str(source)]))):10,.0f} articles/s")
        articles = list(read_articles([str(source)]))
        print(f"split     {timed(lambda: sum(len(units_of(a)) for a in articles)):10,.0f} sentences/s")
        reference = None
        for bundle in options.bundles:
            rates = measure(bundle, source, folder)
            reference = reference or rates["end to end/s"]
            shown = "  ".join(f"{name} {value:,.1f}" for name, value in rates.items())
            print(f"{bundle.name:<14} {shown}  ratio {rates['end to end/s'] / reference:.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
