"""Judges the model on the newest tickets and ends with 1 below the limit: `python -m router.evaluate`."""

import datetime as dt
import json
import sys

import numpy as np
from sklearn.metrics import classification_report, f1_score

from router.conditions import CONDITIONS
from router.data import checked_hash, load_tickets, split_by_time
from router.model import Router
from router.settings import Settings, load
from router.train import git_commit


def calibration(right: np.ndarray, confidence: np.ndarray, bins: int = 10) -> dict[str, float]:
    """Expected calibration error over equal bins of confidence, and the Brier score of "the chosen queue is right"."""
    of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[of == b].mean() - confidence[of == b].mean()) * (of == b).mean() for b in range(bins) if (of == b).any()]
    return {"n": len(right), "ece": round(float(sum(gaps)), 3), "brier": round(float(((confidence - right) ** 2).mean()), 3)}


def under_conditions(router: Router, texts: list[str], queues: list[str]) -> dict[str, dict[str, float]]:
    """Macro F1 on the same tickets as they come in real life: see `router.conditions`."""
    return {
        name: {
            "n": len(texts),
            "macro_f1": round(f1_score(queues, [a.queue for a in router.route([change(t) for t in texts])], average="macro"), 3),
        }
        for name, change in CONDITIONS.items()
    }


def evaluate(settings: Settings) -> dict:
    """Macro F1, F1 of each queue, and F1 of short and long tickets, on tickets newer than the training set."""
    _, test_set = split_by_time(load_tickets(settings.data, settings.manifest))
    router = Router(settings.model_dir)
    answers = router.route(test_set["text"].tolist())
    predicted = [answer.queue for answer in answers]
    right = np.array([answer.queue == queue for answer, queue in zip(answers, test_set["queue"])], dtype=float)
    by_queue = classification_report(test_set["queue"], predicted, output_dict=True)
    short = (test_set["text"].str.len() < 80).to_numpy()
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "commit": git_commit(),
        "model_version": router.version,
        "data_sha256": checked_hash(settings.data, settings.manifest),
        "test_rows": len(test_set),
        "limit_macro_f1": settings.minimum_macro_f1,
        "macro_f1": round(f1_score(test_set["queue"], predicted, average="macro"), 3),
        "f1_by_queue": {q: round(v["f1-score"], 3) for q, v in by_queue.items() if q in router.queues},
        "f1_short_texts": round(f1_score(test_set["queue"][short], [p for p, s in zip(predicted, short) if s], average="macro"), 3),
        "f1_long_texts": round(f1_score(test_set["queue"][~short], [p for p, s in zip(predicted, short) if not s], average="macro"), 3),
        "calibration": calibration(right, np.array([answer.confidence for answer in answers])),
        "conditions": under_conditions(router, test_set["text"].tolist(), test_set["queue"].tolist()),
    }


def main() -> None:
    """Write the result; a model below the limit must not be deployed."""
    settings = load()
    result = evaluate(settings)
    settings.evaluation.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
    if result["macro_f1"] < settings.minimum_macro_f1:
        sys.exit(f"macro F1 {result['macro_f1']} is under the limit {settings.minimum_macro_f1}")


if __name__ == "__main__":
    main()
