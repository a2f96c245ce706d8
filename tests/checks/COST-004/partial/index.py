from openai import OpenAI

client = OpenAI()
parts = open("manual.txt").read().split("\n")
vectors = client.embeddings.create(model="text-embedding-3-small", input=parts)
for part in parts:
    print(client.chat.completions.create(model="gpt-5.5", messages=[{"role": "user", "content": part}]))
