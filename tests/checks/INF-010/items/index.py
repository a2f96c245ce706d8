from openai import OpenAI

client = OpenAI()
vectors = []
for part in open("manual.txt"):
    vectors.append(client.embeddings.create(model="text-embedding-3-small", input=part))
