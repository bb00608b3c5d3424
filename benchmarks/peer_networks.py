"""Peers with a network that takes minutes to train: SetFit, a transformers classifier, spaCy.

Each has a number of steps that fits into a few minutes of two processors, and watches the clock besides.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from peer_models import Training, encoder_folder

from stancewire.scores import Floats

TOKENS = 128
SETFIT_STEPS, SETFIT_BATCH = 250, 16
SETFIT_DRAWN = 4000
"""Sentences that pairs are made of: SetFit lays up the numbers of all pairs, of 55,000 sentences 24 GB."""
TRANSFORMERS_EPOCHS, TRANSFORMERS_BATCH, TRANSFORMERS_RATE = 1, 32, 1e-4
SPACY_EPOCHS, SPACY_BATCH = 4, 64


class SetFitPeer:
    """SetFit: the encoder drawn together by pairs of sentences that share a label, then one-vs-rest heads."""

    def fit(self, data: Training) -> str:
        """Train the encoder on pairs of some sentences until the steps are done, then the heads on all sentences.

        Two sentences are a positive pair where they share a topic with its stance: with topics alone in the labels of
        this step, the stance would be trained away.
        """
        from datasets import Dataset
        from setfit import SetFitModel, Trainer, TrainingArguments

        self._model = SetFitModel.from_pretrained(encoder_folder(), multi_target_strategy="one-vs-rest", device="cpu")
        self._model.model_body.max_seq_length = TOKENS
        options = TrainingArguments(
            output_dir=tempfile.gettempdir(),  # made if need be; nothing is saved there
            batch_size=SETFIT_BATCH,
            max_steps=SETFIT_STEPS,
            report_to="none",
            save_strategy="no",
            logging_strategy="no",
        )
        n_topics = len(data.names) // 4
        drawn = random.Random(0).sample(range(len(data.texts)), min(SETFIT_DRAWN, len(data.texts)))
        texts = [data.texts[i] for i in drawn]
        cells = data.labels[drawn, n_topics:].astype(int).tolist()
        trainer = Trainer(self._model, options, Dataset.from_dict({"text": texts, "label": cells}))
        stop = _stop_at(data.until)
        trainer.add_callback(stop)
        trainer.train_embeddings(texts, cells, args=options)
        trainer.train_classifier(list(data.texts), data.labels.astype(int).tolist(), args=options)
        return f"{stop.steps} of {SETFIT_STEPS} steps of {SETFIT_BATCH} pairs, heads on all sentences"

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `peer_models.Peer`."""
        return np.asarray(self._model.predict_proba(list(texts), as_numpy=True), np.float32)

    def save(self, folder: Path) -> None:
        """See `peer_models.Peer`."""
        self._model.save_pretrained(str(folder))

    def load(self, folder: Path) -> None:
        """See `peer_models.Peer`."""
        from setfit import SetFitModel

        self._model = SetFitModel.from_pretrained(str(folder), device="cpu")


class TransformersPeer:
    """transformers: the encoder with a classification head, fine-tuned by its trainer, run by its pipeline."""

    def fit(self, data: Training) -> str:
        """Fine-tune until the time is up or the passes are done."""
        from datasets import Dataset
        from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

        folder, names = encoder_folder(), list(data.names)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, model_max_length=TOKENS)
        self._model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            num_labels=len(names),
            problem_type="multi_label_classification",
            id2label=dict(enumerate(names)),
            label2id={name: i for i, name in enumerate(names)},
        )
        rows = {"text": list(data.texts), "labels": data.labels.astype(np.float32).tolist()}
        encoded = Dataset.from_dict(rows).map(
            lambda batch: self._tokenizer(batch["text"], truncation=True), batched=True, remove_columns=["text"]
        )
        stop = _stop_at(data.until)
        with tempfile.TemporaryDirectory() as scratch:
            options = TrainingArguments(
                output_dir=scratch,
                num_train_epochs=TRANSFORMERS_EPOCHS,
                per_device_train_batch_size=TRANSFORMERS_BATCH,
                learning_rate=TRANSFORMERS_RATE,
                warmup_steps=0.1,
                train_sampling_strategy="group_by_length",
                use_cpu=True,
                report_to="none",
                save_strategy="no",
                logging_strategy="no",
            )
            trainer = Trainer(self._model, options, train_dataset=encoded, processing_class=self._tokenizer)
            trainer.add_callback(stop)
            trainer.train()
        self._open(self._model, names)
        steps = -(-len(data.texts) // TRANSFORMERS_BATCH) * TRANSFORMERS_EPOCHS
        return f"{stop.steps} of {steps} steps of {TRANSFORMERS_BATCH} sentences"

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """See `peer_models.Peer`."""
        found = self._pipeline(list(texts), batch_size=32, truncation=True)
        scores = np.zeros((len(texts), len(self._names)), np.float32)
        for row, labels in zip(scores, found, strict=True):
            for label in labels:
                row[self._names[label["label"]]] = label["score"]
        return scores

    def save(self, folder: Path) -> None:
        """See `peer_models.Peer`."""
        self._model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)

    def load(self, folder: Path) -> None:
        """See `peer_models.Peer`."""
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForSequenceClassification.from_pretrained(folder)
        labels = self._model.config.id2label
        self._open(self._model, [labels[i] for i in range(len(labels))])

    def _open(self, model: Any, names: Sequence[str]) -> None:
        from transformers import pipeline

        self._names = {name: i for i, name in enumerate(names)}
        self._pipeline = pipeline(
            "text-classification", model=model, tokenizer=self._tokenizer, device="cpu", top_k=None
        )


class SpacyPeer:
    """spaCy: a blank English pipeline with ``textcat_multilabel`` as it comes, a bag of words and a small network."""

    def fit(self, data: Training) -> str:
        """Train until the time is up or the epochs are done."""
        import spacy
        from spacy.training import Example
        from spacy.util import fix_random_seed, minibatch

        fix_random_seed(0)
        self._nlp = spacy.blank("en")
        component: Any = self._nlp.add_pipe("textcat_multilabel")
        for name in data.names:
            component.add_label(name)
        examples = [
            Example.from_dict(self._nlp.make_doc(text), {"cats": dict(zip(data.names, map(float, row), strict=True))})
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
        """See `peer_models.Peer`."""
        names = self._nlp.get_pipe("textcat_multilabel").labels  # type: ignore[attr-defined]
        docs = self._nlp.pipe(texts, batch_size=256)
        return np.array([[doc.cats[name] for name in names] for doc in docs], np.float32)

    def save(self, folder: Path) -> None:
        """See `peer_models.Peer`."""
        self._nlp.to_disk(folder)

    def load(self, folder: Path) -> None:
        """See `peer_models.Peer`."""
        import spacy

        self._nlp = spacy.load(folder)


def _stop_at(until: float) -> Any:
    """A callback of transformers' trainer that ends training when the time is up, and counts its steps."""
    from transformers import TrainerCallback

    class Stop(TrainerCallback):
        steps = 0

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.steps = state.global_step
            control.should_training_stop = control.should_training_stop or time.monotonic() > until

    return Stop()
