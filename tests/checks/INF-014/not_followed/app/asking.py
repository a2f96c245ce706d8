import requests


def ask(text):
    return requests.post("http://models:8000/generate", json={"text": text}, timeout=60).json()
