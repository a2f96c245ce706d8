import joblib
from fastapi import FastAPI

app = FastAPI()
model = joblib.load("model.joblib")


@app.post("/predict")
async def predict(age: int, income: float):
    return {"risk": float(model.predict([[age, income]])[0])}
