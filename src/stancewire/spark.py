"""Tags in Spark: a registered bundle as a column function, through MLflow's ``spark_udf``."""

from __future__ import annotations

from typing import Any

from stancewire.errors import MissingError

ROW = (
    "struct<start:long,end:long,text:string,labels:map<string,map<string,string>>,topic_p:map<string,double>,"
    "stance_p:map<string,map<string,double>>,review:boolean,truncated:boolean,model:string,codebook:string>"
)
"""A row of JSON lines (``docs/formats.md``) in Spark's words; ``holder_span`` is text, as in ``[12, 24]``."""


def tag_udf(spark: Any, model: str) -> Any:
    """A function from a column of sentences to a column of tags.

    Parameters
    ----------
    spark
        The Spark session; its machines need this package and MLflow.
    model
        A registered model, as in ``models:/news@champion``, or the folder of a saved one.

    Raises
    ------
    MissingError
        When MLflow is not installed.
    """
    try:
        import mlflow.pyfunc
    except ImportError:
        raise MissingError("MLflow needs an extra: pip install 'stancewire[train]'") from None
    return mlflow.pyfunc.spark_udf(spark, model, result_type=ROW, env_manager="local")
