"""A sentence in its context as the tokens that an encoder reads; for its trainer and its runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stancewire.errors import BundleError
from stancewire.records import Sentence

Tensors = dict[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens of ``[CLS] context [SEP] sentence [SEP]``.

    Attributes
    ----------
    ids
        Token ids.
    start, stop
        Where the sentence's own tokens stand in `ids`.
    truncated
        The sentence alone was too long and lost its end.
    """

    ids: tuple[int, ...]
    start: int
    stop: int
    truncated: bool

    def __len__(self) -> int:
        return len(self.ids)


class Segmenter:
    """Turns sentences into segments of at most `max_tokens` tokens.

    The context is the title and the sentences before. When room is short it loses its left end first; the
    sentence loses its right end only when it does not fit alone.

    Parameters
    ----------
    tokenizer_json
        The content of a Hugging Face ``tokenizer.json`` with the BERT special tokens; its own padding,
        truncation and template are not used.
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
        self._cls, self._sep, self.pad = (self._special(token) for token in ("[CLS]", "[SEP]", "[PAD]"))
        self._room = max_tokens - 3
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
        ids = (self._cls, *left, self._sep, *kept, self._sep)
        start = len(left) + 2
        return Segment(ids, start, start + len(kept), len(kept) < len(sentence))

    def _special(self, token: str) -> int:
        found: Any = self._tokenizer.token_to_id(token)
        if found is None:
            raise BundleError(f"tokenizer.json: no token {token}; the encoder must be of the BERT kind.")
        return int(found)


def collate(segments: Sequence[Segment], pad: int) -> Tensors:
    """The encoder's inputs, each of shape ``(n_segments, longest)``.

    ``token_type_ids`` is 1 on the sentence's own tokens: the encoder's second segment and, at the same time,
    the mask under which the model averages.
    """
    longest = max(map(len, segments))
    ids = np.full((len(segments), longest), pad, dtype=np.int64)
    mask, own = np.zeros_like(ids), np.zeros_like(ids)
    for row, segment in enumerate(segments):
        ids[row, : len(segment)] = segment.ids
        mask[row, : len(segment)] = 1
        own[row, segment.start : segment.stop] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": own}


def by_length(segments: Sequence[Segment], size: int) -> list[list[int]]:
    """Indices in batches of `size`, longest first, so that a batch has hardly any padding."""
    order = sorted(range(len(segments)), key=lambda i: (-len(segments[i]), i))
    return [order[i : i + size] for i in range(0, len(order), size)]
