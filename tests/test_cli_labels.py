"""``stancewire labels`` and ``stancewire check --model``."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Command
from stancewire.codebook import Codebook
from stancewire.files import write_json, write_jsonl


def _change_target(folder: Path, codebook: Codebook) -> Path:
    """Keep the workspace's codebook as old.yaml and give its topic aid another target."""
    old = folder / "old.yaml"
    write_json(old, codebook.model_dump(mode="json"))
    book = codebook.model_dump(mode="json")
    book["topics"][0]["target"] = "giving less"
    write_json(folder / "labels" / "codebook.yaml", book)
    return old


def test_stats_are_a_table_and_a_picture(workspace_folder: Path, stancewire: Command) -> None:
    picture = workspace_folder / "stats.png"
    done = stancewire("-C", workspace_folder, "labels", "stats", "-o", picture)
    assert done.code == 0
    assert "48 documents, 240 labelled sentences, 48 without a topic\n" in done.out
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_stats_are_json(workspace_folder: Path, stancewire: Command) -> None:
    done = stancewire("-C", workspace_folder, "labels", "stats", "--json")
    assert json.loads(done.out)["cells"] == {
        "aid": {"favor": 48, "against": 48, "neutral": 48},
        "sport": {"favor": 0, "against": 0, "neutral": 48},
    }


def test_agreement_is_of_the_labels_and_the_second_reading(workspace_folder: Path, stancewire: Command) -> None:
    rows = [{"id": "d00.0", "labels": {"aid": {"stance": "neutral"}}}, {"id": "d00.4", "labels": {}}]
    write_jsonl(workspace_folder / "labels" / "second_reading.jsonl", rows)
    done = stancewire("-C", workspace_folder, "labels", "agreement", "--list")
    assert done.code == 0
    assert "2 sentences read twice, 1 with the same topics and stances" in done.out
    assert done.out.endswith(
        "aid: favor or neutral (1)\n  d00.0  aid favor / neutral: The minister promised to send more tents.\n"
    )


def test_agreement_without_a_second_reading_names_the_file(workspace_folder: Path, stancewire: Command) -> None:
    done = stancewire("-C", workspace_folder, "labels", "agreement")
    path = workspace_folder / "labels" / "second_reading.jsonl"
    assert (done.code, done.err.startswith(f"error: {path}: no such file.")) == (1, True)


def test_readings_without_a_common_sentence_are_an_error(workspace_folder: Path, stancewire: Command) -> None:
    write_jsonl(workspace_folder / "labels" / "second_reading.jsonl", [{"id": "z.0", "labels": {}}])
    done = stancewire("-C", workspace_folder, "labels", "agreement")
    assert (done.code, done.err) == (
        1,
        "error: the two readings have no sentence in common; nothing can be compared.\n",
    )


def test_errors_are_listed_under_their_cell(workspace_folder: Path, stancewire: Command) -> None:
    path = workspace_folder / "labels" / "sentences.jsonl"
    wrong = '"The minister promised to send more tents.", "labels": {"aid": {"stance": "against"'
    path.write_text(path.read_text().replace(wrong.replace("against", "favor"), wrong, 1))
    done = stancewire("-C", workspace_folder, "labels", "errors", "--top", 1, "--json")
    (found,) = map(json.loads, done.out.splitlines())
    assert (found["concern"], found["id"]) == ("aid: against or favor", "d00.0")


def test_duplicates_are_listed_by_cluster(workspace_folder: Path, stancewire: Command) -> None:
    path = workspace_folder / "labels" / "sentences.jsonl"
    extra = {
        "id": "d47.9",
        "doc": "d47",
        "n": 9,
        "text": "A convoy with tents left for The minister on day 0.",
        "labels": {},
    }
    path.write_text(path.read_text() + json.dumps(extra) + "\n")
    done = stancewire("-C", workspace_folder, "labels", "duplicates", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    (concern,) = {line["concern"] for line in lines if line["id"] == "d47.9"}
    assert {"d00.2", "d47.9"} <= {line["id"] for line in lines if line["concern"] == concern}


def test_splits_are_written_for_every_document(workspace_folder: Path, stancewire: Command) -> None:
    done = stancewire("-C", workspace_folder, "labels", "split", "--dev-share", 0.9)
    lines = (workspace_folder / "labels" / "splits.jsonl").read_text().splitlines()
    assert (done.code, len(lines)) == (0, 48)


def test_labels_go_out_to_a_table_and_back(workspace_folder: Path, stancewire: Command) -> None:
    table = workspace_folder / "labels.csv"
    stancewire(
        "-C", workspace_folder, "labels", "export", table, "--doc", "d00", "--config", workspace_folder / "l.xml"
    )
    table.write_text(
        table.read_text("utf-8-sig").replace(",yes,test,,favor,The minister", ",yes,test,,against,The minister")
    )
    done = stancewire("-C", workspace_folder, "labels", "import", table, "--annotator", "ana")
    assert done.err == "5 sentences read, 1 with new labels\n"
    first = (workspace_folder / "labels" / "sentences.jsonl").read_text().splitlines()[0]
    labels = {"aid": {"stance": "against", "holder": "The minister"}}
    assert {key: json.loads(first)[key] for key in ("labels", "annotator")} == {"labels": labels, "annotator": "ana"}
    assert (workspace_folder / "l.xml").read_text().startswith("<View>")


def test_a_document_that_is_not_there_is_not_exported(workspace_folder: Path, stancewire: Command) -> None:
    out = workspace_folder / "out.csv"
    done = stancewire("-C", workspace_folder, "labels", "export", out, "--doc", "d1000")
    said = f"--doc d1000: no such document in {workspace_folder / 'labels'}. Did you mean '"
    assert (done.code, done.out, done.err.startswith(f"error: {said}"), out.exists()) == (1, "", True, False)


def test_labels_of_a_second_reader_become_a_reading(workspace_folder: Path, stancewire: Command) -> None:
    table, reading = workspace_folder / "labels.json", workspace_folder / "labels" / "second_reading.jsonl"
    stancewire("-C", workspace_folder, "labels", "export", table)
    stancewire("-C", workspace_folder, "labels", "import", table, "--reading", reading, "--annotator", "bo")
    done = stancewire("-C", workspace_folder, "labels", "agreement", "--json")
    assert (json.loads(done.out)["sentences"], json.loads(done.out)["identical"]) == (240, 240)


def test_a_changed_target_lists_the_rows_to_recode(
    workspace_folder: Path, codebook: Codebook, stancewire: Command
) -> None:
    old = _change_target(workspace_folder, codebook)
    done = stancewire("-C", workspace_folder, "labels", "recode", "--from", old)
    assert done.out.splitlines()[:2] == ["aid: target (144)", "  d00.0  The minister promised to send more tents."]
    assert done.err.startswith("1 changes between ")


def test_check_with_a_model_lists_the_rules_it_breaks(
    workspace_folder: Path, codebook: Codebook, bundle_folder: Path, stancewire: Command
) -> None:
    book = codebook.model_dump(mode="json")
    tests = [{"kind": "edge", "topic": "aid", "stance": "favor", "text": "Oslo refused to send any boots."}]
    book["rules"] = [{"id": "refusals", "text": "A refusal.", "tests": tests}]
    write_json(workspace_folder / "labels" / "codebook.yaml", book)
    asked = ("-C", workspace_folder, "check", "--model", bundle_folder)
    done = stancewire(*asked)
    assert (done.code, "0 of 1 test sentences right" in done.out) == (0, True)
    assert done.out.endswith("refusals\n  edge, aid: against, expected favor: Oslo refused to send any boots.\n")
    assert stancewire(*asked, "--strict").code == 1
