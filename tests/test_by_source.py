from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stancewire.by_source import by_source
from stancewire.codebook import Codebook
from stancewire.evaluate import evaluate
from stancewire.labels import read_labels
from stancewire.predict import Tagger
from stancewire.records import LabelledSet


def test_a_source_is_measured_as_if_it_were_alone(tagger: Tagger, codebook: Codebook, tiny_labels: Path) -> None:
    labelled = read_labels(tiny_labels, codebook)
    rows = [replace(row, source="wire" if i < 100 else "speech") for i, row in enumerate(labelled.scored)]
    found = by_source(evaluate(tagger, LabelledSet((), tuple(rows))), codebook.topic_ids)
    alone = evaluate(tagger, LabelledSet((), tuple(rows[:100]))).metrics
    assert {name: n for name, (n, _) in found.items()} == {"speech": 140, "wire": 100}
    assert found["wire"][1] == {m: alone[m] for m in ("topic_micro_f1", "triple_micro_f1")}


def test_a_source_with_few_sentences_is_not_shown(tagger: Tagger, codebook: Codebook, tiny_labels: Path) -> None:
    rows = [replace(row, source="wire") for row in read_labels(tiny_labels, codebook).scored[:29]]
    assert by_source(evaluate(tagger, LabelledSet((), tuple(rows))), codebook.topic_ids) == {}
