from contextlib import asynccontextmanager

import joblib
from fastapi import FastAPI, HTTPException, Request


@asynccontextmanager
async def lifespan(app):
    app.state.model = joblib.load("model.joblib")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/live")
def live():
    return {"status": "ok"}


@app.get("/ready")
def ready(request: Request):
    if request.app.state.model is None:
        raise HTTPException(503)
    return {"status": "ready"}


@app.post("/predict")
def predict(request: Request, x: float):
    return {"y": float(request.app.state.model.predict([[x]])[0])}
