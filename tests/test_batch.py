from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stancewire.articles import ReadOptions
from stancewire.batch import InProcess, Job, Progress, ShardSize, run_batch
from stancewire.errors import InputError, OutputError
from stancewire.output import make_layout
from stancewire.predict import Tagger

TEXTS = (
    "The minister promised to send more tents.",
    "Brussels refused to send any grain. Rain fell.",
    "The match of boots against Oslo ended in a draw.",
    "News\nThe mayor promised to send more coats. Rain fell on drones.",
)
MakeJob = Callable[..., Job]


@pytest.fixture
def make_job(tagger: Tagger, tmp_path: Path) -> MakeJob:
    """A job that tags ``in/`` to ``out/``, two articles a shard."""

    def make(*inputs: Path, kind: str = "jsonl", **changes: object) -> Job:
        layout = make_layout(kind, tagger.bundle.manifest.codebook.topic_ids)
        given_inputs = tuple(map(str, inputs)) or (str(tmp_path / "in"),)
        job = Job(given_inputs, ReadOptions(), tagger.bundle, layout, tmp_path / "out", ShardSize(2))
        return replace(job, **changes)  # type: ignore[arg-type]

    return make


def write_lines(path: Path, ids: str) -> Path:
    """A JSON-lines file with an article for each letter."""
    path.parent.mkdir(exist_ok=True)
    rows = ({"id": name, "title": f"About {name}", "date": "2024-11-13", "text": TEXTS[ord(name) % 4]} for name in ids)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def finish(job: Job) -> Progress:
    """Run to the end."""
    last = None
    for step in run_batch(job, InProcess()):
        last = step
    assert last is not None
    return last


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def docs(folder: Path) -> list[str]:
    """Ids of the articles in the rows of a folder, in order, once each."""
    lines = [line for path in sorted(folder.glob("part-*.jsonl")) for line in path.read_text().splitlines()]
    return list(dict.fromkeys(json.loads(line)["doc"] for line in lines))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_folder_holds_the_rows_that_one_file_holds(tmp_path: Path, make_job: MakeJob, tagger: Tagger) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abcde")
    totals = finish(make_job()).totals
    from stancewire.articles import read_articles

    expected = [
        json.dumps(t.to_dict(), ensure_ascii=False) for t in tagger.tag_many(read_articles([str(tmp_path / "in")]))
    ]
    parts = sorted((tmp_path / "out").glob("part-*"))
    assert [p.name for p in parts] == ["part-000000.jsonl", "part-000001.jsonl", "part-000002.jsonl"]
    assert [line for p in parts for line in p.read_text().splitlines()] == expected
    assert (totals.parts, totals.articles, totals.rows) == (3, 5, len(expected))


def test_the_run_says_what_was_read_and_what_was_made(tmp_path: Path, make_job: MakeJob, tagger: Tagger) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    job = make_job()
    finish(job)
    run = tmp_path / "out" / "_run"
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest == json.loads(json.dumps(job.identity()))
    assert (manifest["model"], manifest["content_hash"]) == (tagger.bundle.label, tagger.bundle.content_hash)
    (given_input,) = lines(run / "inputs.jsonl")
    assert (given_input["name"], given_input["size"]) == ("a.jsonl", (tmp_path / "in" / "a.jsonl").stat().st_size)
    assert [(s["file"], s["articles"], s["next"]) for s in lines(run / "shards.jsonl")] == [
        ("part-000000.jsonl", 2, [0, 2]),
        ("part-000001.jsonl", 1, [1, 0]),
    ]
    assert lines(run / "articles.jsonl")[0] == {
        "doc": "a",
        "title": "About a",
        "date": "2024-11-13",
        "sentences": 2,
    }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_parts_of_every_format_are_one_data_set(tmp_path: Path, make_job: MakeJob, kind: str) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abcde")
    rows = finish(make_job(kind=kind)).totals.rows
    if kind == "parquet":
        assert pyarrow.parquet.read_table(tmp_path / "out").num_rows == rows
    else:
        parts = [p.read_text().splitlines() for p in sorted((tmp_path / "out").glob("part-*.csv"))]
        assert {part[0][:16] for part in parts} == {"doc,n,start,end,"}
        assert sum(len(part) - 1 for part in parts) == rows


def test_a_second_call_does_nothing(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    finish(make_job())
    before = content(tmp_path / "out")
    again = finish(make_job())
    assert (again.articles, again.totals.articles) == (0, 3)
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_run_that_was_cut_short_goes_on_to_the_same_bytes(
    tmp_path: Path, make_job: MakeJob, kind: str, steps: int
) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abcdefg")
    finish(make_job(kind=kind, folder=tmp_path / "whole"))
    job = make_job(kind=kind)
    running = run_batch(job, InProcess())
    for _ in range(steps):
        next(running)
    running.close()  # type: ignore[attr-defined]
    finish(job)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_crash_between_a_part_and_its_commit_leaves_no_trace(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abcdefg")
    finish(make_job())
    before, log = content(tmp_path / "out"), tmp_path / "out" / "_run" / "shards.jsonl"
    committed = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(committed[:2]) + committed[2][:20])  # the third commit was being written
    (tmp_path / "out" / ".part-000002.jsonl.tmp").write_text("half")
    finish(make_job())
    assert content(tmp_path / "out") == before


def test_new_files_are_tagged_and_old_ones_are_not_needed(tmp_path: Path, make_job: MakeJob) -> None:
    first = write_lines(tmp_path / "in" / "b.jsonl", "abc")
    finish(make_job())
    before = content(tmp_path / "out")
    first.unlink()
    write_lines(tmp_path / "in" / "a.jsonl", "xy")
    again = finish(make_job())
    assert (again.articles, again.totals.articles) == (2, 5)
    assert docs(tmp_path / "out") == ["a", "b", "c", "x", "y"]
    after = content(tmp_path / "out")
    assert {name: after[name] for name in before if name.startswith("part-")} == {
        name: data for name, data in before.items() if name.startswith("part-")
    }


def test_an_empty_file_is_read_once_and_may_go(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "a")
    finish(make_job())
    (tmp_path / "in" / "b.jsonl").write_text("")
    finish(make_job())
    (tmp_path / "in" / "b.jsonl").unlink()
    assert finish(make_job()).totals.parts == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"options": ReadOptions(on_error="skip")}, "reading.on_error 'stop', now 'skip'"),
        ({"size": ShardSize(3)}, "shard.records 2, now 3"),
        ({"limit": 9}, "limit None, now 9"),
        ({"stories": True}, "cluster False, now True"),
        ({"kind": "csv"}, "output.format 'jsonl', now 'csv'"),
    ],
)
def test_another_option_in_the_same_folder_is_refused(
    tmp_path: Path, make_job: MakeJob, changes: dict[str, object], said: str
) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "a")
    finish(make_job())
    before = content(tmp_path / "out")
    with pytest.raises(InputError, match=said):
        finish(make_job(**changes))
    assert content(tmp_path / "out") == before


def test_another_model_in_the_same_folder_is_refused_by_name(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "a")
    finish(make_job())
    job = make_job()
    other = replace(job.bundle, content_hash="0" * 64)
    with pytest.raises(InputError, match=r"begun with model 'tiny@.{8}', now 'tiny@00000000'"):
        finish(replace(job, bundle=other))


def test_a_changed_input_is_refused(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    finish(make_job())
    write_lines(tmp_path / "in" / "a.jsonl", "abcd")
    with pytest.raises(InputError, match=r"a\.jsonl: changed since this run first read it \(sha256 is now"):
        finish(make_job())


def test_an_input_that_is_not_done_must_stay(tmp_path: Path, make_job: MakeJob) -> None:
    path = write_lines(tmp_path / "in" / "a.jsonl", "abcde")
    write_lines(tmp_path / "in" / "b.jsonl", "x")
    running = run_batch(make_job(), InProcess())
    next(running)
    running.close()  # type: ignore[attr-defined]
    path.unlink()
    with pytest.raises(InputError, match=r"a\.jsonl: is not among the inputs any more, but is not done"):
        finish(make_job())


def test_files_of_one_name_in_two_folders_are_two_inputs(tmp_path: Path, make_job: MakeJob) -> None:
    one, two = write_lines(tmp_path / "1" / "a.jsonl", "ab"), write_lines(tmp_path / "2" / "a.jsonl", "xy")
    finish(make_job(one, two))
    assert docs(tmp_path / "out") == ["a", "b", "x", "y"]
    three = write_lines(tmp_path / "3" / "a.jsonl", "z")
    finish(make_job(one, two, three))
    assert docs(tmp_path / "out") == ["a", "b", "x", "y", "z"]


def test_bad_records_are_kept_with_their_reason_and_can_be_mended(tmp_path: Path, make_job: MakeJob) -> None:
    path = tmp_path / "in" / "a.jsonl"
    write_lines(path, "a")
    path.write_text(path.read_text() + '{"id": "b", "text": ""}\nnonsense\n{"id": "a", "text": "Rain fell."}\n')
    skip = ReadOptions(on_error="skip")
    assert finish(make_job(options=skip)).totals.rejects == 3
    rejects = tmp_path / "out" / "_run" / "rejects.jsonl"
    assert lines(rejects) == [
        {
            "reject": {
                "input": "a.jsonl",
                "where": "a.jsonl:2",
                "why": "a.jsonl:2: the text is empty; expected an article. Leave it out, or use --on-error skip.",
            },
            "id": "b",
            "text": "",
        },
        {
            "reject": {
                "input": "a.jsonl",
                "where": "a.jsonl:3",
                "why": "a.jsonl:3: broken JSON at column 1 (Expecting value).",
            },
            "raw": "nonsense",
        },
        {
            "reject": {
                "input": "a.jsonl",
                "where": "a.jsonl:4",
                "why": "a.jsonl:4: id 'a' is used twice; ids name articles in the output.",
            },
            "id": "a",
            "text": "Rain fell.",
        },
    ]
    mended = rejects.read_text().replace('"text": ""', '"text": "Snow fell."').splitlines()[0]
    (tmp_path / "in" / "mended.jsonl").write_text(mended + "\n")
    finish(make_job(options=skip))
    assert docs(tmp_path / "out") == ["a", "b"]


def test_an_id_of_an_earlier_call_is_not_used_twice(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    finish(make_job())
    write_lines(tmp_path / "in" / "b.jsonl", "xc")
    with pytest.raises(InputError, match=r"b\.jsonl:2: id 'c' is used twice"):
        finish(make_job())


def test_a_bad_record_stops_after_the_shards_before_it(tmp_path: Path, make_job: MakeJob) -> None:
    path = write_lines(tmp_path / "in" / "a.jsonl", "abcde")
    good = path.read_text()
    path.write_text(good + "nonsense\n")
    with pytest.raises(InputError, match=r"a\.jsonl:6: broken JSON"):
        finish(make_job())
    assert sorted(p.name for p in (tmp_path / "out").glob("*part-*")) == ["part-000000.jsonl", "part-000001.jsonl"]


def test_a_file_that_changes_while_it_is_read_stops_the_run(tmp_path: Path, make_job: MakeJob) -> None:
    path = write_lines(tmp_path / "in" / "a.jsonl", "abcdefgh")
    running = run_batch(make_job(), InProcess())
    next(running)
    with path.open("a") as stream:
        stream.write('{"id": "z", "text": "Rain fell."}\n')
    with pytest.raises(InputError, match=r"a\.jsonl: changed while it was read"):
        list(running)
    assert docs(tmp_path / "out")[:2] == ["a", "b"]
    assert "z" not in docs(tmp_path / "out")


def test_a_file_that_vanishes_is_a_reject_and_is_tried_again_when_it_is_back(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abe")
    path = write_lines(tmp_path / "in" / "b.jsonl", "xy")
    write_lines(tmp_path / "in" / "c.jsonl", "cd")
    skip = ReadOptions(on_error="skip")
    running = run_batch(make_job(options=skip), InProcess())
    next(running)
    kept = path.rename(tmp_path / "kept")
    list(running)
    assert docs(tmp_path / "out") == ["a", "b", "e", "c", "d"]
    (reject,) = lines(tmp_path / "out" / "_run" / "rejects.jsonl")
    assert reject["file"] == "b.jsonl"
    kept.rename(path)
    finish(make_job(options=skip))
    assert docs(tmp_path / "out") == ["a", "b", "e", "c", "d", "x", "y"]
    assert finish(make_job(options=skip)).articles == 0


def test_a_damaged_file_is_a_reject_once(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "ab")
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(b"no gzip")
    skip = ReadOptions(on_error="skip")
    finish(make_job(options=skip))
    again = finish(make_job(options=skip))
    assert (again.totals.rejects, again.totals.articles) == (1, 2)


def test_a_limit_is_kept_across_calls(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abcdefg")
    job = make_job(limit=5)
    running = run_batch(job, InProcess())
    next(running)
    running.close()  # type: ignore[attr-defined]
    finish(job)
    assert docs(tmp_path / "out") == ["a", "b", "c", "d", "e"]
    assert finish(job).articles == 0


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    running = run_batch(make_job(), InProcess())
    next(running)
    with pytest.raises(OutputError, match="out: another run is writing to this folder"):
        finish(make_job())
    list(running)
    assert docs(tmp_path / "out") == ["a", "b", "c"]


def test_a_missing_or_changed_part_is_told(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abcde")
    finish(make_job())
    first, last = tmp_path / "out" / "part-000000.jsonl", tmp_path / "out" / "part-000002.jsonl"
    last.write_bytes(last.read_bytes().replace(b"Oslo", b"Rome").replace(b"tents", b"tints").replace(b"Rain", b"Hail"))
    with pytest.raises(InputError, match=r"part-000002\.jsonl: changed since it was written"):
        finish(make_job())
    first.unlink()
    with pytest.raises(InputError, match=r"part-000000\.jsonl: is missing"):
        finish(make_job())


def test_a_folder_with_parts_of_somebody_else_is_refused(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "a")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part-000000.jsonl").write_text("precious\n")
    with pytest.raises(OutputError, match="holds parts that no run here has written"):
        finish(make_job())
    assert (tmp_path / "out" / "part-000000.jsonl").read_text() == "precious\n"


def test_standard_input_is_refused(tmp_path: Path, make_job: MakeJob) -> None:
    with pytest.raises(InputError, match="standard input cannot be read again after a crash"):
        finish(make_job(inputs=("-",)))


@pytest.mark.parametrize("given", ["in", "in/../in", "i*"])
def test_a_folder_can_be_tagged_into_itself(tmp_path: Path, make_job: MakeJob, given: str) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    job = make_job(folder=tmp_path / "in" / "tags", inputs=(str(tmp_path / given),))
    finish(job)
    assert finish(job).totals.articles == 3


def test_an_address_is_an_input_too(tmp_path: Path, make_job: MakeJob) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    finish(make_job(folder=tmp_path / "whole"))
    job = make_job(inputs=((tmp_path / "in").as_uri(),))
    cut_short(run_batch(job, InProcess()), 1)
    finish(job)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_near_duplicates_belong_to_the_first_article_of_their_story(tmp_path: Path, make_job: MakeJob) -> None:
    pytest.importorskip("datasketch")
    wire = (
        "The envoy said on Tuesday that the convoy with forty trucks of grain had left the port before the talks began."
    )
    rows = [
        {"id": "a", "text": wire},
        {"id": "b", "text": "Rain fell on the hills of Oslo all week, and nobody went out to see the match."},
        {"id": "c", "text": f"{wire} More soon."},
    ]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    finish(make_job(stories=True))
    stories = lines(tmp_path / "out" / "_run" / "stories.jsonl")
    assert stories == [{"doc": "a", "story": "a"}, {"doc": "b", "story": "b"}, {"doc": "c", "story": "a"}]


def test_stories_that_a_crash_left_behind_are_made_anew(tmp_path: Path, make_job: MakeJob) -> None:
    pytest.importorskip("datasketch")
    write_lines(tmp_path / "in" / "a.jsonl", "abc")
    finish(make_job(stories=True))
    write_lines(tmp_path / "in" / "b.jsonl", "xyz")
    running = run_batch(make_job(stories=True), InProcess())
    while next(running).totals.articles < 6:
        pass
    running.close()  # type: ignore[attr-defined]
    finish(make_job(stories=True))
    assert [row["doc"] for row in lines(tmp_path / "out" / "_run" / "stories.jsonl")] == list("abcxyz")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
RECORDS = st.lists(
    st.one_of(TEXT.map(lambda text: {"text": text}), st.just("broken"), st.just({"no": "text"})), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(RECORDS, min_size=1, max_size=4),
    stops=st.lists(st.integers(1, 4), max_size=4),
    size=st.integers(1, 5),
)
def test_whatever_the_input_and_wherever_it_stops_a_run_ends_with_the_same_bytes(
    tmp_path: Path, make_job: MakeJob, files: list[list[object]], stops: list[int], size: int
) -> None:
    for name in ("in", "out", "whole"):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
    (tmp_path / "in").mkdir()
    for number, records in enumerate(files):
        path = tmp_path / "in" / f"{number}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    job = make_job(size=ShardSize(size), options=ReadOptions(on_error="skip"))
    whole = finish(replace(job, folder=tmp_path / "whole")).totals
    for stop in stops:
        cut_short(run_batch(job, InProcess()), stop)
    finish(job)
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    assert whole.articles + whole.rejects == sum(map(len, files))


def cut_short(running: Iterator[Progress], steps: int) -> None:
    """Take some steps of a run, then drop it."""
    for _ in range(steps):
        next(running, None)
    running.close()  # type: ignore[attr-defined]
