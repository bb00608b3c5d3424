from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancewire.text import is_hard_wrapped, split_sentences

HARD = [
    # titles and initials
    ["Mr. Orlov left Kyiv.", "He flew to Warsaw."],
    ["The committee heard from Sen. Lindsey Graham and Rep. Adam Smith."],
    ["Gen. Mark Milley met Lt. Gen. Budanov.", "They spoke for an hour."],
    ["Gov. J.B. Pritzker and Atty. Gen. Kwame Raoul objected."],
    ["Dr. Hill, Ph.D., testified on Monday."],
    ["President John F. Kennedy said so.", "Others did not."],
    ["J. D. Vance spoke first.", "Mike Johnson followed."],
    ["The bill was written by Sens. Chris Murphy and James Lankford."],
    ["Lawmakers voted no.", "Sen. Rand Paul led them."],
    ["Martin Luther King Jr. led the march.", "Thousands came."],
    ["He met Robert F. Kennedy Jr.", "The two men talked."],
    ["Maj. Gen. Pat Ryder, the Pentagon spokesman, declined to comment."],
    # places with points
    ["Officials met in Washington, D.C.", "They signed nothing."],
    ["He returned to the U.S.", "The trip took two days."],
    ["The U.S. Senate passed the bill.", "The House did not."],
    ["Aid from the U.S. Congress is late."],
    ["The U.K. and the E.U. Commission agreed."],
    ["Shells came from the U.S.", "Officials in Kyiv thanked the Pentagon."],
    ["Troops left the U.S. Monday."],
    ["U.S. Secretary of State Antony Blinken arrived.", "He met Mr. Zelenskyy."],
    ["He was born in St. Petersburg and lives in Ft. Worth."],
    # times and dates
    ["The siren sounded at 2 p.m. Tuesday in Kharkiv.", "It ended at 5 a.m."],
    ["The attack began at 4 a.m.", "Officials counted 30 drones."],
    ["The vote is on Nov. 13 at 3 p.m. Kyiv time."],
    ["It lasted until Jan. 5, 2025.", "Then it stopped."],
    ["Polls close at 8 p.m. on Tuesday."],
    ["By 6 p.m. Russian drones had hit the port."],
    ["The talks began at 9 a.m. GMT.", "They were short."],
    # quotations and their attribution
    ["“We will not stop!” Mr. Orlov shouted."],
    ["“Why now?” asked the minister."],
    ["“Is this the end?” he said.", "“It is not.”"],
    ["“Never again!” the crowd chanted."],
    ["“Who pays?” Rep. Mike Turner asked.", "Nobody answered."],
    ['"Who pays?" she asked.', '"We do," he said.'],
    ["“We need shells.”", "The minister left the room."],
    ["“We need shells,” the minister said.", "“We need them now.”"],
    ["“We need shells.”", "“We need them now.”"],
    ["He said: “We will win. We have to. There is no other way.”", "Then he sat down."],
    ["‘Is it over?’ asked Mr. Hill.", "It was not."],
    ["She called it a “betrayal.”", "He disagreed."],
    ["Was it a lie?", "Yes.", "It was!"],
    ["“Stop!”", "The soldiers fired."],
    ["The song “Who Are You?” played on."],
    # datelines
    ["KYIV, Ukraine (AP) — Russia launched 90 drones overnight.", "Two people died."],
    ["WASHINGTON — The Senate voted on Tuesday."],
    ["BRUSSELS (Reuters) - NATO allies agreed on Monday to send more shells."],
    ["SEOUL, Nov. 13 (Yonhap) -- North Korea has sent troops, the NIS said."],
    ["Kyiv, Ukraine – The front is quiet."],
    # numbers
    ["Aid rose by 3.5 percent to $61.4 billion.", "Kyiv wants more."],
    ["Route No. 5 is closed.", "Cars wait."],
    ["Nos. 3 and 4 were hit.", "No. 5 was not."],
    ["It cost $9 bn.", "Nobody paid."],
    ["Version 2.0 of the plan failed."],
    ["About 10,000 troops fought near Kursk.", "Some 1.200 died."],
    ["In 2024.", "Not in 2025."],
    # companies and other abbreviations
    ["Raytheon Co. and Lockheed Martin Corp. will build them.", "Boeing Inc. will not."],
    ["Shares of Rheinmetall rose vs. Friday’s close."],
    ["Tanks, drones, etc. were lost.", "Men too."],
    ["See Fig. 3 for the map, i.e. the front line, e.g. near Kupiansk."],
    ["The U.N. Security Council met.", "It adopted nothing."],
    ["The 1st Lt. was wounded."],
    # ellipses, dashes, parentheses
    ["Well... maybe we should.", "We did."],
    ["“I don’t know…” he said."],
    ["We waited…", "Nothing came."],
    ["He left (he had to.)", "She stayed."],
    ["The plan (see above. It is long) failed.", "So it goes."],
    ["He left.", "(She stayed.)"],
    ["What?!", "He could not believe it."],
    ["Aid — weapons, above all — is needed.", "Now."],
    # web, names
    ["Read more at www.state.gov.", "The site is free."],
    ["Yahoo! News reported it.", "Others followed."],
    # quotations that run on without a closing mark, transcripts, lists in a line
    ["Ours are rusting in store.", "“But the war goes on.", "“And it costs lives."],
    ["(Laughter.)", "So we go on.", "(Applause.)", "We will win."],
    ["Sen. Elissa Slotkin (D-Mich.) Monday called for talks."],
    ["Mr. KYL. We have to vote.", "Then we go home."],
    ["Q. Why now?", "A. Because they asked."],
    ["MS. PSAKI: No.", "MR. KIRBY: Yes."],
    ["He ended two wars.", "1. Peace came to Congo.", "2. Trade came back."],
    ["The fleet left on Aug. 23.", "Nobody saw it."],
    ["They joined NATO.", "Mr. Orban objected."],
    ["WASHINGTON—U.S. Senators Dan Sullivan and Lisa Murkowski agreed."],
    ["Robert Downey Sr.", "The family left."],
    ["Shares fell on Wall St.", "The dollar rose."],
]

LAYOUT = [
    ("Aid Package Passes\nThe House voted.", ["Aid Package Passes", "The House voted."]),
    (
        "Aid Package Passes\r\n\r\nThe House voted. It passed.\r\n",
        ["Aid Package Passes", "The House voted.", "It passed."],
    ),
    (
        "Key points:\n- Shells for Kyiv\n- No troops\n* Talks. Later.",
        ["Key points:", "Shells for Kyiv", "No troops", "Talks.", "Later."],
    ),
    ("1. Aid goes on.\n2) No troops\n(3) Talks", ["Aid goes on.", "No troops", "Talks"]),
    ("• Kyiv is calm.\n• Odesa is not.", ["Kyiv is calm.", "Odesa is not."]),
    ("## What we know\n\nNothing.", ["What we know", "Nothing."]),
    ("> We will win.\n\nHe sat.", ["We will win.", "He sat."]),
    (
        "The minister said on Monday that the government would send\nmore shells to the front. He gave no date and no"
        " number, and\nthe opposition called the plan a gamble. The vote is due on\nFriday.",
        [
            "The minister said on Monday that the government would send\nmore shells to the front.",
            "He gave no date and no number, and\nthe opposition called the plan a gamble.",
            "The vote is due on\nFriday.",
        ],
    ),
    ("First para without stop\n\nSecond para.", ["First para without stop", "Second para."]),
    ("***\nNews.\n* * *\n---\nMore.", ["News.", "More."]),
    ("", []),
    ("  \n\t\n ", []),
    ("...", []),
    ("!!!\n???", []),
    ("שלום לכם. מה שלומכם?", ["שלום לכם.", "מה שלומכם?"]),
    ("قال الوزير نعم. ثم غادر.", ["قال الوزير نعم.", "ثم غادر."]),
    ("Cafe\u0301 talks ended. Zelenskyy\u0301 left.", ["Cafe\u0301 talks ended.", "Zelenskyy\u0301 left."]),
    ("\u00a0Kyiv is calm.\u00a0 Odesa is not.\u2003", ["Kyiv is calm.", "Odesa is not."]),
    ("Kyiv 🇺🇦 is calm. 👍 Odesa is not.", ["Kyiv 🇺🇦 is calm.", "👍 Odesa is not."]),
]

WORDS = ("Mr.", "U.S.", "no.", "Kyiv", "said", "“We", "win!”", "(he", "left.)", "…", "2", "p.m.", "5.", "-", "•", "é")
SPACES = (" ", "\n", "\r\n", "\n\n", "\t", "\u00a0", "\u2028", "")
NEWS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SPACES)), max_size=30).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)
TEXTS = st.one_of(NEWS, st.text(st.characters(exclude_categories=["Cs"])))


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


COUNTRY = [  # a full stop of "the U.S." that ends a sentence, and some that do not
    ["They discussed developments in the U.S.", "Blinken emphasized that aid goes on."],
    ["He flew to the U.S.", "Ana Horvat also said she would come."],
    ["He left the U.S. Army in 2020."],
    ["Officials from the U.S. Treasury said no."],
    ["It came from the U.S. Secretary of State."],
    ["The U.S. Senate voted."],
]


@pytest.mark.parametrize("expected", COUNTRY, ids=" ".join)
def test_the_u_s_ends_a_sentence_only_before_somebody_who_speaks(expected):
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize("expected", HARD, ids=" ".join)
def test_hard_news_sentences_are_split_where_a_reader_would(expected):
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(("text", "expected"), LAYOUT, ids=repr)
def test_layout_decides_where_no_full_stop_does(text, expected):
    assert sentences(text) == expected


def test_only_the_given_span_is_split_and_offsets_stay_those_of_the_text():
    text = "Title\nKyiv asks. Oslo gives.\nSource: AP"
    assert split_sentences(text, (6, 28)) == [(6, 16), (17, 28)]


def test_offsets_count_characters_not_bytes():
    assert split_sentences("Żółw 🇺🇦 śpi. Tak.") == [(0, 12), (13, 17)]


def test_lines_of_one_length_without_full_stops_are_hard_wrapped():
    assert is_hard_wrapped(["The minister said on Monday that the government would send"] * 4)


def test_lines_that_end_in_full_stops_are_not_hard_wrapped():
    assert not is_hard_wrapped(["The minister said on Monday that the government would help."] * 4)


def test_headlines_are_not_hard_wrapped():
    assert not is_hard_wrapped(["Aid passes", "Kyiv waits", "Oslo gives", "Troops leave"])


@given(TEXTS)
def test_spans_are_ordered_disjoint_and_within_the_text(text):
    spans = split_sentences(text)
    points = [point for span in spans for point in span]
    assert points == sorted(points)
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(TEXTS)
def test_no_span_begins_or_ends_with_white_space(text):
    assert [s for s in sentences(text) if s != s.strip()] == []


@given(TEXTS)
def test_every_word_character_is_in_a_span_or_is_a_bullet_mark(text):
    left, rest = 0, []
    for start, end in [*split_sentences(text), (len(text), len(text))]:
        rest += text[left:start].split()
        left = end
    mark = re.compile(r"\(?(\d{1,2}[.)]|[a-z]\))")
    assert [piece for piece in rest if re.search(r"\w", piece) and not mark.fullmatch(piece)] == []
