"""Plain values: where a holder stands, what names an article."""

from __future__ import annotations

import pytest

from stancewire.records import Document, Label, Tag


@pytest.mark.parametrize(
    ("text", "holder", "span"),
    [
        ("They were late, so we agreed.", "we", [19, 21]),
        ("Kyivans cheered when Kyiv asked.", "Kyiv", [21, 25]),
        ("We’ve said no.", "We", [0, 2]),
        ("The U.S. refused.", "U.S.", [4, 8]),
        ("So wee we_ wé we: we.", "we", [14, 16]),
        ("We were.", "er", [4, 6]),  # nowhere a word
        ("It rained.", "author", None),
    ],
)
def test_a_holder_s_span_begins_at_a_whole_word(text: str, holder: str, span: list[int] | None) -> None:
    labels = {"aid": Label("favor", holder)}
    tag = Tag("d", 0, 0, len(text), text, labels, {}, {}, review=False, truncated=False, model="m", codebook="c")
    assert tag.to_dict()["labels"]["aid"]["holder_span"] == span


def test_an_article_is_named_by_its_address_else_by_date_and_title() -> None:
    origins = [
        Document("a", "Tents", "2024-11-13", url="https://example.org/1").origin,
        Document("b", "Tents", "2024-11-13").origin,
        Document("c", "Tents").origin,
    ]
    assert origins == ["https://example.org/1", "2024-11-13 Tents", ""]
