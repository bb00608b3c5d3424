"""A bundle as an MLflow model ("models from code"): MLflow runs this file when it loads the model.

``mlflow.pyfunc.load_model(uri).predict(["a sentence", ...])`` gives a row per sentence, the same as
``stancewire predict`` gives for records of one sentence each. Nothing is pickled.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, cast

import mlflow  # noqa: TID253 (only MLflow runs this file)
from mlflow.pyfunc import PythonModel, PythonModelContext  # noqa: TID253
from pydantic import BaseModel

from stancewire.predict import Tagger, load
from stancewire.records import Article


class LabelRow(BaseModel):
    """Stance on one topic; a neutral one has no holder, and the author has no span."""

    stance: str
    holder: str | None = None
    holder_span: list[int] | None = None


class TagRow(BaseModel):
    """One tag; only the signature is made from this, rows are plain dictionaries."""

    doc: str
    n: int
    start: int
    end: int
    text: str
    labels: dict[str, LabelRow]
    topic_p: dict[str, float]
    stance_p: dict[str, dict[str, float]]
    review: bool
    truncated: bool
    model: str
    codebook: str


class BundleModel(PythonModel):  # type: ignore[misc]
    """Tags of single sentences."""

    _tagger: Tagger
    _turn: Lock

    def load_context(self, context: PythonModelContext) -> None:
        """Verify and open the bundle among the model's artifacts."""
        self._tagger = load(context.artifacts["bundle"])
        self._turn = Lock()

    def predict(
        self, context: PythonModelContext, model_input: list[str], params: dict[str, Any] | None = None
    ) -> list[TagRow]:
        """One row per sentence, in order; the form is in ``docs/formats.md``."""
        articles = [Article(str(i), text, sentences=(text,)) for i, text in enumerate(model_input)]
        with self._turn:  # a server asks from several threads; a tagger uses all processors by itself
            return cast(list[TagRow], [tag.to_dict() for tag in self._tagger.tag_many(articles)])


mlflow.models.set_model(BundleModel())
