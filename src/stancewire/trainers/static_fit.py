"""The training loop of the family ``static``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stancewire.records import Sentence
from stancewire.scores import Ints
from stancewire.trainers.teaching import Joint, class_weights
from stancewire.vocabulary import Encoded, Vocabulary, texts_around

if TYPE_CHECKING:
    from torch import Tensor, nn

REPORT_EVERY = 200
_WARMUP = 100
_LOWEST = 0.01


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to train; every number comes from the recipe."""

    epochs: int
    lr: float
    batch: int
    word_dropout: float
    labelled_repeats: int
    seed: int
    stance_loss: float = 0.35
    threads: int = 0


class Texts:
    """Sentences as numbers: every different text once, and which of them each sentence reads.

    Parameters
    ----------
    sentences
        Each reads its own text, its title and the sentences before it.
    """

    def __init__(self, sentences: Sequence[Sentence], vocabulary: Vocabulary) -> None:
        places: dict[str, int] = {}
        own = [places.setdefault(s.text, len(places)) for s in sentences]
        other = [[places.setdefault(text, len(places)) for text in texts_around(s)] for s in sentences]
        self._own, self._around = np.array(own), np.array(other)  # (n,), (n, roles)
        self._encoded: Encoded = vocabulary.encode(places)
        self._kind = np.array([vocabulary.kind(word) if word else 0 for word in vocabulary])

    def batch(self, rows: Ints, dropout: float, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """What the network reads of these sentences.

        Parameters
        ----------
        dropout
            Share of the words that are read as their kind, as if they were not in the vocabulary.

        Returns
        -------
        own, starts, lengths
            The sentences' own words with gaps around each, where they start, how many they are.
        around, bags
            The words of title and sentences before, one bag per sentence and role, and where each bag starts.
        """
        import torch

        lengths = self._encoded.lengths[self._own[rows]]
        places, first = _ranges(self._encoded.starts[self._own[rows]], lengths + 1)
        own = np.concatenate([[0], self._drop(self._encoded.ids[places], dropout, rng)])
        others = self._around[rows].ravel()
        places, bags = _ranges(self._encoded.starts[others], self._encoded.lengths[others])
        words = self._drop(self._encoded.ids[places], dropout, rng)
        return tuple(map(torch.from_numpy, (own, first + 1, lengths, words, bags)))

    def _drop(self, ids: Ints, share: float, rng: np.random.Generator) -> Ints:
        return np.where(rng.random(len(ids), np.float32) < share, self._kind[ids], ids) if share else ids


def fit(
    network: nn.Module,
    texts: Texts,
    joint: Joint,
    n_labelled: int,
    options: FitOptions,
    report: Callable[[int, int, float], None],
) -> None:
    """Train the network in place, on the loss of `stancewire.trainers.encoder_fit`.

    Parameters
    ----------
    n_labelled
        So many sentences, the first, have labels; they are seen `labelled_repeats` times in an epoch.
    report
        Called now and then with step, number of steps and the mean loss of late.
    """
    import torch

    from stancewire.trainers.encoder_fit import joint_loss

    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    targets, weights = torch.from_numpy(joint), torch.from_numpy(class_weights(joint[:n_labelled]))
    rows = np.concatenate([np.tile(np.arange(n_labelled), options.labelled_repeats), np.arange(n_labelled, len(joint))])
    plan = [part for _ in range(options.epochs) for part in _batches(rng.permutation(rows), options.batch)]
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    running: list[float] = []
    network.train()
    for step, part in enumerate(plan, start=1):
        optimiser.param_groups[0]["lr"] = options.lr * min(step / _WARMUP, max(_LOWEST, 1 - step / len(plan)))
        topic, stance = network(*texts.batch(part, options.word_dropout, rng))
        loss = joint_loss(topic, stance, targets[part], weights, options.stance_loss)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        running.append(float(loss.detach()))
        if step % REPORT_EVERY == 0 or step == len(plan):
            report(step, len(plan), float(np.mean(running[-REPORT_EVERY:])))
    network.eval()


def weights_of(network: nn.Module) -> dict[str, Any]:
    """The arrays that the runtime reads; word vectors in 8 bits with one scale a word."""
    state = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    table = state.pop("words.weight")
    scale = np.maximum(np.abs(table).max(axis=1) / 127, 1e-12).astype(np.float32)
    words = {"words": np.round(table / scale[:, None]).astype(np.int8), "words.scale": scale}
    return words | {name.removesuffix(".weight"): np.ascontiguousarray(array) for name, array in state.items()}


def _ranges(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """All numbers of ranges, one after the other, and where each range begins among them."""
    first = np.cumsum(lengths) - lengths
    return np.repeat(starts - first, lengths) + np.arange(lengths.sum()), first


def _batches(rows: Ints, size: int) -> list[Ints]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]
