"""The network of the encoder family: pooled tokens of a BERT, topic logits and stance logits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancewire.records import PASSAGE
from stancewire.segments import MENTION, NAME, OWN

if TYPE_CHECKING:
    from torch import Tensor, nn


DROPOUT = 0.1
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Heads:
    """What is predicted, and from which kind of input.

    Attributes
    ----------
    targets
        The inputs are those of `stancewire.segments.TargetSegmenter`: mentions of the target are marked by a learnt
        vector, and their mean and that of the target's own tokens are joined too.
    passages
        The inputs are those of `stancewire.segments.PassageSegmenter`; each sentence of a passage is scored.
    """

    n_topics: int
    n_stances: int
    targets: bool = False
    passages: bool = False


def build_tagger(load: Callable[[], nn.Module], heads: Heads, seed: int) -> nn.Module:
    """Put fresh heads on the encoder that `load` gives.

    The sentence's own tokens are averaged (the context is read but not averaged) and joined by the first
    token's vector; one linear layer gives a logit per topic, another one per topic and stance. The module is
    called with ``input_ids``, ``attention_mask`` and ``token_type_ids`` of shape ``(n, length)`` and returns
    topic logits ``(n, n_topics)`` and stance logits ``(n, n_topics, n_stances)``, for passages ``(n, PASSAGE, …)``.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    encoder = load()
    has_types = int(getattr(encoder.config, "type_vocab_size", 0)) > 1

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
            n_parts = 4 if heads.targets else 2
            self.encoder = encoder
            self.mark = nn.Parameter(torch.zeros(width)) if heads.targets else None
            self.dropout = nn.Dropout(DROPOUT)
            self.topic = nn.Linear(n_parts * width, heads.n_topics)
            self.stance = nn.Linear(n_parts * width, heads.n_topics * heads.n_stances)
            for head in (self.topic, self.stance):
                nn.init.normal_(head.weight, std=0.02)
                nn.init.zeros_(head.bias)

        def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
            own = token_type_ids.clamp(max=1) if heads.passages else token_type_ids
            inputs = {"attention_mask": attention_mask}
            if self.mark is None:
                inputs["input_ids"] = input_ids
            else:
                words = self.encoder.get_input_embeddings()(input_ids)  # type: ignore[operator]
                inputs["inputs_embeds"] = words + (token_type_ids == MENTION).unsqueeze(-1) * self.mark
                own = ((token_type_ids == OWN) | (token_type_ids == MENTION)).to(token_type_ids.dtype)
            if has_types:  # RoBERTa and MPNet know the sentence by its place and the averaging alone
                inputs["token_type_ids"] = own
            hidden = self.encoder(**inputs).last_hidden_state  # (n, length, width)
            if heads.passages:
                parts = [_means(hidden, token_type_ids), hidden[:, :1].expand(-1, PASSAGE, -1)]
            else:
                parts = [_mean(hidden, own), hidden[:, 0]]
            if self.mark is not None:
                parts += [_mean(hidden, token_type_ids == MENTION), _mean(hidden, token_type_ids == NAME)]
            pooled = self.dropout(torch.cat(parts, dim=-1))
            shape = (*pooled.shape[:-1], heads.n_topics, heads.n_stances)
            return self.topic(pooled), self.stance(pooled).view(shape)

    return Tagger()


def _mean(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean of the masked tokens' vectors, ``(n, width)``; zeros where there are none."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def _means(hidden: Tensor, numbers: Tensor) -> Tensor:
    """Mean of the vectors of each sentence's tokens by its number from 1, ``(n, PASSAGE, width)``."""
    import torch

    sentences = torch.arange(1, PASSAGE + 1, device=numbers.device)
    masks = (numbers.unsqueeze(1) == sentences.view(1, -1, 1)).to(hidden.dtype)  # (n, PASSAGE, length)
    return (masks @ hidden) / masks.sum(-1, keepdim=True).clamp(min=1.0)


def load_encoder(folder: Path, attention_dropout: float | None = None) -> nn.Module:
    """The pretrained encoder of a folder, without its unused pooler; by default with its own dropout of attention."""
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    if attention_dropout is not None:
        config.attention_probs_dropout_prob = attention_dropout
    encoder: nn.Module = AutoModel.from_pretrained(
        str(folder), config=config, add_pooling_layer=False, local_files_only=True
    )
    return encoder


def keep_encoder(tagger: nn.Module, source: Path, folder: Path) -> None:
    """Write the tagger's encoder, with the tokenizer of its source, as a folder that `load_encoder` reads."""
    tagger.encoder.save_pretrained(folder)  # type: ignore[operator, union-attr]
    (folder / TOKENIZER).write_bytes((source / TOKENIZER).read_bytes())


def parameter_groups(tagger: nn.Module, lr: float, head_lr: float, decay: float, frozen: int) -> list[dict[str, Any]]:
    """Optimiser groups with layer-wise learning rates (Howard and Ruder 2018, "discriminative fine-tuning").

    The top layer learns at `lr`, each layer below at `decay` times the rate of the one above, the heads at
    `head_lr`. Biases and norms have no weight decay. The `frozen` lowest of embeddings, first layer, second layer …
    are left out and marked so.
    """
    layers = int(tagger.encoder.config.num_hidden_layers)  # type: ignore[union-attr, arg-type]
    groups = []
    for name, parameter in tagger.named_parameters():
        depth = _layers_below_top(name, layers)
        if depth is not None and depth > layers - frozen:
            parameter.requires_grad_(False)
            continue
        rate = head_lr if depth is None else lr * decay**depth
        groups.append({"params": [parameter], "lr": rate, "weight_decay": 0.01 if parameter.ndim > 1 else 0.0})
    return groups


def _layers_below_top(name: str, layers: int) -> int | None:
    """0 for the top layer, `layers` for the embeddings, `None` for a head."""
    if not name.startswith("encoder."):
        return None
    parts = name.split(".")
    return layers - 1 - int(parts[parts.index("layer") + 1]) if "layer" in parts else layers
