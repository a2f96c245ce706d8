import json

from openai import OpenAI

client = OpenAI()
TOOLS = [{"type": "function", "function": {"name": "look_up"}}]


import asyncio


async def bounded(messages):
    return await asyncio.wait_for(asyncio.to_thread(run, messages), 60)


def run(messages, max_steps=5, token_budget=20_000):
    step = 0
    while step < max_steps:
        step += 1
        reply = client.chat.completions.create(model="gpt-5.5", messages=messages, tools=TOOLS, timeout=20)
        token_budget -= reply.usage.total_tokens
        if token_budget < 0 or not reply.choices[0].message.tool_calls:
            return reply
