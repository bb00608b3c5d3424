"""A sentence in its context as the tokens that an encoder reads; for its trainer and its runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancewire.errors import BundleError, InputError
from stancewire.records import Sentence, Target

Tensors = dict[str, NDArray[np.int64]]

_SPECIAL_TOKENS = (("<s>", ("</s>", "</s>"), "</s>", "<pad>"), ("[CLS]", ("[SEP]",), "[SEP]", "[PAD]"))
"""First, between, last and padding: RoBERTa's and MPNet's (which has BERT's too, as words of no use), and BERT's."""

OWN, MENTION, NAME = 1, 2, 3
"""What a token is, in ``token_type_ids``: one of the sentence's, one of those that name the target, one of the target
as it stands before the sentence; 0 for all others."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens of ``[CLS] context [SEP] sentence [SEP]`` (``<s> context </s></s> sentence </s>`` for MPNet and RoBERTa).

    Attributes
    ----------
    ids
        Token ids.
    start, stop
        Where the sentence's own tokens stand in `ids`.
    truncated
        The sentence alone was too long and lost its end.
    name, mentions
        Where the target stands before the sentence, and where the sentence names it; see `TargetSegmenter`.
    """

    ids: tuple[int, ...]
    start: int
    stop: int
    truncated: bool
    name: tuple[int, int] = (0, 0)
    mentions: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.ids)


class Segmenter:
    """Turns sentences into segments of at most `max_tokens` tokens.

    The context is the title and the sentences before. When room is short it loses its left end first; the
    sentence loses its right end only when it does not fit alone.

    Parameters
    ----------
    tokenizer_json
        The content of a Hugging Face ``tokenizer.json`` with the special tokens of BERT or of RoBERTa; its own
        padding, truncation and template are not used.
    max_tokens
        Longest segment, special tokens included.
    context
        How many sentences before are read; the title is read when it is at least 0, nothing when it is -1.
    """

    def __init__(self, tokenizer_json: str, max_tokens: int, context: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_str(tokenizer_json)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        cls, middle, end, pad = self._special_tokens()
        self._cls, self._middle, self._end, self.pad = (cls,), middle, (end,), pad
        self._room = max_tokens - 2 - len(middle)
        self._context = context

    def __call__(self, sentences: Sequence[Sentence]) -> list[Segment]:
        """One segment per sentence, in order; every different string is tokenised once."""
        contexts = [self._context_of(sentence) for sentence in sentences]
        texts = [sentence.text for sentence in sentences]
        unique = list(dict.fromkeys([*texts, *(part for parts in contexts for part in parts)]))
        encodings = self._tokenizer.encode_batch(unique, add_special_tokens=False)
        ids: dict[str, list[int]] = {text: e.ids for text, e in zip(unique, encodings, strict=True)}
        return [
            self._segment([i for part in parts for i in ids[part]], ids[text])
            for parts, text in zip(contexts, texts, strict=True)
        ]

    def _context_of(self, sentence: Sentence) -> list[str]:
        if self._context < 0:
            return []
        title = [f"{sentence.title}."] if sentence.title else []
        return title + list(sentence.before[-self._context :] if self._context else ())

    def _segment(self, context: list[int], sentence: list[int]) -> Segment:
        kept = sentence[: self._room]
        left = context[max(0, len(context) - (self._room - len(kept))) :]
        head = (*self._cls, *left, *self._middle)
        ids, start = (*head, *kept, *self._end), len(head)
        return Segment(ids, start, start + len(kept), len(kept) < len(sentence))

    def _special_tokens(self) -> tuple[int, tuple[int, ...], int, int]:
        """First token, what stands between the segments, last token, padding."""
        for cls, middle, end, pad in _SPECIAL_TOKENS:
            ids: list[Any] = [self._tokenizer.token_to_id(token) for token in (cls, *middle, end, pad)]
            if None not in ids:
                return ids[0], tuple(ids[1:-2]), ids[-2], ids[-1]
        raise BundleError("tokenizer.json: the special tokens are neither BERT's ([CLS] …) nor RoBERTa's (<s> …).")


class TargetSegmenter(Segmenter):
    """Turns sentences with targets into segments: ``[CLS] target [SEP] context [SEP] sentence [SEP]``.

    Of a sentence that does not fit, the part around the first mention of its target is kept.
    """

    def __call__(self, sentences: Sequence[Sentence]) -> list[Segment]:
        """One segment per sentence, in order.

        Raises
        ------
        InputError
            When a sentence comes without a target.
        """
        targets = [_target_of(sentence) for sentence in sentences]
        contexts = [" ".join(self._context_of(sentence)) for sentence in sentences]
        texts = [sentence.text for sentence in sentences]
        unique = list(dict.fromkeys([*texts, *contexts, *(target.text for target in targets)]))
        encodings = self._tokenizer.encode_batch(unique, add_special_tokens=False)
        known = dict(zip(unique, encodings, strict=True))
        return [
            self._about(known[target.text].ids, known[context].ids, known[text], target.spans)
            for target, context, text in zip(targets, contexts, texts, strict=True)
        ]

    def _about(self, target: list[int], context: list[int], sentence: Any, spans: Sequence[tuple[int, int]]) -> Segment:
        name = target[: max(1, self._room // 4)]
        room = self._room - len(name)
        mentions = [found for span in spans if (found := _tokens_of(span, sentence.offsets))]
        first = _window(len(sentence.ids), room, mentions)
        kept = sentence.ids[first : first + room]
        n_left = room - len(kept) - len(self._middle)
        left = (*context[-n_left:], *self._middle) if context and n_left > 0 else ()
        head = (*self._cls, *name, *self._middle, *left)
        start, stop = len(head), len(head) + len(kept)
        seen = [(max(start, a + start - first), min(stop, b + start - first)) for a, b in mentions]
        return Segment(
            (*head, *kept, *self._end),
            start,
            stop,
            len(kept) < len(sentence.ids),
            (1, 1 + len(name)),
            tuple((a, b) for a, b in seen if a < b),
        )


def make_segmenter(tokenizer_json: str, max_tokens: int, context: int, targets: bool) -> Segmenter:
    """A `TargetSegmenter` for target models, else a `Segmenter`."""
    return (TargetSegmenter if targets else Segmenter)(tokenizer_json, max_tokens, context)


def _target_of(sentence: Sentence) -> Target:
    if sentence.target is None:
        raise InputError(
            "this model takes a target with every sentence, and there is none. Name it with 'predict --target', "
            "or use a target set or another model."
        )
    return sentence.target


def _tokens_of(span: tuple[int, int], offsets: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """First token of a character span, and the one after its last."""
    within = [i for i, (start, end) in enumerate(offsets) if start < span[1] and end > span[0]]
    return (within[0], within[-1] + 1) if within else None


def _window(length: int, room: int, mentions: Sequence[tuple[int, int]]) -> int:
    """Where to begin so that the first mention is seen: at the sentence's begin whenever that will do."""
    if length <= room or not mentions or min(mentions)[1] <= room:
        return 0
    return max(0, min(length - room, min(mentions)[0] - room // 2))


def collate(segments: Sequence[Segment], pad: int) -> Tensors:
    """The encoder's inputs, each of shape ``(n_segments, longest)``.

    ``token_type_ids`` is 1 on the sentence's own tokens: the encoder's second segment and, at the same time,
    the mask under which the model averages. With targets it also is `MENTION` and `NAME`.
    """
    longest = max(map(len, segments))
    ids = np.full((len(segments), longest), pad, dtype=np.int64)
    mask, own = np.zeros_like(ids), np.zeros_like(ids)
    for row, segment in enumerate(segments):
        ids[row, : len(segment)] = segment.ids
        mask[row, : len(segment)] = 1
        own[row, segment.start : segment.stop] = OWN
        own[row, slice(*segment.name)] = NAME
        for start, stop in segment.mentions:
            own[row, start:stop] = MENTION
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": own}


def by_length(segments: Sequence[Segment], size: int) -> list[list[int]]:
    """Indices in batches of `size`, longest first, so that a batch has hardly any padding."""
    order = sorted(range(len(segments)), key=lambda i: (-len(segments[i]), i))
    return [order[i : i + size] for i in range(0, len(order), size)]
