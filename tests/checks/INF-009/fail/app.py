from contextlib import asynccontextmanager

import joblib
from fastapi import FastAPI, HTTPException, Request


app = FastAPI()


def load_model():
    return joblib.load("model.joblib")


@app.post("/predict")
def predict(x: float):
    model = load_model()
    return {"y": float(model.predict([[x]])[0])}
