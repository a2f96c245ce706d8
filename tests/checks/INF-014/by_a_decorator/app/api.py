import requests
from asgiref.sync import sync_to_async
from fastapi import FastAPI

app = FastAPI()


@sync_to_async
def fetch(text):
    return requests.post("http://models:8000/generate", json={"text": text}, timeout=60).json()


def fetch_other(text):
    return requests.post("http://models:8000/other", json={"text": text}, timeout=60).json()


@app.post("/ask")
async def ask(text: str):
    return await fetch(text)


@app.post("/other")
async def other(text: str):
    return await sync_to_async(fetch_other)(text)
