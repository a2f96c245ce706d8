import time

from fastapi import FastAPI

app = FastAPI()
done: dict[str, str] = {}


@app.get("/result")
async def result(job: str):
    while job not in done:
        time.sleep(0.1)
    return {"result": done[job]}
