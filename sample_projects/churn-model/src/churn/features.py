"""Turns a customer record into the numbers the model sees."""

import pandas as pd

NUMERIC = ["tenure_months", "monthly_charge", "support_calls"]
CONTRACTS = ["monthly", "yearly", "two_years"]


def build_features(customers: pd.DataFrame) -> pd.DataFrame:
    """Numeric columns as they are, the contract one-hot encoded in a fixed order."""
    features = customers[NUMERIC].astype(float).copy()
    for contract in CONTRACTS:
        features[f"contract_{contract}"] = (customers["contract"] == contract).astype(float)
    features["charge_per_month_of_tenure"] = customers["monthly_charge"] / customers["tenure_months"].clip(lower=1)
    return features
