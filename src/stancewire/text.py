"""Sentence boundaries in news text: sentencex's, mended for what news does to full stops.

`sentencex <https://github.com/wikimedia/sentencex>`_ finds the boundaries fast; the rules below join what
it cuts wrongly ("2 p.m. | Tuesday", ``“No!” | Mr. Orlov shouted``) and cut what it leaves joined ("voted no. Sen.
X"). A rule is a pair of patterns, for what stands left and right of a boundary. Spans are character offsets into
the text as given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

Span = tuple[int, int]
Rule = tuple[re.Pattern[str], re.Pattern[str]]

_VERBS = (
    "said|says|asked|asks|shouted|replied|added|cried|wrote|writes|told|tells|warned|warns|insisted|insists|declared"
    "|declares|argued|argues|exclaimed|answered|answers|continued|tweeted|posted|demanded|quipped|joked|called|yelled"
)
_STARTERS = (
    "(?:The|A|An|He|She|It|They|We|I|This|That|These|Those|There|But|And|In|On|At|As|If|When|While|After|Before|For"
    "|Its|His|Her|Their|Our|Officials|Police|Analysts|Critics|Lawmakers|Some|Many|Both|No|Not|What|Why|How|Now"
    r"|Meanwhile)\s"
)
_BODIES = (  # what "the U.S." stands before
    "Army|Navy|Air|Marines?|Coast|Space|Special|Central|National|Senate|Senators?|House|Congress|Congressional|Secretary"
    "|Department|State|Embassy|Ambassador|Capitol|Supreme|District|Treasury|Federal|Attorney|Justice|Defense|Trade"
    "|Agency|Customs|Border|Chamber|Institute|Mission|Government|Administration|Vice|Steel|Bank|Court|Consulate|Military"
)
_DATES = (
    "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August"
    "|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|GMT|EST|EDT|ET|CET|Kyiv"
)
_TITLES = (
    "Mr|Mrs|Ms|Dr|Prof|Sen|Sens|Rep|Reps|Gov|Govs|Gen|Lt|Col|Maj|Capt|Cpl|Sgt|Adm|Cmdr|Pres|Amb|Rev|Hon|St|Ft|Mt|Sec"
    "|Supt|Det|Brig|Msgr|Fr|Atty|MR|MRS|MS|DR|SEN|REP|GOV|GEN"
)


def _rule(left: str, right: str) -> Rule:
    return re.compile(rf"(?:{left})$"), re.compile(right)


# A boundary of sentencex is none where one of these fits.
_JOIN = (
    _rule(rf"\b(?:{_TITLES})\.", rf"(?!{_STARTERS})[A-Z]"),
    _rule(r"\b[ap]\.m\.", rf"(?:{_DATES})\b|[a-z]"),
    _rule(
        '[!?…]["”’]',
        rf"(?:(?:the|The)\s)?(?:[\w.’'-]+\s){{1,4}}?(?:{_VERBS})\b|(?:{_VERBS})\s|[a-z]",
    ),
    _rule(r"\b[A-Z]\.", r"[A-Z]\."),
    _rule(r"\bU\.S\.", r"(?:First|Second|Third|Fourth|Fifth|Sixth|Seventh)\s[A-Z]"),
    # "Mr. KYL.", "Q." or "3." before what is said
    _rule(r"(?:^|[a-z\d]{4}[.!?][”\"]?\s)(?:(?:[A-Z][a-z]+\.?\s)?[A-Z][A-Z-]+|[A-Z]|\d{1,2})\.", r"\S"),
    _rule(r"\s[A-Z]\.", rf"(?!{_STARTERS})[A-Z][a-z]+(?:[’']s)?\s(?:[a-z]|[A-Z][a-z]+\s[a-z])"),
)
# Where sentencex sees none, a boundary is one where one of these fits.
_CUT = (
    _rule(r"\b[Nn]o\.[\"”]?", r"[A-Z“\"]"),
    _rule(r"\b(?:[A-Z]\.){2,6}[\"”]?|\b[ap]\.m\.|[a-z]{2}[.!?]\)", _STARTERS),
    _rule(
        r"\b(?:in|into|from|to|with|for|by|of|leave|left|visit|visited) the (?:U\.S|U\.K|E\.U)\.",
        rf"(?!(?:{_BODIES})\b)(?:[A-Z][\w’'-]*\s){{1,3}}(?:also\s)?(?:{_VERBS}|emphasi[sz]e[ds]|stresse[ds]|urge[ds])\b",
    ),
    _rule(r"(?:^|[.!?][”\"]?\s)\([A-Z][^()]{0,40}[.!?]\)", "[“A-Z]"),
    _rule('[.!?][”"]', "“[A-Z]"),
    _rule(r"\w…", "[“A-Z]"),
)
_POSSIBLE = re.compile(r"[.!?…][\"”)]?\s+(?=[\"“A-Z])")
_OPENING = re.compile(r"\s[“\"]\s*$")
_DOUBTFUL = re.compile(  # ends like a left side in `_JOIN`, or like `_OPENING`
    r"(?:\b[A-Z][a-z]{1,4}\.|[A-Z\d]\.|\.m\.|[!?…][\"”’]|\s[“\"])\s*$"
)
_BULLET = re.compile(r"(?:[-*•▪‣◦·–—>]|#{1,6}|\(?\d{1,2}[.)]|\(?[a-z][)])\s+")
_TERMINAL = re.compile(r"[.!?…:;][\"”’)\]]*\s*$")
_WORDLIKE = re.compile(r"\w")
_LOOK = 60
"""Characters on either side of a boundary that the rules see."""


def split_sentences(text: str, span: Span | None = None) -> list[Span]:
    """Sentence spans of a text, in order and without overlap.

    Parameters
    ----------
    text
        Any text; a line break ends a sentence unless the text is hard-wrapped.
    span
        Only look at this part of it; offsets stay those of the whole text.

    Returns
    -------
    list of (start, end)
        Trimmed of white space and bullet marks; each holds at least one letter or digit.
    """
    start, end = span or (0, len(text))
    spans = []
    for block in _blocks(text, start, end):
        first, last = _trim(text, *block)
        bullet = _BULLET.match(text, first, last)
        first = bullet.end() if bullet else first
        for a, b in _split_block(text[first:last]):
            trimmed = _trim(text, first + a, first + b)
            if _WORDLIKE.search(text, *trimmed):
                spans.append(trimmed)
    return spans


def is_hard_wrapped(lines: list[str]) -> bool:
    """True where lines break at a column, not at the end of a sentence."""
    inner = [line for line, following in pairwise(lines) if line.strip() and following.strip()]
    if len(inner) < 3:
        return False
    unfinished = sum(not _TERMINAL.search(line) for line in inner)
    alike = sum(50 <= len(line) <= 100 for line in inner)
    return unfinished >= 0.6 * len(inner) and alike >= 0.8 * len(inner)


def _blocks(text: str, start: int, end: int) -> Iterator[Span]:
    """Spans between the line breaks that end a sentence."""
    lines = text[start:end].splitlines(keepends=True)
    wrapped = is_hard_wrapped(lines)
    block = position = start
    for line in lines:
        opens = not line.strip() or _BULLET.match(line.lstrip()) or not wrapped
        if opens and position > block:
            yield block, position
            block = position
        position += len(line)
    if position > block:
        yield block, position


def _split_block(block: str) -> list[Span]:
    """Spans of one block: sentencex's boundaries, with the rules' cuts and without their joins."""
    import sentencex

    found, stops = set(), []
    for boundary in sentencex.get_sentence_boundaries("en", block):
        stop, joined = boundary["end_index"], False
        if _DOUBTFUL.search(block, stop - 8, stop):
            stop = _before_quote(block, stop)
            joined = _fits(_JOIN, block, stop)
        found.add(stop)
        if not joined and stop < len(block):
            stops.append(stop)
    for match in _POSSIBLE.finditer(block):
        if match.end() not in found and _fits(_CUT, block, match.end()):
            stops.append(match.end())
    return list(pairwise([0, *sorted(stops), len(block)]))


def _before_quote(block: str, stop: int) -> int:
    """Move a boundary that stands after an opening quotation mark, as in an unclosed quotation, before it."""
    quote = _OPENING.search(block, stop - 4, stop)
    return quote.start() + 1 if quote else stop


def _fits(rules: Sequence[Rule], block: str, stop: int) -> bool:
    """True where a rule fits what stands left and right of a boundary."""
    left, right = block[max(0, stop - _LOOK) : stop].rstrip(), block[stop : stop + _LOOK].lstrip()
    return any(before.search(left) and after.match(right) for before, after in rules)


def _trim(text: str, start: int, end: int) -> Span:
    """Without white space at the ends; the end comes before the start where there is nothing else."""
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())
