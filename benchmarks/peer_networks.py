"""Peers with a network that takes minutes to train, so that they watch the clock: SetFit and spaCy."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from peer_models import Training, encoder_folder

from stancewire.scores import Floats

SETFIT_STEPS, SETFIT_BATCH = 250, 16
SPACY_EPOCHS, SPACY_BATCH = 10, 64


class SetFitPeer:
    """SetFit: the encoder drawn together by pairs of sentences that share a label, then one-vs-rest heads."""

    def fit(self, data: Training) -> str:
        """Train the encoder until the time is up or the steps are done, then the heads.

        Two sentences are a positive pair where they share a topic with its stance: with topics alone in the labels of
        this step, the stance would be trained away.
        """
        from datasets import Dataset
        from setfit import SetFitModel, Trainer, TrainingArguments

        self._model = SetFitModel.from_pretrained(encoder_folder(), multi_target_strategy="one-vs-rest", device="cpu")
        self._model.model_body.max_seq_length = 128
        options = TrainingArguments(
            batch_size=SETFIT_BATCH, max_steps=SETFIT_STEPS, report_to="none", save_strategy="no", logging_strategy="no"
        )
        n_topics = len(data.names) // 4
        cells = data.labels[:, n_topics:].astype(int).tolist()
        texts = list(data.texts)
        trainer = Trainer(self._model, options, Dataset.from_dict({"text": texts, "label": cells}))
        stop = _stop_at(data.until)
        trainer.add_callback(stop)
        trainer.train_embeddings(texts, cells, args=options)
        trainer.train_classifier(texts, data.labels.astype(int).tolist(), args=options)
        return f"{stop.steps} of {SETFIT_STEPS} steps of {SETFIT_BATCH} pairs"

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `Peer`."""
        return np.asarray(self._model.predict_proba(list(texts), as_numpy=True), np.float32)

    def save(self, folder: Path) -> None:
        """See `Peer`."""
        self._model.save_pretrained(str(folder))


class SpacyPeer:
    """spaCy: a blank English pipeline with ``textcat_multilabel``, a bag of words or its default with a CNN."""

    def __init__(self, bag: bool) -> None:
        self._bag = bag

    def fit(self, data: Training) -> str:
        """Train until the time is up or the epochs are done."""
        import spacy
        from spacy.training import Example
        from spacy.util import fix_random_seed, minibatch

        fix_random_seed(0)
        self._names = list(data.names)
        self._nlp = spacy.blank("en")
        bag = {
            "@architectures": "spacy.TextCatBOW.v3",
            "ngram_size": 2,
            "exclusive_classes": False,
            "no_output_layer": False,
        }
        component: Any = self._nlp.add_pipe("textcat_multilabel", config={"model": bag} if self._bag else {})
        for name in self._names:
            component.add_label(name)
        examples = [
            Example.from_dict(self._nlp.make_doc(text), {"cats": dict(zip(self._names, map(float, row), strict=True))})
            for text, row in zip(data.texts, data.labels, strict=True)
        ]
        optimiser = self._nlp.initialize(lambda: examples[:1000])
        seen, shuffle = 0, random.Random(0).shuffle
        for _ in range(SPACY_EPOCHS):
            shuffle(examples)
            for batch in minibatch(examples, SPACY_BATCH):
                if time.monotonic() > data.until:
                    break
                self._nlp.update(batch, sgd=optimiser, drop=0.2)
                seen += len(batch)
        return f"{seen / len(examples):.1f} of {SPACY_EPOCHS} epochs"

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `Peer`."""
        docs = self._nlp.pipe(texts, batch_size=256)
        return np.array([[doc.cats[name] for name in self._names] for doc in docs], np.float32)

    def save(self, folder: Path) -> None:
        """See `Peer`."""
        self._nlp.to_disk(folder)


def _stop_at(until: float) -> Any:
    """A callback of transformers' trainer that ends training when the time is up, and counts its steps."""
    from transformers import TrainerCallback

    class Stop(TrainerCallback):
        steps = 0

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.steps = state.global_step
            control.should_training_stop = time.monotonic() > until

    return Stop()
