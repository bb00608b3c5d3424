"""A target model from its recipe to its tags, through the command line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from conftest import Command
from stancewire.bundle import read_bundle
from stancewire.cli.train import command as train_command
from stancewire.errors import InputError
from stancewire.files import write_jsonl
from stancewire.predict import Tagger, load
from stancewire.records import Article, Tag
from stancewire.target_tags import tag_targets
from target_bundle import write_workspace

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.slow

TEXT = ("Nato backed Kyiv .", "wheat prices fell .", "Senate refused Nato .")


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which ``stancewire train training/target.yaml`` was called."""
    folder = write_workspace(tmp_path_factory.mktemp("targets"))
    train_command.main([str(folder / "training" / "target.yaml"), "--no-track"], obj=folder, standalone_mode=False)
    return folder


@pytest.fixture(scope="module")
def model(space: Path) -> Tagger:
    return load(space / "models" / "target")


def article(*sentences: str, doc: str = "a", **extra: Any) -> Article:
    sentences = sentences or TEXT
    return Article(doc, "\n".join(sentences), sentences=sentences, extra=extra)


def stances(tags: Iterable[Tag]) -> list[dict[str, str]]:
    return [{target: label.stance for target, label in tag.labels.items()} for tag in tags]


def test_the_stance_of_one_sentence_hangs_on_who_is_asked_about(model: Tagger) -> None:
    found = stances(tag_targets(model, [article()], ["Nato", "Kyiv"]))
    assert found == [{"Nato": "neutral", "Kyiv": "favor"}, {}, {"Nato": "against"}]


def test_an_article_brings_its_targets_along(model: Tagger) -> None:
    assert stances(tag_targets(model, [article(target="Kyiv")])) == [{"Kyiv": "favor"}, {}, {}]
    both = stances(tag_targets(model, [article(targets=["Senate", "Kyiv"])], ["Kyiv"]))
    assert both == [{"Kyiv": "favor"}, {}, {"Senate": "neutral"}]


def test_every_sentence_is_asked_about_a_phrase_and_may_not_be_about_it(model: Tagger) -> None:
    tags = list(tag_targets(model, [article("Kyiv refused more aid , Nato .", *TEXT)], ["more aid"]))
    assert [set(tag.topic_p) for tag in tags] == [{"more aid"}] * 4
    assert stances(tags)[:2] == [{"more aid": "against"}, {}]


def test_a_tag_is_one_of_any_other_model_with_targets_for_topics(model: Tagger) -> None:
    tag = next(tag_targets(model, [article()], ["Kyiv"]))
    row = tag.to_dict()
    p, stance_p = row.pop("topic_p"), row.pop("stance_p")
    assert row == {
        "doc": "a",
        "n": 0,
        "start": 0,
        "end": 18,
        "text": "Nato backed Kyiv .",
        "labels": {"Kyiv": {"stance": "favor"} | _holder(tag)},
        "review": tag.review,
        "truncated": False,
        "model": model.bundle.label,
        "codebook": model.bundle.manifest.codebook.hash[:8],
    }
    assert p["Kyiv"] > 0.5
    assert sum(stance_p["Kyiv"].values()) == pytest.approx(1, abs=2e-4)


def _holder(tag: Tag) -> dict[str, Any]:
    """The holder that the rules find, whose own tests are elsewhere."""
    row = tag.to_dict()["labels"]["Kyiv"]
    return {key: row[key] for key in ("holder", "holder_span")}


def test_many_articles_give_the_same_tags_as_each_alone(model: Tagger) -> None:
    articles = [article(*TEXT[i % 3 :], doc=f"a{i}") for i in range(520)]  # more than a batch
    together = list(tag_targets(model, articles, ["Nato", "more aid"]))
    alone = [tag for one in articles[:3] for tag in tag_targets(model, [one], ["Nato", "more aid"])]
    assert together[: len(alone)] == alone
    assert len(together) == sum(len(one.sentences or ()) for one in articles)


def test_no_target_is_an_error_that_names_the_article(model: Tagger) -> None:
    with pytest.raises(InputError, match=r"article 'a': no target\. Name one with --target"):
        list(tag_targets(model, [article()]))


@pytest.mark.parametrize("extra", [{"targets": "Kyiv"}, {"target": 3}, {"targets": ["Kyiv", " "]}])
def test_targets_of_another_kind_are_refused(model: Tagger, extra: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"'{next(iter(extra))}' is .*, expected a "):
        list(tag_targets(model, [article(**extra)]))


def test_the_bundle_says_that_it_takes_targets(space: Path) -> None:
    manifest = read_bundle(space / "models" / "target").manifest
    assert manifest.runtime == {"kind": "onnx", "max_tokens": 24, "context": 0, "targets": True}
    assert manifest.codebook.topic_ids == ("target",)
    assert "stance_macro_f1/target" in manifest.metrics


# -- the command line -----------------------------------------------------------------------------------------------


def test_predict_writes_a_row_per_sentence(space: Path, tmp_path: Path, stancewire: Command) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"id": "a", "sentences": TEXT, "target": "Kyiv"}])
    done = stancewire("predict", tmp_path / "a.jsonl", "-m", space / "models" / "target", "--target", "Nato")
    assert (done.code, done.err) == (0, "")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [{t: label["stance"] for t, label in row["labels"].items()} for row in rows] == [
        {"Nato": "neutral", "Kyiv": "favor"},
        {},
        {"Nato": "against"},
    ]


def test_predict_refuses_what_targets_cannot_be_written_to(space: Path, tmp_path: Path, stancewire: Command) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"id": "a", "sentences": TEXT}])
    call = ("predict", tmp_path / "a.jsonl", "-m", space / "models" / "target", "--target", "Nato")
    for more, problem in (
        (("--format", "csv"), "tags of targets are written as jsonl"),
        (("-o", tmp_path / "tags"), "tags of targets are written to one file"),
    ):
        done = stancewire(*call, *more)
        assert done.code == 2
        assert problem in done.err


def test_a_model_with_topics_takes_no_target(bundle_folder: Path, tmp_path: Path, stancewire: Command) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"id": "a", "sentences": TEXT}])
    done = stancewire("predict", tmp_path / "a.jsonl", "-m", bundle_folder, "--target", "Nato")
    assert done.code == 2
    assert "--target is for target models; tiny@" in done.err


def test_evaluate_measures_a_target_set(space: Path, stancewire: Command) -> None:
    done = stancewire("evaluate", space / "labels" / "set.jsonl", "-m", space / "models" / "target", "--json")
    metrics = json.loads(done.out)
    assert metrics["stance_macro_f1"][0] > 0.9
    assert metrics["stance_macro_f1"] == metrics["stance_macro_f1/target"]
    table = stancewire("evaluate", space / "labels" / "set.jsonl", "-m", space / "models" / "target").out
    for name in ("stance_macro_f1", "stance_accuracy/target", "stance_f1/target/against", "96 sentences"):
        assert name in table


def test_evaluate_asks_about_a_labelled_folder_by_its_topics(space: Path, stancewire: Command, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "documents.jsonl", [{"doc": "d"}])
    row = {"id": "d.0", "doc": "d", "n": 0, "text": "Nato refused more aid , Kyiv ."}
    write_jsonl(tmp_path / "sentences.jsonl", [row | {"labels": {"aid": {"stance": "against", "holder": "Nato"}}}])
    done = stancewire("-C", space, "evaluate", tmp_path, "-m", space / "models" / "target", "--json")
    assert json.loads(done.out)["stance_accuracy/target"] == [1.0, 1.0, 1.0]


def test_other_commands_say_that_there_is_no_target(space: Path, tmp_path: Path, stancewire: Command) -> None:
    write_jsonl(tmp_path / "documents.jsonl", [{"doc": "d"}])
    row = {"id": "d.0", "doc": "d", "n": 0, "text": "It rained.", "labels": {}}
    write_jsonl(tmp_path / "sentences.jsonl", [row])
    done = stancewire("-C", space, "compare", space / "models" / "target", "--on", tmp_path)
    assert done.code == 1
    assert "takes a target with every sentence, and there is none" in done.err


def test_a_target_model_is_no_problem_of_a_workspace(space: Path, stancewire: Command) -> None:
    done = stancewire("-C", space, "check")
    assert "bundle models/target: target@" in done.out + done.err
    assert "made for codebook" not in done.out + done.err


def test_a_target_model_is_not_registered(space: Path, stancewire: Command) -> None:
    done = stancewire("-C", space, "train", space / "training" / "target.yaml", "--register", "target")
    assert done.code == 2
    assert "asked about sentences alone" in done.err
