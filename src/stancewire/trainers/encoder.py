"""Family ``encoder``: a small pretrained BERT, fine-tuned, optionally taught by a larger model's soft labels.

The sentence is the second segment, its title and the sentences before are the first. With `soft_labels` it is
distilled (Hinton et al. 2015): the file holds what a teacher thinks of the labelled sentences and of others.
The bundle is read by the ``onnx`` runtime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from stancewire.codebook import STANCES, validate
from stancewire.files import sha256_file
from stancewire.records import LabelledSentence
from stancewire.segments import Segment, Segmenter
from stancewire.trainers import Fitted, Progress, TrainingSet
from stancewire.trainers.encoder_targets import SoftLabel, read_soft_labels, teaching_set
from stancewire.trainers.pretrained import WEIGHTS, find_encoder


class Params(BaseModel):
    """Options under ``params:`` of an ``encoder`` recipe.

    Attributes
    ----------
    encoder
        Local folder, packaged encoder or name on the Hugging Face hub; see `stancewire.trainers.pretrained`.
    context, max_tokens
        Sentences before that are read, and the longest input in tokens.
    epochs
        Passes over the labelled sentences; sentences with soft labels only are passed over once in all.
    lr, head_lr, layer_decay
        Learning rate of the top layer, of the heads, and the factor from each layer to the one below.
    soft_labels, soft_weight
        JSON lines of a teacher (relative to the recipe's folder), and its share in sentences with labels.
    quantise, max_changed
        ``int8`` is kept when at most this share of the decisions on held-out sentences changes, else 32 bits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: str = "all-MiniLM-L6-v2"
    context: int = Field(default=2, ge=-1, le=2)
    max_tokens: int = Field(default=128, ge=16, le=512)
    epochs: int = Field(default=4, ge=1)
    lr: float = Field(default=2e-4, gt=0)
    head_lr: float = Field(default=1e-3, gt=0)
    layer_decay: float = Field(default=0.9, gt=0, le=1)
    batch: int = Field(default=32, ge=1)
    freeze_embeddings: bool = True
    soft_labels: str | None = None
    soft_weight: float = Field(default=0.5, ge=0, le=1)
    quantise: Literal["int8", "none"] = "int8"
    max_changed: float = Field(default=0.005, ge=0, le=1)
    threads: int = Field(default=2, ge=0)


@dataclass(frozen=True, slots=True)
class EncoderTrainer:
    """Fine-tunes, exports and quantises."""

    params: Params
    base: Path

    def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
        """Fit and write ``model.onnx`` and ``tokenizer.json``; see `stancewire.trainers.Trainer`."""
        source = find_encoder(self.params.encoder, self.base)
        tokenizer = (source / "tokenizer.json").read_bytes()
        segmenter = Segmenter(tokenizer.decode(), self.params.max_tokens, self.params.context)
        graph, counts = self._train(data, source, segmenter, folder, progress)
        kept, gate = self._quantise(graph, segmenter(_sentences(data.dev)), segmenter.pad, folder)
        (folder / "model.onnx").write_bytes(kept)
        (folder / "tokenizer.json").write_bytes(tokenizer)
        runtime = {"kind": "onnx", "max_tokens": self.params.max_tokens, "context": self.params.context}
        weights = {"name": self.params.encoder, "sha256": sha256_file(source / WEIGHTS)}
        notes = {"encoder": weights, "sentences": counts, "quantisation": gate}
        return Fitted(runtime, max(0, self.params.context), notes)

    def _train(
        self, data: TrainingSet, source: Path, segmenter: Segmenter, folder: Path, progress: Progress
    ) -> tuple[bytes, dict[str, int]]:
        from stancewire.trainers.encoder_fit import Lesson, fit
        from stancewire.trainers.encoder_model import build_tagger, load_encoder
        from stancewire.trainers.export_onnx import export

        topics = data.codebook.topic_ids
        taught = teaching_set(data.train, self._soft(topics), self.params.soft_weight, (topics, STANCES), data.dev)
        lesson = Lesson(segmenter(taught.sentences), taught.joint, taught.n_labelled, segmenter.pad)

        def report(step: int, steps: int, loss: float) -> None:
            progress.step("batches", step, steps)
            progress.metric("loss", loss, step)

        tagger = build_tagger(lambda: load_encoder(source), len(topics), len(STANCES), data.seed)
        fit(tagger, lesson, self._options(data.seed), report)
        counts = {"labelled": taught.n_labelled, "soft_only": len(taught.sentences) - taught.n_labelled}
        return export(tagger, folder), counts

    def _options(self, seed: int) -> Any:
        from stancewire.trainers.encoder_fit import FitOptions

        chosen = {"epochs", "lr", "head_lr", "layer_decay", "batch", "freeze_embeddings", "threads"}
        return FitOptions(seed=seed, **self.params.model_dump(include=chosen))

    def _soft(self, topics: Sequence[str]) -> dict[str, SoftLabel]:
        if self.params.soft_labels is None:
            return {}
        return read_soft_labels(self.base / self.params.soft_labels, topics, STANCES)

    def _quantise(
        self, graph: bytes, segments: Sequence[Segment], pad: int, folder: Path
    ) -> tuple[bytes, dict[str, Any]]:
        """The graph to keep, and what the gate found."""
        from stancewire.trainers.quantise_onnx import quantise, share_changed

        if self.params.quantise == "none":
            return graph, {"kept": "fp32"}
        small = quantise(graph, folder)
        changed = share_changed(graph, small, segments, pad)
        kept = changed <= self.params.max_changed
        gate = {"kept": "int8" if kept else "fp32", "decisions_changed": round(changed, 5)}
        return (small if kept else graph), gate


def make_trainer(params: Mapping[str, Any], where: str) -> EncoderTrainer:
    """Build the trainer; raises `ProblemsError` for unknown or wrong params, `ImportError` without torch."""
    import onnx  # noqa: F401
    import torch  # noqa: F401
    import transformers  # noqa: F401

    return EncoderTrainer(validate(Params, dict(params), f"{where}: params"), Path(where).parent)


def _sentences(rows: Sequence[LabelledSentence]) -> list[Any]:
    return [row.sentence for row in rows]
