from pathlib import Path

from stancewire.card import model_card
from stancewire.codebook import Codebook
from stancewire.labels import read_labels
from stancewire.metrics import Metric
from stancewire.recipe import Recipe


def test_a_card_names_data_metrics_and_limits(codebook: Codebook, tiny_labels: Path) -> None:
    recipe = Recipe(name="tiny", family="tfidf-linear", description="A small one.")
    measured = {"dev": {"topic_macro_f1": Metric(0.75, 0.7, 0.8), "triple_f1/aid/favor": Metric(0.5, 0.25, 0.625)}}
    sources = {"dev": {"authored": (40, {"topic_micro_f1": Metric(0.5, 0.25, 0.75)})}}
    card = model_card(recipe, codebook, [read_labels(tiny_labels, codebook)], measured, sources)
    assert card.startswith("# tiny\n\nA small one.\n")
    assert "| authored | unknown | 48 | 240 |" in card
    assert "## Measured on dev" in card
    assert "| topic_macro_f1 | 75.0 | 70.0–80.0 |" in card
    assert "| aid | – | 50.0 (25.0–62.5) | – | – |" in card
    assert "| authored | 40 | 50.0 (25.0–75.0) | – |" in card
    assert "were not checked by people" in card


def test_the_card_of_a_bundle_shows_every_set_it_was_measured_on(bundle_folder: Path) -> None:
    card = (bundle_folder / "README.md").read_text(encoding="utf-8")
    assert [line for line in card.splitlines() if line.startswith("#")][:2] == ["# tiny", "## Use"]
    assert "## Measured on dev split" in card
    assert (bundle_folder / "calibration.png").read_bytes().startswith(b"\x89PNG")
