"""Where a sentence names a target: a name in full, or a person's last name."""

from __future__ import annotations

import re
from functools import lru_cache

Span = tuple[int, int]

_PARTICLES = frozenset(("al", "bin", "da", "de", "del", "den", "der", "di", "du", "el", "la", "le", "van", "von", "y"))
"""Small words within persons' names."""
_CONNECTIVES = frozenset(("and", "for", "in", "of", "on", "the", "to", "&"))
"""Small words within names of other things, which have no last name."""
_SUFFIXES = frozenset(("jr", "jr.", "sr", "sr.", "ii", "iii", "iv"))


def is_name(target: str) -> bool:
    """Whether a target is a name, which sentences mention, rather than a phrase, which they are about.

    A name begins with a capital and goes on with capitals, numbers and small connecting words: "Joe Biden", "Ursula von
    der Leyen", "Bank of America"; "giving aid to Ukraine" is a phrase.
    """
    words = target.split()
    return bool(words) and words[0][:1].isupper() and all(_fits_a_name(word) for word in words)


def find_mentions(target: str, text: str) -> tuple[Span, ...]:
    """Character spans at which a text has the name as it is written, or the last name alone; nothing for phrases.

    The last name is the last of several words; a name with a connecting word ("Bank of America") has none.
    """
    if not is_name(target):
        return ()
    return tuple(match.span() for match in _pattern(target).finditer(text))


def _fits_a_name(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit() or word in _PARTICLES or word in _CONNECTIVES


@lru_cache(maxsize=4096)
def _pattern(target: str) -> re.Pattern[str]:
    words = target.split()
    forms = [r"\s+".join(map(re.escape, words))]
    names = [word for word in words if word.lower() not in _SUFFIXES]
    if len(names) > 1 and not _CONNECTIVES & set(names):
        forms.append(re.escape(names[-1]))
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)")
