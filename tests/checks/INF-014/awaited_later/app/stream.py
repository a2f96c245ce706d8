from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

router = APIRouter()


@router.post("/stream")
async def stream(request: Request, text: str):
    client = request.app.state.client
    asking = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}], max_tokens=400, stream=True)

    async def parts():
        async for part in await asking:
            yield part.choices[0].delta.content

    return StreamingResponse(parts())
