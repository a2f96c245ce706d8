"""Writes a summary line above each manual, once a month."""

from pathlib import Path

from openai import OpenAI

client = OpenAI()

for manual in sorted(Path("docs_source").glob("*.md")):
    text = manual.read_text()
    reply = client.chat.completions.create(
        model="gpt-3.5-turbo-0301",
        messages=[{"role": "user", "content": f"Summarise in one line:\n\n{text}"}],
    )
    manual.with_suffix(".summary").write_text(reply.choices[0].message.content)
