"""One segment of up to five sentences in a row, which share their context and the cost of reading it."""

from __future__ import annotations

from collections.abc import Sequence

from stancewire.passages import passage_of
from stancewire.records import Passage, Sentence
from stancewire.segments.segment import Segment
from stancewire.segments.sentence import Segmenter

CONTEXT_SHARE = 4
"""The context has at most this part of the tokens, so that five sentences of usual length fit whole."""


class PassageSegmenter(Segmenter):
    """Turns passages into segments: ``[CLS] context [SEP] sentence [SEP] sentence [SEP] …``.

    Sentences that are asked about in one call and stand in one passage share a segment, which is the same whichever
    of them are asked about. A sentence without a passage is one of its own. When the sentences do not fit, the longest
    of them lose their right ends.
    """

    def __call__(self, sentences: Sequence[Sentence]) -> list[Segment]:
        """One segment per passage, in the order in which passages first come up."""
        rows: dict[Passage, list[int]] = {}
        for row, sentence in enumerate(sentences):
            rows.setdefault(passage_of(sentence), []).append(row)
        contexts = {passage: self._context_of(passage) for passage in rows}
        ids = self._ids(text for passage, parts in contexts.items() for text in (*parts, *passage.texts))
        return [
            self._of_passage(
                [i for part in contexts[passage] for i in ids[part]],
                [ids[text] for text in passage.texts],
                [(row, sentences[row].place) for row in asked],
            )
            for passage, asked in rows.items()
        ]

    def _of_passage(self, context: list[int], texts: list[list[int]], asked: list[tuple[int, int]]) -> Segment:
        between = self._middle[-1:]
        room = self._room - len(texts) + 1
        limit = _longest_that_fits([len(text) for text in texts], room)
        kept = [text[:limit] for text in texts]
        left = min(room - sum(map(len, kept)), self._room // CONTEXT_SHARE)
        ids = [*self._cls, *context[max(0, len(context) - left) :], *self._middle]
        spans = []
        for number, text in enumerate(kept):
            ids += between if number else ()
            spans.append((len(ids), len(ids) + len(text)))
            ids += text
        cut = tuple(len(text) < len(whole) for text, whole in zip(kept, texts, strict=True))
        rows, places = zip(*asked, strict=True)
        return Segment((*ids, *self._end), rows, places, tuple(spans), tuple(cut[place] for place in places))


def _longest_that_fits(lengths: Sequence[int], room: int) -> int:
    """The largest length to which all can be cut so that they fit together."""
    if sum(lengths) <= room:
        return max(lengths)
    limit = room // len(lengths)
    while sum(min(length, limit + 1) for length in lengths) <= room:
        limit += 1
    return limit
