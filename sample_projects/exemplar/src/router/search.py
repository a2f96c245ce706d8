"""Searches C and min_df on the training tickets: `python -m router.search`. All trials are kept in a file.

Cross-validation goes forward in time, and the test tickets are never read.
"""

import pandas as pd
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from router.data import load_tickets, split_by_time
from router.model import normalise
from router.settings import Settings, load
from router.train import build_pipeline

SPACE = {"classifier__C": [0.5, 1.0, 4.0, 16.0], "words__min_df": [1, 2, 4]}


def search(settings: Settings) -> pd.DataFrame:
    """One row a trial, the best first."""
    train_set, _ = split_by_time(load_tickets(settings.data, settings.manifest))
    trials = GridSearchCV(build_pipeline(settings.seed), SPACE, scoring="f1_macro", cv=TimeSeriesSplit(4))
    trials.fit(train_set["text"].map(normalise), train_set["queue"])
    kept = ["param_classifier__C", "param_words__min_df", "mean_test_score", "std_test_score", "rank_test_score"]
    return pd.DataFrame(trials.cv_results_)[kept].sort_values("rank_test_score").round(4)


if __name__ == "__main__":
    search(load()).to_csv("reports/search_trials.csv", index=False)
