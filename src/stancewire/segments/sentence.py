"""One segment of every sentence: its context, then the sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from stancewire.errors import BundleError
from stancewire.records import Passage, Sentence
from stancewire.segments.segment import Segment

_SPECIAL_TOKENS = (("<s>", ("</s>", "</s>"), "</s>", "<pad>"), ("[CLS]", ("[SEP]",), "[SEP]", "[PAD]"))
"""First, between, last and padding: RoBERTa's and MPNet's (which has BERT's too, as words of no use), and BERT's."""


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
        ids = self._ids([*texts, *(part for parts in contexts for part in parts)])
        return [
            self._segment(row, [i for part in parts for i in ids[part]], ids[text])
            for row, (parts, text) in enumerate(zip(contexts, texts, strict=True))
        ]

    def _encode(self, texts: Iterable[str]) -> dict[str, Any]:
        """The tokenizer's encodings by text, without special tokens."""
        unique = list(dict.fromkeys(texts))
        return dict(zip(unique, self._tokenizer.encode_batch(unique, add_special_tokens=False), strict=True))

    def _ids(self, texts: Iterable[str]) -> dict[str, list[int]]:
        return {text: encoding.ids for text, encoding in self._encode(texts).items()}

    def _context_of(self, sentence: Sentence | Passage) -> list[str]:
        if self._context < 0:
            return []
        title = [f"{sentence.title}."] if sentence.title else []
        return title + list(sentence.before[-self._context :] if self._context else ())

    def _segment(self, row: int, context: list[int], sentence: list[int]) -> Segment:
        kept = sentence[: self._room]
        left = context[max(0, len(context) - (self._room - len(kept))) :]
        head = (*self._cls, *left, *self._middle)
        ids, start = (*head, *kept, *self._end), len(head)
        return Segment(ids, (row,), (0,), ((start, start + len(kept)),), (len(kept) < len(sentence),))

    def _special_tokens(self) -> tuple[int, tuple[int, ...], int, int]:
        """First token, what stands between the segments, last token, padding."""
        for cls, middle, end, pad in _SPECIAL_TOKENS:
            ids: list[Any] = [self._tokenizer.token_to_id(token) for token in (cls, *middle, end, pad)]
            if None not in ids:
                return ids[0], tuple(ids[1:-2]), ids[-2], ids[-1]
        raise BundleError("tokenizer.json: the special tokens are neither BERT's ([CLS] …) nor RoBERTa's (<s> …).")
