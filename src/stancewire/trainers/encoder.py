"""Family ``encoder``: a small pretrained BERT, fine-tuned, optionally taught by a larger model's soft labels.

The sentence is the second segment, its title and the sentences before are the first. With `soft_labels` it is
distilled (Hinton et al. 2015): the file holds what a teacher thinks of the labelled sentences and of others.
The bundle is read by the ``onnx`` runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from stancewire.codebook import STANCES
from stancewire.files import sha256_file
from stancewire.scores import gold_arrays
from stancewire.segments import Segmenter, make_segmenter
from stancewire.trainers import Fitted, Progress, TrainingSet
from stancewire.trainers.pretrained import WEIGHTS, find_encoder
from stancewire.trainers.teaching import batches_into, taught_from, with_masked_names
from stancewire.validation import validate


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
    frozen
        How many of embeddings, first layer, second layer … keep their pretrained weights.
    soft_labels, soft_weight
        JSON lines of a teacher (relative to the recipe's folder), and its share in sentences with labels.
    quantise, max_changed
        ``int8`` is kept when at most this share of the decisions on held-out sentences changes, and triple micro-F1
        falls by no more than half a point; else 32 bits.
    attention_dropout
        Share of attention weights that training drops. Without any, processors take the fused attention, and training
        takes three fifths of the time; `null` leaves it as it was pretrained (0.1 as a rule).
    smoothing
        Share of each stance's probability that is spread over all stances (label smoothing).
    consistency
        Weight of the distance between two passes of a sentence under different dropout (R-Drop, Liang et al. 2021);
        training takes twice the time.
    average
        Share of the last steps over which the weights are averaged (Izmailov et al. 2018).
    targets
        Learn the stance toward the target that comes with each sentence; see ``docs/targets.md``.
    passages
        Read up to five sentences in one pass instead of each with its context anew; see `stancewire.passages`. A batch
        is one of passages, and `max_tokens` the length of a passage.
    mask_names
        Sentences that name their target are passed over once more in all with an "X" for the name.
    keep_encoder
        Folder (relative to the recipe's) for the fine-tuned encoder, from which another recipe can start.
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
    frozen: int = Field(default=1, ge=0)
    soft_labels: str | None = None
    soft_weight: float = Field(default=0.5, ge=0, le=1)
    quantise: Literal["int8", "none"] = "int8"
    max_changed: float = Field(default=0.005, ge=0, le=1)
    threads: int = Field(default=2, ge=0)
    attention_dropout: float | None = Field(default=0.0, ge=0, lt=1)
    smoothing: float = Field(default=0.0, ge=0, lt=1)
    consistency: float = Field(default=0.0, ge=0)
    average: float = Field(default=0.0, ge=0, le=1)
    targets: bool = False
    passages: bool = False
    mask_names: bool = False
    keep_encoder: str | None = None


@dataclass(frozen=True, slots=True)
class EncoderTrainer:
    """Fine-tunes, exports and quantises."""

    params: Params
    base: Path

    def fit(self, data: TrainingSet, folder: Path, progress: Progress) -> Fitted:
        """Fit and write ``model.onnx`` and ``tokenizer.json``; see `stancewire.trainers.Trainer`."""
        source = find_encoder(self.params.encoder, self.base)
        tokenizer = (source / "tokenizer.json").read_bytes()
        reads = self.params.model_dump(include={"max_tokens", "context", "targets", "passages"})
        segmenter = make_segmenter(tokenizer.decode(), **reads)
        graph, counts = self._train(data, source, segmenter, folder, progress)
        kept, gate = self._quantise(graph, data, segmenter, folder)
        (folder / "model.onnx").write_bytes(kept)
        (folder / "tokenizer.json").write_bytes(tokenizer)
        runtime = {"kind": "onnx"} | {name: value for name, value in reads.items() if value is not False}
        weights = {"name": self.params.encoder, "sha256": sha256_file(source / WEIGHTS)}
        notes = {"encoder": weights, "sentences": counts, "quantisation": gate}
        return Fitted(runtime, max(0, self.params.context), notes, passages=self.params.passages)

    def _train(
        self, data: TrainingSet, source: Path, segmenter: Segmenter, folder: Path, progress: Progress
    ) -> tuple[bytes, dict[str, int]]:
        from stancewire.trainers.encoder_fit import FitOptions, Lesson, fit
        from stancewire.trainers.encoder_model import Heads, build_tagger, keep_encoder, load_encoder
        from stancewire.trainers.export_onnx import export

        taught = taught_from(data, self.base, self.params.soft_labels, self.params.soft_weight)
        if self.params.mask_names:
            taught = with_masked_names(taught)
        lesson = Lesson(segmenter(taught.sentences), taught.joint, taught.n_labelled, segmenter.pad)
        heads = Heads(len(data.codebook.topic_ids), len(STANCES), self.params.targets, self.params.passages)
        tagger = build_tagger(lambda: load_encoder(source, self.params.attention_dropout), heads, data.seed)
        chosen = {field.name for field in fields(FitOptions)}
        options = FitOptions(seed=data.seed, **self.params.model_dump(include=chosen))
        fit(tagger, lesson, options, batches_into(progress))
        if self.params.keep_encoder:
            keep_encoder(tagger, source, self.base / self.params.keep_encoder)
        return export(tagger, folder), taught.counts

    def _quantise(
        self, graph: bytes, data: TrainingSet, segmenter: Segmenter, folder: Path
    ) -> tuple[bytes, dict[str, Any]]:
        """The graph to keep, and what the gate found."""
        from stancewire.trainers.quantisation_gate import MAX_COST, examine
        from stancewire.trainers.quantise_onnx import quantise

        if self.params.quantise == "none":
            return graph, {"kept": "fp32"}
        small = quantise(graph, folder)
        sentences = [row.sentence for row in data.dev]
        found = examine(graph, small, segmenter, sentences, gold_arrays(data.dev, data.codebook))
        passed = found.changed <= self.params.max_changed and found.cost <= MAX_COST
        return (small if passed else graph), {"kept": "int8" if passed else "fp32"} | found.to_dict()


def make_trainer(params: Mapping[str, Any], where: str) -> EncoderTrainer:
    """Build the trainer; raises `ProblemsError` for unknown or wrong params, `ImportError` without torch."""
    import onnx  # noqa: F401
    import torch  # noqa: F401
    import transformers  # noqa: F401

    return EncoderTrainer(validate(Params, dict(params), f"{where}: params"), Path(where).parent)
