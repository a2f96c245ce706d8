"""Trains the router and registers it: `python -m router.train`."""

import json
import os
import random
import subprocess

import mlflow
import mlflow.onnx
import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline

from router.data import checked_hash, load_tickets, split_by_time
from router.model import normalise
from router.settings import Settings, load


def build_pipeline(seed: int) -> Pipeline:
    """Vectoriser and classifier as one object: nothing can be fitted before the split."""
    return Pipeline(
        [
            ("words", TfidfVectorizer(lowercase=False, min_df=2)),
            ("classifier", LogisticRegression(C=4.0, max_iter=1_000, random_state=seed)),
        ]
    )


def git_commit() -> str:
    """The commit that is being trained, from CI or from git."""
    if "GITHUB_SHA" in os.environ:
        return os.environ["GITHUB_SHA"]
    found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=10)
    return found.stdout.strip() or "unknown"


def train(settings: Settings) -> str:
    """Fit on the older tickets, log the run, write the model as ONNX. Returns the model's version."""
    random.seed(settings.seed)
    np.random.seed(settings.seed)
    data_version = checked_hash(settings.data, settings.manifest)
    train_set, test_set = split_by_time(load_tickets(settings.data, settings.manifest))

    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_experiment("ticket-router")
    with mlflow.start_run() as run:
        mlflow.set_tags({"commit": git_commit(), "data_sha256": data_version})
        mlflow.log_params({"C": 4.0, "min_df": 2, "seed": settings.seed, "rows": len(train_set)})
        pipeline = build_pipeline(settings.seed)
        pipeline.fit(train_set["text"].map(normalise), train_set["queue"])
        score = f1_score(test_set["queue"], pipeline.predict(test_set["text"].map(normalise)), average="macro")
        mlflow.log_metric("macro_f1", score)

        settings.model_dir.mkdir(parents=True, exist_ok=True)
        model = to_onnx(
            pipeline,
            initial_types=[("text", StringTensorType([None, 1]))],
            options={id(pipeline): {"zipmap": False}},
        )
        (settings.model_dir / "router.onnx").write_bytes(model.SerializeToString())
        (settings.model_dir / "VERSION").write_text(run.info.run_id)
        shares = train_set["queue"].value_counts(normalize=True).round(4).to_dict()
        (settings.model_dir / "reference.json").write_text(json.dumps(shares))
        mlflow.onnx.log_model(model, name="model", registered_model_name="ticket-router")
        return run.info.run_id


if __name__ == "__main__":
    print(train(load()))
