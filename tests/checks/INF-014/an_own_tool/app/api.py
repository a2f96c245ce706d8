from fastapi import FastAPI
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

app = FastAPI()
llm = ChatOpenAI(model="gpt-4o-mini", timeout=30, max_tokens=400)


@tool
def account_of(name: str) -> str:
    """The account of somebody."""
    return f"account of {name}"


@app.post("/ask")
async def ask(name: str):
    account = account_of.invoke({"name": name})
    return (await llm.ainvoke(account)).content
