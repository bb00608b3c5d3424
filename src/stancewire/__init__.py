"""Tag every sentence of the news: what it is about, which side it takes, and who takes it.

>>> from stancewire import load
>>> tagger = load("models/default")
>>> tags = tagger.tag("The minister urged partners to send more missiles.")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stancewire.predict import Tagger, load
    from stancewire.records import Article, Tag

__version__ = "0.1.0"
__all__ = ["Article", "Tag", "Tagger", "__version__", "load"]

_HOMES = {
    "Article": "stancewire.records",
    "Tag": "stancewire.records",
    "Tagger": "stancewire.predict",
    "load": "stancewire.predict",
}


def __getattr__(name: str) -> object:
    """Import the public names on first use, so that ``import stancewire`` stays light."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'stancewire' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
