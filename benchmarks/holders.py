"""How often the holder that the rules find is the labelled one: `python benchmarks/holders.py LABELLED ...`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from stancewire.codebook import read_codebook
from stancewire.holders import find_holder
from stancewire.labels import read_labels

ROOT = Path(__file__).resolve().parents[1]


def token_f1(found: str, wanted: str) -> float:
    """F1 over the words of two spans."""
    a, b = Counter(found.lower().split()), Counter(wanted.lower().split())
    return 2 * (a & b).total() / (a.total() + b.total())


def main() -> None:
    """Print holder_exact and holder_token_f1 of every folder named."""
    codebook = read_codebook(ROOT / "labels" / "codebook.yaml")
    for folder in sys.argv[1:] or [str(ROOT / "labels")]:
        pairs = [
            (find_holder(row.text), label.holder)
            for row in read_labels(Path(folder), codebook).scored
            for label in (row.labels or {}).values()
            if label.holder
        ]
        exact = sum(found == wanted for found, wanted in pairs) / len(pairs)
        tokens = sum(token_f1(found, wanted) for found, wanted in pairs) / len(pairs)
        print(f"{folder}: {len(pairs)} holders, holder_exact {exact:.3f}, holder_token_f1 {tokens:.3f}")


if __name__ == "__main__":
    main()
