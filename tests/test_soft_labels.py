"""Soft labels, and ``stancewire labels soft``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from conftest import Command
from stancewire.files import write_jsonl
from stancewire.predict import Tagger
from stancewire.records import Article, LabelledSentence, LabelledSet, Sentence
from stancewire.soft_labels import Asked, asked_of_articles, asked_of_set, soft_labels
from stancewire.trainers.teaching import read_soft_labels

SPEECH = Article(
    "a", "The first aid convoy left Lviv today. Nobody. Its trucks carried tents and blankets.", "Aid leaves"
)


def test_a_sets_sentences_keep_their_ids_and_context_rows_are_left_out() -> None:
    context = LabelledSentence("d.0", "d", 0, Sentence("Snow fell."), labels=None)
    row = LabelledSentence("d.1", "d", 1, Sentence("The convoy left.", "Aid", ("Snow fell.",)), labels={})
    assert asked_of_set(LabelledSet((), (context, row))) == [Asked("d.1", "d", row.sentence)]


def test_articles_give_different_sentences_of_usual_length_with_their_context() -> None:
    known = {"Its trucks carried tents and blankets."}
    asked = [(a.id, replace(a.sentence, passage=None, place=0)) for a in asked_of_articles([SPEECH, SPEECH], ())]
    assert asked == [
        ("a#0", Sentence("The first aid convoy left Lviv today.", "Aid leaves", ())),
        (
            "a#2",
            Sentence(
                "Its trucks carried tents and blankets.",
                "Aid leaves",
                ("The first aid convoy left Lviv today.", "Nobody."),
            ),
        ),
    ]
    assert [a.id for a in asked_of_articles([SPEECH], known)] == ["a#0"]


def test_a_sample_has_the_asked_size_and_follows_its_seed() -> None:
    article = Article("b", " ".join(f"Truck number {n} has crossed the border." for n in range(52)))
    drawn = [tuple(a.id for a in asked_of_articles([article], (), limit=17, seed=seed)) for seed in (1, 1, 2)]
    assert (len(set(drawn[0])), drawn[0] == drawn[1], drawn[0] == drawn[2]) == (17, True, False)


def test_a_sample_is_of_whole_passages() -> None:
    article = Article("b", " ".join(f"Truck number {n} has crossed the border." for n in range(50)))
    places = [a.sentence.place for a in asked_of_articles([article], (), limit=15)]
    assert places == [0, 1, 2, 3, 4] * 3


def test_what_is_written_of_a_sentence_in_its_passage_is_read_again(tagger: Tagger, tmp_path: Path) -> None:
    asked = asked_of_articles([SPEECH], ())
    write_jsonl(tmp_path / "soft.jsonl", soft_labels(tagger, asked))
    rows = read_soft_labels(tmp_path / "soft.jsonl", ("aid", "sport"), ("favor", "against", "neutral"))
    assert [row.sentence for row in rows.values()] == [one.sentence for one in asked]


def test_rows_say_what_the_model_finds_probable(tagger: Tagger) -> None:
    sentence = Sentence("The minister promised to send more tents.", "Aid")
    (row,) = soft_labels(tagger, [Asked("s", "d", sentence)])
    found = tagger.predict_proba([sentence])
    assert row["topic_p"]["aid"] == round(float(found.topic[0, 0]), 4)
    assert list(row["stance_p"]["aid"].values()) == [round(float(p), 4) for p in found.stance[0, 0]]
    assert (row["id"], row["text"], row["title"], row["before"]) == ("s", sentence.text, "Aid", [])


def test_the_command_writes_what_the_trainers_read(
    bundle_folder: Path, workspace_folder: Path, tmp_path: Path, stancewire: Command
) -> None:
    articles, out = tmp_path / "articles.jsonl", tmp_path / "soft.jsonl"
    articles.write_text(json.dumps({"id": "a", "title": SPEECH.title, "text": SPEECH.text}) + "\n", encoding="utf-8")
    done = stancewire(
        "-C",
        workspace_folder,
        "labels",
        "soft",
        articles,
        "--set",
        workspace_folder / "labels",
        "-m",
        bundle_folder,
        "-o",
        out,
    )
    assert (done.code, done.err.endswith(f"242 sentences written to {out}\n")) == (0, True)
    rows = read_soft_labels(out, ("aid", "sport"), ("favor", "against", "neutral"))
    assert (len(rows), rows["a#2"].text) == (242, "Its trucks carried tents and blankets.")


def test_nothing_to_ask_about_is_an_error(bundle_folder: Path, tmp_path: Path, stancewire: Command) -> None:
    done = stancewire("labels", "soft", "-m", bundle_folder, "-o", tmp_path / "soft.jsonl")
    assert (done.code, done.err) == (
        1,
        "error: no sentence to ask about; give articles, or a labelled set with --set.\n",
    )
