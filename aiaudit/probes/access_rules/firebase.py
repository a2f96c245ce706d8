"""The rules of Firebase: of Firestore and its storage in their own language, of the realtime database in JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.access_rules.conditions import Asks, firebase_condition

_COMMENT: Final = lazy.regex(r"(?<![:'\"])//[^\n]*|/\*")
_PART: Final = lazy.regex(
    r"(?P<service>\bservice\s+(?P<of>[\w.]+)\s*\{)|(?P<match>\bmatch\s+(?P<path>/[^\s{]*(?:\{[^{}\s]*\}[^\s{]*)*)\s*\{)"
    r"|(?P<function>\bfunction\s+(?P<name>\w+)\s*\([^)]{0,300}\)\s*\{(?P<body>[^{}]{0,3000})\})"
    r"|(?P<allow>\ballow\s+(?P<what>\w+(?:\s*,\s*\w+)*)\s*(?::\s*if\s(?P<condition>[^;]{0,3000})|:?)\s*;)|(?P<open>\{)|(?P<close>\})"
)
_RETURN: Final = lazy.regex(r"\breturn\b([^;]*);?\s*$")
_UNTIL: Final = lazy.regex(r"request\.time\s*<\s*timestamp\.date\(\s*(\d{4})\s*,\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
_RIGHTS: Final = {
    "read": ("select",), "get": ("select",), "list": ("select",), "write": ("insert", "update", "delete"),
    "create": ("insert",), "update": ("update",), "delete": ("delete",),
}  # fmt: skip
_SYSTEMS: Final = {"cloud.firestore": "firestore", "firebase.storage": "storage"}
_LARGEST: Final = 200_000
_MOST: Final = 500
_WHO: Final = {
    Asks.NOTHING: "anyone",
    Asks.ROW: "anyone",
    Asks.SIGNED_IN: "signed_in",
    Asks.CALLER: "caller",
    Asks.SERVER: "server",
}


class Rule(NamedTuple):
    """What a rule lets be done to a collection or a path."""

    system: str
    target: str
    line: int
    rights: tuple[str, ...]
    who: str
    """anyone, signed_in, caller or server (nobody from outside)."""
    whole: bool
    condition: str


def rules(text: str, today: dt.date) -> list[Rule]:
    """The rules of a file in the language of Firestore and of the storage; `today` closes those of a test mode."""
    if len(text) > _LARGEST:
        return []
    clean = _without_comments(text)
    functions = {
        match["name"]: returned[1].strip()
        for match in _PART.finditer(clean)
        if match.lastgroup and match["function"] and (returned := _RETURN.search(match["body"])) is not None
    }
    found: list[Rule] = []
    system, stack = "firestore", [""]
    for match in _PART.finditer(clean):
        if match["service"]:
            system = _SYSTEMS.get(match["of"], match["of"])
            stack.append("")
        elif match["match"]:
            stack.append(f"{stack[-1]}{match['path']}")
        elif match["open"]:
            stack.append(stack[-1])
        elif match["close"]:
            stack = stack[:-1] or [""]
        elif match["allow"] and len(found) < _MOST:
            rights = tuple(
                dict.fromkeys(right for word in match["what"].split(",") for right in _RIGHTS.get(word.strip(), ()))
            )
            condition = " ".join((match["condition"] or "true").split())
            asked = _asked(condition, functions, today)
            line = clean.count("\n", 0, match.start()) + 1
            found.append(Rule(system, _target(stack[-1]), line, rights, _WHO[asked], asked is not Asks.ROW, condition))
    return found


def _without_comments(text: str) -> str:
    """A text without its comments, with as many lines."""
    parts: list[str] = []
    at = 0
    while (match := _COMMENT.search(text, at)) is not None:
        parts.append(text[at : match.start()])
        at = match.end()
        if match[0] == "/*":
            closed = text.find("*/", at)
            end = closed + 2 if closed >= 0 else len(text)
            parts.append("\n" * text.count("\n", at, end))
            at = end
    return "".join([*parts, text[at:]])


def _asked(condition: str, functions: dict[str, str], today: dt.date) -> Asks:
    until = _UNTIL.fullmatch(condition)
    if until is None:
        return firebase_condition(condition, functions)
    try:
        return Asks.NOTHING if today < dt.date(int(until[1]), int(until[2]), int(until[3])) else Asks.SERVER
    except ValueError:
        return Asks.CALLER


def _target(path: str) -> str:
    """A path without the part that every one begins with: `/databases/{database}/documents`, `/b/{bucket}/o`."""
    for start in ("/documents", "/o"):
        head, found, tail = path.partition(start)
        if found and (head.startswith(("/databases/", "/b/"))) and (not tail or tail.startswith("/")):
            return tail or "/"
    return path or "/"


def realtime_rules(text: str) -> list[Rule]:
    """The rules of the realtime database. What is let in above is let in below, whatever is said there."""
    if len(text) > _LARGEST:
        return []
    clean = _without_comments(text)
    try:
        data = json.loads(clean)
    except (ValueError, RecursionError):
        return []
    top = data.get("rules") if isinstance(data, Mapping) else None
    return list(islice(_inside(top, "", text, 0), _MOST)) if isinstance(top, Mapping) else []


def _inside(node: Mapping[str, Any], path: str, text: str, depth: int) -> Iterator[Rule]:
    for key, rights in ((".read", ("select",)), (".write", ("insert", "update", "delete"))):
        if key in node and isinstance(node[key], bool | str):
            condition = str(node[key]).lower() if isinstance(node[key], bool) else str(node[key])
            asked = firebase_condition(condition, {})
            yield Rule(
                "realtime", path or "/", _line(text, path, key), rights, _WHO[asked], asked is not Asks.ROW, condition
            )
    for key, inner in node.items():
        if isinstance(inner, Mapping) and not key.startswith(".") and depth < 20:
            yield from _inside(inner, f"{path}/{key}", text, depth + 1)


def _line(text: str, path: str, key: str) -> int:
    """Where a key stands that is looked for after the keys that lead to it."""
    at = 0
    for part in [*path.split("/")[1:], key]:
        at = max(text.find(f'"{part}"', at), at)
    return text.count("\n", 0, at) + 1
