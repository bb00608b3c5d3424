from __future__ import annotations

import numpy as np
import pytest

from stancewire.errors import InputError
from stancewire.passages import in_passages
from stancewire.records import Sentence, Target
from stancewire.segments import (
    MENTION,
    NAME,
    OWN,
    PassageSegmenter,
    Segmenter,
    TargetSegmenter,
    by_sentence,
    collate,
    make_segmenter,
)
from tiny_encoder import TOKENS, tokenizer_json


def words(max_tokens: int, sentence: Sentence) -> tuple[str, list[int]]:
    """A segment as words, and what each is."""
    [segment] = make_segmenter(tokenizer_json(), max_tokens, 2, targets=True)([sentence])
    kinds = collate([segment], pad=0)["token_type_ids"][0]
    return " ".join(TOKENS[i] for i in segment.ids), kinds.tolist()


def test_the_target_stands_first_and_its_mentions_are_marked() -> None:
    text = "NATO backed Kyiv , he spoke ."
    sentence = Sentence(text, "Vote", ("no .",), Target("NATO", ((0, 4), (19, 21))))
    found, kinds = words(40, sentence)
    assert found == "[CLS] nato [SEP] vote . no . [SEP] nato backed kyiv , he spoke . [SEP]"
    own = [MENTION, OWN, OWN, OWN, MENTION, OWN, OWN]
    assert kinds == [0, NAME, 0, 0, 0, 0, 0, 0, *own, 0]


def test_without_context_there_is_no_empty_part() -> None:
    assert words(40, Sentence("he spoke .", target=Target("more aid")))[0] == "[CLS] more aid [SEP] he spoke . [SEP]"


def test_context_is_cut_before_the_sentence_and_never_the_target() -> None:
    sentence = Sentence("he spoke .", "", ("he backed the aid",), Target("more aid"))
    assert words(11, sentence)[0] == "[CLS] more aid [SEP] the aid [SEP] he spoke . [SEP]"
    assert words(8, sentence)[0] == "[CLS] more [SEP] he spoke . [SEP]"


def test_of_a_long_sentence_the_part_around_the_mention_is_kept() -> None:
    text = "he backed the aid to NATO and no drones hit an oil depot".replace("and", ",")
    found, kinds = words(10, Sentence(text, target=Target("no", ((28, 30),))))
    assert found == "[CLS] no [SEP] to nato , no drones hit [SEP]"
    assert kinds == [0, NAME, 0, OWN, OWN, OWN, MENTION, OWN, OWN, 0]


@pytest.mark.parametrize("spans", [(), ((0, 2),)])
def test_it_is_kept_from_its_begin_whenever_that_will_do(spans: tuple[tuple[int, int], ...]) -> None:
    text = "he backed the aid to nato , no drones hit an oil depot"
    assert words(10, Sentence(text, target=Target("he", spans)))[0] == "[CLS] he [SEP] he backed the aid to nato [SEP]"


def test_a_cut_sentence_is_truncated() -> None:
    segmenter = TargetSegmenter(tokenizer_json(), 10, 2)
    rows = segmenter([Sentence("he " * n, target=Target("he", ((0, 2),))) for n in (6, 7)])
    assert [row.truncated for row in rows] == [(False,), (True,)]


def test_a_sentence_without_a_target_is_refused() -> None:
    with pytest.raises(InputError, match="takes a target with every sentence, and there is none"):
        TargetSegmenter(tokenizer_json(), 10, 2)([Sentence("he spoke .")])


def test_without_targets_a_model_reads_the_same_whatever_is_asked() -> None:
    segmenter = make_segmenter(tokenizer_json(), 20, 2, targets=False)
    assert type(segmenter) is Segmenter
    plain, asked = segmenter([Sentence("he spoke ."), Sentence("he spoke .", target=Target("he", ((0, 2),)))])
    np.testing.assert_array_equal(*(collate([s], 0)["token_type_ids"] for s in (plain, asked)))


SPEECH = in_passages(
    [
        Sentence("he spoke .", "Vote", ("no aid .",)),
        Sentence("kyiv backed the aid .", "Vote", ("no aid .", "he spoke .")),
        Sentence("no .", "Vote", ("he spoke .", "kyiv backed the aid .")),
    ]
)


def passage_words(max_tokens: int, *sentences: Sentence) -> tuple[str, list[int]]:
    """A passage's segment as words, and which sentence each is of."""
    [segment] = make_segmenter(tokenizer_json(), max_tokens, 2, passages=True)(sentences)
    kinds = collate([segment], pad=0)["token_type_ids"][0]
    return " ".join(TOKENS[i] for i in segment.ids), kinds.tolist()


def test_a_passage_is_one_segment_with_its_context_once() -> None:
    found, kinds = passage_words(60, *SPEECH)
    assert found == "[CLS] vote . no aid . [SEP] he spoke . [SEP] kyiv backed the aid . [SEP] no . [SEP]"
    assert kinds == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 2, 2, 2, 2, 2, 0, 3, 3, 0]


def test_a_passage_reads_the_same_whichever_of_its_sentences_are_asked_about() -> None:
    [whole], [part] = (PassageSegmenter(tokenizer_json(), 60, 2)(asked) for asked in (SPEECH, SPEECH[2:]))
    assert (part.ids, part.spans) == (whole.ids, whole.spans)
    assert (whole.rows, whole.places, part.rows, part.places) == ((0, 1, 2), (0, 1, 2), (0,), (2,))


def test_a_sentence_without_a_passage_is_one_of_its_own() -> None:
    assert passage_words(60, Sentence("he spoke .", "Vote"))[0] == "[CLS] vote . [SEP] he spoke . [SEP]"


def test_what_does_not_fit_is_cut_from_the_context_then_from_the_longest_sentences() -> None:
    whole = "he spoke . [SEP] kyiv backed the aid . [SEP] no . [SEP]"
    assert passage_words(18, *SPEECH)[0] == f"[CLS] no aid . [SEP] {whole}"
    assert passage_words(13, *SPEECH)[0] == f"[CLS] [SEP] {whole.replace(' aid .', '')}"
    [segment] = PassageSegmenter(tokenizer_json(), 13, 2)(SPEECH)
    assert segment.truncated == (False, True, False)


def test_logits_of_a_passage_come_back_by_sentence() -> None:
    segments = PassageSegmenter(tokenizer_json(), 60, 2)([SPEECH[2], Sentence("no ."), SPEECH[0]])
    topics = [np.arange(10.0).reshape(5, 2), np.arange(10.0, 20.0).reshape(5, 2)]
    topic, stance = by_sentence([(t, np.zeros((5, 2, 3))) for t in topics], segments, 2, 3)
    assert (topic.tolist(), stance.shape) == ([[4.0, 5.0], [10.0, 11.0], [0.0, 1.0]], (3, 2, 3))


def test_passages_and_targets_exclude_each_other() -> None:
    with pytest.raises(InputError, match="reads passages or takes targets, not both"):
        make_segmenter(tokenizer_json(), 20, 2, targets=True, passages=True)
