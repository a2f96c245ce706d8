import pandas as pd

from churn.features import build_features


def customer(**changes):
    row = {"tenure_months": 12, "monthly_charge": 30.0, "support_calls": 1, "contract": "yearly"}
    return pd.DataFrame([row | changes])


def test_contract_is_one_hot():
    features = build_features(customer(contract="monthly"))
    assert features["contract_monthly"].iloc[0] == 1.0
    assert features["contract_yearly"].iloc[0] == 0.0


def test_new_customer_does_not_divide_by_zero():
    features = build_features(customer(tenure_months=0))
    assert features["charge_per_month_of_tenure"].iloc[0] == 30.0
