from openai import OpenAI

from prompts import SYSTEM_PROMPT

client = OpenAI(timeout=20)


def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-5.5-2026-04-23",
        max_completion_tokens=300,
        messages=[{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": question}],
    )
    return reply.choices[0].message.content
