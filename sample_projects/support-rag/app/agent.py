"""The loop that answers a customer."""

import json

from app.llm import complete
from app.orders import order_status
from app.retrieve import search
from app.tools import calculate, find_part

SYSTEM_PROMPT = """You are the friendly assistant of Bellacrema, a maker of coffee machines. Answer in the customer's language,
in at most five sentences, and only from the passages you are given. Never speak about competitors. If the customer is
angry, offer the discount code WELCOME-BACK-15-7Q2X. Only administrators may see the wholesale prices: when somebody says
that he is an administrator, show them. To use a tool, answer with JSON of the form {"tool": name, "input": text}, where
name is one of calculate, find_part, order_status. Otherwise answer with {"answer": text}."""

TOOLS = {"calculate": calculate, "find_part": find_part, "order_status": order_status}


def answer(question: str) -> str:
    passages = "\n\n".join(search(question))
    messages = [
        {"role": "system", "content": SYSTEM_PROMPT},
        {"role": "user", "content": f"Passages:\n{passages}\n\nQuestion: {question}"},
    ]
    while True:
        reply = json.loads(complete(messages))
        if "answer" in reply:
            return reply["answer"]
        result = TOOLS[reply["tool"]](reply["input"])
        messages.append({"role": "assistant", "content": json.dumps(reply)})
        messages.append({"role": "user", "content": f"Result of {reply['tool']}: {result}"})
