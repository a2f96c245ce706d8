"""The probes javascript.routes, .prompts and .flows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.probes.javascript.support import ask


def routes(root: Path, files: Mapping[str, str], **query: Any) -> list[dict[str, Any]]:
    return ask(root, "javascript.routes", files, **query).value or []


@pytest.mark.parametrize(
    ("code", "framework"),
    [
        (
            "import express from 'express';\nconst app = express();\napp.post('/chat', (req, res) => res.json(req.body));",
            "express",
        ),
        (
            "import { Router } from 'express';\nconst r = Router();\nr.route('/chat').post((req, res) => res.json(req.body));",
            "express",
        ),
        (
            "import Fastify from 'fastify';\nconst f = Fastify();\nf.post('/chat', async (request) => request.body);",
            "fastify",
        ),
        (
            "import Fastify from 'fastify';\nconst f = Fastify();\nf.route({ url: '/chat', method: 'POST', handler: async (request) => request.body });",
            "fastify",
        ),
        (
            "export async function routes(fastify, options) {\nfastify.post('/chat', async (request) => request.body);\n}",
            "fastify",
        ),
        (
            "import { Hono } from 'hono';\nexport default new Hono().get('/', (c) => c.text('x')).post('/chat', async (c) => c.json(await c.req.json()));",
            "hono",
        ),
        (
            "import Router from '@koa/router';\nconst r = new Router();\nr.post('/chat', async (ctx) => { ctx.body = ctx.request.body; });",
            "koa",
        ),
        (
            "@Controller('chat')\nexport class Chat {\n  @Post()\n  async ask(@Body() body: any) { return run(body); }\n}",
            "nest",
        ),
    ],
)
def test_a_route_is_seen(tmp_path: Path, code: str, framework: str) -> None:
    found = [row for row in routes(tmp_path, {"src/server.ts": code}) if row["methods"] == ["POST"]]
    assert [(row["framework"], row["route"], row["takes_input"], row["validated"]) for row in found] == [
        (framework, "/chat", True, False)
    ]


@pytest.mark.parametrize(
    "uses",
    [
        "app.use('/api', guard);",
        "app.use('/uploads', express.static('uploads'));",
        "app.use('/api', chat);\napp.use('*', (req, res, next) => next());",
    ],
)
def test_an_application_of_another_file_is_given_middleware_and_routers(tmp_path: Path, uses: str) -> None:
    found = routes(
        tmp_path,
        {
            "src/app.js": "import express from 'express';\nconst app = express();\nexport default app;\n",
            "src/chat.js": "import { Router } from 'express';\nconst chat = Router();\n"
            "chat.post('/chat', (req, res) => res.json(req.body));\nexport default chat;\n",
            "server.js": "import express from 'express';\nimport app from './src/app.js';\n"
            f"import chat from './src/chat.js';\nimport {{ guard }} from './src/guard.js';\n{uses}\napp.listen(3000);\n",
        },
        kinds=["route", "middleware"],
    )
    assert {row["framework"] for row in found} == {"express"}
    assert [row["route"] for row in found if row["kind"] == "route"] == ["/chat"]
    assert {row["kind"] for row in found if row["path"] == "server.js"} == {"middleware"}


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("app/api/chat/route.ts", "/api/chat"),
        ("src/app/(chat)/api/[id]/route.ts", "/api/[id]"),
        ("src/routes/api/chat/+server.ts", "/api/chat"),
        ("api/chat.ts", "/api/chat"),
    ],
)
def test_a_route_by_the_file_it_stands_in(tmp_path: Path, path: str, route: str) -> None:
    code = "export async function POST(request: Request) { return go(await request.json()); }"
    assert [row["route"] for row in routes(tmp_path, {path: code})] == [route]
    assert routes(tmp_path / "other", {"lib/route-table.ts": code}) == []


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("pages/api/chat.ts", "/api/chat"),
        ("next/src/pages/api/trpc/[trpc].ts", "/api/trpc/[trpc]"),
        ("pages/api/chat/index.js", "/api/chat"),
        ("pages/api/index.ts", "/api"),
        ("api/chat.ts", "/api/chat"),
        ("api/index.js", "/api"),
    ],
)
def test_a_function_by_the_file_whose_default_it_is(tmp_path: Path, path: str, route: str) -> None:
    code = "export default async function handler(req, res) { res.json(await go(req.body)); }"
    assert [row["route"] for row in routes(tmp_path, {path: code})] == [route]


@pytest.mark.parametrize(
    ("body", "checks"),
    [
        ("schema.parse(req.body)", "schema.parse"),
        ("Body.safeParse(req.body)", "Body.safeParse"),
        ("v.parse(Body, req.body)", ""),
        ("JSON.parse(req.body)", ""),
        ("url.parse(req.query.next)", ""),
        ("req.body; if (!req.body.text) { return res.status(400).end(); }", "answers 400"),
        ("req.body; try { go(); } catch (error) { res.status(400).end(); }", ""),
    ],
)
def test_what_checks_the_input(tmp_path: Path, body: str, checks: str) -> None:
    code = f"""
        import express from 'express';
        import {{ schema }} from './schema';
        import {{ z }} from 'zod';
        const Body = z.object({{ text: z.string().max(5) }});
        const app = express();
        app.post('/chat', (req, res) => {{ const input = {body}; }});
    """
    (row,) = routes(tmp_path, {"a.ts": code})
    assert (row["checks"], row["validated"]) == (checks, bool(checks))


@pytest.mark.parametrize(
    ("args", "auth"),
    [
        ("requireAuth, (req, res) => res.json(req.body)", "requireAuth"),
        ("passport.authenticate('jwt'), (req, res) => res.json(req.body)", "passport.authenticate"),
        ("(req, res) => { const s = getSession(req); if (!s) return res.status(401).end(); }", "getSession"),
        ("(req, res) => { const s = getSession(req); log(s); }", ""),
        ("(req, res) => res.json({ author: req.body.author })", ""),
        ("authorList, (req, res) => res.json(req.body)", ""),
    ],
)
def test_who_asks_for_the_caller(tmp_path: Path, args: str, auth: str) -> None:
    code = f"import express from 'express';\nconst app = express();\napp.post('/chat', {args});"
    assert [row["auth"] for row in routes(tmp_path, {"a.ts": code})] == [auth]


def test_middleware_stands_before_what_comes_after_it(tmp_path: Path) -> None:
    code = """
        import express from 'express';
        const app = express();
        app.get('/open', (req, res) => res.send(req.query.q));
        app.use('/v1', authMiddleware);
        app.get('/v1/closed', (req, res) => res.send(req.query.q));
        app.get('/other', (req, res) => res.send(req.query.q));
    """
    found = {row["route"]: row["auth"] for row in routes(tmp_path, {"a.ts": code})}
    assert found == {"/open": "", "/v1/closed": "authMiddleware", "/other": ""}


def test_tools_of_an_mcp_server(tmp_path: Path) -> None:
    code = """
        import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
        const server = new McpServer({ name: 'x', version: '1' });
        server.tool('search', { query: z.string().max(9) }, async ({ query }) => find(query));
        server.tool('ping', async () => ok);
    """
    found = {row["route"]: row for row in routes(tmp_path, {"a.ts": code})}
    assert found["search"]["validated"]
    assert found["search"]["bounded"]
    assert not found["ping"]["validated"]


def test_health_and_constants(tmp_path: Path) -> None:
    code = """
        import { Hono } from 'hono';
        const app = new Hono();
        app.get('/healthz', (c) => c.text('ok'));
        app.get('/readyz', async (c) => c.json({ ready: await model.ping() }));
    """
    found = {row["route"]: row for row in routes(tmp_path, {"a.ts": code})}
    assert all(row["health"] for row in found.values())
    assert found["/healthz"]["constant"]
    assert not found["/readyz"]["constant"]
    assert found["/readyz"]["touches"] == ["ping"]


TEXT = "You are a careful assistant that answers every question in three short sentences."


@pytest.mark.parametrize(
    ("code", "use", "name"),
    [
        (f"export const systemPrompt = `{TEXT}`;", "constant", "systemPrompt"),
        (f"run({{ system: '{TEXT}' }});", "argument", "system"),
        (f"const m = [{{ role: 'system', content: '{TEXT}' }}];", "message", "system"),
        (f"export const RESPONSE_TEMPLATE = `{TEXT}`;", "constant", "RESPONSE_TEMPLATE"),
        (f"ChatPromptTemplate.fromTemplate('{TEXT}');", "template", "fromTemplate"),
        (f"const getPrompt = (x) => `{TEXT} ${{x}}`;", "returned", "getPrompt"),
        (f"const prompts = {{ shop: '{TEXT}' }};", "constant", "shop"),
        (f"const errorPrompt = '{TEXT}';", "", ""),
        (f"const m = [{{ role: 'assistant', content: '{TEXT}' }}];", "", ""),
        (f"// system prompt\nconst about = '{TEXT}';", "", ""),
    ],
)
def test_prompts(tmp_path: Path, code: str, use: str, name: str) -> None:
    rows = ask(tmp_path, "javascript.prompts", {"a.ts": code}).value or []
    assert [(row["use"], row["name"]) for row in rows] == ([(use, name)] if use else [])
    assert TEXT not in str(rows)


@pytest.mark.parametrize(
    ("code", "source", "kind"),
    [
        ("eval(text);", "llm", "code"),
        ("new Function(text)();", "llm", "code"),
        ("el.innerHTML = `<b>${text}</b>`;", "llm", "html"),
        ("execSync('ls ' + text);", "llm", "shell"),
        ("db.query(`SELECT * FROM t WHERE a = '${text}'`);", "llm", "sql"),
        ("db.$queryRawUnsafe(req.query.q);", "user", "sql"),
        ("sql`SELECT ${text}`;", "", ""),
        ("eval('1 + 1');", "", ""),
        ("/x/.exec(text);", "", ""),
        ("eval(given);", "unknown", "code"),
    ],
)
def test_flows(tmp_path: Path, code: str, source: str, kind: str) -> None:
    whole = f"""
        import {{ execSync }} from 'node:child_process';
        import {{ generateText }} from 'ai';
        export async function run(given, req) {{
          const {{ text }} = await generateText({{ prompt: 'x' }});
          {code}
        }}
    """
    rows = ask(tmp_path, "javascript.flows", {"a.ts": whole}, sources=["llm", "user", "unknown"]).value or []
    assert [(row["source"], row["kind"]) for row in rows] == ([(source, kind)] if source else [])
