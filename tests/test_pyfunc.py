"""The bundle as an MLflow model, by MLflow's own programs: `mlflow models serve` and Spark."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from stancewire.mlflow_run import pyfunc_parts
from stancewire.predict import Tagger
from stancewire.records import Article

pytestmark = pytest.mark.filterwarnings("default")  # MLflow's and Spark's own warnings are not ours to mend
SENTENCES = ["The minister promised to send more tents.", "Oslo refused to send any coats.", "Rain fell all week."]


@pytest.fixture(scope="module")
def saved(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import mlflow.pyfunc

    folder = tmp_path_factory.mktemp("pyfunc") / "model"
    mlflow.pyfunc.save_model(str(folder), **pyfunc_parts(bundle_folder))
    return folder


@pytest.fixture(scope="module")
def expected(tagger: Tagger) -> list[dict[str, Any]]:
    return [
        tag.to_dict() for tag in tagger.tag_many(Article(str(i), t, sentences=(t,)) for i, t in enumerate(SENTENCES))
    ]


def test_a_list_of_sentences_gives_the_tags(saved: Path, expected: list[dict[str, Any]]) -> None:
    import mlflow.pyfunc

    assert mlflow.pyfunc.load_model(str(saved)).predict(SENTENCES) == expected


def test_a_data_frame_of_one_column_gives_the_same(saved: Path, expected: list[dict[str, Any]]) -> None:
    import mlflow.pyfunc
    import pandas

    assert mlflow.pyfunc.load_model(str(saved)).predict(pandas.DataFrame({"text": SENTENCES})) == expected


def test_what_is_no_text_is_refused(saved: Path) -> None:
    import mlflow.pyfunc
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException):
        mlflow.pyfunc.load_model(str(saved)).predict([1, 2])


def test_the_signature_is_typed(saved: Path) -> None:
    import mlflow.models

    signature = mlflow.models.get_model_info(str(saved)).signature
    assert signature is not None
    assert signature.inputs.to_dict() == [{"type": "string", "required": True}]
    (row,) = signature.outputs.to_dict()
    assert row["properties"]["topic_p"] == {"type": "map", "values": {"type": "double"}, "required": True}


@pytest.mark.slow
def test_mlflow_models_serve_gives_the_tags(saved: Path, expected: list[dict[str, Any]]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    programs = Path(sys.executable).parent
    command = [programs / "mlflow", "models", "serve", "-m", saved, "--env-manager", "local", "--port", str(port)]
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(900):
            assert server.poll() is None
            try:
                urllib.request.urlopen(f"{url}/ping", timeout=2)  # noqa: S310 (our own address)
                break
            except OSError:
                time.sleep(0.2)
        body = json.dumps({"inputs": SENTENCES}).encode()
        request = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            assert json.loads(answer.read()) == {"predictions": expected}
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine")
def test_spark_gives_the_tags(saved: Path, expected: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="no Spark: pip install 'pyspark>=4,<5'")
    import mlflow.pyfunc

    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    spark = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        tag = mlflow.pyfunc.spark_udf(spark, str(saved), result_type=SPARK_TYPE, env_manager="local")
        frame = spark.createDataFrame([(text,) for text in SENTENCES], ["text"]).coalesce(1)
        rows = [row.tag.asDict(recursive=True) for row in frame.select(tag("text").alias("tag")).collect()]
    finally:
        spark.stop()
    names = ("text", "topic_p", "stance_p", "review", "model")
    assert [{name: row[name] for name in names} for row in rows] == [{n: e[n] for n in names} for e in expected]


SPARK_TYPE = (
    "struct<doc:string,n:bigint,start:bigint,end:bigint,text:string,topic_p:map<string,double>,"
    "stance_p:map<string,map<string,double>>,review:boolean,truncated:boolean,model:string,codebook:string>"
)
