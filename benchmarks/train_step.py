"""What a step of training an encoder costs, with its own dropout of attention and without.

    python benchmarks/train_step.py                                    # all-MiniLM-L6-v2, eight passages of 200 tokens
    python benchmarks/train_step.py --encoder FOLDER --batch 4 --steps 20

Dropped attention weights need a random number each, and keep torch from its fused attention on processors.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from stancewire.records import PASSAGE
from stancewire.segments import Segment
from stancewire.trainers.encoder_fit import FitOptions, Lesson, fit
from stancewire.trainers.encoder_model import Heads, build_tagger, load_encoder
from stancewire.trainers.pretrained import find_encoder

TOPICS, STANCES = 4, 3


def made_lesson(n_passages: int, n_tokens: int) -> Lesson:
    """Passages of tokens and labels drawn at random; what they are does not change what they cost."""
    rng = np.random.default_rng(0)
    length = n_tokens // PASSAGE
    spans = tuple((1 + length * place, length * (place + 1)) for place in range(PASSAGE))
    segments = []
    for number in range(n_passages):
        ids = tuple(rng.integers(1000, 20_000, n_tokens).tolist())
        rows = tuple(range(number * PASSAGE, (number + 1) * PASSAGE))
        segments.append(Segment(ids, rows, tuple(range(PASSAGE)), spans, (False,) * PASSAGE))
    stances = np.eye(STANCES, dtype=np.float32)[rng.integers(0, STANCES, (n_passages * PASSAGE, TOPICS))]
    present = rng.random((n_passages * PASSAGE, TOPICS, 1)) < 0.2
    return Lesson(segments, stances * present, n_passages * PASSAGE, pad=0)


def seconds_a_step(encoder: Path, attention_dropout: float | None, lesson: Lesson, batch: int) -> tuple[float, float]:
    """Seconds, and CPU-seconds of all threads, after one batch to warm up."""
    tagger = build_tagger(lambda: load_encoder(encoder, attention_dropout), Heads(TOPICS, STANCES, passages=True), 0)
    options = FitOptions(epochs=1, lr=2e-4, head_lr=1e-3, layer_decay=0.9, batch=batch, seed=0)
    warm = Lesson(lesson.segments[:batch], lesson.joint, lesson.n_labelled, lesson.pad)
    fit(tagger, warm, options, lambda *_: None)
    begun, spent = time.perf_counter(), time.process_time()
    fit(tagger, lesson, options, lambda *_: None)
    n_steps = len(lesson.segments) / batch
    return (time.perf_counter() - begun) / n_steps, (time.process_time() - spent) / n_steps


def main() -> None:
    """Print a line for each, then the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--batch", type=int, default=8, help="passages  [8]")
    parser.add_argument("--tokens", type=int, default=200, help="of a passage  [200]")
    parser.add_argument("--steps", type=int, default=10, help="  [10]")
    asked = parser.parse_args()
    encoder = find_encoder(asked.encoder, Path())
    lesson = made_lesson(asked.batch * asked.steps, asked.tokens)
    found = {}
    for name, share in (("its own", None), ("none", 0.0)):
        found[name] = seconds_a_step(encoder, share, lesson, asked.batch)
        print("dropout of attention: {:8} {:.3f} s a step, {:.3f} CPU-seconds".format(name, *found[name]), flush=True)
    print(
        "without: {:.2f} times the seconds, {:.2f} times the CPU-seconds".format(
            *(less / own for own, less in zip(found["its own"], found["none"], strict=True))
        )
    )


if __name__ == "__main__":
    main()
