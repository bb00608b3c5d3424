"""Near-duplicate articles: which tell the same story in the same words.

A signature is the MinHash (Broder 1997) of an article's runs of five words, made by ``datasketch``. Articles are
taken in order; one that is like an earlier one belongs to that one's story, else it opens its own. Only an article
that opens a story is compared with, so a story cannot drift.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from stancewire.errors import MissingError

PERMUTATIONS = 64
SIGNATURE_BYTES = 4 * PERMUTATIONS
LIKENESS = 0.6
"""Share of common word runs (Jaccard) from which two articles tell one story: a wire copy with another lead has it."""
_RUN = 5
_SCHEME = "affine32"
_WORD = re.compile(r"\w+")


def check_stories() -> None:
    """Raise `MissingError` when the extra ``stories`` is not installed."""
    try:
        import datasketch  # noqa: F401
    except ImportError:
        raise MissingError("--cluster needs an extra: pip install 'stancewire[stories]'") from None


def signature(text: str) -> bytes:
    """The MinHash values of a text, `SIGNATURE_BYTES` bytes."""
    from datasketch import MinHash

    words = _WORD.findall(text.lower())
    runs = {" ".join(words[i : i + _RUN]) for i in range(max(1, len(words) - _RUN + 1))}
    made = MinHash(num_perm=PERMUTATIONS, seed=1, scheme=_SCHEME)
    made.update_batch([run.encode() for run in sorted(runs)])
    return bytes(made.hashvalues.astype("<u4").tobytes())


def stories_of(articles: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    """Pairs of article id and the id of the article that opened its story, in order.

    Parameters
    ----------
    articles
        Ids and signatures.
    """
    from datasketch import MinHash, MinHashLSH

    lookup = MinHashLSH(threshold=LIKENESS, num_perm=PERMUTATIONS)
    openers: list[tuple[str, bytes]] = []
    for doc, values in articles:
        made = MinHash(num_perm=PERMUTATIONS, seed=1, scheme=_SCHEME, hashvalues=np.frombuffer(values, "<u4"))
        # nearest first; of equally near ones the earliest
        near = sorted((-_likeness(values, openers[i][1]), i) for i in lookup.query(made))
        if near and -near[0][0] >= LIKENESS:
            yield doc, openers[near[0][1]][0]
            continue
        lookup.insert(len(openers), made, check_duplication=False)
        openers.append((doc, values))
        yield doc, doc


def _likeness(one: bytes, other: bytes) -> float:
    """The estimated share of common word runs."""
    return float((np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")).mean())
