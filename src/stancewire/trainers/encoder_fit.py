"""The training loop of the encoder family."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stancewire.segments import Logits, Segment, by_length, by_sentence, collate
from stancewire.trainers.encoder_model import parameter_groups
from stancewire.trainers.teaching import Joint, class_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

POOL = 50
"""Batches among which segments are sorted by length; the more, the less padding and the less chance."""
REPORT_EVERY = 50


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to train; every number comes from the recipe; the last three are explained in `Params` of the family."""

    epochs: int
    lr: float
    head_lr: float
    layer_decay: float
    batch: int
    seed: int
    warmup: float = 0.08
    frozen: int = 1
    stance_loss: float = 0.35
    threads: int = 0
    smoothing: float = 0.0
    consistency: float = 0.0
    average: float = 0.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """Segments and the joint targets of their sentences, by `Segment.rows`.

    Segments with a sentence under `n_labelled` are seen in every epoch, the others once in all.
    """

    segments: Sequence[Segment]
    joint: Joint
    n_labelled: int
    pad: int


def fit(tagger: nn.Module, lesson: Lesson, options: FitOptions, report: Callable[[int, int, float], None]) -> None:
    """Train the tagger in place.

    Loss: binary cross-entropy of the topics plus, weighted, the cross-entropy of the stances under the joint
    target (so a stance counts as much as its topic is probable), with larger weights for rare stances.

    Parameters
    ----------
    report
        Called now and then with step, number of steps and the mean loss of late.
    """
    import torch

    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    plan = list(_plan(lesson, options))
    optimiser, schedule = _optimiser(tagger, options, len(plan))
    joint = _smoothed(torch.from_numpy(lesson.joint), options.smoothing)
    weights = torch.from_numpy(class_weights(lesson.joint[: lesson.n_labelled]))
    tagger.train()
    running: list[float] = []
    average = _Average(tagger)
    for step, chosen in enumerate(plan, start=1):
        batch = _batch([lesson.segments[i] for i in chosen], joint, lesson.pad)
        loss = _loss(tagger, batch, weights, options)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for p in tagger.parameters() if p.requires_grad], 1.0)
        optimiser.step()
        schedule.step()
        if step > (1 - options.average) * len(plan):
            average.add()
        running.append(float(loss.detach()))
        if step % REPORT_EVERY == 0 or step == len(plan):
            report(step, len(plan), float(np.mean(running[-REPORT_EVERY:])))
    average.put()
    tagger.eval()


def logits(tagger: nn.Module, segments: Sequence[Segment], pad: int) -> Logits:
    """Topic logits ``(n, n_topics)`` and stance logits ``(n, n_topics, n_stances)`` of the sentences asked about."""
    import torch

    tagger.eval()
    parts: dict[int, Logits] = {}
    with torch.inference_mode():
        for batch in by_length(segments, 64):
            topic, stance = tagger(**as_tensors(collate([segments[i] for i in batch], pad)))
            parts |= dict(zip(batch, zip(topic.numpy(), stance.numpy(), strict=True), strict=True))
    n_topics, n_stances = parts[0][1].shape[-2:]
    return by_sentence([parts[i] for i in range(len(segments))], segments, n_topics, n_stances)


def as_tensors(arrays: dict[str, Any]) -> dict[str, Tensor]:
    """Torch views of numpy arrays."""
    import torch

    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def autocast() -> Any:
    """Bfloat16 on processors with instructions for it (about twice as fast here), else nothing."""
    import torch

    able = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=bool(able))


def _plan(lesson: Lesson, options: FitOptions) -> Iterator[list[int]]:
    """The batches of all epochs: every labelled row each time, the soft-only rows spread over the epochs."""
    rng = random.Random(options.seed)  # noqa: S311
    labelled: list[int] = []
    soft: list[int] = []
    for i, segment in enumerate(lesson.segments):
        (labelled if min(segment.rows) < lesson.n_labelled else soft).append(i)
    rng.shuffle(soft)
    for epoch in range(options.epochs):
        rows = labelled + soft[epoch :: options.epochs]
        rng.shuffle(rows)
        yield from _bucketed(rows, lesson.segments, options.batch, rng)


def _bucketed(rows: list[int], segments: Sequence[Segment], size: int, rng: random.Random) -> Iterator[list[int]]:
    batches = []
    for start in range(0, len(rows), size * POOL):
        part = sorted(rows[start : start + size * POOL], key=lambda i: len(segments[i]))
        batches += [part[i : i + size] for i in range(0, len(part), size)]
    rng.shuffle(batches)
    yield from batches


def _optimiser(tagger: nn.Module, options: FitOptions, steps: int) -> tuple[Any, Any]:
    import torch

    groups = parameter_groups(tagger, options.lr, options.head_lr, options.layer_decay, options.frozen)
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)
    rise = max(1, math.ceil(options.warmup * steps))

    def rate(step: int) -> float:
        return (step + 1) / rise if step < rise else max(0.02, (steps - step) / max(1, steps - rise))

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, rate)


class _Average:
    """The running mean of a network's trained weights over steps (Izmailov et al. 2018)."""

    def __init__(self, tagger: nn.Module) -> None:
        self._weights: list[Tensor] = [p for p in tagger.parameters() if p.requires_grad]
        self._means: list[Tensor] = []
        self._n = 0

    def add(self) -> None:
        """Count the weights as they are now."""
        import torch

        self._n += 1
        with torch.no_grad():
            if self._n == 1:
                self._means = [weight.clone() for weight in self._weights]
            else:
                torch._foreach_lerp_(self._means, self._weights, 1 / self._n)

    def put(self) -> None:
        """Give the network the mean, if any step was counted."""
        import torch

        with torch.no_grad():
            for weight, mean in zip(self._weights, self._means, strict=bool(self._n)):
                weight.copy_(mean)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Inputs of some segments; of each sentence asked about its segment, its place there and its joint target."""

    inputs: dict[str, Tensor]
    segments: list[int]
    places: list[int]
    joint: Tensor


def _batch(segments: Sequence[Segment], joint: Tensor, pad: int) -> _Batch:
    number, places, rows = zip(
        *((n, place, row) for n, s in enumerate(segments) for place, row in zip(s.places, s.rows, strict=True)),
        strict=True,
    )
    return _Batch(as_tensors(collate(segments, pad)), list(number), list(places), joint[list(rows)])


def _loss(tagger: nn.Module, batch: _Batch, weights: Tensor, options: FitOptions) -> Tensor:
    """`joint_loss`; with consistency of two passes, their mean and how far they are from each other."""
    first = _outputs(tagger, batch)
    loss = joint_loss(*first, batch.joint, weights, options.stance_loss)
    if not options.consistency:
        return loss
    second = _outputs(tagger, batch)
    loss = (loss + joint_loss(*second, batch.joint, weights, options.stance_loss)) / 2
    return loss + options.consistency * options.stance_loss * _distance(first[1], second[1], batch.joint.sum(-1))


def _outputs(tagger: nn.Module, batch: _Batch) -> tuple[Tensor, Tensor]:
    """Logits of the sentences asked about, ``(n, n_topics)`` and ``(n, n_topics, n_stances)``."""
    with autocast():
        topic, stance = tagger(**batch.inputs)
    n, (n_topics, n_stances) = len(topic), batch.joint.shape[1:]
    cells = batch.segments, batch.places
    return (
        topic.float().reshape(n, -1, n_topics)[cells],
        stance.float().reshape(n, -1, n_topics, n_stances)[cells],
    )


def _distance(one: Tensor, other: Tensor, present: Tensor) -> Tensor:
    """Symmetric Kullback-Leibler distance of two passes' stances, on the topics that are there."""
    p, q = one.log_softmax(-1), other.log_softmax(-1)
    gaps = ((p.exp() - q.exp()) * (p - q)).sum(-1) / 2  # (n, n_topics)
    return (gaps * present).sum() / len(one)


def _smoothed(joint: Tensor, share: float) -> Tensor:
    """Each topic's probability, a share of it spread over all stances alike."""
    return joint * (1 - share) + joint.mean(-1, keepdim=True) * share


def joint_loss(topic: Tensor, stance: Tensor, joint: Tensor, weights: Tensor, share: float) -> Tensor:
    """Binary cross-entropy of the topics and `share` times the cross-entropy of the stances; see `fit`."""
    from torch.nn import functional

    found = functional.binary_cross_entropy_with_logits(topic, joint.sum(-1).clamp(0.0, 1.0))
    taken = -(weights * joint * stance.log_softmax(-1)).sum() / len(joint)
    return found + share * taken
