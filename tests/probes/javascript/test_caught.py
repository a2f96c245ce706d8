"""Where the texts of caught errors go in TypeScript and JavaScript."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.probes.python.support import ask

HEAD = """
import express from "express";
const app = express();

app.post("/ask", async (req, res) => {
  let said = "";
  try {
    return res.json({ answer: await ask(req.body.text) });
  } catch (problem) {
"""
TOLD = {  # the body of a catch -> kinds
    "res.status(500).json({ error: problem.message });": ["text"],
    "return res.json({ error: String(problem) });": ["text"],
    "return res.status(500).send(problem);": ["text"],
    "return res.json({ ok: false, problem });": ["text"],
    "const why = problem instanceof Error ? problem.message : 'unknown';\nreturn res.json({ error: why });": ["text"],
    "const { message } = problem;\nres.end(JSON.stringify({ message }));": ["text"],
    "res.write(`data: ${JSON.stringify({ error: `failed: ${problem}` })}`);": ["text"],
    "return Response.json({ error: problem.stack }, { status: 500 });": ["trace"],
    "return new Response(problem.message, { status: 500 });": ["text"],
    "throw new HTTPException(500, { message: problem.message });": ["text"],
    "said = problem.message;": ["text"],
    "return res.json({ error: getErrorMessage(problem) });": ["text"],
    "return { statusCode: 500, body: JSON.stringify({ error: problem.message }) };": ["text"],
    "controller.enqueue(encode(problem.message));": ["text"],
}
SILENT = {
    "console.error(problem.message);\nreturn res.status(500).json({ error: 'failed' });",
    "return res.status(500).json({ error: 'failed', code: problem.code });",
    "return res.json({ error: process.env.NODE_ENV === 'production' ? 'failed' : problem.message });",
    "if (process.env.NODE_ENV === 'development') return res.json({ error: problem.message });\nreturn res.json({ ok: 0 });",
    "await save({ error: problem.message });\nreturn res.json({ error: 'failed' });",
    "setError(problem.message);",
}


def source(text: str) -> str:
    return HEAD + indent(text, "    ") + "\n  }\n  res.json({ said });\n});\n"


@pytest.mark.parametrize("text", TOLD)
def test_a_text_that_is_answered_is_told(text: str, tmp_path: Path) -> None:
    rows = ask(tmp_path, "javascript.caught", {"a.ts": source(text)}).value or []
    assert [(row["kind"], row["to"], row["own"]) for row in rows] == [(kind, "answer", False) for kind in TOLD[text]]


@pytest.mark.parametrize("text", sorted(SILENT))
def test_what_is_logged_or_said_in_other_words_is_not(text: str, tmp_path: Path) -> None:
    assert not ask(tmp_path, "javascript.caught", {"a.ts": source(text)}).value


def test_where_a_condition_asks_which_error_it_is_the_fault_is_the_callers(tmp_path: Path) -> None:
    text = "if (problem instanceof QuotaError) {\n  return res.status(429).json({ error: problem.message });\n}"
    rows = ask(tmp_path, "javascript.caught", {"a.ts": source(text)}).value
    assert [(row["status"], row["own"]) for row in rows] == [(429, True)]


def test_handlers_of_all_errors_are_looked_at(tmp_path: Path) -> None:
    text = """
import { Hono } from "hono";
const app = new Hono();
app.onError((err, c) => c.json({ error: err.message }, 500));
ask("x").catch((e) => console.error(e.message));
app.use((err, req, res, next) => {
  res.status(err.status || 500).json({ message: err.message });
});
"""
    rows = ask(tmp_path, "javascript.caught", {"a.ts": text}).value
    assert [(row["line"], row["to"]) for row in rows] == [(4, "answer"), (7, "answer")]
