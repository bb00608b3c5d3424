"""What must hold for every family, every command and every file of the repository."""

import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest

from fast_bundle import train_fast_bundle
from stancewire.bundle import read_bundle
from stancewire.cascade import Members, TradeOff, labelled_sides, outcome_of
from stancewire.cascade_bundle import write_cascade
from stancewire.checks import check_workspace
from stancewire.cli import COMMANDS, group
from stancewire.codebook import Codebook
from stancewire.cuts import Costs, curve_of
from stancewire.labels import labels_hash, read_labels
from stancewire.predict import Tagger, load
from stancewire.recipe import Recipe
from stancewire.records import Sentence
from stancewire.runs import NullRun
from stancewire.train import Job, train
from stancewire.trainers import FAMILIES, Silent, make_trainer
from stancewire.workspace import Workspace
from tiny_encoder import write_encoder
from weak_bundle import train_weak_bundle

MEMBERS = (train_fast_bundle, train_weak_bundle)
ROOT = Path(__file__).resolve().parents[1]
SENTENCES = [
    Sentence("The minister promised to send more tents.", "News", ("Rain fell.",)),
    Sentence("He refused the aid to Kyiv.", "Vote", ()),
    Sentence("no", "", ()),
    Sentence("🙂 … ¿?", "", ("Ü" * 50,)),
    Sentence("The senate backed more drones near the border, he said, and yes, the markets fell. " * 8),
]


# -- trainers and runtimes ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[*FAMILIES, "cascade"])
def bundle(
    request: pytest.FixtureRequest, codebook: Codebook, tiny_labels: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle of each family, trained on the tiny set; a cascade is put together of two others."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "cascade":
        members = Members(*(read_bundle(make(codebook, tiny_labels, folder)) for make in MEMBERS))
        sides = labelled_sides(members, read_labels(tiny_labels, codebook).scored)
        choice = TradeOff(members, sides, Costs(1, 10), curve_of(sides))
        middle = float(np.median(sides.risk()))
        return write_cascade(members, outcome_of(choice, middle, n_resamples=5), folder / "tiny", "labels").folder
    params: dict[str, object] = {"blocks": [{"min_documents": 1}]}
    if request.param == "encoder":
        pytest.importorskip("torch")
        encoder = write_encoder(folder / "pretrained")
        params = {"encoder": str(encoder), "max_tokens": 40, "epochs": 1, "max_changed": 1, "threads": 1}
    if request.param == "static":
        pytest.importorskip("torch")
        params = {"min_count": 1, "width": 8, "filters": 8, "hidden": 8, "epochs": 2, "threads": 1}
    if request.param == "ensemble":
        member = {"family": "tfidf-linear", "params": params}
        params = {"members": [{"name": "a", "weight": 1, **member}, {"name": "b", "weight": 0.5, **member}]}
    recipe = Recipe(name="tiny", family=request.param, dev_share=0.25, params=params)
    digests = {"labels": labels_hash([tiny_labels])}
    job = Job(recipe, codebook, {"labels": read_labels(tiny_labels, codebook)}, {}, digests)
    trainer = make_trainer(recipe.family, recipe.params, "recipe")
    return train(job, trainer, folder / "tiny", NullRun(), Silent()).bundle.folder


@pytest.fixture(scope="module")
def model(bundle: Path) -> Tagger:
    """The bundle, opened."""
    return load(bundle)


def test_scores_are_the_same_alone_and_in_any_batch(model: Tagger) -> None:
    together = model.predict_proba(SENTENCES * 3)
    backwards = model.predict_proba(SENTENCES[::-1])
    for i, sentence in enumerate(SENTENCES):
        alone = model.predict_proba([sentence])
        for other, at in ((together, i), (together, i + len(SENTENCES)), (backwards, len(SENTENCES) - 1 - i)):
            assert np.array_equal(alone.topic[0], other.topic[at])
            assert np.array_equal(alone.stance[0], other.stance[at])
            assert alone.truncated[0] == other.truncated[at]


def test_probabilities_have_the_shapes_and_ranges_of_the_contract(model: Tagger) -> None:
    found = model.predict_proba(SENTENCES)
    assert (found.topic.shape, found.stance.shape, found.truncated.shape) == ((5, 2), (5, 2, 3), (5,))
    assert (found.topic.dtype, found.stance.dtype, found.truncated.dtype) == (np.float32, np.float32, bool)
    assert ((found.topic >= 0) & (found.topic <= 1)).all()
    assert found.stance.sum(axis=2) == pytest.approx(1, abs=1e-5)


def test_no_sentences_give_empty_arrays(model: Tagger) -> None:
    found = model.predict_proba([])
    assert (found.topic.shape, found.stance.shape, found.truncated.shape) == ((0, 2), (0, 2, 3), (0,))


def test_a_bundle_that_is_moved_gives_the_same_scores(bundle: Path, model: Tagger, tmp_path: Path) -> None:
    import shutil

    moved = load(shutil.copytree(bundle, tmp_path / "elsewhere"))
    assert moved.bundle.content_hash == model.bundle.content_hash
    assert np.array_equal(moved.predict_proba(SENTENCES).topic, model.predict_proba(SENTENCES).topic)


def test_only_a_model_with_a_limit_marks_a_long_sentence(model: Tagger) -> None:
    limited = "max_tokens" in model.bundle.manifest.runtime
    assert model.predict_proba(SENTENCES).truncated.tolist() == [False, False, False, False, limited]


def test_a_bundle_holds_nothing_that_can_run_code(bundle: Path) -> None:
    assert {p.suffix for p in bundle.rglob("*") if p.is_file()} <= {".json", ".md", ".onnx", ".png", ".safetensors"}


# -- layers ---------------------------------------------------------------------------------------------------------


def test_every_module_imports_only_from_lower_layers() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    if not tool.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# -- documentation --------------------------------------------------------------------------------------------------

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands_of(page: Path) -> Iterator[list[str]]:
    """Calls of the command line in a page's fenced shell blocks, as words."""
    for block in re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            while "stancewire" in words:
                words = words[words.index("stancewire") + 1 :]
                ends = [i for i, word in enumerate(words) if word in ("|", "&&", ";", ">", "||")]
                yield words[: min(ends, default=len(words))]


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words call, and the words after it."""
    command: click.Command = group
    while isinstance(command, click.Group):
        while words and words[0].startswith("-"):
            words = words[2 if words[0] == "-C" else 1 :]
        if not words:
            break
        found = command.get_command(click.Context(command), words[0])
        assert found, f"no command '{words[0]}'"
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_in_the_documentation_exist_with_their_options(page: Path) -> None:
    for words in commands_of(page):
        command, rest = find_command(list(words))
        known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help"}
        used = {word.split("=")[0] for word in rest if word.startswith("-") and word != "-"}
        assert used - known == set(), f"{page.name}: stancewire {' '.join(words)}"


def test_the_documentation_mentions_every_command() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in COMMANDS if not re.search(rf"stancewire {name}\b", text)] == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [*PAGES, ROOT / "CONTRIBUTING.md"]
        if page.exists()
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_makefile_s_help_has_a_line_per_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    described = set(re.findall(r"^([a-z-]+):.*## \S", text, re.M))
    assert {"tag", "test", "train", "ui", "bench", "lint", "help"} <= described


# -- what ships -----------------------------------------------------------------------------------------------------


def test_the_shipped_workspace_is_sound() -> None:
    findings = check_workspace(Workspace(ROOT))
    own = (f"{ROOT / 'models'}/", f"{ROOT / 'models' / 'default'}")  # bundles that were trained here do not ship
    assert [line for line in findings.problems if not line.startswith(own[0]) or line.startswith(own[1])] == []


def test_the_shipped_labels_are_enough_to_start_with() -> None:
    labelled = read_labels(ROOT / "labels", Workspace(ROOT).codebook())
    assert len(labelled.documents) >= 40
    assert len(labelled.scored) >= 500


def test_the_shipped_bundle_is_made_for_the_shipped_codebook() -> None:
    folder = ROOT / "models" / "default"
    if not folder.exists():
        pytest.skip("models/default is not there yet")
    read_bundle(folder).require_codebook(Workspace(ROOT).codebook(), "labels/codebook.yaml")


def repository_files() -> list[Path]:
    """Files that are or will be in the repository."""
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_path_of_one_machine() -> None:
    # written in pieces, so that this file is not found itself
    machine = re.compile(
        "|".join((r"(?<![\w.~-])/(?:work|root|home|Users)" + r"/\w", r"/tm[p]/w/", r"\.\./" + "shared"))
    )
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in repository_files()
        if path.suffix not in (".onnx", ".safetensors", ".png", ".gz")
        for hit in [machine.search(path.read_text(encoding="utf-8", errors="replace"))]
        if hit
    ]
    assert found == []


def test_modules_stay_short() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "src").rglob("*.py")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 250
    }
    assert long == {}


def test_every_command_is_one_module() -> None:
    for name in COMMANDS:
        assert importlib.import_module(f"stancewire.cli.{name}").command.name == name
