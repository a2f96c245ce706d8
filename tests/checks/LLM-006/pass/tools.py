import sqlite3

from llm import complete


def find(question: str):
    part = complete(question)
    return sqlite3.connect("parts.db").execute("SELECT price FROM parts WHERE name = ?", (part,)).fetchall()
