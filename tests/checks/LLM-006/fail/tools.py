import sqlite3

from llm import complete


def calculate(question: str) -> str:
    return str(eval(complete(question)))


def find(question: str):
    part = complete(question)
    return sqlite3.connect("parts.db").execute(f"SELECT price FROM parts WHERE name = '{part}'").fetchall()
