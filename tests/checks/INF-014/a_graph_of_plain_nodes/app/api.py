from fastapi import FastAPI

from app.graph import graph

app = FastAPI()


@app.post("/ask")
async def ask(question: str):
    return await graph.ainvoke({"question": question})
