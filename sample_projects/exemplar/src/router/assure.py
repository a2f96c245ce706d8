"""What one figure does not say: `python -m router.assure` measures it, and ends with 1 if the worst slice is under its limit.

A plain rule on the same tickets, the interval of the figures, groups of tickets, and whether training twice gives the same.
"""

import datetime as dt
import json
import sys
import time

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from router.data import checked_hash, load_tickets, split_by_time
from router.model import Router, normalise
from router.settings import Settings, load
from router.train import build_pipeline, git_commit

RESAMPLES = 1_000
TOLERANCE = 0.001
KEYWORDS = {
    "account": ("password", "log in", "login", "account", "email"),
    "billing": ("bill", "invoice", "charged", "refund", "price"),
    "delivery": ("parcel", "delivery", "courier", "shipped", "package"),
}


def keyword_queue(text: str) -> str:
    """What a rule of a few words would choose; `technical` where none of them stands."""
    return next((queue for queue, words in KEYWORDS.items() if any(word in text.lower() for word in words)), "technical")


def macro_f1(truth: np.ndarray, chosen: np.ndarray) -> float:
    return round(float(f1_score(truth, chosen, average="macro")), 3)


def intervals(truth: np.ndarray, model: np.ndarray, rule: np.ndarray, seed: int) -> tuple[list[float], list[float]]:
    """95 % bootstrap intervals of macro F1, and of its gain over the rule on the same resampled tickets."""
    random = np.random.default_rng(seed)
    scores, gains = [], []
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(truth), len(truth))
        scores.append(f1_score(truth[rows], model[rows], average="macro"))
        gains.append(scores[-1] - f1_score(truth[rows], rule[rows], average="macro"))
    return tuple([round(float(edge), 3) for edge in np.percentile(of, [2.5, 97.5])] for of in (scores, gains))


def slices(test_set: pd.DataFrame, chosen: np.ndarray) -> dict[str, dict[str, float]]:
    """Macro F1 and the number of tickets by length of text and by age."""
    short, newer = test_set["text"].str.len() < 80, test_set["created"] >= test_set["created"].median()
    groups = {"short text": short, "long text": ~short, "newer half": newer, "older half": ~newer}
    truth = test_set["queue"].to_numpy()
    return {
        name: {"n": int(rows.sum()), "macro_f1": macro_f1(truth[rows.to_numpy()], chosen[rows.to_numpy()])}
        for name, rows in groups.items()
    }


def trained_again(settings: Settings, train_set: pd.DataFrame, test_set: pd.DataFrame) -> dict[str, object]:
    """Two trainings with the same seed: macro F1 of both, and the largest difference of a probability."""
    texts = train_set["text"].map(normalise)
    runs = [build_pipeline(settings.seed).fit(texts, train_set["queue"]) for _ in range(2)]
    first, second = (run.predict_proba(test_set["text"].map(normalise)) for run in runs)
    return {"runs": 2, "max_difference": round(float(np.abs(first - second).max()), 6), "tolerance": TOLERANCE}


def assure(settings: Settings) -> dict[str, object]:
    """All of it, on tickets newer than the training set."""
    train_set, test_set = split_by_time(load_tickets(settings.data, settings.manifest))
    texts, truth = test_set["text"].tolist(), test_set["queue"].to_numpy()
    chosen = np.array([answer.queue for answer in Router(settings.model_dir).route(texts)])
    rule = np.array([keyword_queue(text) for text in texts])
    interval, gain = intervals(truth, chosen, rule, settings.seed)
    started = time.perf_counter()
    repeated = trained_again(settings, train_set, test_set)
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "commit": git_commit(),
        "data_sha256": checked_hash(settings.data, settings.manifest),
        "test_rows": len(test_set),
        "macro_f1": macro_f1(truth, chosen),
        "macro_f1_ci": interval,
        "keyword_baseline": {"macro_f1": macro_f1(truth, rule)},
        "gain_over_baseline": {"low": gain[0], "high": gain[1]},
        "slices": slices(test_set, chosen),
        "limit_worst_slice": settings.minimum_slice_f1,
        "repeat": repeated,
        "train_seconds": round((time.perf_counter() - started) / 2, 2),
    }


def main() -> None:
    """Write the result; a model that fails a group of tickets must not be deployed."""
    settings = load()
    result = assure(settings)
    settings.assurance.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
    worst_slice_f1 = min(part["macro_f1"] for part in result["slices"].values())
    if worst_slice_f1 < settings.minimum_slice_f1:
        sys.exit(f"macro F1 {worst_slice_f1} of the worst slice is under the limit {settings.minimum_slice_f1}")


if __name__ == "__main__":
    main()
