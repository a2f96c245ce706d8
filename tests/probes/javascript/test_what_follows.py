"""The probes javascript.rescues, javascript.parses and javascript.tools: what follows a call, an answer, a tool's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.javascript.support import ask

MODEL = "import { generateText } from 'ai';\n"
ASK = "const { text } = await generateText({ model, prompt });"


@pytest.mark.parametrize(
    ("handler", "ends"),
    [
        ("catch (e) { throw e; }", "raise"),
        ("catch (e) { next(e); }", "raise"),
        ("catch { return null; }", "nothing"),
        ("catch { return { items: [], count: 0 }; }", "nothing"),
        ("catch (e) { console.warn(e); }", "nothing"),
        ("catch (e) { return `It failed: ${e.message}`; }", "message"),
        ("catch (e) { const told = String(e); return { told }; }", "message"),
        ("catch (e) { return Response.json({ text: 'x' }, { status: 503 }); }", "message"),
        ("catch { return 'Try our help pages: https://help.example.com'; }", "value"),
        ("catch { answer = await cached(prompt); }", "value"),
        ("catch { attempts = attempts + 1; }", "nothing"),
        ("catch { later(() => { return 'never mind'; }); }", "nothing"),
    ],
)
def test_how_a_catch_goes_on(tmp_path: Path, handler: str, ends: str) -> None:
    code = f"{MODEL}export async function answer(prompt) {{\n  try {{ {ASK} return text; }} {handler}\n}}"
    fact = ask(tmp_path, "javascript.rescues", {"src/a.ts": code}, calls=["group:llm.completion"])
    assert [(one["ends"], one["name"], one["call_line"]) for one in fact.value] == [(ends, "ai.generateText", 3)]


def test_a_catch_on_the_promise_itself(tmp_path: Path) -> None:
    code = f"{MODEL}export const f = (prompt) => generateText({{ model, prompt }}).catch((e) => fallback(prompt));"
    fact = ask(tmp_path, "javascript.rescues", {"src/a.ts": code}, calls=["group:llm.completion"])
    assert [one["ends"] for one in fact.value] == ["value"]


def test_a_try_around_another_call_is_no_rescue(tmp_path: Path) -> None:
    code = f"{MODEL}export async function f(prompt) {{ {ASK} try {{ save(text); }} catch {{ return 'kept'; }} }}"
    fact = ask(tmp_path, "javascript.rescues", {"src/a.ts": code}, calls=["group:llm.completion"])
    assert fact.value == []


def test_a_text_that_is_put_together_from_itself_is_followed_once(tmp_path: Path) -> None:
    """Each part of it names the others, so that following them again and again would never end."""
    parts = "".join(
        f"  a = trim(b) + trim(c) + trim(a); b = mend(a) + mend(c); c += tie(a, b, {i});\n" for i in range(6)
    )
    code = f"{MODEL}export async function f(prompt) {{\n  {ASK}\n  let a = text; let b = ''; let c = '';\n{parts}"
    fact = ask(tmp_path, "javascript.parses", {"src/a.ts": code + "  return JSON.parse(c);\n}"})
    assert [(one["name"], one["typed"], one["handled"]) for one in fact.value] == [("JSON.parse", False, False)]


def test_a_check_of_another_value_is_no_schema(tmp_path: Path) -> None:
    code = f"{MODEL}export async function f(prompt, other) {{ {ASK} const data = JSON.parse(text); Order.parse(other);"
    fact = ask(tmp_path, "javascript.parses", {"src/a.ts": code + " return data; }"})
    assert [one["typed"] for one in fact.value] == [False]


def test_what_a_tool_does_is_followed_through_files(tmp_path: Path) -> None:
    tool = (
        "import { tool } from 'ai';\nimport { z } from 'zod';\nimport { close } from './orders';\n"
        "export const finish = tool({ inputSchema: z.object({ id: z.string(), more: z.any() }),"
        " execute: async ({ id }) => close(id) });"
    )
    orders = "export async function close(id) { await send(id); }\nconst send = (id) => prisma.order.delete({ where: { id } });"
    fact = ask(tmp_path, "javascript.tools", {"src/tools.ts": tool, "src/orders.ts": orders})
    assert [(one["name"], one["acts"], one["typed"], one["seen"]) for one in fact.value] == [
        ("finish", "delete", False, True)
    ]
    assert [(one["path"], one["line"]) for one in fact.value[0]["sinks"]] == [("src/orders.ts", 2)]
    assert [one["type"] for one in fact.value[0]["args"]] == ["string", ""]


def test_what_a_library_does_is_not_seen(tmp_path: Path) -> None:
    tool = (
        "import { tool } from 'ai';\nimport { client } from '@company/crm';\n"
        "export const look = tool({ inputSchema: schema, execute: async ({ id }) => client.touch(id) });"
    )
    fact = ask(tmp_path, "javascript.tools", {"src/tools.ts": tool})
    assert [(one["name"], one["acts"], one["seen"]) for one in fact.value] == [("look", "", False)]
