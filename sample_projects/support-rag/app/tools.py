"""What the agent may do besides talking."""

import sqlite3

from app.llm import complete


def calculate(question: str) -> str:
    expression = complete([{"role": "user", "content": f"Write only a Python expression for: {question}"}])
    return str(eval(expression))


def find_part(question: str) -> list[tuple]:
    column = complete([{"role": "user", "content": f"Which machine does this question name? {question}"}])
    connection = sqlite3.connect("parts.db")
    return connection.execute(f"SELECT number, price FROM parts WHERE machine = '{column}'").fetchall()
