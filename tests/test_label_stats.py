"""Statistics of a labelled set."""

from __future__ import annotations

from pathlib import Path

from stancewire.codebook import Codebook
from stancewire.files import write_jsonl
from stancewire.label_stats import label_stats, stats_figure
from stancewire.labels import read_labels
from stancewire.records import LabelledSet


def _set(folder: Path, codebook: Codebook) -> LabelledSet:
    docs = [
        {"doc": "a", "date": "2024-11-13", "source": "authored", "genre": "speech"},
        {"doc": "b", "source": "wire", "genre": "speech"},
    ]
    oslo = {"aid": {"stance": "favor", "holder": "Oslo"}, "sport": {"stance": "neutral"}}
    texts = [
        ("a", 0, "I want more tents.", {"aid": {"stance": "favor", "holder": "I"}}, "p1"),
        ("a", 1, "I want fewer tents.", {"aid": {"stance": "against", "holder": "I"}}, "p1"),
        ("a", 2, "Rain fell.", {}, None),
        ("b", 0, "Oslo sent tents to the cup.", oslo, None),
        ("b", 1, "Only context here.", None, None),
    ]
    rows = [
        {"id": f"{doc}.{n}", "doc": doc, "n": n, "text": text, "labels": labels} | ({"pair": pair} if pair else {})
        for doc, n, text, labels, pair in texts
    ]
    write_jsonl(folder / "documents.jsonl", docs)
    write_jsonl(folder / "sentences.jsonl", rows)
    return read_labels(folder, codebook)


def test_every_count_of_a_small_set(tmp_path: Path, codebook: Codebook):
    assert label_stats(_set(tmp_path, codebook), codebook).to_dict() == {
        "documents": 2,
        "sentences": 4,
        "context_only": 1,
        "background": 1,
        "cells": {
            "aid": {"favor": 2, "against": 1, "neutral": 0},
            "sport": {"favor": 0, "against": 0, "neutral": 1},
        },
        "topics_per_sentence": {0: 1, 1: 2, 2: 1},
        "genres": {"speech": 2},
        "sources": {"authored": 1, "wire": 1},
        "years": {"2024": 1, "none": 1},
        "words": {"shortest": 2, "quarter": 3, "median": 4, "three quarters": 4, "longest": 6},
        "holders": {"named": 1, "pronoun": 2, "author": 0, "none given": 0, "different names": 1},
        "splits": {"none given": 4},
        "pairs": 1,
    }


def test_the_picture_is_a_png_with_three_panels(tmp_path: Path, codebook: Codebook):
    figure = stats_figure(_set(tmp_path, codebook), codebook)
    figure.savefig(tmp_path / "stats.png")
    assert len(figure.axes) == 3
    assert (tmp_path / "stats.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_set_counts_nothing(codebook: Codebook):
    assert label_stats(LabelledSet((), ()), codebook).sentences == 0
