# max_tokens=300, timeout=20
MAX_TOKENS = 300
TIMEOUT = 20
from openai import OpenAI

client = OpenAI()


def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-5.5", messages=[{"role": "user", "content": question}]
    )
    return reply.choices[0].message.content
