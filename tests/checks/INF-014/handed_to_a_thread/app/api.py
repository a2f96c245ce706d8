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
async def a(text: str):
    return await asyncio.to_thread(complete, text)


@app.post("/b")
async def b(text: str):
    return await run_in_threadpool(complete, text)


@app.post("/c")
async def c(text: str):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(pool, lambda: complete(text))


@app.post("/d")
async def d(text: str):
    loop = asyncio.get_running_loop()
    waiting = loop.run_in_executor(None, partial(complete, text))
    return await waiting


@app.post("/e")
async def e(text: str):
    return await asyncio.wait_for(asyncio.to_thread(complete, text), timeout=20)


@app.post("/f")
async def f(text: str):
    return await asyncio.wrap_future(pool.submit(complete, text))
