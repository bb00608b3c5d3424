from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SENTENCES = (
    "The minister promised to send more tents.",
    "Brussels refused to send any grain.",
    "The match of boots against Oslo ended in a draw.",
    "Rain fell on drones all week.",
)


@pytest.mark.filterwarnings("default")  # Spark's and MLflow's own
@pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java")
def test_a_spark_udf_gives_the_tags_of_the_command_line(
    bundle_folder: Path, tmp_path: Path, stancewire: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    from stancewire import pyfunc_model
    from stancewire.spark import tag_udf

    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    mlflow.pyfunc.save_model(
        str(tmp_path / "model"),
        python_model=str(pyfunc_model.__file__),
        artifacts={"bundle": str(bundle_folder)},
        pip_requirements=[],
    )
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = spark.createDataFrame([(text,) for text in SENTENCES], ["text"]).coalesce(1)
        tag = tag_udf(spark, str(tmp_path / "model"))
        by_spark = [row[0].asDict(recursive=True) for row in frame.select(tag("text")).collect()]
    finally:
        spark.stop()
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"sentences": [text]}) + "\n" for text in SENTENCES))
    written = stancewire("predict", tmp_path / "a.jsonl", "-m", bundle_folder).out  # type: ignore[operator]
    by_command = [json.loads(line) for line in written.splitlines()]
    for row in by_command:
        del row["doc"], row["n"]
        row["labels"] = {topic: as_text(label) for topic, label in row["labels"].items()}
    assert by_spark == by_command


def as_text(label: dict[str, object]) -> dict[str, str | None]:
    return {key: None if value is None else str(value) for key, value in label.items()}
