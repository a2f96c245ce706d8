from openai import OpenAI

reply = OpenAI().responses.create(model="gpt-5.5", input="hi")
