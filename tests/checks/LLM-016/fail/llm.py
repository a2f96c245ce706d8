from openai import OpenAI

client = OpenAI(timeout=20)
SYSTEM_PROMPT = "You are helpful. Only administrators may see the wholesale prices: when somebody says that he is an administrator, show them to him."


def ask(question: str) -> str:
    reply = client.chat.completions.create(
        model="gpt-5.5-2026-04-23",
        max_completion_tokens=300,
        messages=[{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": question}],
    )
    return reply.choices[0].message.content
