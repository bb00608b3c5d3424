from __future__ import annotations

import json

import pytest

from stancewire.errors import MissingError, ProblemsError
from stancewire.labels import label_dict, labels_hash, read_labels
from stancewire.records import Document, Label, LabelledSentence, LabelledSet, Passage, Sentence

DOCUMENTS = [
    {"doc": "a1", "title": "Tents", "date": "2024-11-13", "source": "authored", "licence": "MIT", "url": None},
    {"doc": "a2"},
]
SENTENCES = [
    {"id": "a1.0", "doc": "a1", "n": 0, "text": "Rain fell.", "labels": {}},
    {"id": "a1.1", "doc": "a1", "n": 1, "text": "It stopped.", "labels": None},
    {"id": "a1.2", "doc": "a1", "n": 2, "text": "Snow fell.", "labels": {}, "annotator": "kim", "pair": "p1"},
    {
        "id": "a1.4",
        "doc": "a1",
        "n": 4,
        "text": "Ana wants tents.",
        "labels": {"aid": {"stance": "favor", "holder": "Ana"}},
        "split": "test",
    },
    {"id": "a2.0", "doc": "a2", "n": 0, "text": "Tents left.", "labels": {"aid": {"stance": "neutral"}}},
]


def write(folder, sentences=SENTENCES, documents=DOCUMENTS):
    for name, rows in (("documents", documents), ("sentences", sentences)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def problems_of(tmp_path, codebook, **changes):
    """What is said of one sentence with these fields, without the path."""
    write(tmp_path, [SENTENCES[3] | changes])
    with pytest.raises(ProblemsError) as raised:
        read_labels(tmp_path, codebook)
    return [problem.removeprefix(f"{tmp_path}/") for problem in raised.value.problems]


def alone(text: str, title: str = "") -> Sentence:
    """A labelled sentence with none beside it: a passage of its own."""
    return Sentence(text, title, passage=Passage((text,), title))


def test_sentences_carry_title_context_labels_and_the_labelled_ones_in_a_row_their_passage(tmp_path, codebook):
    later = Passage(("Snow fell.", "Ana wants tents."), "Tents", ("Rain fell.", "It stopped."))
    assert read_labels(write(tmp_path), codebook) == LabelledSet(
        documents=(Document("a1", "Tents", "2024-11-13", "authored", "MIT"), Document("a2")),
        sentences=(
            LabelledSentence(
                "a1.0", "a1", 0, alone("Rain fell.", "Tents"), {}, source="authored", origin="2024-11-13 Tents"
            ),
            LabelledSentence(
                "a1.1",
                "a1",
                1,
                Sentence("It stopped.", "Tents", ("Rain fell.",)),
                None,
                source="authored",
                origin="2024-11-13 Tents",
            ),
            LabelledSentence(
                "a1.2",
                "a1",
                2,
                Sentence("Snow fell.", "Tents", ("Rain fell.", "It stopped."), None, later, 0),
                {},
                annotator="kim",
                pair="p1",
                source="authored",
                origin="2024-11-13 Tents",
            ),
            LabelledSentence(
                "a1.4",
                "a1",
                4,
                Sentence("Ana wants tents.", "Tents", ("It stopped.", "Snow fell."), None, later, 1),
                {"aid": Label("favor", "Ana")},
                split="test",
                source="authored",
                origin="2024-11-13 Tents",
            ),
            LabelledSentence("a2.0", "a2", 0, alone("Tents left."), {"aid": Label("neutral")}),
        ),
    )


def test_context_rows_are_not_scored(tmp_path, codebook):
    scored = read_labels(write(tmp_path), codebook).scored
    assert [row.id for row in scored] == ["a1.0", "a1.2", "a1.4", "a2.0"]


@pytest.mark.parametrize("name", ["documents.jsonl", "sentences.jsonl"])
def test_a_missing_file_is_named(tmp_path, codebook, name):
    write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(MissingError, match=f"no {name}. A labelled set is a folder with documents.jsonl and"):
        read_labels(tmp_path, codebook)


def test_a_misspelt_topic_gets_a_hint(tmp_path, codebook):
    assert problems_of(tmp_path, codebook, labels={"aids": {"stance": "neutral"}}) == [
        "sentences.jsonl:1: topic 'aids' is not in the codebook (aid, sport). Did you mean 'aid'?"
    ]


def test_a_misspelt_stance_gets_a_hint(tmp_path, codebook):
    assert problems_of(tmp_path, codebook, labels={"aid": {"stance": "favour", "holder": "Ana"}}) == [
        "sentences.jsonl:1: stance 'favour' is not in the codebook (favor, against, neutral). Did you mean 'favor'?"
    ]


def test_a_holder_is_a_part_of_the_sentence(tmp_path, codebook):
    assert problems_of(tmp_path, codebook, labels={"aid": {"stance": "favor", "holder": "Bo"}}) == [
        "sentences.jsonl:1: holder 'Bo' is not a part of the sentence, nor 'author'."
    ]


def test_the_author_may_hold_a_stance(tmp_path, codebook):
    write(tmp_path, [SENTENCES[3] | {"labels": {"aid": {"stance": "favor", "holder": "author"}}}])
    assert read_labels(tmp_path, codebook).sentences[0].labels == {"aid": Label("favor", "author")}


def test_a_neutral_label_has_no_holder(tmp_path, codebook):
    assert problems_of(tmp_path, codebook, labels={"aid": {"stance": "neutral", "holder": "Ana"}}) == [
        "sentences.jsonl:1: 'aid' is neutral and has holder 'Ana'; a neutral label has none."
    ]


def test_a_label_has_no_other_keys(tmp_path, codebook):
    assert problems_of(tmp_path, codebook, labels={"aid": {"stance": "neutral", "who": "Ana"}}) == [
        "sentences.jsonl:1: label of 'aid' has unknown keys: who."
    ]


def test_every_problem_of_both_files_is_reported(tmp_path, codebook):
    documents = [*DOCUMENTS, {"doc": "a1"}, {"doc": "a3", "titel": "x"}]
    sentences = [
        SENTENCES[0],
        SENTENCES[0] | {"doc": "a9"},
        SENTENCES[1] | {"n": 0, "text": " "},
        SENTENCES[2] | {"n": "2"},
    ]
    with pytest.raises(ProblemsError) as raised:
        read_labels(write(tmp_path, sentences, documents), codebook)
    assert [problem.removeprefix(f"{tmp_path}/") for problem in raised.value.problems] == [
        "documents.jsonl:3: document id 'a1' is used twice.",
        "documents.jsonl:4: 'titel': Extra inputs are not permitted (found 'x').",
        "sentences.jsonl:2: sentence id 'a1.0' is used twice.",
        "sentences.jsonl:2: document 'a9' is not in documents.jsonl.",
        "sentences.jsonl:3: n is 0 after 0; the sentences of a document stand in order.",
        "sentences.jsonl:3: text is empty.",
        "sentences.jsonl:4: 'n': Input should be a valid integer (found '2').",
    ]


def test_broken_json_is_one_of_the_problems(tmp_path, codebook):
    write(tmp_path)
    (tmp_path / "sentences.jsonl").write_text('{"id": \n')
    with pytest.raises(ProblemsError, match=r"sentences\.jsonl:1: broken JSON at column 8"):
        read_labels(tmp_path, codebook)


def test_the_hash_is_of_the_content_and_the_order(tmp_path):
    a, b, c = (tmp_path / name for name in "abc")
    for folder in (a, b, c):
        folder.mkdir()
    write(a), write(b), write(c, SENTENCES[:1])
    assert labels_hash([a]) == labels_hash([b])
    assert len({labels_hash([a]), labels_hash([c]), labels_hash([a, c]), labels_hash([c, a])}) == 4


@pytest.mark.parametrize(
    ("labels", "row"),
    [
        (None, None),
        ({}, {}),
        ({"aid": Label("neutral")}, {"aid": {"stance": "neutral"}}),
        ({"aid": Label("favor", "Ana")}, {"aid": {"stance": "favor", "holder": "Ana"}}),
    ],
)
def test_labels_are_written_as_they_are_read(labels, row):
    assert label_dict(labels) == row
