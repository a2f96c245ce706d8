import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from openai import AsyncOpenAI, OpenAI

app = FastAPI()
client = OpenAI(timeout=30)
other = AsyncOpenAI(timeout=30)
pool = ThreadPoolExecutor(4)


def complete(text):
    return client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400)


@app.post("/a")
async def a(texts: list[str]):
    asked = [other.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": one}], max_tokens=400) for one in texts]
    return await asyncio.gather(*asked)


@app.post("/b")
async def b(text: str):
    task = asyncio.create_task(other.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400))
    return await task
