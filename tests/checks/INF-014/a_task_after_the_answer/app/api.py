from fastapi import BackgroundTasks, FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI(timeout=30)


async def summarize(text: str):
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400)


@app.post("/notes")
def notes(text: str, tasks: BackgroundTasks):
    tasks.add_task(summarize, text)
    return {"kept": True}
