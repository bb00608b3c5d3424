"""The network of the encoder family: pooled tokens of a BERT, topic logits and stance logits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


DROPOUT = 0.1


def build_tagger(load: Callable[[], nn.Module], n_topics: int, n_stances: int, seed: int) -> nn.Module:
    """Put fresh heads on the encoder that `load` gives.

    The sentence's own tokens are averaged (the context is read but not averaged) and joined by the first
    token's vector; one linear layer gives a logit per topic, another one per topic and stance. The module is
    called with ``input_ids``, ``attention_mask`` and ``token_type_ids`` of shape ``(n, length)`` and returns
    topic logits ``(n, n_topics)`` and stance logits ``(n, n_topics, n_stances)``.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    encoder = load()

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width = 2 * int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
            self.encoder = encoder
            self.dropout = nn.Dropout(DROPOUT)
            self.topic = nn.Linear(width, n_topics)
            self.stance = nn.Linear(width, n_topics * n_stances)
            for head in (self.topic, self.stance):
                nn.init.normal_(head.weight, std=0.02)
                nn.init.zeros_(head.bias)

        def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
            hidden = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state  # (n, length, width)
            own = token_type_ids.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * own).sum(1) / own.sum(1).clamp(min=1.0)
            pooled = self.dropout(torch.cat([mean, hidden[:, 0]], dim=-1))
            return self.topic(pooled), self.stance(pooled).view(-1, n_topics, n_stances)

    return Tagger()


def load_encoder(folder: Path) -> nn.Module:
    """The pretrained BERT of a folder, without its unused pooler."""
    from transformers import AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    encoder: nn.Module = AutoModel.from_pretrained(
        str(folder), add_pooling_layer=False, attn_implementation="sdpa", local_files_only=True
    )
    return encoder


def parameter_groups(
    tagger: nn.Module, lr: float, head_lr: float, decay: float, freeze_embeddings: bool
) -> list[dict[str, Any]]:
    """Optimiser groups with layer-wise learning rates (Howard and Ruder 2018, "discriminative fine-tuning").

    The top layer learns at `lr`, each layer below at `decay` times the rate of the one above, the heads at
    `head_lr`. Biases and norms have no weight decay. Frozen embeddings are left out and marked so.
    """
    layers = int(tagger.encoder.config.num_hidden_layers)  # type: ignore[union-attr, arg-type]
    groups = []
    for name, parameter in tagger.named_parameters():
        if name.startswith("encoder.embeddings.") and freeze_embeddings:
            parameter.requires_grad_(False)
            continue
        depth = _layers_below_top(name, layers)
        rate = head_lr if depth is None else lr * decay**depth
        groups.append({"params": [parameter], "lr": rate, "weight_decay": 0.01 if parameter.ndim > 1 else 0.0})
    return groups


def _layers_below_top(name: str, layers: int) -> int | None:
    """0 for the top layer, `layers` for the embeddings, `None` for a head."""
    if not name.startswith("encoder."):
        return None
    parts = name.split(".")
    return layers - 1 - int(parts[parts.index("layer") + 1]) if "layer" in parts else layers
