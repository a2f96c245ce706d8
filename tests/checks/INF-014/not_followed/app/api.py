from fastapi import FastAPI

from app.registry import handler_of

app = FastAPI()


@app.post("/do/{name}")
async def do(name: str, text: str):
    return handler_of(name)(text)
