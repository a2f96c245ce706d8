from openai import AsyncOpenAI


class AnswerService:
    def __init__(self):
        self.client = AsyncOpenAI(timeout=30)

    async def answer(self, text):
        return await self._complete([{"role": "user", "content": text}])

    async def _complete(self, messages):
        reply = await self.client.chat.completions.create(model="gpt-4o-mini", messages=messages, max_tokens=400)
        return reply.choices[0].message.content
