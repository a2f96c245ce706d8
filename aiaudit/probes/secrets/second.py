"""Hits of the second engine, judged like those of the built-in rules. The values are looked at here and not kept."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.model.fact import Confidence
from aiaudit.probes.base import Context
from aiaudit.probes.secrets import checks, kingfisher
from aiaudit.project.cache import cache_folder
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Unreadable, decode

_LONGEST: Final = 4096  # bytes of a value that are looked at
_PEM: Final = "-----BEGIN"
_JWT: Final = lazy.regex(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")
_GENERIC: Final = lazy.regex(r"generic|entropy|curl|basic|password|hex")
_QUOTED: Final = lazy.regex(r"[\"']([^\"'\s]{8,})[\"']")


class Second(Struct, frozen=True):
    """What the second engine adds. `engine`: its name and version, "" where none was asked for. `trouble`: why its
    answer is not whole."""

    engine: str = ""
    trouble: str = ""
    found: tuple[tuple[Entry, dict[str, Any]], ...] = field(default=())


def second(context: Context) -> Second:
    """The second engine's secrets in this project, each with its entry and what is kept of it; once an audit."""
    if context.options.get("secrets_engine") != kingfisher.NAME:
        return Second()
    made: Second | None = context.memo.get("secrets.second")
    if made is None:
        made = context.memo["secrets.second"] = _ask(context)
    return made


def _ask(context: Context) -> Second:
    engine = f"{kingfisher.NAME} {kingfisher.version()}".strip()
    try:
        hits = kingfisher.look(context.project.root, cache_folder() / kingfisher.NAME)
    except kingfisher.EngineError as error:
        return Second(engine, f"{engine}: {error}")
    found = []
    texts: dict[str, bytes | None] = {}
    for hit in hits:
        entry = context.project.entry(hit.path)
        if entry is None or entry.kind != "file":
            continue
        if hit.path not in texts:
            texts[hit.path] = _text(context, hit.path)
        kept = _judge(hit, texts[hit.path])
        if kept is not None:
            found.append((entry, kept))
    return Second(engine, "", tuple(found))


def _text(context: Context, path: str) -> bytes | None:
    try:
        return context.project.read(path)
    except Unreadable:
        return None


def _judge(hit: kingfisher.Hit, text: bytes | None) -> dict[str, Any] | None:
    """What may be kept of a hit; None where it is no secret. A hit in a file too large to read stands as it is."""
    generic = _GENERIC.search(hit.rule) is not None
    kept: dict[str, Any] = {
        "line": hit.line,
        "rule": f"{kingfisher.NAME}:{hit.rule}",
        "vendor": hit.rule.replace("-", " "),
        "kind": "free" if generic else "vendor",
        "confidence": Confidence.STRONG if hit.sure and not generic else Confidence.MEDIUM,
    }
    if text is None:
        return kept
    start, value = _value(hit, text)
    if checks.is_placeholder(value[:400]) or checks.is_published(value) or checks.inside_data(text, start, start + 1):
        return None
    if value.startswith(_PEM):
        return kept if checks.pem(value.partition("KEY-----")[2]) is not None else None
    if (token := _JWT.search(value)) is not None:
        judged = checks.jwt(token.group())
        return None if judged is None else {**kept, **judged}
    if generic and (checks.beside_a_hash(text, start) or not checks.could_be_random(value)):
        return None
    return kept


def _value(hit: kingfisher.Hit, text: bytes) -> tuple[int, str]:
    """Where the value starts in the text, and the value; quotes and the name before it are left out."""
    start = 0
    for _ in range(hit.line - 1):
        start = text.find(b"\n", start) + 1
    start += max(hit.start, 0)
    long = text[start : start + _LONGEST]
    whole = decode(long)
    line = long.partition(b"\n")[0]
    if whole.lstrip("\"' ").startswith(_PEM):
        return start, whole.lstrip("\"' ")
    value = decode(line[: hit.end - hit.start + 1] if hit.end >= hit.start else line)
    quoted = _QUOTED.search(value)
    return start, quoted.group(1) if quoted else value.strip("\"' ")
