from fastapi import FastAPI
from openai import OpenAI

import diskcache

app = FastAPI()
kept = diskcache.Cache("answers")
client = OpenAI()


@app.get("/ask")
def ask(question: str):
    return client.chat.completions.create(model="gpt-5.5", messages=[{"role": "user", "content": question}])
