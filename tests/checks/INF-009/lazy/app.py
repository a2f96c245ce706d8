from contextlib import asynccontextmanager

import joblib
from fastapi import FastAPI, HTTPException, Request


app = FastAPI()


MODEL = None


def load_model():
    global MODEL
    if MODEL is not None:
        return MODEL
    MODEL = joblib.load("model.joblib")
    return MODEL


@app.post("/predict")
def predict(x: float):
    model = load_model()
    return {"y": float(model.predict([[x]])[0])}
