import logging
from pathlib import Path

from openai import OpenAI

client = OpenAI(timeout=20)
PROMPT_VERSION = "answer-v3"
PROMPT = Path("prompts/answer.md").read_text()


def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-5.5-2026-04-23",
        max_completion_tokens=300,
        messages=[{"role": "system", "content": PROMPT}, {"role": "user", "content": question}],
    )
    logging.info("answered by %s with %s", reply.model, PROMPT_VERSION)
    return reply.choices[0].message.content
