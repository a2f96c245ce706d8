"""The one place that talks to the language model."""

from openai import OpenAI

client = OpenAI()

MODEL = "gpt-4o"


def complete(messages: list[dict]) -> str:
    answer = client.chat.completions.create(model=MODEL, messages=messages)
    return answer.choices[0].message.content
