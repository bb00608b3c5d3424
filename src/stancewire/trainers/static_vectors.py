"""Word vectors to begin with, from the word pieces of a pretrained encoder: words alike in meaning begin alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stancewire.errors import InputError
from stancewire.scores import Floats
from stancewire.trainers.pretrained import WEIGHTS

SPREAD = 0.3
"""Standard deviation of the numbers, that of vectors drawn at random."""

_TABLE = "word_embeddings.weight"


def piece_vectors(encoder: Path, words: Sequence[str]) -> Floats:
    """The mean of the vectors of each word's pieces, ``(n_words, encoder's width)``; 0 for a word without pieces.

    Only the encoder's table of word pieces is read, not its layers.

    Raises
    ------
    InputError
        When the encoder's weights have no such table.
    """
    from safetensors import safe_open
    from tokenizers import Tokenizer

    with safe_open(encoder / WEIGHTS, "numpy") as weights:
        names = [name for name in weights.keys() if name.endswith(_TABLE)]  # noqa: SIM118 (not a mapping)
        if len(names) != 1:
            raise InputError(f"{encoder / WEIGHTS}: found {len(names)} tables '{_TABLE}', expected one.")
        table = weights.get_tensor(names[0]).astype(np.float32)
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    pieces = tokenizer.encode_batch([word.lstrip("~") or word for word in words], add_special_tokens=False)
    return np.stack([table[p.ids].mean(axis=0) if p.ids else np.zeros(table.shape[1], np.float32) for p in pieces])


def narrowed(vectors: Floats, width: int) -> Floats:
    """The first principal components of vectors, ``(n_words, width)``, each divided by the root of its deviation.

    That is half way to giving all components the same weight: the first ones tell frequent words from rare ones more
    than meanings. Components beyond the vectors' own width are 0.
    """
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    spreads, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    order = np.argsort(-spreads, kind="stable")[:width]
    parts = centred @ directions[:, order] / np.maximum(spreads[order], 1e-12) ** 0.25
    parts *= SPREAD / max(float(parts.std()), 1e-12)
    return np.pad(parts, ((0, 0), (0, width - len(order)))).astype(np.float32)
