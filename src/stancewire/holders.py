"""Whose stance a sentence reports: a rule-based reader of attributions in English news.

The rules follow the codebook: the source of reported speech ("according to X", "X said", "X warned that ..."),
else the subject of the main clause, a speaker's name before a colon, a first-person pronoun; else the author.
"""

from __future__ import annotations

import re

from stancewire.records import AUTHOR

_VERB = (
    r"(?:has|have|had|was|were|is|are|also|again|later|still|then|now|repeatedly|strongly|sharply|publicly|openly"
    r"|would|will|could|may|might|must|should|can|cannot|did|does|do|not|never|been|\w+ly)"
)
_REPORT = (
    "said|says|say|told|tells|tell|warned|warns|warn|urged|urges|urge|called|calls|call|demanded|demands|demand|asked|asks"
    "|insisted|insists|argued|argues|argue|stressed|stresses|emphasi[sz]ed|emphasi[sz]es|pledged|pledges|pledge|vowed"
    "|vows|promised|promises|promise|threatened|threatens|condemned|condemns|condemn|denounced|denounces|criticised"
    "|criticized|criticises|criticizes|praised|praises|praise|welcomed|welcomes|welcome|rejected|rejects|reject|refused"
    "|refuses|refuse|opposed|opposes|oppose|backed|backs|back|supported|supports|support|approved|approves|approve"
    "|announced|announces|announce|signed|signs|sign|voted|votes|vote|vetoed|vetoes|blocked|blocks|block|feared|fears|fear"
    "|hoped|hopes|hope|believes|believe|believed|thinks|think|thought|wants|want|wanted|wrote|writes|added|adds|noted"
    "|notes|declared|declares|stated|states|expressed|expresses|express|reaffirmed|reaffirms|reiterated|reiterates"
    "|accused|accuses|blamed|blames|dismissed|dismisses|doubted|doubts|doubt|ordered|orders|order|authori[sz]ed"
    "|authori[sz]es|suspended|suspends|halted|halts|agreed|agrees|agree|committed|commits|proposed|proposes|imposed"
    "|imposes|withdrew|withdraws|delivered|provided|provides|provide|sent|sends|endorsed|endorses|thanked|thanks|thank"
)
_NOUN_PHRASE = r"(?:[^,;:—–“”\"()]{1,70}?)"
_ACCORDING = re.compile(rf"\b[Aa]ccording to (?P<holder>{_NOUN_PHRASE})(?=[,.;—–]|$)")
_SPEAKER = re.compile(r"^(?P<holder>[A-Z][\w.'’ -]{1,40}|[A-Z .'’-]{2,40}):\s")
_AFTER_QUOTE = re.compile(rf"[,?!—–][”\"’]?\s+[“\"]?(?P<holder>{_NOUN_PHRASE}) (?:{_VERB} )*(?:{_REPORT})\b")
_INVERTED = re.compile(rf"[,?!][”\"’]\s+(?:said|says|wrote|warned|asked|added) (?P<holder>{_NOUN_PHRASE})(?=[,.;]|$)")
_SUBJECT = re.compile(
    rf"^(?:[“\"])?(?:(?:{_NOUN_PHRASE}), )??(?P<holder>{_NOUN_PHRASE})(?:,[^,]{{1,60}},)? (?:{_VERB} )*(?:{_REPORT})\b"
)
_FIRST_PERSON = re.compile(r"\b(?P<holder>I|We|we)\b(?![’']s\b)")
_LEAD = re.compile(
    r"^(?:(?:But|And|Yet|Still|However|Meanwhile|On \w+|In \w+|As|That|while|but|and|as|that|when|because|where|after"
    r"|before)\s+)+"
)
_RULES = (_ACCORDING, _SPEAKER, _INVERTED, _AFTER_QUOTE, _SUBJECT, _FIRST_PERSON)


def find_holder(text: str) -> str:
    """The holder of a sentence's stance: an exact substring of it, or ``author`` when nobody is named."""
    for rule in _RULES:
        match = rule.search(text)
        if match:
            holder = _LEAD.sub("", match["holder"]).strip(" '’“”\"")
            if holder and len(holder.split()) <= 10:
                return holder
    return AUTHOR
