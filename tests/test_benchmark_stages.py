from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from stancewire.batch.reading import Reading


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """``benchmarks/stages.py``."""
    pytest.importorskip("matplotlib")
    path = Path(__file__).parents[1] / "benchmarks" / "stages.py"
    spec = importlib.util.spec_from_file_location("stages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "stages", module)
    spec.loader.exec_module(module)
    return module


def test_every_stage_of_a_run_takes_time_and_the_functions_are_as_before(
    stages: ModuleType, bundle_folder: Path, tmp_path: Path
) -> None:
    rows = ({"id": str(i), "text": "The minister promised to send more tents. Rain fell."} for i in range(30))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    chunks = Reading.chunks
    found = stages.measure_stages(bundle_folder, tmp_path / "a.jsonl", tmp_path / "out", 20)
    assert (found.articles, found.sentences) == (20, 40)
    assert set(found.seconds) == set(stages.STAGES)
    assert min(found.seconds.values()) > 0
    assert Reading.chunks is chunks


def test_a_picture_of_the_stages_is_drawn(stages: ModuleType, tmp_path: Path) -> None:
    stages.draw({"tiny": dict.fromkeys(stages.STAGES, 1.0)}, tmp_path / "stages.png")
    assert (tmp_path / "stages.png").read_bytes()[:4] == b"\x89PNG"
