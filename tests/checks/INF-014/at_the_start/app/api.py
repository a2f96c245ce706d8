import requests
from fastapi import FastAPI

app = FastAPI()
names: list[str] = []


@app.on_event("startup")
async def load():
    names.extend(requests.get("http://registry:5000/models", timeout=10).json())


@app.get("/names")
async def listed():
    return names
