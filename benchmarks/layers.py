"""How fast an encoder of fewer layers could be: all-MiniLM-L6-v2 cut to its lowest layers, 8 bits, heads untrained.

    python benchmarks/layers.py            # 1, 2, 3 and 6 layers on 1,000 sentences of labels/

Speed depends on the shape of the network alone, so nothing is trained. It answers whether a family of one to three
layers is worth training for a given number of sentences a second.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stancewire.codebook import read_codebook
from stancewire.labels import read_labels
from stancewire.records import Sentence
from stancewire.runtimes import open_runtime
from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
from stancewire.trainers.export_onnx import export
from stancewire.trainers.pretrained import find_encoder
from stancewire.trainers.quantise_onnx import quantise

LABELS = Path(__file__).parents[1] / "labels"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, nargs="+", default=[1, 2, 3, 6])
    parser.add_argument("--sentences", type=int, default=1000)
    options = parser.parse_args()
    rows = read_labels(LABELS, read_codebook(LABELS / "codebook.yaml")).scored[: options.sentences]
    sentences = [row.sentence for row in rows]
    rates = {n: rate(n, sentences) for n in options.layers}
    table = Table(
        "layers", "sentences/s", f"against {max(rates)} layers", title="title and two sentences before are read"
    )
    for n, found in rates.items():
        table.add_row(str(n), f"{found:,.0f}", f"{found / rates[max(rates)]:.1f} x")
    Console().print(table)


def rate(layers: int, sentences: list[Sentence]) -> float:
    """Sentences per second, tokenising included; the better of two passes."""
    source = find_encoder("all-MiniLM-L6-v2", Path())

    def cut() -> object:
        encoder = load_encoder(source)
        encoder.encoder.layer = encoder.encoder.layer[:layers]
        return encoder

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "model.onnx").write_bytes(quantise(export(build_tagger(cut, Heads(4, 3), seed=0), folder), folder))
        (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
        runtime = open_runtime("onnx", folder, {"max_tokens": 112, "context": 2})
    runtime.decision_function(sentences[:50])
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        runtime.decision_function(sentences)
        seconds.append(time.perf_counter() - begun)
    return len(sentences) / min(seconds)


if __name__ == "__main__":
    main()
