from openai import OpenAI

client = OpenAI(timeout=20, max_retries=2)


def ask(question: str, **settings) -> str:
    reply = client.chat.completions.create(
        model="gpt-5.5", **settings, messages=[{"role": "user", "content": question}]
    )
    return reply.choices[0].message.content
