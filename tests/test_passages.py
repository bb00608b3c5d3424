from __future__ import annotations

from stancewire.articles import units_of
from stancewire.passages import in_passages, passage_of, sentences_of
from stancewire.records import Article, Passage, Sentence


def test_five_sentences_in_a_row_are_a_passage_with_the_title_and_what_stands_before() -> None:
    sentences = [Sentence(f"{n}.", "Vote", (f"{n - 1}.",)) for n in range(7)]
    found = in_passages(sentences)
    first = Passage(("0.", "1.", "2.", "3.", "4."), "Vote", ("-1.",))
    assert [(s.text, s.passage, s.place) for s in found[:2]] == [("0.", first, 0), ("1.", first, 1)]
    assert (found[6].passage, found[6].place) == (Passage(("5.", "6."), "Vote", ("4.",)), 1)


def test_an_article_is_cut_from_its_first_sentence_on_when_passages_are_asked_for() -> None:
    article = Article("a", "", "Vote", sentences=tuple(f"Truck {n} left." for n in range(6)))
    alone, read_together = (units_of(article, passages=passages) for passages in (False, True))
    assert {unit.sentence.passage for unit in alone} == {None}
    assert [unit.sentence.place for unit in read_together] == [0, 1, 2, 3, 4, 0]


def test_a_passage_gives_back_its_sentences_with_what_stands_before_each() -> None:
    article = Article("a", "", "Vote", sentences=tuple(f"Truck {n} left." for n in range(7)))
    sentences = [unit.sentence for unit in units_of(article, 2, passages=True)]
    passages = dict.fromkeys(map(passage_of, sentences))
    assert [sentence for passage in passages for sentence in sentences_of(passage, 2)] == sentences


def test_a_sentence_that_stands_alone_is_a_passage_of_its_own() -> None:
    alone = Sentence("It rained.", "Vote", ("He spoke.",))
    assert sentences_of(passage_of(alone), 1) == [
        Sentence("It rained.", "Vote", ("He spoke.",), passage=Passage(("It rained.",), "Vote", ("He spoke.",)))
    ]
