"""Labels out and back: unchanged, whatever they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stancewire.codebook import Codebook
from stancewire.errors import InputError, ProblemsError
from stancewire.label_exchange import read_exchange, with_labels, write_exchange
from stancewire.label_studio import label_config
from stancewire.records import Label, LabelledSentence, Sentence

ENDINGS = [".json", ".csv", ".xlsx"]

ROWS = (
    LabelledSentence(
        "a.0",
        "a",
        0,
        Sentence('=SUM(1) "We" refuse; no, never', "Title"),
        {"aid": Label("against", '"We"')},
        "ana",
        "p1",
    ),
    LabelledSentence("a.1", "a", 1, Sentence("- Egg prices fell.", "Title", ("Before.",)), {}),
    LabelledSentence("a.2", "a", 2, Sentence("Only context."), None),
    LabelledSentence(
        "a.3", "a", 3, Sentence("The cup helps Оленка."), {"aid": Label("favor", "author"), "sport": Label("neutral")}
    ),
)

# what news sentences are made of: letters of any script, marks, digits, punctuation, symbols and plain spaces
TEXT = st.text(
    st.characters(categories=("L", "M", "N", "P", "S"), include_characters=" "), min_size=1, max_size=60
).filter(lambda text: bool(text.strip()))


@st.composite
def sentences(draw: st.DrawFn) -> list[LabelledSentence]:
    rows = []
    for n, text in enumerate(draw(st.lists(TEXT, min_size=1, max_size=5))):
        start = draw(st.integers(0, len(text) - 1))
        holder = st.sampled_from(["author", None, text[start : draw(st.integers(start + 1, len(text)))]])
        label = st.one_of(st.just(Label("neutral")), st.builds(Label, st.sampled_from(["favor", "against"]), holder))
        labels = draw(st.one_of(st.none(), st.dictionaries(st.sampled_from(["aid", "sport"]), label)))
        rows.append(LabelledSentence(f"a.{n}", "a", n, Sentence(text), labels))
    return rows


@pytest.mark.parametrize("ending", ENDINGS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=sentences())
def test_any_labels_come_back_unchanged(rows: list[LabelledSentence], ending: str, tmp_path: Path, codebook: Codebook):
    path = tmp_path / f"labels{ending}"
    write_exchange(rows, codebook, path)
    assert read_exchange(path, rows, codebook) == {row.id: row.labels for row in rows}


@pytest.mark.parametrize("ending", ENDINGS)
def test_quotes_formulas_context_and_other_scripts_come_back(ending: str, tmp_path: Path, codebook: Codebook):
    write_exchange(ROWS, codebook, tmp_path / f"labels{ending}")
    assert read_exchange(tmp_path / f"labels{ending}", ROWS, codebook) == {row.id: row.labels for row in ROWS}


def test_a_csv_is_one_line_per_sentence_with_stance_and_holder_of_each_topic(tmp_path: Path, codebook: Codebook):
    write_exchange(ROWS[1:], codebook, tmp_path / "labels.csv")
    assert (tmp_path / "labels.csv").read_text("utf-8-sig").splitlines() == [
        "id,doc,n,before,text,labelled,annotator,pair,aid,aid_holder,sport,sport_holder",
        "a.1,a,1,Before.,- Egg prices fell.,yes,,,,,,",
        "a.2,a,2,,Only context.,no,,,,,,",
        "a.3,a,3,,The cup helps Оленка.,yes,,,favor,author,neutral,",
    ]


def test_a_label_studio_task_has_choices_and_a_text_area(tmp_path: Path, codebook: Codebook):
    write_exchange(ROWS[:1], codebook, tmp_path / "labels.json")
    (task,) = json.loads((tmp_path / "labels.json").read_text("utf-8"))
    assert [(i["from_name"], i["type"], i["value"]) for i in task["annotations"][0]["result"]] == [
        ("aid", "choices", {"choices": ["against"]}),
        ("aid_holder", "textarea", {"text": ['"We"']}),
    ]


def test_the_last_label_studio_annotation_that_was_not_cancelled_counts(tmp_path: Path, codebook: Codebook):
    def annotation(stance: str, cancelled: bool) -> dict[str, object]:
        item = {"from_name": "aid", "to_name": "text", "type": "choices", "value": {"choices": [stance]}}
        return {"result": [item], "was_cancelled": cancelled}

    annotations = [annotation("favor", False), annotation("neutral", False), annotation("against", True)]
    task = {"id": 7, "data": {"id": "a.1", "text": "- Egg prices fell."}, "annotations": annotations}
    (tmp_path / "done.json").write_text(json.dumps([task]), "utf-8")
    assert read_exchange(tmp_path / "done.json", ROWS, codebook) == {"a.1": {"aid": Label("neutral")}}


def test_a_csv_saved_with_semicolons_is_read(tmp_path: Path, codebook: Codebook):
    text = "id;text;labelled;aid;aid_holder;sport;sport_holder\na.1;- Egg prices fell.;yes; favor ;author;;\n"
    (tmp_path / "done.csv").write_text(text, "utf-8")
    assert read_exchange(tmp_path / "done.csv", ROWS, codebook) == {"a.1": {"aid": Label("favor", "author")}}


def test_every_problem_of_a_file_is_reported_with_its_row(tmp_path: Path, codebook: Codebook):
    text = (
        "id,text,labelled,aid,aid_holder,sport,sport_holder\n"
        "z.9,Unknown.,yes,,,,\n"
        "a.1,Egg prices rose.,yes,,,,\n"
        "a.3,The cup helps Оленка.,yes,positve,,neutral,Оленка\n"
    )
    (tmp_path / "done.csv").write_text(text, "utf-8")
    with pytest.raises(ProblemsError) as caught:
        read_exchange(tmp_path / "done.csv", ROWS, codebook)
    where = f"{tmp_path / 'done.csv'}: row"
    assert [problem.removeprefix(where)[:58] for problem in caught.value.problems] == [
        " 2: sentence 'z.9' is not in sentences.jsonl. Export first",
        " 3: the text of 'a.1' is not the one in sentences.jsonl. I",
        " 4: sentence 'a.3': stance 'positve' is not in the codeboo",
        " 4: sentence 'a.3': 'sport' is neutral and has holder 'Оле",
    ]


def test_a_table_without_its_columns_is_an_error(tmp_path: Path, codebook: Codebook):
    (tmp_path / "done.csv").write_text("id,text\n", "utf-8")
    with pytest.raises(InputError, match="columns labelled, aid, sport are missing"):
        read_exchange(tmp_path / "done.csv", ROWS, codebook)


def test_an_unknown_ending_is_an_error(tmp_path: Path, codebook: Codebook):
    with pytest.raises(InputError, match=r"found ending '.ods', expected one of .json \(Label Studio\)"):
        write_exchange(ROWS, codebook, tmp_path / "labels.ods")


@pytest.mark.parametrize("content", ["{", '{"a": 1}', "[1]", '[{"data": {}, "annotations": [1]}]'])
def test_what_is_no_label_studio_export_is_an_error(content: str, tmp_path: Path, codebook: Codebook):
    (tmp_path / "done.json").write_text(content, "utf-8")
    with pytest.raises(InputError, match=r"broken JSON|expected a list of tasks|task 1: an annotation is not Label"):
        read_exchange(tmp_path / "done.json", ROWS, codebook)


def test_what_is_no_excel_file_is_an_error(tmp_path: Path, codebook: Codebook):
    (tmp_path / "done.xlsx").write_text("id;text;labelled\n", "utf-8")
    with pytest.raises(InputError, match=r"done\.xlsx: not a readable Excel file \(File is not a zip file\)\."):
        read_exchange(tmp_path / "done.xlsx", ROWS, codebook)


def test_new_labels_replace_the_old_and_leave_every_other_key():
    rows = [{"id": "a.0", "labels": {}, "pair": "p1", "annotator": "ana"}, {"id": "a.1", "labels": None}]
    found = with_labels(rows, {"a.0": {"aid": Label("neutral")}, "a.1": None}, "bob")
    assert found == (
        [{"id": "a.0", "labels": {"aid": {"stance": "neutral"}}, "pair": "p1", "annotator": "bob"}, rows[1]],
        1,
    )


def test_the_labelling_interface_has_a_choice_and_a_holder_per_topic(codebook: Codebook):
    config = label_config(codebook)
    assert [f'name="{name}"' in config for name in ("aid", "aid_holder", "sport", "sport_holder")] == [True] * 4
