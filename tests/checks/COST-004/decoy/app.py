from fastapi import FastAPI
from openai import OpenAI

# answers are cached
cache = {}
app = FastAPI()
client = OpenAI()


@app.get("/ask")
def ask(question: str):
    return client.chat.completions.create(model="gpt-5.5", messages=[{"role": "user", "content": question}])
