from fastapi import FastAPI
from langchain_community.vectorstores import FAISS
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

app = FastAPI()
llm = ChatOpenAI(model="gpt-4o-mini", timeout=30, max_tokens=400)
embeddings = OpenAIEmbeddings()


@app.post("/ask")
async def ask(text: str, question: str):
    parts = text.split("\n\n")

    store = FAISS.from_texts(parts, embeddings)
    found = await store.asimilarity_search(question)
    return (await llm.ainvoke(str(found))).content
