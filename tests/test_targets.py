from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stancewire.codebook import Codebook
from stancewire.errors import MissingError, ProblemsError
from stancewire.records import Document, Label, LabelledSentence, LabelledSet, Sentence, Target
from stancewire.targets import CODEBOOK, read_targets, target_set, without_name


def write(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_target_is_a_text_or_a_span_and_a_name_is_looked_for(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"id": "1", "doc": "d", "text": "Voters like Ana Horvat.", "target": "Ana Horvat", "stance": "favor"},
        {"id": "2", "doc": "d", "text": "She lost.", "start": 0, "end": 3, "stance": "against", "title": "Vote"},
        {"id": "3", "text": "It rained.", "target": "more aid", "stance": "absent", "before": ["Go."]},
    )
    assert read_targets(path) == LabelledSet(
        (Document("d"), Document("3")),
        (
            LabelledSentence(
                "1",
                "d",
                0,
                Sentence("Voters like Ana Horvat.", target=Target("Ana Horvat", ((12, 22),))),
                {"target": Label("favor")},
            ),
            LabelledSentence(
                "2",
                "d",
                1,
                Sentence("She lost.", "Vote", target=Target("She", ((0, 3),))),
                {"target": Label("against")},
            ),
            LabelledSentence("3", "3", 0, Sentence("It rained.", "", ("Go.",), Target("more aid")), {}),
        ),
    )


def test_rows_of_newsmtsc_are_read_as_they_are(tmp_path: Path) -> None:
    row = {
        "id": "allsides_17_6_24_President Barack Obama_27_30",
        "text": "But Jay-Z was way ahead of him, telling CNN of the president's rhetoric.",
        "target": "him",
        "start": 27,
        "end": 30,
        "label": "negative",
        "group": "allsides_17_6_24_President Barack Obama_27_30",
        "corefs": [[47, 60, "the president"]],
    }
    assert read_targets(write(tmp_path, row)) == LabelledSet(
        (Document("allsides_17_6", source="NewsMTSC", licence="MIT"),),
        (
            LabelledSentence(
                "allsides_17_6_24_President Barack Obama_27_30",
                "allsides_17_6",
                0,
                Sentence(str(row["text"]), target=Target("him", ((27, 30), (47, 60)))),
                {"target": Label("against")},
                source="NewsMTSC",
            ),
        ),
    )


def test_every_problem_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"id": "1", "text": "She lost.", "target": "She", "stance": "favour"},
        {"id": "2", "text": "She lost.", "stance": "favor"},
        {"id": "3", "text": "She lost.", "start": 4, "end": 12, "stance": "favor"},
        {"id": "4", "text": "She lost.", "start": 4, "stance": "favor"},
        {"id": "5", "text": "She lost.", "target": "She", "stance": "favor"},
        {"id": "5", "text": "She lost.", "target": "She", "stance": "favor", "mood": "grim"},
        {"id": "5", "text": "She won.", "target": "She", "stance": "favor"},
        {"text": "She won.", "target": "She", "label": "positive", "group": "a", "corefs": []},
    )
    with pytest.raises(ProblemsError) as raised:
        read_targets(path)
    assert [line.split("set.jsonl")[1] for line in raised.value.problems] == [
        ":1: 'stance': Input should be 'favor', 'against', 'neutral' or 'absent' (found 'favour').",
        ":2: no target; expected 'target', or 'start' and 'end' of its mention.",
        ":3: span [4, 12] is not within the 9 characters of the text.",
        ":4: one of 'start' and 'end' is missing.",
        ":6: 'mood': Extra inputs are not permitted (found 'grim').",
        ":7: id '5' is used twice.",
        ":8: 'id': Input should be a valid string (found 'None').",
    ]


def test_a_set_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such file"):
        read_targets(tmp_path / "none.jsonl")


def labelled(n: int, labels: dict[str, Label] | None) -> LabelledSentence:
    return LabelledSentence(f"a.{n}", "a", n, Sentence(f"Sentence {n}.", "News"), labels)


def test_a_labelled_set_asks_about_its_codebooks_targets(codebook: Codebook) -> None:
    rows = (
        labelled(0, {"aid": Label("favor", "author"), "sport": Label("neutral")}),
        labelled(1, {}),
        labelled(2, None),
        labelled(3, {}),
    )
    found = target_set(LabelledSet((Document("a"),), rows), codebook)
    assert found.documents == (Document("a"),)
    asked = [(row.id, row.sentence.target, row.labels) for row in found.sentences]
    aid, sport = Target("giving aid"), Target("playing more games")
    assert asked == [
        ("a.0:aid", aid, {"target": Label("favor", "author")}),
        ("a.0:sport", sport, {"target": Label("neutral")}),
        ("a.1:aid", aid, {}),
        ("a.3:sport", sport, {}),
    ]
    assert {row.sentence.title for row in found.sentences} == {"News"}


def test_a_target_model_has_one_topic() -> None:
    assert CODEBOOK.topic_ids == ("target",)


def test_a_name_is_taken_out_wherever_it_is_mentioned() -> None:
    sentence = Sentence("Ana said she won.", "News", target=Target("Ana", ((9, 12), (0, 3), (1, 2))))
    assert without_name(sentence) == Sentence("X said X won.", "News", target=Target("X", ((0, 1), (7, 8))))


def test_without_a_mention_nothing_is_taken_out() -> None:
    for sentence in (Sentence("Go."), Sentence("Go.", target=Target("aid"))):
        assert without_name(sentence) is sentence
