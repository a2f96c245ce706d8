from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import OpenAI

app = FastAPI()
client = OpenAI(timeout=30)


def parts(text: str):
    yield "Answer: "
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400)
    yield answer.choices[0].message.content or ""


@app.post("/stream")
async def stream(text: str):
    return StreamingResponse((f"data: {part}\n\n" for part in parts(text)), media_type="text/event-stream")
