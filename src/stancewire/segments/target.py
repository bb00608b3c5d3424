"""One segment of every sentence and the target that it is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stancewire.errors import InputError
from stancewire.records import Sentence, Target
from stancewire.segments.segment import Segment
from stancewire.segments.sentence import Segmenter


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
        known = self._encode([*texts, *contexts, *(target.text for target in targets)])
        return [
            self._about(row, target, [known[part] for part in (target.text, context, text)])
            for row, (target, context, text) in enumerate(zip(targets, contexts, texts, strict=True))
        ]

    def _about(self, row: int, target: Target, encodings: Sequence[Any]) -> Segment:
        name, context, sentence = encodings[0].ids, encodings[1].ids, encodings[2]
        name = name[: max(1, self._room // 4)]
        room = self._room - len(name)
        mentions = [found for span in target.spans if (found := _tokens_of(span, sentence.offsets))]
        first = _window(len(sentence.ids), room, mentions)
        kept = sentence.ids[first : first + room]
        n_left = room - len(kept) - len(self._middle)
        left = (*context[-n_left:], *self._middle) if context and n_left > 0 else ()
        head = (*self._cls, *name, *self._middle, *left)
        start, stop = len(head), len(head) + len(kept)
        seen = [(max(start, a + start - first), min(stop, b + start - first)) for a, b in mentions]
        return Segment(
            (*head, *kept, *self._end),
            (row,),
            (0,),
            ((start, stop),),
            (len(kept) < len(sentence.ids),),
            (1, 1 + len(name)),
            tuple((a, b) for a, b in seen if a < b),
        )


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
