from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import OpenAI

app = FastAPI()
client = OpenAI(timeout=30)


@app.post("/stream")
async def stream(text: str):
    async def parts():
        for part in client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400, stream=True):
            yield part.choices[0].delta.content or ""

    return StreamingResponse(parts(), media_type="text/plain")
