import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
async def health():
    return {"ok": requests.get("http://models:8000/health", timeout=2).ok}
