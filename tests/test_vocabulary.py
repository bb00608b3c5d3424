import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stancewire.records import Sentence
from stancewire.vocabulary import GAP, NOTHING, NUMBER, UNKNOWN, Vocabulary, learn_vocabulary, texts_around, words_of

TEXTS = ["The tanks rolled.", "The tanks, the tanks!", "No. 12 rolled", ""]


def test_words_are_lower_case_and_keep_their_inner_marks() -> None:
    assert words_of("He won’t; “U.S.-made” 1.7bn?") == [
        *("he", "won't", ";", "“", "u.s", ".", "-", "made", "”", "1.7bn", "?"),
    ]


def test_the_most_frequent_words_come_first_and_alike_ones_by_the_alphabet() -> None:
    vocabulary = learn_vocabulary(TEXTS, max_words=4, min_count=2)
    assert list(vocabulary) == [GAP, NOTHING, UNKNOWN, NUMBER, "tanks", "the", ".", "rolled"]


def test_endings_of_words_that_are_left_out_become_kinds() -> None:
    vocabulary = learn_vocabulary(["sing bring ring ring", "4 5 6 dog"], max_words=1, min_count=1)
    assert list(vocabulary) == [GAP, NOTHING, UNKNOWN, NUMBER, "~ing", "ring"]


def test_the_vocabulary_does_not_depend_on_the_order_of_the_texts() -> None:
    assert list(learn_vocabulary(TEXTS, 10, 1)) == list(learn_vocabulary(TEXTS[::-1], 10, 1))


def test_a_word_that_is_not_there_is_read_as_its_kind() -> None:
    vocabulary = Vocabulary([GAP, NOTHING, UNKNOWN, NUMBER, "~ing", "sing"])
    assert [vocabulary[w] for w in ("sing", "ring", "12", "b2b", "nato")] == [5, 4, 3, 3, 2]
    assert vocabulary.kind("sing") == 4
    assert "ring" not in vocabulary


def test_a_kind_is_its_own_kind() -> None:
    vocabulary = Vocabulary([GAP, NOTHING, UNKNOWN, NUMBER, "~ing", "~no"])
    assert [vocabulary.kind(kind) for kind in vocabulary if kind] == [1, 2, 3, 4, 5]


def test_texts_stand_one_after_the_other_with_gaps_around_them() -> None:
    encoded = Vocabulary([GAP, NOTHING, UNKNOWN, NUMBER, "the", "tanks"]).encode(["The tanks", " ", "(the 12 others)"])
    assert encoded.ids.tolist() == [0, 4, 5, 0, 1, 0, 2, 4, 3, 2, 2, 0]
    assert encoded.starts.tolist() == [1, 4, 6]
    assert encoded.lengths.tolist() == [2, 1, 5]


def test_no_texts_are_one_gap() -> None:
    encoded = Vocabulary([GAP, NOTHING, UNKNOWN, NUMBER]).encode([])
    assert (encoded.ids.tolist(), len(encoded.starts), len(encoded.lengths)) == ([0], 0, 0)


@given(st.lists(st.text() | st.text("ab '’.-(~\n\x1fΣσ")))
def test_any_text_gives_the_ids_of_its_words(texts: list[str]) -> None:
    vocabulary = learn_vocabulary(["a b a'b ab ( . ς aσ"], 10, 1)
    encoded = vocabulary.encode(texts)
    found = [encoded.ids[a : a + n].tolist() for a, n in zip(encoded.starts, encoded.lengths, strict=True)]
    assert found == [[vocabulary[word] for word in words_of(text)] or [1] for text in texts]
    ends = encoded.starts + encoded.lengths
    assert np.array_equal(encoded.ids[[0, *ends]], np.zeros(len(texts) + 1))


def test_around_a_sentence_are_its_title_and_the_sentences_before_the_nearest_first() -> None:
    assert texts_around(Sentence("It fell.", "News", ("One.", "Two.", "Three."))) == ("News", "Three.", "Two.")
    assert texts_around(Sentence("It fell.", "", ("One.",))) == (GAP, "One.", GAP)
