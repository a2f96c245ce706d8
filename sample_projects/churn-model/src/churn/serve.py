"""Serves churn scores over HTTP."""

import io
import os

import joblib
import pandas as pd
import requests
from fastapi import FastAPI

from churn.features import build_features

MODEL_URL = os.environ.get("MODEL_URL", "https://models.example.com/churn/latest.joblib")

app = FastAPI(title="churn")


def load_model():
    response = requests.get(MODEL_URL)
    return joblib.load(io.BytesIO(response.content))


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
def predict(customer: dict):
    bundle = load_model()
    features = build_features(pd.DataFrame([customer]))
    score = bundle["model"].predict_proba(bundle["scaler"].transform(features))[0, 1]
    print("scored", customer.get("customer_id"))
    return {"churn": float(score)}
