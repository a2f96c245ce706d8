"""What callers sent or a model wrote, in log lines of TypeScript and JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.python.support import ask

HEAD = """
import OpenAI from "openai";
import { generateText } from "ai";
import { summarize } from "./summary";
import { mask } from "./mask";

const openai = new OpenAI();

export async function POST(req) {
"""
LOGGED = {  # the body of a handler -> (call, name, source) of each part
    "const { text } = await generateText({ model, prompt });\nconsole.log(text);": [("console.log", "text", "llm")],
    "const answer = await openai.chat.completions.create({ model });\n"
    "logger.info(`said ${answer.choices[0].message.content.slice(0, 80)}`);": [("logger.info", "content", "llm")],
    "const r = await generateText({ model, prompt });\nconsole.log('got', JSON.stringify(r, null, 2));": [
        ("console.log", "r", "llm")
    ],
    "console.log('asked', { said: req.body.question });": [("console.log", "question", "user")],
    "const short = await summarize(prompt);\nconsole.warn(short);": [("console.warn", "short", "call")],
}
SILENT = [
    "const { text } = await generateText({ model, prompt });\nconsole.log(text.length);",
    "const r = await generateText({ model, prompt });\nconsole.log(mask(r.text));",
    "console.log('started');",
    "const found = await fetch('https://desk.example', { body: req.body.text });\nconsole.log(await found.text());",
    "const { text } = await generateText({ model, prompt });\nsave(text);",
]
SUMMARY = """
import OpenAI from "openai";
export async function summarize(text) {
  return (await new OpenAI().responses.create({ model: "m", input: text })).output_text;
}
"""


def tree(body: str) -> dict[str, str]:
    return {"app/route.ts": f"{HEAD}  {body}\n}}\n", "app/summary.ts": SUMMARY}


@pytest.mark.parametrize("body", LOGGED)
def test_what_comes_from_outside_is_told(body: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "javascript.logged", tree(body), sources=["llm", "user", "call"]).value
    assert [(row["call"], row["name"], row["source"]) for row in rows] == LOGGED[body]


@pytest.mark.parametrize("body", SILENT)
def test_what_is_counted_or_masked_is_not(body: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "javascript.logged", tree(body), sources=["llm", "user", "call"]).value
    assert [row["name"] for row in rows] in ([], ["length"])
