"""Scripts that cannot be parsed: which questions their text leaves open, and which it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Fact, State
from aiaudit.probes import registry
from aiaudit.probes.javascript.engine import JavaScriptEngine
from aiaudit.probes.javascript.flows import FlowFinder
from aiaudit.probes.javascript.routes import RouteFinder
from tests.probes.javascript.support import ask
from tests.probes.support import context

TORN = "describe('rows', () => {\n  beforeAll(async () => {\n    await setup();"  # the file ends here
COMPLETION = ["group:llm.completion"]


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are parsed, as in an audit by all checks."""
    monkeypatch.setattr(JavaScriptEngine, "_matters", lambda *_: True)


def asked(root: Path, more: str, probe: str = "javascript.calls", path: str = "src/torn.ts", **query: Any) -> Fact:
    """The fact about a project with one whole file and one that is torn off behind `more`."""
    return ask(root, probe, {"src/a.ts": "export const a = 1\n", path: f"{more}\n{TORN}"}, **query)


@pytest.mark.parametrize(
    "more",
    [
        "import OpenAI from 'openai'",
        "const sdk = require(`openai/resources`)",
        "const answer = client.chat.completions.create({ model })",
        "const answer = client.chat.completions['create']({ model })",
        "const made = new OpenAI",
        "// client.completions.create(x)",
        "/* don't */ import OpenAI from 'openai'",
    ],
)
def test_what_its_text_may_hold_stays_open(tmp_path: Path, more: str) -> None:
    fact = asked(tmp_path, more, any=COMPLETION)
    assert fact.state is State.UNKNOWN
    reason = "1 of 2 JavaScript files could not be parsed (first: src/torn.ts: not valid JavaScript or TypeScript)"
    assert fact.reason == reason


@pytest.mark.parametrize("more", ["", "const title = 'we open ai for all'", "const openai = 1", "recreate(x)"])
def test_what_its_text_does_not_hold_is_absent(tmp_path: Path, more: str) -> None:
    fact = asked(tmp_path, f"fetch(x)\n{more}", any=COMPLETION)
    assert fact.state is State.ABSENT
    assert fact.scope is not None and fact.scope.complete
    assert fact.method.endswith("; 1 file could not be parsed, whose text holds none of it")
    assert asked(tmp_path, f"fetch(x)\n{more}", any=["fetch"]).state is State.UNKNOWN


def test_what_stands_in_other_files_is_found(tmp_path: Path) -> None:
    fact = ask(tmp_path, "javascript.calls", {"src/a.ts": "fetch(x)\n", "src/b.ts": f"fetch(x)\n{TORN}"}, any=["fetch"])
    assert [one["path"] for one in fact.value] == ["src/a.ts"]
    assert fact.scope is not None and not fact.scope.complete


def test_letters_by_their_numbers_leave_all_open(tmp_path: Path) -> None:
    more = "import { x } from 'zod'\nclient.chat.completions.cr\\u0065ate({ model })"
    assert asked(tmp_path, more, "javascript.imports", any=["openai", "zod"]).state is State.UNKNOWN
    assert asked(tmp_path, f"{more}\nimport y from 'react'", any=["react.*", "axios.get"]).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("package", "more", "state"),
    [
        ("openai", "import x from 'openai/index'", State.UNKNOWN),
        ("openai", "import x from 'openai-edge'\nimport y from './openai'", State.ABSENT),
        ("@langchain/*", "import x from '@langchain/core/tools'", State.UNKNOWN),
        ("@langchain/*", "import x from '@lang/core'", State.ABSENT),
    ],
)
def test_imports(tmp_path: Path, package: str, more: str, state: State) -> None:
    fact = ask(
        tmp_path,
        "javascript.imports",
        {"src/a.ts": "export const a = 1\n", "src/torn.ts": f"import z from 'react'\n{more}\n{TORN}"},
        any=[package, "react-query"],
    )
    assert fact.state is state


@pytest.mark.parametrize(
    ("path", "more", "state"),
    [
        ("src/torn.ts", "app.get('/x', handler)", State.UNKNOWN),
        ("src/page.tsx", "export default function Page() { useSession() }", State.ABSENT),
        ("pages/api/torn.ts", "export default function handler(req, res) {}", State.UNKNOWN),
        ("src/worker.ts", "export default { async fetch(request) {} }", State.UNKNOWN),
    ],
)
def test_routes(tmp_path: Path, path: str, more: str, state: State) -> None:
    assert asked(tmp_path, more, "javascript.routes", path).state is state


@pytest.mark.parametrize(
    ("probe", "query", "more"),
    [
        ("javascript.tools", {}, "tool(run, { schema: z.object({}) })"),
        ("javascript.parses", {}, "JSON.parse(text)"),
        ("javascript.prompts", {}, "const systemPrompt = 'You are'"),
        ("javascript.loops", {"calls": COMPLETION}, "function ask(depth: number) { return ask(depth + 1) }"),
        ("javascript.logged", {}, "console.log(req.body)"),
    ],
)
def test_other_questions(tmp_path: Path, probe: str, query: dict[str, Any], more: str) -> None:
    assert asked(tmp_path, more, probe, **query).state is State.UNKNOWN
    assert asked(tmp_path, "const a = 1", probe, **query).state is State.ABSENT


def test_it_is_told_as_unparsed(tmp_path: Path) -> None:
    fact = asked(tmp_path, "", "javascript.unparsed")
    assert [(one["path"], one["generated"]) for one in fact.value] == [("src/torn.ts", False)]


def test_text_that_windows_wrote_is_read(tmp_path: Path) -> None:
    query = registry.get("javascript.calls").query.model_validate({"any": ["fetch"]})
    project = context(tmp_path, {"a.ts": ""}).project
    found = JavaScriptEngine([query]).scan("fetch(x)\n".encode("utf-16"), next(iter(project.files)))
    assert [one["line"] for one in found["calls"]] == [1]


def test_an_extractor_that_breaks_leaves_only_its_own_questions_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> dict[str, Any]:
        raise KeyError("x")

    code = """
    import express from 'express'
    import OpenAI from 'openai'
    const app = express()
    const client = new OpenAI()
    app.post('/ask', async (req, res) => {
      res.json(await client.chat.completions.create({ model: 'a', messages: [{ role: 'user', content: req.body.text }] }))
    })
    app.listen(3000)
    """
    monkeypatch.setattr(RouteFinder, "record", fail)
    routes = ask(tmp_path, "javascript.routes", {"src/a.ts": code})
    calls = ask(tmp_path, "javascript.calls", {"src/a.ts": code}, any=COMPLETION)
    assert calls.state is State.KNOWN and calls.value
    assert routes.state is State.UNKNOWN
    assert "a part of the scanner failed (routes: KeyError); the rest was read" in routes.reason


def test_what_others_ask_of_an_extractor_that_breaks_is_open_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> list[str]:
        raise KeyError("x")

    code = """
    import OpenAI from 'openai'
    const client = new OpenAI()
    export async function ask(text) {
      const messages = [{ role: 'system', content: `Answer ${text}` }]
      return await client.chat.completions.create({ model: 'a', messages })
    }
    """
    whole = ask(tmp_path, "javascript.instructions", {"src/a.ts": code})
    monkeypatch.setattr(FlowFinder, "answering", fail)
    broken = ask(tmp_path, "javascript.instructions", {"src/a.ts": code})
    assert whole.state is not State.UNKNOWN
    assert broken.state is State.UNKNOWN or (broken.scope is not None and not broken.scope.complete)
