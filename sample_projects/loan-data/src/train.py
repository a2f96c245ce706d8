"""Trains the ranking of applications."""

import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier

FEATURES = ["income", "debt", "years_employed", "decision_code"]
CODES = {"decision_code": {"A": 1, "R": 0}}


def main() -> None:
    train = pd.read_csv("data/train.csv").replace(CODES)
    model = GradientBoostingClassifier(random_state=7).fit(train[FEATURES].fillna(0), train["approved"])
    test = pd.read_csv("data/test.csv").replace(CODES)
    print(model.score(test[FEATURES].fillna(0), test["approved"]))


if __name__ == "__main__":
    main()
