from fastapi import FastAPI
from langchain_community.vectorstores import FAISS
from langchain_openai import OpenAIEmbeddings

app = FastAPI()


@app.get("/ask")
def ask(question: str):
    index = FAISS.from_texts(open("manual.txt").read().split("\n"), OpenAIEmbeddings())
    return index.similarity_search(question)
