"""An article's sentences, each with its place and its context: what a model is asked about."""

from __future__ import annotations

from typing import NamedTuple

from stancewire.passages import in_passages
from stancewire.records import Article, Sentence
from stancewire.text import Span, split_sentences


class Unit(NamedTuple):
    """Sentence number `n` (from 0), its span in the article's text, and the sentence with its context."""

    n: int
    start: int
    end: int
    sentence: Sentence


def units_of(article: Article, context: int = 2, *, passages: bool = False) -> list[Unit]:
    """Split an article; ``article.text[start:end]`` is the sentence, always.

    Parameters
    ----------
    context
        How many sentences before each one are kept.
    passages
        Give each sentence the passage that it stands in, for models that read passages.
    """
    spans = _given_spans(article) if article.sentences is not None else split_sentences(article.text, article.body)
    texts = [article.text[start:end] for start, end in spans]
    sentences = [Sentence(text, article.title, tuple(texts[max(0, n - context) : n])) for n, text in enumerate(texts)]
    if passages:
        sentences = in_passages(sentences)
    return [Unit(n, start, end, sentences[n]) for n, (start, end) in enumerate(spans)]


def _given_spans(article: Article) -> list[Span]:
    """Spans of already split sentences within their join by line breaks."""
    spans, start = [], 0
    for sentence in article.sentences or ():
        spans.append((start, start + len(sentence)))
        start += len(sentence) + 1
    return spans
