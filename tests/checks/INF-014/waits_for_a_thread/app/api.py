import queue
import threading

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import OpenAI

app = FastAPI()
client = OpenAI(timeout=30)


@app.post("/ask")
async def ask(text: str):
    told = queue.Queue()

    def run():
        told.put(client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400))

    threading.Thread(target=run).start()
    return told.get().choices[0].message.content
