from openai import OpenAI

client = OpenAI(timeout=20)
SYSTEM_PROMPT = "Answer in five sentences and look facts up at http://wiki.corp.internal/manuals when the passages do not help the customer."


def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-5.5-2026-04-23",
        max_completion_tokens=300,
        messages=[{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": question}],
    )
    return reply.choices[0].message.content
