"""What a model said of its held-out sentences, small enough to travel in its bundle: keys, raw scores, gold labels.

No sentence can be read from it. Two bundles that were trained under one split can be combined, and their combination
measured, with nothing else at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stancewire.files import canonical_json, sha256
from stancewire.passages import number_passages
from stancewire.records import LabelledSentence, Sentence
from stancewire.scores import Gold, Ints, Scores


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Rows are sentences.

    Attributes
    ----------
    keys
        ``(n,)``, see `sentence_key`.
    docs, passages
        ``(n,)``, which document a sentence is of and which passage it is read with, counted from 0: what a bootstrap
        of documents needs, and a cascade that asks about whole passages.
    scores
        As the runtime gave them; `truncated` is not kept.
    """

    keys: NDArray[np.uint64]
    docs: Ints
    passages: Ints
    scores: Scores
    gold: Gold

    def __len__(self) -> int:
        return len(self.keys)


def sentence_key(sentence: Sentence) -> int:
    """The first 8 bytes of the sha256 over title, sentences before and text, as a number."""
    parts = {"title": sentence.title, "before": list(sentence.before), "text": sentence.text}
    return int(sha256(canonical_json(parts))[:16], 16)


def make_held_out(rows: Sequence[LabelledSentence], scores: Scores, gold: Gold) -> HeldOut:
    """Put together what `held_out_bytes` writes."""
    number = {doc: i for i, doc in enumerate(dict.fromkeys(row.doc for row in rows))}
    keys = np.array([sentence_key(row.sentence) for row in rows], np.uint64)
    docs = np.array([number[row.doc] for row in rows], np.int64)
    return HeldOut(keys, docs, np.array(number_passages(rows), np.int64), scores, gold)


def held_out_bytes(held_out: HeldOut) -> bytes:
    """The safetensors form, scores to three digits: about 55 bytes per sentence for four topics."""
    from safetensors.numpy import save

    return save(
        {
            "keys": held_out.keys,
            "docs": held_out.docs.astype(np.int32),
            "passages": held_out.passages.astype(np.int32),
            "topic": held_out.scores.topic.astype(np.float16),
            "stance": held_out.scores.stance.astype(np.float16),
            "gold": held_out.gold.stance.astype(np.int8),
        }
    )


def read_held_out(data: bytes) -> HeldOut:
    """Read what `held_out_bytes` wrote; the bundle's hashes have vouched for the bytes.

    Bundles made before passages were kept hold models of single sentences: every sentence is a passage of its own.
    """
    from safetensors.numpy import load

    arrays = load(data)
    stance = arrays["gold"].astype(np.int64)
    topic, stances = (arrays[name].astype(np.float32) for name in ("topic", "stance"))
    scores = Scores(topic, stances, np.zeros(len(stance), bool))
    passages = arrays.get("passages", np.arange(len(stance))).astype(np.int64)
    return HeldOut(arrays["keys"], arrays["docs"].astype(np.int64), passages, scores, Gold(stance >= 0, stance))


def common_rows(first: HeldOut, second: HeldOut) -> tuple[Ints, Ints]:
    """Rows of the sentences that both held out under the same labels, in the second one's order.

    A sentence that stands twice in one context counts once.
    """
    _, a, b = np.intersect1d(first.keys, second.keys, return_indices=True)
    same = (first.gold.stance[a] == second.gold.stance[b]).all(axis=1)
    a, b = a[same], b[same]
    order = np.argsort(b)
    return a[order], b[order]


def take(held_out: HeldOut, rows: Ints) -> HeldOut:
    """Some of the rows."""
    return HeldOut(
        held_out.keys[rows],
        held_out.docs[rows],
        held_out.passages[rows],
        held_out.scores.take(rows),
        held_out.gold.take(rows),
    )
