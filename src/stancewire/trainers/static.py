"""Family ``static``: one vector per word, filters over neighbouring words, a small head; made to be fast.

It learns from labels and, with `soft_labels`, from what a teacher thinks of further sentences (Hinton et al. 2015), of
which it can read a great many. The bundle is read by the ``static`` runtime, in numpy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from stancewire.files import sha256_file
from stancewire.labels import CONTEXT_SENTENCES
from stancewire.trainers import Fitted, Progress, TrainingSet
from stancewire.trainers.pretrained import WEIGHTS, find_encoder
from stancewire.trainers.teaching import batches_into, taught_from
from stancewire.validation import validate
from stancewire.vocabulary import Vocabulary, learn_vocabulary, texts_around


class Params(BaseModel):
    """Options under ``params:`` of a ``static`` recipe.

    Attributes
    ----------
    max_words, min_count
        How many words have a vector of their own, and how often they must occur in what is trained on.
    width, filters, hidden
        Numbers per word vector, filters over three words, units of the hidden layer.
    vectors
        An encoder whose word pieces the word vectors begin with (see `stancewire.trainers.pretrained`); else at random.
    dropout, word_dropout
        Share of the pooled values that is left out, and of the words that are read as their kind, in training.
    epochs, lr, batch
        Passes over all sentences, the learning rate (it falls to 0), sentences per step.
    labelled_repeats
        How often in a pass a sentence with labels is seen; one with soft labels only is seen once.
    soft_labels, soft_weight
        JSON lines of a teacher (relative to the recipe's folder), and its share in sentences with labels.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_words: int = Field(default=40_000, ge=1)
    min_count: int = Field(default=3, ge=1)
    width: int = Field(default=128, ge=1)
    filters: int = Field(default=128, ge=1)
    hidden: int = Field(default=64, ge=1)
    vectors: str | None = None
    dropout: float = Field(default=0.2, ge=0, lt=1)
    word_dropout: float = Field(default=0.1, ge=0, lt=1)
    epochs: int = Field(default=8, ge=1)
    lr: float = Field(default=3e-3, gt=0)
    batch: int = Field(default=256, ge=1)
    labelled_repeats: int = Field(default=1, ge=1)
    soft_labels: str | None = None
    soft_weight: float = Field(default=0.5, ge=0, le=1)
    threads: int = Field(default=2, ge=0)


@dataclass(frozen=True, slots=True)
class StaticTrainer:
    """Learns the vocabulary, then the network."""

    params: Params
    base: Path

    def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
        """Fit and write ``vocabulary.json`` and ``weights.safetensors``; see `stancewire.trainers.Trainer`."""
        from safetensors.numpy import save

        from stancewire.trainers.static_fit import FitOptions, Texts, fit, weights_of
        from stancewire.trainers.static_network import Sizes, begin_with, build_network
        from stancewire.trainers.static_vectors import narrowed, piece_vectors

        taught = taught_from(data, self.base, self.params.soft_labels, self.params.soft_weight)
        read = dict.fromkeys(chain.from_iterable((s.text, *texts_around(s)) for s in taught.sentences))
        vocabulary = learn_vocabulary(read, self.params.max_words, self.params.min_count)

        n_topics = len(data.codebook.topic_ids)
        sizes = Sizes(words=len(vocabulary), topics=n_topics, **self.params.model_dump(include=_WIDTHS))
        network = build_network(sizes, self.params.dropout, data.seed)
        notes: dict[str, Any] = {"words": len(vocabulary)}
        if self.params.vectors:
            source = find_encoder(self.params.vectors, self.base)
            begin_with(network, narrowed(piece_vectors(source, list(vocabulary)), self.params.width))
            notes["vectors"] = {"name": self.params.vectors, "sha256": sha256_file(source / WEIGHTS)}
        options = FitOptions(seed=data.seed, **self.params.model_dump(include=_LOOP))
        fit(
            network,
            Texts(taught.sentences, vocabulary),
            taught.joint,
            taught.n_labelled,
            options,
            batches_into(progress),
        )
        _write(folder, vocabulary, save(weights_of(network)))
        notes["sentences"] = taught.counts
        return Fitted({"kind": "static"}, CONTEXT_SENTENCES, notes)


_WIDTHS = {"width", "filters", "hidden"}
_LOOP = {"epochs", "lr", "batch", "word_dropout", "labelled_repeats", "threads"}


def make_trainer(params: Mapping[str, Any], where: str) -> StaticTrainer:
    """Build the trainer; raises `ProblemsError` for unknown or wrong params, `ImportError` without torch."""
    import torch  # noqa: F401

    return StaticTrainer(validate(Params, dict(params), f"{where}: params"), Path(where).parent)


def _write(folder: Path, vocabulary: Vocabulary, weights: bytes) -> None:
    text = json.dumps(list(vocabulary), ensure_ascii=False, separators=(",", ":"))
    (folder / "vocabulary.json").write_text(text, encoding="utf-8")
    (folder / "weights.safetensors").write_bytes(weights)
