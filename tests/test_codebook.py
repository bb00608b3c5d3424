from __future__ import annotations

import pytest
from pydantic import ValidationError

from stancewire.codebook import Codebook, Topic, parse_codebook, read_codebook
from stancewire.errors import InputError, MissingError, ProblemsError

GOOD = """\
name: tiny
version: 2
language: en
topics:
  - id: aid
    title: Aid
    definition: Help given to somebody.
    includes: [weapons]
    target: giving aid
    examples:
      - {text: "Send tents.", stance: favor, why: it urges}
  - id: sport
    title: Sport
    definition: Games.
    target: playing more games
rules:
  - id: negation
    text: A refusal is against.
    tests:
      - {kind: positive, text: "They refused tents.", topic: aid, stance: against}
"""


def write(tmp_path, text):
    path = tmp_path / "codebook.yaml"
    path.write_text(text)
    return path


def test_topics_keep_their_order(tmp_path):
    assert read_codebook(write(tmp_path, GOOD)).topic_ids == ("aid", "sport")


def test_a_topic_is_read_whole(tmp_path):
    assert read_codebook(write(tmp_path, GOOD)).topics[1] == Topic(
        id="sport", title="Sport", definition="Games.", target="playing more games"
    )


def test_the_written_form_is_read_back_with_the_same_hash(tmp_path):
    codebook = read_codebook(write(tmp_path, GOOD))
    again = parse_codebook(codebook.model_dump(mode="json"), "bundle.json")
    assert (again, again.hash) == (codebook, codebook.hash)


def test_comments_and_layout_do_not_change_the_hash(tmp_path):
    before = read_codebook(write(tmp_path, GOOD)).hash
    assert (
        read_codebook(write(tmp_path, "# a comment\n" + GOOD.replace("[weapons]", "\n      - weapons"))).hash == before
    )


def test_a_changed_word_changes_the_hash(tmp_path):
    before = read_codebook(write(tmp_path, GOOD)).hash
    assert read_codebook(write(tmp_path, GOOD.replace("Help given", "Help sent"))).hash != before


def test_a_codebook_cannot_be_changed(tmp_path):
    with pytest.raises(ValidationError, match="frozen"):
        read_codebook(write(tmp_path, GOOD)).name = "other"


def test_every_problem_is_reported_with_its_line(tmp_path):
    bad = (
        GOOD.replace("version: 2", "version: 0")
        .replace("title: Aid", "titel: Aid")
        .replace("id: sport", "id: Sport!")
        .replace("stance: favor", "stance: positive")
    )
    path = write(tmp_path, bad)
    with pytest.raises(ProblemsError) as raised:
        read_codebook(path)
    assert raised.value.problems == (
        f"{path}:2: 'version': Input should be greater than or equal to 1 (found 0).",
        f"{path}:5: 'topics.0.title' is missing.",
        f"{path}:11: 'topics.0.examples.0.stance': Input should be 'favor', 'against', 'neutral' or 'absent'"
        " (found 'positive').",
        f"{path}:6: unknown key 'topics.0.titel'. Remove it or correct its spelling.",
        f"{path}:12: 'topics.1.id': String should match pattern '^[a-z][a-z0-9_]*$' (found 'Sport!').",
    )


def test_an_id_used_twice_is_refused(tmp_path):
    path = write(tmp_path, GOOD.replace("id: sport", "id: aid"))
    with pytest.raises(ProblemsError, match=r"codebook\.yaml:1: the file: id used twice: aid\.$"):
        read_codebook(path)


def test_a_rule_test_on_an_unknown_topic_is_refused(tmp_path):
    path = write(tmp_path, GOOD.replace("topic: aid", "topic: aids"))
    with pytest.raises(ProblemsError, match="rule tests name topics that the codebook has not: aids"):
        read_codebook(path)


def test_other_stances_are_refused(tmp_path):
    path = write(tmp_path, GOOD.replace("language: en", "language: en\nstances: [pro, con, neutral]"))
    with pytest.raises(ProblemsError, match=r"codebook\.yaml:4: 'stances\.0': Input should be 'favor'"):
        read_codebook(path)


def test_a_codebook_needs_a_topic(tmp_path):
    path = write(tmp_path, "name: x\nversion: 1\nlanguage: en\ntopics: []\n")
    with pytest.raises(ProblemsError, match="a codebook needs at least one topic"):
        read_codebook(path)


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"codebook\.yaml: found list, expected a mapping of keys"):
        read_codebook(write(tmp_path, "- a\n"))


def test_a_missing_codebook_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"codebook\.yaml: no such file"):
        read_codebook(tmp_path / "codebook.yaml")


def test_problems_of_data_without_a_file_have_no_line():
    with pytest.raises(ProblemsError, match=r"^bundle\.json: 'name' is missing\."):
        parse_codebook({}, "bundle.json")


def test_stances_are_the_same_in_every_codebook(codebook):
    assert Codebook.model_fields["stances"].default == codebook.stances == ("favor", "against", "neutral")
