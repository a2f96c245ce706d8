"""The probe javascript.calls: names through imports, assignments and files; options, and what cannot be told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from tests.probes.javascript.support import ask, calls

CREATE = "chat.completions.create({ model: 'gpt-4o', max_tokens: 5 });"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (f"import OpenAI from 'openai';\nconst c = new OpenAI();\nc.{CREATE}", "openai"),
        (f"import {{ OpenAI as O }} from 'openai';\nnew O().{CREATE}", "openai.OpenAI"),
        (f"import * as openai from 'openai';\nnew openai.OpenAI().{CREATE}", "openai.OpenAI"),
        (f"const OpenAI = require('openai');\nconst c = new OpenAI();\nc.{CREATE}", "openai"),
        (f"const {{ OpenAI }} = require('openai');\nnew OpenAI().{CREATE}", "openai.OpenAI"),
        (f"const {{ default: OpenAI }} = await import('openai');\nnew OpenAI().{CREATE}", "openai"),
        (f"import OpenAI from 'npm:openai@4';\nnew OpenAI().{CREATE}", "openai"),
        (f"import OpenAI from 'openai';\nexport const ask = (c: OpenAI) => c.{CREATE}", "openai"),
        (f"import OpenAI from 'openai';\nconst {{ chat }} = new OpenAI();\n{CREATE}", "openai"),
        (f"import OpenAI from 'openai';\nlet c: OpenAI | null = null;\nc = new OpenAI();\nc!.{CREATE}", "openai"),
        (f"import OpenAI from 'openai';\nconst make = () => new OpenAI();\nmake().{CREATE}", "openai"),
        (f"import OpenAI from 'openai';\nclass A {{ c = new OpenAI(); run() {{ this.c.{CREATE} }} }}", "openai"),
        (
            f"import OpenAI from 'openai';\nclass A {{ constructor(private c: OpenAI) {{}} run() {{ this.c.{CREATE} }} }}",
            "openai",
        ),
        (
            f"import OpenAI from 'openai';\nglobalThis.c ??= 1;\nconst c = saved ?? new OpenAI();\nc['chat'].completions.{CREATE[17:]}",
            "openai",
        ),
    ],
)
def test_a_call_is_found_by_what_it_stands_for(tmp_path: Path, code: str, name: str) -> None:
    found = calls(tmp_path, code)
    assert [one["name"] for one in found] == [f"{name}.chat.completions.create"]
    assert found[0]["kw"] == {"model": "gpt-4o", "max_tokens": 5}


@pytest.mark.parametrize(
    ("files", "spec"),
    [
        ({"src/ai.ts": "export const c = new OpenAI({ timeout: 9 });"}, "./ai"),
        ({"src/ai.ts": "const c = new OpenAI({ timeout: 9 });\nexport { c };"}, "./ai.js"),
        (
            {
                "src/ai/index.ts": "export * from './made';",
                "src/ai/made.ts": "export const c = new OpenAI({ timeout: 9 });",
            },
            "./ai",
        ),
        (
            {
                "lib/ai.ts": "export const c = new OpenAI({ timeout: 9 });",
                "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./lib/*"],}}} // c',
            },
            "@/ai",
        ),
        (
            {
                "packages/ai/src/index.ts": "export const c = new OpenAI({ timeout: 9 });",
                "packages/ai/package.json": '{"name": "@acme/ai"}',
            },
            "@acme/ai",
        ),
    ],
)
def test_a_client_of_another_file(tmp_path: Path, files: dict[str, str], spec: str) -> None:
    files = {k: f"import OpenAI from 'openai';\n{v}" if "new OpenAI" in v else v for k, v in files.items()}
    found = calls(tmp_path, f"import {{ c }} from '{spec}';\nc.{CREATE}", files)
    assert [one["name"] for one in found] == ["openai.chat.completions.create"]
    assert found[0]["ctor_kw"] == {"timeout": 9}


def test_shadowed_names_and_other_packages_are_not_meant(tmp_path: Path) -> None:
    made = "responses.create({ model: 'gpt-5' })"
    code = f"""
        import OpenAI from 'openai';
        import other from 'somewhere';
        const c = new OpenAI();
        export function f(c) {{ return c.{made} }}
        other.{made}
        // c.{made}
        const text = "c.{made.replace("'", "")}";
    """
    assert calls(tmp_path, code) == []


def test_what_has_openais_interface_asks_a_model_whatever_it_is_called(tmp_path: Path) -> None:
    code = f"""
        import other from 'somewhere';
        export function f(c) {{ return c.{CREATE} }}
        other.{CREATE}
        // c.{CREATE}
    """
    found = calls(tmp_path, code)
    assert [one["name"] for one in found] == ["?.chat.completions.create", "somewhere.chat.completions.create"]


LIMITS = {"any": [{"call": "ai.generateText", "missing_kw": ["maxOutputTokens"]}]}


@pytest.mark.parametrize(
    ("code", "certain"),
    [
        ("f = (o?: { maxOutputTokens?: number }) => generateText({ maxOutputTokens: o?.maxOutputTokens })", False),
        ("f = (n?: number) => generateText({ maxOutputTokens: n })", False),
        ("f = (s: boolean) => generateText({ maxOutputTokens: s ? 400 : undefined })", False),
        ("f = ({ maxOutputTokens }: { maxOutputTokens?: number }) => generateText({ maxOutputTokens })", False),
        ("f = (s: boolean) => { let n; if (s) n = 4; return generateText({ maxOutputTokens: n }) }", False),
        ("f = () => generateText({ maxOutputTokens: undefined })", True),
        ("f = (n: number) => generateText({ maxOutputTokens: n })", None),
        ("f = (n?: number) => generateText({ maxOutputTokens: n ?? 400 })", None),
        ("f = ({ maxOutputTokens = 400 }: { maxOutputTokens?: number }) => generateText({ maxOutputTokens })", None),
        ("f = (s: boolean) => generateText({ maxOutputTokens: s ? 400 : 800 })", None),
    ],
)
def test_a_limit_that_may_be_nothing(tmp_path: Path, code: str, certain: bool | None) -> None:
    found = calls(tmp_path, f"import {{ generateText }} from 'ai';\nexport const {code};", **LIMITS)
    assert [one["unresolved"] == "" for one in found] == ([] if certain is None else [certain])


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("JSON.stringify({ model: 'gpt-5', max_tokens: 9 })", []),
        ("JSON.stringify({ model: 'gpt-5' })", [""]),
        ("JSON.stringify({ model: 'gpt-5', ...more })", ["body.max_tokens"]),
        ("JSON.stringify(payload)", [""]),
        ("payload", ["body.max_tokens"]),
    ],
)
def test_what_a_request_carries(tmp_path: Path, body: str, missing: list[str]) -> None:
    query = {"any": [{"call": "fetch", "options_at": 1, "missing_kw": ["body.max_tokens"]}]}
    code = "const URL = 'https://api.openai.com/v1/chat/completions';\nconst payload = { model: 'gpt-5' };\n"
    found = calls(tmp_path, f"{code}export const f = () => fetch(URL, {{ method: 'POST', body: {body} }});", **query)
    assert [one["unresolved"] for one in found] == missing
    assert all(one["arg0"].startswith("https://api.openai.com") for one in found)


def test_an_endless_loop_that_success_does_not_leave_repeats_no_failed_call(tmp_path: Path) -> None:
    found = calls(
        tmp_path,
        """
        import { generateText } from 'ai';
        export async function chat() { while (true) { try { await generateText({}) } catch (e) { log(e) } } }
        export async function again() { while (true) { try { return await generateText({}) } catch (e) { log(e) } } }
        """,
        any=["ai.generateText"],
    )
    assert [one["retried"] for one in found] == ["", "loop"]


def test_a_loop_over_entries_is_no_loop_over_tries(tmp_path: Path) -> None:
    loop = "for (let i = 0; i < {}; i++) {{ try {{ return await generateText({{}}) }} catch (e) {{ log(e) }} }}"
    code = "import { generateText } from 'ai';\n" + "".join(
        f"export async function f{n}() {{ {loop.format(end)} }}\n"
        for n, end in enumerate(("entries.length", "countries.length", "maxTries", "tries", "MAX_RETRIES"))
    )
    found = calls(tmp_path, code, any=["ai.generateText"])
    assert [one["retried"] for one in found] == ["", "", "loop", "loop", "loop"]


def test_what_stops_waiting_for_a_call(tmp_path: Path) -> None:
    query = {"any": [{"call": "ai.generateText", "missing_kw": ["timeout"]}]}
    found = calls(
        tmp_path,
        """
        import { generateText } from 'ai';
        export const a = () => Promise.race([generateText({}), late()]);
        export const b = () => withTimeout(() => generateText({}), 9000);
        export const c = () => setTimeout(() => generateText({}), 9000);
        """,
        **query,
    )
    assert [one["unresolved"] for one in found] == ["timeout", "timeout", ""]


LIMIT = {"any": [{"call": "ai.generateText", "missing_kw": ["maxTokens"]}]}


@pytest.mark.parametrize(
    ("options", "unresolved"),
    [
        ("{ model }", ""),
        ("{ model, maxTokens: 5 }", None),
        ("{ model, ...given }", "options"),
        ("{ model, ...(limit && { maxTokens: limit }) }", "maxTokens"),
        ("{ model, ...(limit ? { seed: 1 } : {}) }", ""),
        ("fixed", None),
        ("open", ""),
        ("changed", "options"),
        ("handed", "options"),
        ("make()", "options"),
    ],
)
def test_what_is_not_given_and_what_cannot_be_told(tmp_path: Path, options: str, unresolved: str | None) -> None:
    code = f"""
        import {{ generateText }} from 'ai';
        const fixed = {{ model, maxTokens: 5 }};
        const open = {{ model }};
        const changed: any = {{ model }};
        changed.maxTokens = 3;
        export const ask = (handed, given) => generateText({options});
    """
    found = calls(tmp_path, code, **LIMIT)
    assert [one["unresolved"] for one in found] == ([] if unresolved is None else [unresolved])
    if unresolved:
        assert isinstance(found[0]["certain"], Unknown)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("AbortSignal.timeout(5)", "timeout"),
        ("AbortSignal.any([request.signal, AbortSignal.timeout(5)])", "timeout"),
        ("request.signal", "request"),
    ],
)
def test_when_a_signal_fires(tmp_path: Path, given: str, value: str) -> None:
    code = (
        f"import {{ generateText }} from 'ai';\nexport const f = (request) => generateText({{ abortSignal: {given} }});"
    )
    assert calls(tmp_path, code)[0]["kw"] == {"abortSignal": value}


def test_values(tmp_path: Path) -> None:
    code = """
        import { generateText } from 'ai';
        import { openai } from '@ai-sdk/openai';
        import { ANSWER } from './limits';
        const SECOND = 1_000;
        generateText({ model: openai('gpt-4o'), maxTokens: ANSWER, maxRetries: -1, wait: 30 * SECOND,
          prompt: `Hello`, other: `Hello ${name}`, apiKey: 'sk-proj-abcdefghijklmnop', deep: { on: true } });
    """
    kw = calls(tmp_path, code, {"src/limits.ts": "export const ANSWER = 40;"})[0]["kw"]
    assert kw.pop("other") == Unknown("template")
    assert kw == {
        "model": "gpt-4o", "maxTokens": 40, "maxRetries": -1, "wait": 30_000, "prompt": "Hello", "apiKey": "<redacted>",
        "deep": {"on": True},
    }  # fmt: skip


def test_no_credential_stays_in_a_record(tmp_path: Path) -> None:
    key = "sk-proj-" + "a1B2c3D4" * 4
    code = f"import OpenAI from 'openai';\nnew OpenAI(wrap({{ k: '{key}' }}), `${{x}}{key}`);\nfetch(f('{key}'), {{ h: g('{key}') }});"
    found = calls(tmp_path, code, any=["openai", "fetch"])
    assert len(found) == 2
    assert key not in str(found)


@pytest.mark.parametrize(
    ("head", "bounded", "kind"),
    [
        ("while (true) {", False, "while_true"),
        ("for (;;) {", False, "while_true"),
        ("while (answer.tool) {", False, "while"),
        ("while (steps < 5) {", True, "while"),
        ("for (let i = 0; i < 3; i++) {", True, "for"),
        ("for (const one of all) {", True, "for_of"),
        ("while (true) { if (n++ > 5) break;", True, "while_true"),
    ],
)
def test_loops(tmp_path: Path, head: str, bounded: bool, kind: str) -> None:
    code = (
        f"import {{ generateText }} from 'ai';\nexport async function run() {{\n{head}\nawait generateText({{}}); }} }}"
    )
    rows = ask(tmp_path, "javascript.loops", {"a.ts": code}, calls=["group:llm.completion"]).value
    assert [(row["bounded"], row["kind"], row["loop_line"]) for row in rows] == [(bounded, kind, 3)]


def test_imports(tmp_path: Path) -> None:
    files = {
        "a.ts": "import { z } from 'zod';\nimport type { X } from 'zod/v4';\nexport * from '@langchain/core/tools';\n"
        "const p = require('pino');\nawait import('zod/v3');",
        "zod.ts": "import z from './zod/local';",
    }
    found = ask(tmp_path, "javascript.imports", files, any=["zod", "@langchain/*", "pino"]).value
    assert [(one["line"], one["module"]) for one in found] == [
        (1, "zod"), (3, "@langchain/core/tools"), (4, "pino"), (5, "zod/v3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("var a=1;" * 200_000, "larger than 1 MB"),
        ("function f(a,b){return a+b};" * 1_000, "minified"),
        ("fetch(" + "[" * 5_000 + "]" * 5_000 + ")", "nested too deeply"),
        ("fetch(1);\0\1\2" * 10, "not text"),
    ],
)
def test_hostile_files_are_told_of(tmp_path: Path, text: str, reason: str) -> None:
    rows = ask(tmp_path, "javascript.unparsed", {"a.js": text}).value
    assert [row["reason"] for row in rows] == [reason]


def test_a_file_that_cannot_be_parsed_is_no_absence(tmp_path: Path) -> None:
    deep = "fetch(" + "[" * 5_000 + "]" * 5_000 + ")"
    assert ask(tmp_path, "javascript.calls", {"a.js": deep, "b.js": "let a = 1;"}, any=["fetch"]).state is State.UNKNOWN


def test_a_long_literal_is_not_minified(tmp_path: Path) -> None:
    code = f"const data = '{'x' * 300_000}';\nfetch('https://example.com');"
    assert len(calls(tmp_path, code, any=["fetch"])) == 1


def test_a_project_without_scripts_never_loads_the_parser() -> None:
    code = (
        "import sys\nfrom aiaudit.probes import registry\n"
        "q = registry.get('javascript.calls').query.model_validate({'any': ['fetch']})\n"
        "registry.build_engine('javascript', [q]).key()\nprint('ast_grep_py' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
