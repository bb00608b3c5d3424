"""Fixtures: a tiny codebook, a tiny labelled set, and a real bundle trained on it in a second."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from stancewire.cli import main
from stancewire.codebook import Codebook, Topic
from stancewire.files import write_json, write_jsonl
from stancewire.labels import labels_hash, read_labels
from stancewire.predict import Tagger, load
from stancewire.recipe import Recipe
from stancewire.runs import NullRun
from stancewire.train import Job, train
from stancewire.trainers import Silent, make_trainer


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]

AID = ("tents", "shells", "grain", "trucks", "boots", "drones", "radios", "coats")
WHO = ("The minister", "Brussels", "Ana Horvat", "The senator", "Kyiv", "The envoy", "Oslo", "The mayor")


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    """Two topics."""
    return Codebook(
        name="tiny",
        version=1,
        language="en",
        topics=(
            Topic(id="aid", title="Aid", definition="Help given to somebody.", target="giving aid"),
            Topic(id="sport", title="Sport", definition="Games and players.", target="playing more games"),
        ),
    )


@pytest.fixture(scope="session")
def tiny_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labelled set of 48 documents in which the stance can be read off a word."""
    folder = tmp_path_factory.mktemp("labels")
    rows = list(_tiny_rows())
    docs = dict.fromkeys(row["doc"] for row in rows)
    write_jsonl(folder / "documents.jsonl", ({"doc": doc, "title": "News", "source": "authored"} for doc in docs))
    write_jsonl(folder / "sentences.jsonl", rows)
    return folder


def _tiny_rows() -> Iterator[dict[str, object]]:
    for i, (thing, who) in enumerate((thing, who) for thing in AID for who in WHO[:6]):
        texts = (
            (f"{who} promised to send more {thing}.", {"aid": {"stance": "favor", "holder": who}}),
            (f"{who} refused to send any {thing}.", {"aid": {"stance": "against", "holder": who}}),
            (f"A convoy with {thing} left for {who} on day {i}.", {"aid": {"stance": "neutral"}}),
            (f"The match of {thing} against {who} ended in a draw.", {"sport": {"stance": "neutral"}}),
            (f"Rain fell on {thing} and on {who} all week.", {}),
        )
        for n, (text, labels) in enumerate(texts):
            doc = f"d{i:02d}"
            yield {"id": f"{doc}.{n}", "doc": doc, "n": n, "text": text, "labels": labels, "annotator": "test"}


@pytest.fixture(scope="session")
def bundle_folder(codebook: Codebook, tiny_labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of family tfidf-linear, trained on `tiny_labels`."""
    recipe = Recipe(name="tiny", family="tfidf-linear", dev_share=0.25, params={"blocks": [{"min_documents": 1}]})
    labelled = read_labels(tiny_labels, codebook)
    job = Job(recipe, codebook, {"labels": labelled}, {}, {"labels": labels_hash([tiny_labels])})
    target = tmp_path_factory.mktemp("models") / "tiny"
    trainer = make_trainer(recipe.family, recipe.params, "recipe")
    return train(job, trainer, target, NullRun(), Silent()).bundle.folder


@pytest.fixture(scope="session")
def tagger(bundle_folder: Path) -> Tagger:
    """The tiny bundle, opened."""
    return load(bundle_folder)


@pytest.fixture
def workspace_folder(codebook: Codebook, tiny_labels: Path, tmp_path: Path) -> Path:
    """A workspace with the tiny codebook, labels and a recipe."""
    for name in ("labels", "training", "models", "mlruns"):
        (tmp_path / name).mkdir()
    write_json(tmp_path / "labels" / "codebook.yaml", codebook.model_dump(mode="json"))
    for name in ("documents.jsonl", "sentences.jsonl"):
        (tmp_path / "labels" / name).write_bytes((tiny_labels / name).read_bytes())
    write_json(
        tmp_path / "training" / "tiny.yaml",
        {
            "name": "tiny",
            "family": "tfidf-linear",
            "dev_share": 0.25,
            "params": {"blocks": [{"min_documents": 1}]},
        },
    )
    return tmp_path


@pytest.fixture
def stancewire(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in this process: ``stancewire("predict", path, stdin=b"...")``."""

    def call(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["stancewire", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return call
