import numpy as np
import pytest
from safetensors.numpy import load, save

from stancewire.held_out import HeldOut, common_rows, held_out_bytes, make_held_out, read_held_out, sentence_key, take
from stancewire.passages import in_passages
from stancewire.records import Label, LabelledSentence, Sentence
from stancewire.scores import Gold, Scores

RAIN = Sentence("Rain fell.", "News", ("He spoke.",))


def held_out(keys: list[int], stances: list[int]) -> HeldOut:
    """One topic, scores that tell the rows apart."""
    n = len(keys)
    scores = Scores(
        np.arange(n, dtype=np.float32)[:, None], np.zeros((n, 1, 3), np.float32) + np.arange(3), np.zeros(n, bool)
    )
    stance = np.array(stances, np.int64)[:, None]
    return HeldOut(np.array(keys, np.uint64), np.arange(n), np.arange(n) // 2, scores, Gold(stance >= 0, stance))


def test_the_key_is_the_start_of_a_sha256() -> None:
    # printf '{"before":["He spoke."],"text":"Rain fell.","title":"News"}' | sha256sum
    assert sentence_key(RAIN) == 0x79E36598F500E5D1


@pytest.mark.parametrize(
    "other",
    [
        Sentence("Rain fell", "News", ("He spoke.",)),
        Sentence("Rain fell.", "", ("He spoke.",)),
        Sentence("Rain fell.", "News"),
    ],
)
def test_another_text_title_or_context_is_another_key(other: Sentence) -> None:
    assert sentence_key(other) != sentence_key(RAIN)


def test_documents_are_numbered_in_order() -> None:
    rows = [LabelledSentence(f"{doc}.0", doc, 0, Sentence(doc), {"aid": Label("favor")}) for doc in ("b", "a", "b")]
    like = held_out([1, 2, 3], [0, 0, 0])
    assert make_held_out(rows, like.scores, like.gold).docs.tolist() == [0, 1, 0]


def test_passages_are_numbered_in_order() -> None:
    sentences = [*in_passages([Sentence(f"{n}.") for n in range(6)]), Sentence("Alone.")]
    rows = [LabelledSentence(f"a.{n}", "a", n, sentence, {}) for n, sentence in enumerate(sentences)]
    like = held_out(list(range(7)), [0] * 7)
    assert make_held_out(rows, like.scores, like.gold).passages.tolist() == [0, 0, 0, 0, 0, 1, 2]


def test_sentences_of_a_bundle_from_before_passages_are_each_their_own() -> None:
    arrays = load(held_out_bytes(held_out([5, 6, 7], [0, 1, 2])))
    del arrays["passages"]
    assert read_held_out(save(arrays)).passages.tolist() == [0, 1, 2]


def test_what_is_written_is_read_back() -> None:
    kept = held_out([2**64 - 1, 0], [-1, 2])
    found = read_held_out(held_out_bytes(kept))
    assert found.keys.tolist() == [2**64 - 1, 0]
    assert (found.docs.tolist(), found.passages.tolist()) == ([0, 1], [0, 0])
    assert found.scores.topic.tolist() == [[0.0], [1.0]]
    assert found.scores.stance.tolist() == [[[0.0, 1.0, 2.0]], [[0.0, 1.0, 2.0]]]
    assert found.scores.truncated.tolist() == [False, False]
    assert (found.gold.topic.tolist(), found.gold.stance.tolist()) == ([[False], [True]], [[-1], [2]])


def test_a_sentence_takes_less_than_a_hundred_bytes() -> None:
    n, topics = 2000, 4
    scores = Scores(np.zeros((n, topics), np.float32), np.zeros((n, topics, 3), np.float32), np.zeros(n, bool))
    gold = Gold(np.zeros((n, topics), bool), np.full((n, topics), -1))
    numbers = np.zeros(n, np.int64)
    assert len(held_out_bytes(HeldOut(np.zeros(n, np.uint64), numbers, numbers, scores, gold))) < 200_000


def test_common_sentences_stand_in_the_order_of_the_second() -> None:
    first, second = held_out([5, 6, 7, 8], [0, 1, 2, -1]), held_out([8, 9, 5], [-1, 0, 0])
    a, b = common_rows(first, second)
    assert (a.tolist(), b.tolist()) == ([3, 0], [0, 2])
    assert take(first, a).keys.tolist() == take(second, b).keys.tolist() == [8, 5]
    assert take(first, a).passages.tolist() == [1, 0]


def test_a_sentence_that_is_labelled_otherwise_is_not_common() -> None:
    a, _ = common_rows(held_out([5, 6], [0, 1]), held_out([5, 6], [0, 2]))
    assert a.tolist() == [0]


def test_a_sentence_that_stands_twice_counts_once() -> None:
    a, b = common_rows(held_out([5, 5, 6], [0, 0, 0]), held_out([6, 5], [0, 0]))
    assert (a.tolist(), b.tolist()) == ([2, 0], [0, 1])
