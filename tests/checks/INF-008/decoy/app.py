from contextlib import asynccontextmanager

import joblib
from fastapi import FastAPI, HTTPException, Request


@asynccontextmanager
async def lifespan(app):
    app.state.model = joblib.load("model.joblib")
    yield


# GET /health, GET /ready
app = FastAPI(lifespan=lifespan)


@app.post("/predict")
def predict(request: Request, x: float):
    return {"y": float(request.app.state.model.predict([[x]])[0])}
