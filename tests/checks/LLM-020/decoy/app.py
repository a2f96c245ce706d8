# the model is gpt-5.5-2026-04-23 and is logged
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


@app.get("/ask")
def ask(question: str) -> str:
    reply = client.chat.completions.create(model="gpt-5.5", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content
