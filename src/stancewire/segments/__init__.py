"""Sentences in their context as the tokens that an encoder reads; for its trainer and its runtime.

`Segmenter` makes one segment of every sentence, `TargetSegmenter` one of every sentence and its target,
`PassageSegmenter` one of up to five sentences in a row, which are then scored in one pass.
"""

from __future__ import annotations

from stancewire.errors import InputError
from stancewire.segments.passage import PassageSegmenter
from stancewire.segments.segment import MENTION, NAME, OWN, Logits, Segment, Tensors, by_length, by_sentence, collate
from stancewire.segments.sentence import Segmenter
from stancewire.segments.target import TargetSegmenter

__all__ = [
    "MENTION",
    "NAME",
    "OWN",
    "Logits",
    "PassageSegmenter",
    "Segment",
    "Segmenter",
    "TargetSegmenter",
    "Tensors",
    "by_length",
    "by_sentence",
    "collate",
    "make_segmenter",
]


def make_segmenter(
    tokenizer_json: str, max_tokens: int, context: int, *, targets: bool = False, passages: bool = False
) -> Segmenter:
    """The segmenter of target models, of those that read passages, or of others; raises `InputError` for both."""
    if targets and passages:
        raise InputError("an encoder reads passages or takes targets, not both. Set one of them to false.")
    kind = TargetSegmenter if targets else PassageSegmenter if passages else Segmenter
    return kind(tokenizer_json, max_tokens, context)
