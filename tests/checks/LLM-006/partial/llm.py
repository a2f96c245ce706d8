from openai import OpenAI

client = OpenAI()


def complete(question: str) -> str:
    reply = client.chat.completions.create(model="gpt-5.5", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content
