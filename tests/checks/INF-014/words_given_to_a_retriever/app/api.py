from fastapi import FastAPI
from langchain_community.retrievers import BM25Retriever
from langchain_openai import ChatOpenAI

app = FastAPI()
llm = ChatOpenAI(model="gpt-4o-mini", timeout=30, max_tokens=400)


@app.post("/ask")
async def ask(text: str, question: str):
    retriever = BM25Retriever.from_texts(text.split("\n\n"))
    found = await retriever.ainvoke(question)
    return (await llm.ainvoke(str(found))).content
