import os
from pathlib import Path

from openai import OpenAI

client = OpenAI(timeout=20)
PROMPT_VERSION = "answer-v3"
PROMPT = Path("prompts/answer.md").read_text()


def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model=os.environ["MODEL"],
        max_completion_tokens=300,
        messages=[{"role": "system", "content": PROMPT}, {"role": "user", "content": question}],
    )
    print(PROMPT_VERSION)
    return reply.choices[0].message.content
