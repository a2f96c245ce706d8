import requests
from flask import Flask, request

app = Flask(__name__)


@app.post("/ask")
def ask():
    reply = requests.post("http://models:8000/generate", json={"text": request.json["text"]}, timeout=60)
    return reply.json()
