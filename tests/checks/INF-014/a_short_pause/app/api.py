import time

from fastapi import FastAPI

app = FastAPI()


@app.post("/login")
async def login(name: str, password: str):
    time.sleep(0.1)
    return {"name": name}
