"""The family that adds up the scores of others."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from stancewire.codebook import Codebook
from stancewire.errors import ProblemsError
from stancewire.labels import read_labels
from stancewire.records import Sentence
from stancewire.runtimes import open_runtime
from stancewire.trainers import Silent, TrainingSet, make_trainer

SENTENCES = [Sentence("Kyiv promised to send more shells.", "News"), Sentence("Rain fell.")]
MEMBERS = [
    {"name": "words", "weight": 0.25, "family": "tfidf-linear", "params": {"blocks": [{"min_documents": 1}]}},
    {
        "name": "characters",
        "weight": 2,
        "family": "tfidf-linear",
        "params": {"blocks": [{"analyzer": "characters", "min_documents": 1}]},
    },
]


def test_its_scores_are_the_weighted_sum_of_its_members(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> None:
    rows = read_labels(tiny_labels, codebook).scored
    trainer = make_trainer("ensemble", {"members": MEMBERS}, "recipe.yaml")
    fitted = trainer.fit(TrainingSet(rows, rows, codebook, 0), tmp_path, Silent())
    found = open_runtime("ensemble", tmp_path, fitted.runtime).decision_function(SENTENCES)
    words, characters = (
        open_runtime("linear", tmp_path / m["name"], m["runtime"]).decision_function(SENTENCES)
        for m in fitted.runtime["members"]
    )
    assert np.allclose(found.topic, 0.25 * words.topic + 2 * characters.topic, atol=1e-5)
    assert np.allclose(found.stance, 0.25 * words.stance + 2 * characters.stance, atol=1e-5)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.json")) == [
        "characters/vocabulary.json",
        "words/vocabulary.json",
    ]


def test_it_has_at_least_two_members() -> None:
    with pytest.raises(ProblemsError, match=re.escape("recipe.yaml: params: 'members'")):
        make_trainer("ensemble", {"members": MEMBERS[:1]}, "recipe.yaml")


def test_a_member_with_wrong_params_is_refused() -> None:
    broken = MEMBERS[0] | {"params": {"blocs": []}}
    with pytest.raises(ProblemsError, match="unknown key 'blocs'"):
        make_trainer("ensemble", {"members": [broken, MEMBERS[1]]}, "recipe.yaml")
