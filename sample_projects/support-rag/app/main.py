"""HTTP front of the chatbot."""

from fastapi import FastAPI, Request

from app.agent import answer

app = FastAPI(title="support-rag")


@app.get("/healthz")
def healthz():
    return "ok"


@app.post("/chat")
async def chat(request: Request):
    body = await request.json()
    return {"answer": answer(body["question"])}
