import pytest
from sklearn.feature_extraction.text import CountVectorizer

from stancewire.features import ANALYZERS, FIELDS, characters, words
from stancewire.records import Sentence

TEXTS = [
    "Kyiv asked for 40 tanks, a week after the vote.",
    "“We won’t send troops,” he said — twice.",
    "U.S. aid: $1.7bn",
    "Владимир Путин said no",
    "  a\tb\nc  ",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_scikit_learn(text: str) -> None:
    analyze = CountVectorizer(ngram_range=(1, 2)).build_analyzer()
    assert sorted(words(text)) == sorted(analyze(text))


@pytest.mark.parametrize("text", TEXTS)
def test_characters_are_those_of_scikit_learn(text: str) -> None:
    analyze = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    assert sorted(characters(text)) == sorted(analyze(text))


def test_a_short_word_counts_once_whole() -> None:
    assert list(characters("is")) == [" i", "is", "s ", " is", "is ", " is "]


def test_fields_read_the_sentence_or_what_stands_around_it() -> None:
    sentence = Sentence("It passed.", "The bill", ("A vote came.", "It was late."))
    read = {name: field(sentence) for name, field in FIELDS.items()}
    assert read == {"sentence": "It passed.", "context": "The bill A vote came. It was late."}


def test_analyzers_go_by_the_names_of_recipes() -> None:
    assert sorted(ANALYZERS) == ["characters", "words"]
