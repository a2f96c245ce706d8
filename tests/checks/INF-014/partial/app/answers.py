from openai import OpenAI


class AnswerService:
    def __init__(self):
        self.client = OpenAI(timeout=30)

    def answer(self, text):
        return self._complete([{"role": "user", "content": text}])

    def _complete(self, messages):
        reply = self.client.chat.completions.create(model="gpt-4o-mini", messages=messages, max_tokens=400)
        return reply.choices[0].message.content
