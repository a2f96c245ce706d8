"""Trains the churn model: `python -m churn.train`."""

from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from churn.features import build_features

DATA = Path("data/customers.csv")
MODEL = Path("model/churn.joblib")


def main() -> None:
    customers = pd.read_csv("data/customers.csv")
    features = build_features(customers)
    label = customers["churned"]

    scaler = StandardScaler()
    scaled = scaler.fit_transform(features)
    x_train, x_test, y_train, y_test = train_test_split(scaled, label, test_size=0.25)

    model = LogisticRegression(max_iter=500)
    model.fit(x_train, y_train)
    auc = roc_auc_score(y_test, model.predict_proba(x_test)[:, 1])
    print(f"AUC on held-out customers: {auc:.3f}")

    MODEL.parent.mkdir(exist_ok=True)
    joblib.dump({"scaler": scaler, "model": model}, MODEL)


if __name__ == "__main__":
    main()
