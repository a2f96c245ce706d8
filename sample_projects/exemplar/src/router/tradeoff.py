"""Measures quality, latency and cost of three configurations: `python -m router.tradeoff`. Prints a Markdown table.

Quality is macro F1 on the newest fifth of the training tickets; the test tickets are never read. Latency is the 95th
percentile of 400 single predictions. Cost is processor time at a price for a vCPU hour.
"""

import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import FeatureUnion, Pipeline

from router.data import load_tickets, split_by_time
from router.model import normalise
from router.settings import Settings, load

VCPU_HOUR_EUR = 0.04  # about what a small shared instance costs; the order of the rows does not depend on it


def configurations(seed: int) -> dict[str, Pipeline]:
    """Fewer words, words, and words with letter groups."""

    def pipeline(features: object) -> Pipeline:
        return Pipeline([("features", features), ("classifier", LogisticRegression(C=4.0, max_iter=1_000, random_state=seed))])

    words = TfidfVectorizer(lowercase=False, min_df=2)
    letters = TfidfVectorizer(lowercase=False, analyzer="char_wb", ngram_range=(3, 5), min_df=2)
    return {
        "200 words": pipeline(TfidfVectorizer(lowercase=False, max_features=200)),
        "words (in use)": pipeline(words),
        "words and letter groups": pipeline(FeatureUnion([("words", words), ("letters", letters)])),
    }


def measure(settings: Settings) -> list[tuple[str, float, float, float]]:
    """Rows of configuration, macro F1, p95 latency in milliseconds, and cost of a million predictions in EUR."""
    train_set, _ = split_by_time(load_tickets(settings.data, settings.manifest))
    cut = int(len(train_set) * 0.8)
    older, newer = train_set.iloc[:cut], train_set.iloc[cut:]
    rows = []
    for name, pipeline in configurations(settings.seed).items():
        pipeline.fit(older["text"].map(normalise), older["queue"])
        texts = newer["text"].map(normalise)
        quality = f1_score(newer["queue"], pipeline.predict(texts), average="macro")
        taken = []
        used = time.process_time()
        for text in (list(texts) * 10)[:400]:
            start = time.perf_counter()
            pipeline.predict([text])
            taken.append(time.perf_counter() - start)
        cost = (time.process_time() - used) / 400 * 1e6 / 3600 * VCPU_HOUR_EUR
        rows.append((name, quality, float(np.percentile(taken, 95)) * 1e3, cost))
    return rows


if __name__ == "__main__":
    print("| configuration | macro F1 | p95 latency (ms) | cost of 1 M predictions (EUR) |")
    print("|---|---|---|---|")
    for name, quality, latency, cost in measure(load()):
        print(f"| {name} | {quality:.3f} | {latency:.2f} | {cost:.4f} |")
