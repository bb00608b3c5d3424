from __future__ import annotations

import numpy as np
import pytest

from stancewire.errors import InputError
from stancewire.records import Sentence, Target
from stancewire.segments import MENTION, NAME, OWN, Segmenter, TargetSegmenter, collate, make_segmenter
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
    assert [row.truncated for row in rows] == [False, True]


def test_a_sentence_without_a_target_is_refused() -> None:
    with pytest.raises(InputError, match="takes a target with every sentence, and there is none"):
        TargetSegmenter(tokenizer_json(), 10, 2)([Sentence("he spoke .")])


def test_without_targets_a_model_reads_the_same_whatever_is_asked() -> None:
    segmenter = make_segmenter(tokenizer_json(), 20, 2, targets=False)
    assert type(segmenter) is Segmenter
    plain, asked = segmenter([Sentence("he spoke ."), Sentence("he spoke .", target=Target("he", ((0, 2),)))])
    np.testing.assert_array_equal(*(collate([s], 0)["token_type_ids"] for s in (plain, asked)))
