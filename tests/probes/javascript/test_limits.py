"""The probe javascript.limits: what counts how often a caller asks, before and in routes, and by what it tells them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.probes.javascript.support import ask

EXPRESS = "import express from 'express';\nimport rateLimit from 'express-rate-limit';\nconst app = express();\n"
UPSTASH = (
    "import { Ratelimit } from '@upstash/ratelimit';\n"
    "const ratelimit = new Ratelimit({ redis, limiter: Ratelimit.slidingWindow(10, '1 m') });\n"
)
NEXT = "app/api/chat/route.ts"


def limits(root: Path, files: dict[str, str]) -> list[tuple[str, str, bool]]:
    fact = ask(root, "javascript.limits", files, roles=["code"])
    return [(one["route"], one["limited"], one["always"]) for one in fact.value or [] if one["takes_input"]]


def one(root: Path, code: str, more: dict[str, str] | None = None) -> tuple[str, bool]:
    """The limit of Next's route."""
    ((_, key, always),) = limits(root, {NEXT: code, **(more or {})})
    return key, always


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("app.use(rateLimit({ max: 5 }));\napp.post('/ask', (req, res) => res.json(f(req.body)));", ("address", True)),
        ("app.post('/ask', (req, res) => res.json(f(req.body)));\napp.use(rateLimit({ max: 5 }));", ("", False)),
        ("app.use('/api', rateLimit({ max: 5 }));\napp.post('/ask', (req, res) => f(req.body));", ("", False)),
        ("app.use('/ask', rateLimit({ max: 5 }));\napp.post('/ask', (req, res) => f(req.body));", ("address", True)),
        ("const l = rateLimit({ max: 5 });\napp.post('/ask', l, (req, res) => f(req.body));", ("address", True)),
        (
            "const l = rateLimit({ max: 5 });\napp.post('/ask', [auth, l], (req, res) => f(req.body));",
            ("address", True),
        ),
        ("const l = rateLimit({ max: 5 });\napp.post('/ask', (req, res) => f(req.body));", ("", False)),
        ("const l = rateLimit({ max: 0 });\napp.post('/ask', l, (req, res) => f(req.body));", ("", False)),
        (
            "const l = rateLimit({ max: 5, keyGenerator: (req) => req.user.id });\napp.post('/ask', l, (req) => f(req.body));",
            ("user", True),
        ),
        (
            "const l = rateLimit({ max: 5, keyGenerator: () => 'global' });\napp.post('/ask', l, (req) => f(req.body));",
            ("all", True),
        ),
        (
            "const l = rateLimit({ max: 5, keyGenerator: (req) => req.body.user });\napp.post('/ask', l, (req) => f(req.body));",
            ("?", True),
        ),
        (
            "const l = rateLimit({ max: 5, skip: () => process.env.FREE === '1' });\napp.post('/ask', l, (req) => f(req.body));",
            ("address", False),
        ),
        (
            "const make = (max) => rateLimit({ max });\napp.post('/ask', make(5), (req, res) => f(req.body));",
            ("address", True),
        ),
        (
            "const router = express.Router();\nrouter.post('/ask', (req) => f(req.body));\n"
            "app.use(rateLimit({ max: 5 }));\napp.use('/api', router);",
            ("address", True),
        ),
        (
            "const router = express.Router();\nrouter.post('/ask', (req) => f(req.body));\n"
            "app.use('/api', router);\napp.use(rateLimit({ max: 5 }));",
            ("", False),
        ),
        (
            "function slow(req, res, next) { if (hits.get(req.ip) > 9) return res.status(429).end(); next(); }\n"
            "app.post('/ask', slow, (req) => f(req.body));",
            ("address", True),
        ),
        (
            "function rateLimiter(req, res, next) { next(); }\napp.post('/ask', rateLimiter, (req) => f(req.body));",
            ("", False),
        ),
    ],
)
def test_middleware(tmp_path: Path, code: str, wanted: tuple[str, bool]) -> None:
    ((_, key, always),) = limits(tmp_path, {"src/server.ts": EXPRESS + code})
    assert (key, always) == wanted


def test_a_router_of_another_file(tmp_path: Path) -> None:
    files = {
        "src/server.ts": EXPRESS
        + "import { chat } from './chat';\nimport { open } from './open';\n"
        + "app.use('/open', open);\nconst l = rateLimit({ max: 5 });\napp.use('/chat', l, chat);",
        "src/chat.ts": "import { Router } from 'express';\nexport const chat = Router();\nchat.post('/', (req) => f(req.body));",
        "src/open.ts": "import { Router } from 'express';\nexport const open = Router();\nopen.post('/o', (req) => f(req.body));",
    }
    assert limits(tmp_path, files) == [("/", "address", True), ("/o", "", False)]


def test_a_limiter_and_a_controller_of_other_files(tmp_path: Path) -> None:
    files = {
        "src/server.ts": "import express from 'express';\nimport { limiter } from './limiter';\nimport { answer } from './answer';\n"
        "const app = express();\napp.post('/ask', limiter, answer);",
        "src/limiter.ts": "import { rateLimit } from 'express-rate-limit';\nexport const limiter = rateLimit({ limit: 5 });",
        "src/answer.ts": "export const answer = (req, res) => res.json(f(req.body));",
    }
    assert limits(tmp_path, files) == [("/ask", "address", True)]


BODY = "const { prompt } = await req.json();\n"


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("const { success } = await ratelimit.limit(session.user.id); if (!success) return new Response('', { status: 429 });", ("user", True)),
        ("const ip = req.headers.get('x-forwarded-for');\nconst r = await ratelimit.limit(`chat_${ip}`); if (!r.success) throw new Error();", ("address", True)),
        ("const { success } = await ratelimit.limit('chat'); if (!success) return new Response('', { status: 429 });", ("all", True)),
        ("const { success } = await ratelimit.limit('user_chat'); if (!success) return new Response('', { status: 429 });", ("all", True)),
        ("await ratelimit.limit(session.user.id);", ("", False)),
        ("const { success } = await ratelimit.limit(session.user.id); console.log(success);", ("", False)),
        ("if (process.env.REDIS) { const { success } = await ratelimit.limit(session.user.id); if (!success) return no(); }", ("user", False)),
        ("if (process.env.NODE_ENV === 'production') { const { success } = await ratelimit.limit(session.user.id); if (!success) return no(); }", ("user", True)),
        ("const r = await ratelimit?.limit(session.user.id); if (!r.success) return no();", ("user", False)),
        ("const { success } = await ratelimit.limit((await req.json()).user); if (!success) return no();", ("?", True)),
        ("const used = await countMessages({ id: session.user.id }); if (used > 50) return new Response('', { status: 429 });", ("user", True)),
        ("if (session.user.credits <= 0) return new Response('no credits left', { status: 402 });", ("user", True)),
        ("if (prompt.length > 5000) return new Response('limit exceeded', { status: 413 });", ("", False)),
        ("const r = await fetch(URL); if (r.status === 429) return new Response('', { status: 429 });", ("", False)),
        ("try { await f(prompt) } catch (e) { if (tries > 3) return new Response('', { status: 429 }); }", ("", False)),
        ("const limited = await acme(session.user.id); if (limited) return new Response('', { status: 429 });", ("?", True)),
    ],
)  # fmt: skip
def test_in_the_handler(tmp_path: Path, inside: str, wanted: tuple[str, bool]) -> None:
    code = f"{UPSTASH}export async function POST(req: Request) {{\nconst session = await auth();\n{BODY}{inside}\n}}"
    assert one(tmp_path, code) == wanted


@pytest.mark.parametrize(
    ("helper", "call", "wanted"),
    [
        ("export const check = (id: string) => ratelimit.limit(id);", "const { success } = await check(session.user.id); if (!success) return no();", ("user", True)),
        ("export const check = (id: string) => ratelimit.limit(id);", "await check(session.user.id);", ("", False)),
        ("export async function check(id: string) { const { success } = await ratelimit.limit(id); if (!success) throw new Error(); }", "await check(ip);", ("address", True)),
        ("export async function check(id: string) { if (!redis) return; const { success } = await ratelimit.limit(id); if (!success) throw new Error(); }", "await check(ip);", ("address", False)),
        ("export async function check(id: string) { return true; }", "if (!(await check(ip))) return no();", ("", False)),
    ],
)  # fmt: skip
def test_by_a_function_of_the_project(tmp_path: Path, helper: str, call: str, wanted: tuple[str, bool]) -> None:
    code = (
        "import { check } from '../../../lib/check';\nexport async function POST(req: Request) {\n"
        f"const session = await auth();\nconst ip = clientIp(req);\n{BODY}{call}\n}}"
    )
    assert one(tmp_path, code, {"lib/check.ts": UPSTASH + helper}) == wanted


@pytest.mark.parametrize(
    ("matcher", "before", "wanted"),
    [
        ("'/api/:path*'", "", ("address", True)),
        ("'/app/:path*'", "", ("", False)),
        ("'/api/:path*'", "if (!request.nextUrl.pathname.startsWith('/api/chat')) return NextResponse.next();", ("address", True)),
        ("'/api/:path*'", "if (!request.nextUrl.pathname.startsWith('/api/login')) return NextResponse.next();", ("", False)),
        ("'/api/:path*'", "if (process.env.OFF) return NextResponse.next();", ("address", False)),
    ],
)  # fmt: skip
def test_in_front_of_next(tmp_path: Path, matcher: str, before: str, wanted: tuple[str, bool]) -> None:
    front = (
        f"import {{ NextResponse }} from 'next/server';\n{UPSTASH}export async function middleware(request) {{\n{before}\n"
        "const { success } = await ratelimit.limit(request.ip);\n"
        f"return success ? NextResponse.next() : new NextResponse('', {{ status: 429 }});\n}}\n"
        f"export const config = {{ matcher: [{matcher}] }};"
    )
    code = f"export async function POST(req: Request) {{ {BODY} return f(prompt); }}"
    assert one(tmp_path, code, {"middleware.ts": front}) == wanted


@pytest.mark.parametrize(
    ("register", "route", "wanted"),
    [
        ("app.register(rateLimit, { max: 5 });", "{}", ("address", True)),
        ("app.register(rateLimit, { max: 5, global: false });", "{}", ("", False)),
        ("app.register(rateLimit, { max: 5, global: false });", "{ config: { rateLimit: { max: 2 } } }", ("address", True)),
        ("app.register(rateLimit, { max: 5 });", "{ config: { rateLimit: false } }", ("", False)),
    ],
)  # fmt: skip
def test_fastify(tmp_path: Path, register: str, route: str, wanted: tuple[str, bool]) -> None:
    code = (
        "import Fastify from 'fastify';\nimport rateLimit from '@fastify/rate-limit';\nconst app = Fastify();\n"
        f"{register}\napp.post('/ask', {route}, async (request) => f(request.body));"
    )
    ((_, key, always),) = limits(tmp_path, {"src/server.ts": code})
    assert (key, always) == wanted


def test_hono_and_flexible(tmp_path: Path) -> None:
    code = """
        import { Hono } from 'hono';
        import { rateLimiter } from 'hono-rate-limiter';
        import { RateLimiterRedis } from 'rate-limiter-flexible';
        const app = new Hono();
        const points = new RateLimiterRedis({ points: 5, duration: 1 });
        app.use('/v1/*', rateLimiter({ windowMs: 1000, limit: 5, keyGenerator: (c) => c.get('user').id }));
        app.post('/v1/ask', async (c) => f(await c.req.json()));
        app.post('/ask', async (c) => { await points.consume(c.req.header('x-real-ip')); return f(await c.req.json()); });
        app.post('/free', async (c) => { try { await points.consume(ip) } catch { log() } return f(await c.req.json()); });
    """
    assert limits(tmp_path, {"src/app.ts": code}) == [
        ("/v1/ask", "user", True),
        ("/ask", "address", True),
        ("/free", "", False),
    ]


def test_what_asks_a_model(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        NEXT: "import { answer } from '../../../lib/answer';\nexport async function POST(req) { return answer(await req.json()); }",
        "lib/answer.ts": "import { inner } from './inner';\nexport async function answer(q) { return inner(q); }",
        "lib/inner.ts": "import { generateText } from 'ai';\nexport async function inner(q) { return generateText({ prompt: q }); }",
        "app/api/vote/route.ts": "export async function POST(req) { return save(await req.json()); }",
    }
    fact = ask(tmp_path, "javascript.limits", files, roles=["code"])
    assert [(row["route"], row["asks"]) for row in fact.value] == [("/api/chat", True), ("/api/vote", False)]
