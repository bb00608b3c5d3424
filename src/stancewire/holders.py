"""Whose stance a sentence reports: a rule-based reader of attributions in English news.

The rules follow the codebook: the source of reported speech ("according to X", "said X", "X warned"), else the subject
of the main clause, a first-person pronoun, the owner of a stance ("X's refusal"); else the author. A holder is cut to
the person or body: "North Korean defence minister Kang Sun-nam" gives "Kang Sun-nam"; "The deputy minister" stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stancewire.records import AUTHOR


def _any(words: str) -> str:
    return "|".join(words.split())


# Verbs as stems: "urg" stands for urge, urges, urged.
_SAYING = (
    "accus add address admit advis affirm agre announc answer argu ask assert assur believ blam call cit claim"
    " comment commend conclud condemn confirm congratulat consider continu critici criticis criticiz declar defend"
    " demand denounc deny detail dismiss doubt emphasis emphasiz encourag explain express fear highlight hop"
    " indicat inform insist invit invok laud mention not observ oppos outlin pledg point prais predict press"
    " promis propos question reaffirm recall recognis recogniz recommend refus reiterat reject remark reply report"
    " request respond reveal signal slam stat stress suggest support tell thank think threaten underlin underscor"
    " urg vow want warn welcom wish worri"
)
_DOING = (
    "accept allow appeal appoint approv arriv attempt authoris authoriz back ban begin block boost ceas commit"
    " contribut deactivat deliver deploy designat discuss donat enact end endors exchang expel extend grant halt"
    " host impos intend introduc invest issu join launch lead lift look maintain move notif offer order pass plan"
    " prepar provid push ratif receiv rejoin releas remain rescind resum return review rush sanction secur seek"
    " send sign spok stand step strengthen submit summon suspend transfer use veto visit vot withdraw work"
)
_IRREGULAR = _any(
    "said says say told spoke speaks wrote writes thought thinks met meets held holds made makes gave gives led"
    " went goes came sent sends took takes sought stood stands began denied denies replied replies worried worries"
    " notified notifies ratified ratifies withdrew became becomes put puts cut cuts won broke agreed agrees agree"
)
_AUXILIARY = _any(
    "has have had will would can cannot could may might must should did does do is are was were been be not never also"
    " again once later still then now just further first only even [a-z]+ly"
)


def _inflected(stems: str) -> str:
    return "|".join(rf"{stem}(?:[a-z]?e?s|[a-z]?ed|e)?" for stem in stems.split())


_SAY = rf"(?:{_IRREGULAR}|{_inflected(_SAYING)})"
_ACT = rf"(?:{_SAY}|{_inflected(_DOING)})"
_AUX = rf"(?:(?:{_AUXILIARY})\s){{0,5}}"
_STANCE_NOUN = _any(
    "commitment support opposition refusal decision pledge call demand promise offer plan proposal reluctance push"
    " willingness backing insistence determination rejection threat veto warning"
)

# Noun phrases: names, a role before a name, a common noun, a pronoun.
_NO_NAME = _any(
    "It This That There These Those Now When What Who Why How To If In On At And But So Our My His Her Their Its"
    " Your Here Q As For With From Today While After Since Let Yes No Not All Every Any Just Please Because Or Yet"
    " The A An Then [A-Z][a-z]+ing"
)
_NO_NOUN = rf"(?!(?:to|that|which|who|comes|come|in|on|at|by|with|from|as|for|{_AUXILIARY})\b)"
_CAP = r"(?:[A-Z][\w.'’&-]*|\d+(?:th|st|nd|rd))"
_LINK = r"(?:of the|of|and the|and|for the|for|on|in the|to the|de|del|der|von der|von|van|al|bin|&)"
_NAMES = rf"(?!(?:{_NO_NAME})\b){_CAP}(?:\s(?:{_LINK}\s)?{_CAP}){{0,6}}"
_ROLE = rf"(?:(?!(?:that|to|in|on|{_AUXILIARY}|{_ACT})\b)[a-z][\w’'-]*\s){{0,3}}?"
_NAMED = rf"(?:(?:the|The)\s)?(?:{_NAMES}\s{_ROLE}{_NAMES}|{_NAMES})"
_COMMON = (
    r"(?:The|the|Both|both|Many|many|Some|some|Several|These|Our|our|All|Most|His|Her|Their|My|my)"
    rf"\s(?:{_NO_NOUN}[\w’'-]+\s){{0,3}}?{_NO_NOUN}[\w’'-]+"
    r"(?:\sof\s(?:the\s)?[A-Z]\w+(?:\s[A-Z]\w+){0,3}(?:\sand\s[A-Z]\w+)?)?"
)
_ANYBODY = rf"(?P<holder>{_NAMED}|{_COMMON}|He|She|They|he|she|they|I|We|we)"
_OPENING = r"^[-•\s\"“]{0,4}(?:(?:And|But|So|Yet|While|As|Still|Today|Meanwhile|Last night),?\s)?"
_ASIDE = r"(?:\s\([^)]{1,40}\)|,\s[^,]{1,80},)?"

_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b[Aa]ccording to (?P<holder>{_NAMED}|{_COMMON}|him|her|them)(?=[,.;—–]|\s\(|$)",
        r"^(?P<holder>[A-Z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){0,4}):\s",
        rf"[,?!.—–][\"”’]{{1,2}}\s?{_SAY}\s(?P<holder>{_NAMED}|{_COMMON})(?=[,.;\s]|$)",
        rf"[,?!—–][\"”’]{{1,2}}\s{_ANYBODY}{_ASIDE}\s{_AUX}{_SAY}\b",
        rf"{_OPENING}{_ANYBODY}{_ASIDE}\s{_AUX}{_ACT}\b",
        rf"^[^“\"]{{2,120}}[,–—]\s{_ANYBODY}{_ASIDE}\s{_AUX}{_ACT}\b",
        r"\b(?P<holder>I|We|we)\b(?![’']s\b)",
    )
)
_OWNED = rf"[’']s?\s(?:[a-z-]+\s)?(?:{_STANCE_NOUN})\b"
_OWNER = re.compile(rf"\b(?P<holder>{_NAMED}|(?:The|the)\s[\w-]+(?:\s[\w-]+)?){_OWNED}")
_IS_OWNED = re.compile(_OWNED)
"""Where it finds nothing, neither does `_OWNER`, which takes twenty times as long to say so."""

# What is cut off a holder.
_LEAD = re.compile(
    rf"^(?:(?:{_any('And But So Yet While As Today That Because If When and but that as Last night')})\s)+"
)
_TAIL = re.compile(
    r"[’'](?:ve|re|m|ll|d)$|[’']s\s(?!office|wife|government|military|people|ministry|ambassador|leader)[a-z\s-]+$|(?<!Jr)(?<!\.[A-Z])\.$"
)
_TITLES = _any(
    r"[Pp]resident(?:-elect)? [Mm]inister [Ss]ecretary [Ss]enator Sen\. Rep\. Representative Congressman"
    r" Congresswoman [Cc]hancellor(?:-in-waiting)? Speaker Chair(?:man|woman)? [Cc]hief [Ll]eader [Pp]remier"
    r" General Gen\. Ambassador Governor King [Aa]dvis[eo]r Member [Ss]pokes(?:man|woman|person) Director [Hh]ead"
    r" Commissioner Marshal Dr\. Mr\. Mrs\. Ms\."
)
_OFFICE = (
    r"(?:\sof\s(?:the\s)?(?:United\sStates|United\sKingdom|New\sZealand|(?:North|South|Saudi)\s\w+"
    r"|(?<=the\s)[A-Z]\w+\s[A-Z]\w+|[A-Z][\w’'-]*(?:\sand\s[A-Z][\w’'-]*)?))?"
)
_TITLED = re.compile(
    rf"^(?:[\w.’'-]+\s){{0,8}}(?:{_TITLES}){_OFFICE}\s(?P<name>[A-Z][\w.’'-]*(?:\s(?:[A-Z][\w.’'-]*|de|von|van|der|al|bin)){{1,6}})$"
)
_NO_HOLDER = re.compile(
    rf"^(?:{_NO_NAME}|of|in|on|at|by|for|with|from|and|but|or|to)$|\b(?:that|which|who|is|are|was|were)\b"
)
_MOST_WORDS = 12


def find_holder(text: str) -> str:
    """The holder of a sentence's stance: an exact substring of it, or ``author`` when nobody is named."""
    for match in _matches(text):
        if len(match["holder"].split()) <= _MOST_WORDS:
            holder = _cut(match["holder"])
            if holder and not _NO_HOLDER.search(holder):
                return holder
    return AUTHOR


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Attributions, the surest first."""
    yield from filter(None, (rule.search(text) for rule in _RULES))
    owner = _OWNER.search(text) if _IS_OWNED.search(text) else None
    if owner:
        yield owner


def _cut(span: str) -> str:
    """The person or body in a span: without what leads to it, titles before a full name, and what it owns."""
    holder = _TAIL.sub("", _LEAD.sub("", span.strip(" '’“”\"-")))
    titled = _TITLED.match(holder)
    return titled["name"] if titled and " and " not in holder else holder
