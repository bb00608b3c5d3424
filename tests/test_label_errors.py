"""Suspected label errors: real ones, planted in labels that can be learnt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stancewire.codebook import Codebook
from stancewire.errors import InputError
from stancewire.label_errors import suspected_errors
from stancewire.labels import read_labels
from stancewire.records import Label, LabelledSentence


@pytest.fixture(scope="module")
def rows(tiny_labels: Path, codebook: Codebook) -> tuple[LabelledSentence, ...]:
    return read_labels(tiny_labels, codebook).scored


def test_planted_errors_are_the_most_suspect(rows: tuple[LabelledSentence, ...], codebook: Codebook):
    wrong = {"d05.0": {"aid": Label("against", "The envoy")}, "d20.1": {}}
    planted = [replace(row, labels=wrong.get(row.id, row.labels)) for row in rows]
    found = suspected_errors(planted, codebook)
    assert {(s.row.id, s.topic, s.given, s.suggested, s.concern) for s in found[:2]} == {
        ("d05.0", "aid", "against", "favor", "aid: against or favor"),
        ("d20.1", "aid", "absent", "against", "aid: absent or against"),
    }


def test_right_labels_that_can_be_learnt_are_not_suspected(rows: tuple[LabelledSentence, ...], codebook: Codebook):
    assert suspected_errors(rows, codebook) == []


def test_the_same_rows_give_the_same_suspects(rows: tuple[LabelledSentence, ...], codebook: Codebook):
    planted = [replace(row, labels={}) if row.id == "d07.0" else row for row in rows]
    assert suspected_errors(planted, codebook) == suspected_errors(planted, codebook)


def test_too_few_documents_are_an_error(rows: tuple[LabelledSentence, ...], codebook: Codebook):
    with pytest.raises(InputError, match="found 1 separate documents, expected at least 5"):
        suspected_errors(rows[:5], codebook)
