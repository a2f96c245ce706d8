from contextlib import asynccontextmanager

import joblib
from fastapi import FastAPI, HTTPException, Request


app = FastAPI()


def load_model():
    return joblib.load("model.joblib")


@app.post("/predict")
def predict(x: float):
    model = joblib.load("model.joblib")
    return {"y": float(model.predict([[x]])[0])}
