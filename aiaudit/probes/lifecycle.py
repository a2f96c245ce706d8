"""The probe `lifecycle`: models, interfaces and runtimes that the project names, and the day on which they stop.

The days come from `tables/end_of_life.yaml`, a dated table with a source for each row. A model counts where it is
given as a value (`model="gpt-4"`, `model: gpt-4`, `ChatOpenAI("gpt-4")`) or offered for choice, not where a table of
prices lists it. A runtime counts where it is what runs (an image, a version file, a CI job of one version), not where
it is the lowest that a package admits; `aiaudit.probes.runtimes` says which.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from functools import cache
from typing import Any, ClassVar, Final

import yaml
from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.runtimes import runtimes
from aiaudit.probes.text.asking import MAX_EVIDENCE, hits_of, scope_of
from aiaudit.probes.text.engine import NAME
from aiaudit.probes.text.groups import Judge, Pattern, PatternGroup
from aiaudit.project.roles import Role
from aiaudit.resources import path_of

TABLE: Final = "end_of_life.yaml"
_NAME: Final = (
    r"((?:gpt|chatgpt|o[134]|text-(?:davinci|curie|babbage|ada|embedding)|code-davinci|davinci|curie|babbage|claude|gemini|"
    r"imagen|dall-e|whisper-|tts-|open-mi[sx]tral|mistral|mixtral|codestral|pixtral|ministral|magistral|devstral|command-|"
    r"c4ai-|embed-|embedding-|rerank-|jamba|j2-|grok|deepseek|llama|llama3|qwen|sonar)"
    r"[A-Za-z0-9.\-:]*)"
)
_PROVIDERS: Final = (
    "openai|anthropic|google|google_genai|google_vertexai|gemini|mistral|mistralai|cohere|groq|xai|deepseek|bedrock|azure|"
    "azure_openai|openrouter|meta|ollama"
)
# Amazon Bedrock puts the maker before the name, and where it runs before that: `us.anthropic.claude-…-v1:0`.
_PREFIX: Final = r"(?:[A-Za-z_]+/){0,2}(?:[a-z]\w*\.){0,2}"
_LISTED: Final = 4  # models of a list
_PATTERNS: Final = (
    Pattern(
        "named",
        r'(?i:model|engine|deployment|llm)\w*["\']?\s*(?::[\w\s|\[\]]*)?[=:]\s*["\']' + _PREFIX + _NAME + r'["\']',
    ),
    Pattern(
        "prefixed",
        rf"""(?i:default\w*|\bid|\bname)["']?\s*[=:]\s*["'](?:{_PROVIDERS})[/:]([A-Za-z][A-Za-z0-9.\-:]*)["']""",
    ),
    Pattern(
        "called",
        r'(?:\w*Chat\w*|OpenAI\w*|Anthropic\w*|LM|init_chat_model|GenerativeModel)\(\s*["\']'
        + _PREFIX
        + _NAME
        + r'["\']',
    ),
    Pattern(  # a list from which people choose: `"gpt-4": {"name": "GPT-4", "provider": "OpenAI"}`
        "offered",
        r"""["']"""
        + _PREFIX
        + _NAME
        + r"""["']\s*:\s*\{\s*["'](?:name|label|title|display_name)["']\s*:[^{}]{1,120}["']provider["']\s*:""",
    ),
    Pattern(  # the same in TypeScript: `{ id: "gpt-4o", label: "GPT-4o" }`; a list with prices has more behind it
        "choice",
        r"""[{,]\s*["']?(?:id|value)["']?\s*:\s*["']"""
        + _PREFIX
        + r"((?:gpt|o[134]|text-embedding|claude|gemini|mi[sx]tral|command-|grok|deepseek|llama|qwen)[A-Za-z0-9.\-:]*)"
        + r"""["']\s*,\s*["']?(?:label|name|title|displayName)["']?\s*:\s*(?:"[^"\n]*"|'[^'\n]*')\s*,?\s*\}""",
    ),
    Pattern(  # the model of each provider: `{"anthropic": "claude-3-haiku-20240307"}`; `claude.svg` is none
        "of_provider",
        r"""[{,\s]["'](?i:openai|anthropic|claude|google|gemini|mistral|cohere|groq|deepseek|xai|bedrock|openrouter)["']"""
        + r"""\s*:\s*["']"""
        + _PREFIX
        + r"((?:gpt|o[134]|claude|gemini|mi[sx]tral|codestral|command|grok|deepseek|llama)[A-Za-z.\-:]*\d[\w.\-:]*)"
        + r"""["']\s*[,}\n]""",
    ),
    Pattern(  # of a list of constants: `GPT_4O_MINI = "gpt-4o-mini"` of an enumeration, `GPT_4O: "gpt-4o",` of a map
        "constant",
        r"""^\s*(?:(?:export|static|const)\s+)*[A-Z][A-Z0-9]*_[A-Z0-9_]+\s*[:=]\s*["']"""
        + r"""((?:gpt|o[134]|claude|gemini|mi[sx]tral|codestral|command|grok|deepseek)-?[A-Za-z0-9.\-:]*)"""
        + r"""["']\s*[,;]?\s*$""",
    ),
    # `model: gpt-4`; where nothing is set, `${MODEL:-gpt-4}` of Compose and `${MODEL:gpt-4}` of Spring are the same.
    Pattern("assigned", r"^\s*(?i:[\w.\-]*model\w*)\s*[:=]\s*(?:\$\{\w+:-?)?" + _PREFIX + _NAME + r"\}?\s*(?:#.*)?$"),
    Pattern(  # `getenv("MODEL", "gpt-4")`, `process.env.MODEL || "gpt-4"`, `environ.get("MODEL") or "gpt-4"`
        "fallback",
        r'(?i:model|engine|llm)\w*(?:["\']\s*,|["\']?\]?\)?\s*(?:\|\||\?\?|\bor\b))\s*["\']'
        + _PREFIX
        + _NAME
        + r'["\']',
    ),
    Pattern("otherwise", r'(?i:model|engine|llm)\w*\s*=[^=\n]{1,120}\belse\s+["\']' + _PREFIX + _NAME + r'["\']'),
    # What is fallen back on: `DEFAULT_MODELS = ["gpt-4o", "gpt-4"]`.
    *(
        Pattern(
            f"listed_{place}",
            r"""^\s*\w*(?i:default|fallback|backup)_?(?i:llm_?|chat_?)?(?i:models)\w*\s*(?::[^=\n]*)?=\s*[\[(]\s*"""
            + (rf"""(?:["'][^"'\n]{{1,60}}["']\s*,\s*){{{place}}}""" if place else "")  # Hyperscan has no `{0}`
            + r"""["']"""
            + _PREFIX
            + _NAME
            + r"""["']""",
        )
        for place in range(_LISTED)
    ),
    Pattern("image", r"^\s*(?i:FROM)\s+(?:--platform=\S+\s+)?(?:[\w.\-]+/)*([\w.\-]+:[\w.\-]+)"),
    Pattern("runtime", r"""^\s*(?i:runtime)["']?\s*[:=]\s*["']?((?:python3\.|nodejs)\d+)(?:\.x)?\b"""),
    Pattern(  # of a container of SageMaker: `py_version="py310"`
        "container",
        r"""\bpy(?:thon)?_version["']?\s*(?::\s*\w+\s*)?[=:]\s*(?:Field\(\s*(?:default\s*=\s*)?)?["']py(3\d{1,2})["']""",
    ),
    Pattern("api", r"\.beta\.((?:assistants|threads))\."),
)
_CODE: Final = ("**/*.py", "**/*.ipynb", "**/*.ts", "**/*.tsx", "**/*.js", "**/*.mjs")
_CONFIG: Final = ("**/*.yaml", "**/*.yml", "**/*.toml", "**/*.json", "**/*.env", "**/.env*", "**/*.ini", "**/*.cfg")
_APIS: Final = {"assistants": "OpenAI Assistants API", "threads": "OpenAI Assistants API"}
_IMAGES: Final = ("**/Dockerfile*", "**/*.Dockerfile", "**/Containerfile*")
_MOST: Final = 500  # named models in the fact
_MOST_ITEMS: Final = 2_000
_LANGUAGE: Final = lazy.regex(  # in the tag of an image that adds something to a language's own
    r"(?:py|python)(?:(?P<dotted>\d\.\d{1,2})(?:\.\d+)?|3(?P<short>\d{1,2}))|node(?:js)?(?P<node>\d{1,2})"
)
_ROLES: Final = frozenset({Role.CODE, Role.CONFIG, Role.NOTEBOOK, Role.OTHER})

_GATEWAY: Final = lazy.regex(r"(?P<name>claude-[\w.-]{1,60}?)(?:[:-]thinking|:beta)?")
_BEDROCK: Final = lazy.regex(r"-v\d+(?::\d+\w*)*$")
_HOSTED_ELSEWHERE: Final = lazy.regex(rb"deepseek/deepseek")
_DATED: Final = lazy.regex(r"-20\d{6}")

ITEM: Final = record(
    "dated thing",
    path=STRING,
    line=INT,
    name=STRING,
    kind=STRING,
    ends=STRING,
    days_left=INT,
    use=STRING,
    source=STRING,
    second_hand=BOOL,
)
NAMED: Final = record("named thing", path=STRING, line=INT, name=STRING, role=STRING)
VALUE: Final = record(
    "life cycle", checked=STRING, table_age_days=INT, items=list_of(ITEM), models=INT, named=list_of(NAMED)
)


class _Row(Struct, frozen=True):
    kind: str
    ends: dt.date
    use: str
    source: str
    second_hand: bool  # not read with the provider, but quoted by somebody else


@cache
def _table() -> tuple[dt.date, dict[str, _Row]]:
    """The day on which the table was checked, and its rows by name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load((path_of("tables") / TABLE).read_bytes(), Loader=loader)  # noqa: S506 (a safe loader)
    rows = {
        name: _Row(
            kind, row["ends"], str(row["use"]), data["sources"][row["source"]], row["source"] in data["second_hand"]
        )
        for kind in ("models", "interfaces", "runtimes")
        for row in data[kind]
        for name in row["names"]
    }
    return data["checked"], rows


_KINDS: Final = {"image": "image", "runtime": "runtime", "api": "api"}


def _keep(pattern: Pattern, match: Any, text: bytes) -> dict[str, Any] | None:
    """The name that was found; nothing inside a triple-quoted text or a message, which show a use and make none."""
    before = text[: match.start()]
    if before.count(b'"""') % 2 or before.count(b"'''") % 2 or _in_message(before):
        return None
    if pattern.name == "container":
        return {"name": f"python3.{match.group(1).decode()[1:]}", "kind": "runtime"}
    name = match.group(1).decode("utf-8", "replace").lower()
    if _HOSTED_ELSEWHERE.search(match.group(0)) and name.startswith("deepseek"):
        name = f"deepseek/{name}"  # a gateway's own name, behind which others may serve the weights
    return {"name": name, "kind": _KINDS.get(pattern.name, "model")}


def _in_message(before: bytes) -> bool:
    """Whether a text that began on the line is still open (`"Try LM('gpt-5')"`). A key's own quote does not count."""
    line = re.sub(rb"""["']?[\w.\-]*$""", b"", before[before.rfind(b"\n") + 1 :][-500:])
    return bool(line.count(b'"') % 2 or line.count(b"`") % 2)


def _group(files: tuple[str, ...], *names: str) -> PatternGroup:
    judge: Judge = _keep
    chosen = tuple(pattern for pattern in _PATTERNS if pattern.name in names)
    return PatternGroup(chosen, files, _ROLES, unless=r"^\s*(#|//|\*)", judge=judge, judged_by="lifecycle 14")


_GROUPS: Final = (
    _group(
        _CODE,
        *(
            "named",
            "prefixed",
            "called",
            "offered",
            "choice",
            "of_provider",
            "constant",
            "fallback",
            "otherwise",
            "container",
            "api",
        ),
        *(f"listed_{place}" for place in range(_LISTED)),
    ),
    _group(_CONFIG, "named", "assigned", "runtime"),
    _group(_IMAGES, "image"),
)


class LifecycleQuery(Query):
    """within_days: how many days before its end a thing is listed."""

    within_days: int = 90

    def groups(self) -> tuple[PatternGroup, ...]:
        return _GROUPS


class LifecycleProbe(Probe[LifecycleQuery]):
    """Models, interfaces and runtimes that stop soon or have stopped: `kind` is model, interface, runtime, or ci for a
    runtime that only CI jobs run on; second_hand: the day is not from the provider's own page. `named`: every model
    that is given as a value, in the table or not."""

    name: ClassVar[str] = "lifecycle"
    title: ClassVar[str] = "models and runtimes named by the project that have stopped or stop soon"
    query: ClassVar[type[LifecycleQuery]] = LifecycleQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: LifecycleQuery) -> Type:
        return VALUE

    def answer(self, fact_id: str, query: LifecycleQuery, context: Context) -> Fact:
        checked, rows = _table()
        found = [
            (entry.display, line, kept["name"], kept["kind"], str(entry.role))
            for group in _GROUPS
            for entry, hits in hits_of(group, context)
            for _, line, kept in hits
        ]
        found += [(path, line, name, "ci" if ci else "version", "config") for path, line, name, ci in runtimes(context)]
        items = [
            _item(path, line, name, kind, row, context.as_of)
            for path, line, name, kind, _ in found
            if (row := _row(name, kind, rows)) and (row.ends - context.as_of).days <= query.within_days
        ]
        unique = {(item["path"], item["line"], item["name"]): item for item in items}
        shown = _of_each([unique[key] for key in sorted(unique)])
        scope, _ = scope_of(_GROUPS[0], context)
        value = {
            "checked": checked.isoformat(),
            "table_age_days": (context.as_of - checked).days,
            "items": shown,
            "models": len({name for _, _, name, kind, _ in found if kind != "image" or _row(name, kind, rows)}),
            "named": [
                {"path": path, "line": line, "name": name, "role": role}
                for path, line, name, kind, role in sorted(set(found))
                if kind == "model"
            ][:_MOST],
        }
        return Fact(
            fact_id,
            State.KNOWN,
            value,
            Level.CONTENT,
            f"names looked up in tables/{TABLE} of {checked.isoformat()}",
            Confidence.MEDIUM,
            tuple(
                Evidence(item["path"], item["line"], f"{item['name']} ends {item['ends']}")
                for item in shown[:MAX_EVIDENCE]
            ),
            scope,
        )


def _of_each(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `_MOST_ITEMS` of them, in their order: of each name in each folder the first ones."""
    if len(items) <= _MOST_ITEMS:
        return items
    before: Counter[tuple[str, str]] = Counter()
    turns: list[int] = []
    for item in items:
        place = item["name"], item["path"].rpartition("/")[0]
        turns.append(before[place])
        before[place] += 1
    first = sorted(range(len(items)), key=turns.__getitem__)[:_MOST_ITEMS]
    return [items[at] for at in sorted(first)]


def _item(path: str, line: int, name: str, kind: str, row: _Row, as_of: dt.date) -> dict[str, Any]:
    return {
        "path": path,
        "line": line,
        "name": _APIS.get(name, name),
        "kind": "ci" if kind == "ci" else row.kind[:-1],
        "ends": row.ends.isoformat(),
        "days_left": (row.ends - as_of).days,
        "use": row.use,
        "source": row.source,
        "second_hand": row.second_hand,
    }


def _row(name: str, kind: str, rows: dict[str, _Row]) -> _Row | None:
    if kind == "image":
        return _runtime(name, rows)
    if kind == "runtime":  # python3.8, nodejs16
        language, number = ("python", name[6:]) if name.startswith("python") else ("node", name[6:])
        return rows.get(f"{language}:{number}")
    return rows.get(_APIS.get(name, name)) or _by_gateway(name, rows) or _by_bedrock(name, rows)


def _by_gateway(name: str, rows: dict[str, _Row]) -> _Row | None:
    """A Claude model as gateways name it: `claude-3.7-sonnet` and `claude-3.7-sonnet:thinking` are the newest dated
    `claude-3-7-sonnet-…`; the numbers may stand before or after the family."""
    match = _GATEWAY.fullmatch(name)
    if match is None:
        return None
    plain = match["name"].replace(".", "-")
    dated = [row for other, row in rows.items() if other == plain or _DATED.fullmatch(other.removeprefix(plain))]
    return max(dated, key=lambda row: row.ends, default=None)


def _by_bedrock(name: str, rows: dict[str, _Row]) -> _Row | None:
    """A model as Amazon Bedrock numbers it (`claude-3-sonnet-20240229-v1:0`). Bedrock keeps dates of its own, so that
    its maker's is second-hand."""
    row = rows.get(_BEDROCK.sub("", name)) if _BEDROCK.search(name) else None
    return replace(row, second_hand=True) if row is not None else None


def _runtime(image: str, rows: dict[str, _Row]) -> _Row | None:
    """The row of `python:3.8.19-slim-buster`: by its first numbers, else by the release that its tag ends with.

    Images of others are as old as the language in their tag (`uvicorn-gunicorn:python3.7`, `4-node16`, `1.9-py38`) or
    the release they are built on (`nvidia/cuda:12.1.0-runtime-ubuntu20.04`).
    """
    name, _, tag = image.partition(":")
    number = tag.split("-")[0].split(".")
    for length in (2, 1):
        row = rows.get(f"{name}:{'.'.join(number[:length])}")
        if row:
            return row
    for part in tag.split("-"):
        match = _LANGUAGE.fullmatch(part)
        if match:
            language = "node" if match["node"] else "python"
            row = rows.get(f"{language}:{match['node'] or match['dotted'] or '3.' + match['short']}")
            if row:
                return row
    for part in tag.split("-")[1:]:
        system, version = (part[:6], part[6:]) if part.startswith(("ubuntu", "alpine")) else ("debian", part)
        row = rows.get(f"{system}:{version}")
        if row:
            return row
    return None
