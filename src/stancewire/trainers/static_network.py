"""The network of the family ``static`` in torch; ``runtimes/static.py`` computes the same in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stancewire.scores import Floats

if TYPE_CHECKING:
    from torch import Tensor, nn

GAP = 0
"""The id of what stands around texts; its vector is 0."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Widths of the network; `roles` are the title and two sentences before."""

    words: int
    width: int
    filters: int
    hidden: int
    topics: int
    stances: int = 3
    roles: int = 3


def build_network(sizes: Sizes, dropout: float, seed: int) -> nn.Module:
    """The network, called with what `stancewire.trainers.static_fit` makes of a batch.

    Every word has one vector. Of the sentence's own words the network takes the mean and, over every three neighbours,
    the largest value of each filter (Kim 2014); of the title and of each sentence before, the mean. One hidden layer
    and a direct one give a logit per topic and one per topic and stance.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(seed)
    largest_positive = _largest_positive()

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            pooled = sizes.filters + (1 + sizes.roles) * sizes.width
            self.words = nn.Embedding(sizes.words, sizes.width)
            nn.init.normal_(self.words.weight, std=0.3)
            self.words.weight.data[GAP] = 0  # and it learns nothing
            self.filters = nn.Linear(3 * sizes.width, sizes.filters)
            self.hidden = nn.Linear(pooled, sizes.hidden)
            self.output = nn.Linear(sizes.hidden + pooled, sizes.topics * (1 + sizes.stances))
            self.dropout = nn.Dropout(dropout)

        def forward(self, own: Tensor, starts: Tensor, lengths: Tensor, *context: Tensor) -> tuple[Tensor, Tensor]:
            table = self.words.weight
            x = functional.embedding(own, table, padding_idx=GAP)
            mean = torch.segment_reduce(x[1:], "sum", lengths=lengths + 1, axis=0) / lengths.unsqueeze(-1)
            windows = torch.cat([x[:-2], x[1:-1], x[2:]], dim=1)  # around every entry but the first and the last
            largest = largest_positive(self.filters(windows), starts - 1, own[1:-1] == GAP)
            around = functional.embedding_bag(context[0], table, context[1], mode="mean")
            pooled = self.dropout(torch.cat([largest, mean, around.view(len(starts), -1)], dim=1))
            hidden = self.dropout(torch.relu(self.hidden(pooled)))
            out = self.output(torch.cat([hidden, pooled], dim=1))
            return out[:, : sizes.topics], out[:, sizes.topics :].view(-1, sizes.topics, sizes.stances)

    return Network()


def begin_with(network: Any, vectors: Floats) -> None:
    """Put word vectors, ``(n_words, width)``, in the place of the random ones."""
    import torch

    table = torch.from_numpy(vectors).clone()
    table[GAP] = 0
    network.words.weight.data = table


def _largest_positive() -> Any:
    """A function: the largest values of consecutive rows, at least 0; some rows, the gaps, are passed over.

    Torch's own ``segment_reduce`` learns slowly, and rectifying and masking the rows one by one takes as long again.
    """
    import torch

    class LargestPositive(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, starts: Tensor, gaps: Tensor) -> Tensor:
            rows = x.detach().numpy()
            rows[gaps.numpy()] = 0
            largest = torch.from_numpy(np.maximum(np.maximum.reduceat(rows, starts.numpy(), axis=0), 0))
            ctx.save_for_backward(x, starts, largest)
            return largest

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
            x, starts, largest = ctx.saved_tensors
            lengths = torch.diff(starts, append=starts.new_tensor([len(x)]))
            grad = (grad * (largest > 0)).repeat_interleave(lengths, dim=0)
            return grad.mul_(x == largest.repeat_interleave(lengths, dim=0)), None, None

    return LargestPositive.apply
