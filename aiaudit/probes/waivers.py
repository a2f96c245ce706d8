"""The probe `waivers.inline`: accepted risks that stand in comments, beside what they accept.

    model = torch.load(path)  # aiaudit: waive SEC-002 reason="our own file, hash checked" until=2027-01-31

The text engine finds the words in its one scan; here they are read. Nothing is judged: whether the check exists, and
whether owner and last day are there, is for `aiaudit.scoring.waivers`.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.text.asking import hits_of, scope_of
from aiaudit.probes.text.engine import NAME
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.project.entry import Entry, display
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

WAIVER: Final = record(
    "waiver", path=STRING, line=INT, covers=INT, check=STRING, reason=STRING, owner=STRING, until=STRING,
    ticket=STRING, control=STRING, problem=STRING,
)  # fmt: skip
_KEYS: Final = ("reason", "owner", "until", "ticket", "control")
_FOREIGN: Final = frozenset({Role.VENDORED, Role.GENERATED, Role.DATA, Role.MODEL})
_SAID: Final = r"aiaudit:[ \t]*waive\b"
_GROUP: Final = PatternGroup(
    (Pattern("waiver", rf"(?:#|//|<!--)[ \t]*{_SAID}"),), roles=frozenset(Role) - _FOREIGN, keep=False, most=500
)
_COMMENT: Final = lazy.regex(rf"(#|//|<!--)[ \t]*{_SAID}[ \t]*(.*)")
_PAIR: Final = lazy.regex(r"""\s*([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))(?=\s|$)""")
_MARKUP: Final = frozenset({".md", ".mdx", ".markdown", ".html", ".htm", ".xml", ".svg", ".vue", ".svelte"})
_SLASH_SUFFIXES: Final = (
    ".js .jsx .mjs .cjs .ts .tsx .mts .cts .java .kt .scala .go .rs .c .h .cc .cpp .hpp .cu .cuh .cs .swift .dart"
    " .proto .groovy .gradle .jsonc .json5 .tf .tfvars .hcl .php .scss .less .vue .svelte"
)
_SLASHES: Final = frozenset(_SLASH_SUFFIXES.split())
_NO_HASH: Final = _SLASHES - {".tf", ".tfvars", ".hcl", ".php"}
_MOST: Final = 500  # characters of one waiver
_LARGE: Final = 500_000  # characters: the tokenizer is Python, at a megabyte a second
_FENCE: Final = lazy.regex(r" {0,3}(```|~~~)")


class InlineQuery(Query):
    """No keys."""

    def groups(self) -> Sequence[PatternGroup]:
        return (_GROUP,)


class InlineProbe(Probe[InlineQuery]):
    """Waivers in comments of the project's own files; vendored, generated, ignored and data files hold none.

    `covers` is the line that is meant: its own where something stands before the comment, else the next one that is
    neither empty nor a comment. `problem` says what cannot be read in it. Text in a string, or in a code block of a
    document, is no comment.
    """

    name: ClassVar[str] = "waivers.inline"
    title: ClassVar[str] = "accepted risks in comments: # aiaudit: waive ID reason=… until=…"
    query: ClassVar[type[Query]] = InlineQuery
    max_level: ClassVar[Level] = Level.CLAIM
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: InlineQuery) -> Type:
        return list_of(WAIVER)

    def answer(self, fact_id: str, query: InlineQuery, context: Context) -> Fact:
        rows: list[dict[str, Any]] = []
        for entry, hits in hits_of(_GROUP, context):
            try:
                text = context.project.text(entry.path)
            except Unreadable:
                continue
            rows += _waivers(entry, text.splitlines(), [line for _, line, _ in hits])
        scope, _ = scope_of(_GROUP, context)
        evidence = tuple(Evidence(row["path"], row["line"], row["check"]) for row in rows[:25])
        state = State.KNOWN if rows else State.ABSENT
        return Fact(fact_id, state, rows, Level.CLAIM, "comments", evidence=evidence, scope=scope)


def _waivers(entry: Entry, lines: Sequence[str], numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The waivers among these lines (numbers from 1)."""
    comments = _python_comments(lines) if entry.suffix in (".py", ".pyi", ".pyw") else None
    for number in numbers:
        line = lines[number - 1] if number <= len(lines) else ""
        found = _COMMENT.search(line[:4096])
        if found is None or not _is_comment(entry, found[1]):
            continue
        if comments is not None and number not in comments:
            continue
        if comments is None and entry.suffix != ".ipynb" and _in_string(line[: found.start()]):
            continue
        if found[1] == "<!--" and _in_fence(lines[: number - 1]):
            continue
        alone = not line[: found.start()].strip()
        row = {"path": entry.display, "line": number, "covers": _next(lines, number) if alone else number}
        yield row | _read(found[2].removesuffix("-->").strip(), entry)


def _read(text: str, entry: Entry) -> dict[str, str]:
    """What a waiver says after `waive`."""
    row = {"check": "", **dict.fromkeys(_KEYS, ""), "problem": ""}
    if entry.suffix == ".ipynb":
        return row | {"problem": "a notebook cannot hold a waiver; write it under `waivers:` in aiaudit.yaml"}
    check, _, rest = text.partition(" ")
    row["check"] = display(check.strip(",:"))[:40]
    at = 0
    while at < len(rest.rstrip()) and at < _MOST:
        found = _PAIR.match(rest, at)
        if found is None:
            said = display(rest[at:].strip())[:40]
            return row | {"problem": f'{said!r} cannot be read; write reason="…" until=2027-01-31'}
        key = "until" if found[1] == "expires" else found[1]
        if key not in _KEYS:
            return row | {"problem": f"unknown key {display(found[1])[:40]!r}; there are: {', '.join(_KEYS)}"}
        row[key] = display(next(part for part in found.groups()[1:] if part is not None))
        at = found.end()
    return row


def _is_comment(entry: Entry, sign: str) -> bool:
    """Whether the sign begins a comment in this kind of file."""
    if sign == "<!--":
        return entry.suffix in _MARKUP
    if sign == "//":
        return entry.suffix in _SLASHES or entry.path.endswith("Jenkinsfile")
    return entry.suffix not in _NO_HASH and entry.suffix not in _MARKUP and entry.suffix not in (".rst", ".json")


def _python_comments(lines: Sequence[str]) -> set[int] | None:
    """The lines with a comment; None where the file is no Python that can be read, or too large to read so closely."""
    if sum(map(len, lines)) > _LARGE:
        return None
    found = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            if token.type == tokenize.COMMENT:
                found.add(token.start[0])
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return found


def _in_string(before: str) -> bool:
    """Whether a quote is open before the comment's sign."""
    plain = re.sub(r"\\.|(?<=\w)'(?=\w)", "", before)  # nor is an apostrophe a quote
    return any(plain.count(quote) % 2 for quote in "\"'`")


def _in_fence(before: Sequence[str]) -> bool:
    """Whether these lines of a document end inside a code block."""
    fence = ""
    for line in before:
        if found := _FENCE.match(line):
            fence = "" if fence == found[1] else fence or found[1]
    return bool(fence)


def _next(lines: Sequence[str], number: int) -> int:
    """The next line after this one that is neither empty nor a comment; the line itself where there is none."""
    for after, line in enumerate(lines[number : number + 50], start=number + 1):
        if line.strip() and not line.lstrip().startswith(("#", "//", "<!--")):
            return after
    return number
