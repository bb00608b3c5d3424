from __future__ import annotations

import pytest

from stancewire.mentions import find_mentions, is_name


@pytest.mark.parametrize(
    "name", ["Biden", "Joe Biden", "Ursula von der Leyen", "Bank of America", "F-16", "European Union", "Group of 20"]
)
def test_capitals_make_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("phrase", ["giving aid to Ukraine", "Aid given to Ukraine", "abortion", "the EU", ""])
def test_other_words_make_a_phrase(phrase: str) -> None:
    assert not is_name(phrase)


def found(target: str, text: str) -> list[str]:
    return [text[start:end] for start, end in find_mentions(target, text)]


def test_a_person_is_found_by_the_full_and_by_the_last_name() -> None:
    assert found("Joe Biden", "Joe Biden left. Biden's aides and Joe  Biden stayed.") == [
        "Joe Biden",
        "Biden",
        "Joe  Biden",
    ]


def test_a_mention_is_a_whole_word_in_its_own_case() -> None:
    assert found("Joe Biden", "Bidens, bidenomics and BIDEN; Joe alone.") == []


def test_what_has_a_connecting_word_has_no_last_name() -> None:
    assert found("Bank of America", "America heard of it; Bank of America did not.") == ["Bank of America"]


def test_a_suffix_is_no_last_name() -> None:
    assert found("Martin Luther King Jr.", "King spoke; Jr. did not.") == ["King"]


def test_a_phrase_has_no_mentions() -> None:
    assert find_mentions("giving aid", "She is for giving aid.") == ()
