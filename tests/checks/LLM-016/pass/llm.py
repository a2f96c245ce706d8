from openai import OpenAI

client = OpenAI(timeout=20)
SYSTEM_PROMPT = "You answer questions about coffee machines in at most five sentences and only from the passages that you are given, and you say so when they do not help."


def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-5.5-2026-04-23",
        max_completion_tokens=300,
        messages=[{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": question}],
    )
    return reply.choices[0].message.content
