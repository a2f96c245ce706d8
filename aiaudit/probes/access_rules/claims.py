"""Roles that users give themselves: what Supabase keeps as the data of a user (`raw_user_meta_data`, in a token
`user_metadata`) is written by the user, at the sign-up and later, so that a role which is read from it is no role.

https://supabase.github.io/splinter/0015_rls_references_user_metadata is the rule for conditions of policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from aiaudit import lazy

_WRITTEN: Final = (
    r"(?:\b(?:\w{1,60}\.)?raw_user_meta_data|'user_metadata')\s*\)?\s*(?:->>?|#>>?|,)\s*'\{?(?P<key>\w{1,60})\}?'"
)
_CLAIM: Final = lazy.regex(r"(?i)" + _WRITTEN)
_ROLE: Final = lazy.regex(
    r"(?i)^(?:(?:user|app|account|system)_?)?(?:roles?|permissions?|access_level|is_?(?:admin|staff|super_?user|owner)|admin)$"
)
_INTO: Final = lazy.regex(r"(?i)\b(?:insert\s+into|update)\s+(?:only\s+)?(?:\"?public\"?\s*\.\s*)?\"?(\w{1,60})\"?")
_HIGH: Final = r"\w{0,30}(?:admin|owner|staff|moderator|manager|super_?user|superadmin|operator|approver)\w{0,30}"
# A role that lets do more, asked for by its name not far from the word role.
_ASKED: Final = lazy.regex(r"(?i)(?:role|permission|access_level)[^;']{0,80}'(" + _HIGH + r")'")
_FLAG: Final = lazy.regex(r"(?i)\bis_?(?:admin|staff|super_?user|owner)\b(?!\s*\()")
_NAMES: Final = lazy.regex(r"'([^']{1,60})'")
_CALLED: Final = lazy.regex(r"(?i)\b([a-z_]\w{0,60})\s*\(")
_COMMENT: Final = lazy.regex(r"--[^\n]*")
_LONGEST: Final = 60_000  # characters of a function; a longer one is not taken apart
_DEEPEST: Final = 3


class Body(NamedTuple):
    """A function of the database, as the last migration that makes it leaves it."""

    name: str
    path: str
    line: int
    """Where its text begins."""
    text: str


class Claim(NamedTuple):
    """A place at which a role is taken from what the user writes."""

    path: str
    line: int
    kind: str
    """function (a row is written with it) or policy (a condition asks it)."""
    name: str
    table: str
    """Where the role is written to, or of which rows the condition speaks."""
    key: str
    limits: str
    """none (any role may be named), list (the asked one is among those that may be), or unclear."""
    asked: str
    """The place of a policy that lets in by such a role, "" where none does."""
    role: str


class Asking(NamedTuple):
    """A condition of a policy."""

    name: str
    path: str
    line: int
    table: str
    using: str
    check: str


def claims(functions: Mapping[str, Body], policies: list[Asking]) -> Iterator[Claim]:
    """The roles that users give themselves, of the functions and policies which all migrations leave."""
    told = [(one, _told(f"{one.using} ; {one.check}", functions)) for one in policies]
    for body in functions.values():
        text = _bare(body.text)
        into = _INTO.search(text)
        found = next((one for one in _CLAIM.finditer(text) if _ROLE.match(one["key"])), None)
        if found is None or into is None:
            continue
        table = into[1].lower()
        asks = [(one, role) for one, whole in told if _of(table, one, whole) if (role := _asks(whole))]
        limits, may = _limits(text, found)
        fits = [(one, role) for one, role in asks if limits != "list" or role in may]
        if limits == "list" and not fits:
            continue
        line = body.line + text.count("\n", 0, found.start())
        asked, role = (f"{fits[0][0].path}:{fits[0][0].line}", fits[0][1]) if fits else ("", "")
        yield Claim(body.path, line, "function", body.name, table, found["key"], limits, asked, role)
    for one in policies:
        # What lets in by the data of a user lets in whoever writes the same there.
        whole = _told(one.using or one.check, {name: body for name, body in functions.items() if not _writes(body)})
        found = next((each for each in _CLAIM.finditer(whole) if _ROLE.match(each["key"])), None)
        if found is None:
            continue
        near = _NAMES.findall(whole[found.end() : found.end() + 120].partition(";")[0])
        role = next((name.lower() for name in near if re.fullmatch(f"(?i){_HIGH}", name)), "")
        if role:
            place = f"{one.path}:{one.line}"
            yield Claim(one.path, one.line, "policy", one.name, one.table, found["key"], "none", place, role)
        elif (own := _CLAIM.search(one.check)) is not None and _ROLE.match(own["key"]):
            # A row that the user adds about himself, with the role that he wrote before.
            others = ((each, _asks(whole)) for each, whole in told if each is not one and _of(one.table, each, whole))
            by, role = next(((each, asked) for each, asked in others if asked), (None, ""))
            if by is not None:
                place = f"{by.path}:{by.line}"
                yield Claim(one.path, one.line, "policy", one.name, one.table, own["key"], "none", place, role)


def _of(table: str, policy: Asking, whole: str) -> bool:
    """Whether a policy asks for what stands in this table."""
    return policy.table.lower() == table.lower() or re.search(rf"(?i)\b{re.escape(table)}\b", whole) is not None


def _writes(body: Body) -> bool:
    return _INTO.search(body.text) is not None


def _bare(text: str) -> str:
    """A function without its comments, line by line the same."""
    return _COMMENT.sub("", text[:_LONGEST])


def _told(condition: str, functions: Mapping[str, Body], depth: int = 0) -> str:
    """A condition with the texts of the functions that it calls."""
    parts, seen = [condition], set[str]()
    for name in _CALLED.findall(condition[:_LONGEST]):
        body = functions.get(name.lower())
        if body is not None and name.lower() not in seen and depth < _DEEPEST:
            seen.add(name.lower())
            parts.append(_told(_bare(body.text), functions, depth + 1))
    return " ; ".join(parts)[: _LONGEST * 2]


def _asks(whole: str) -> str:
    """The role that lets do more and is asked for, "" where none is."""
    found = _ASKED.search(whole)
    if found is not None:
        return found[1].lower()
    flag = _FLAG.search(whole)
    return flag[0].lower() if flag is not None else ""


def _limits(text: str, found: re.Match[str]) -> tuple[str, set[str]]:
    """Whether the function lets through only some names, and which: `in ('a', 'b')`, `when … = 'a' then 'a'`."""
    before = text[: found.start()].rpartition(";")[2]
    variable = re.search(r"(?i)(?:(\w{1,60})\s+)?(\w{1,60})\s*(?::=|=|\bdefault\b)\s*[^;:=]{0,160}$", before)
    named = [re.escape(one) for one in variable.groups() if one] if variable else []
    ahead = re.match(r"[^;]{0,80}?\binto\s+(\w{1,60})", text[found.end() : found.end() + 160], re.IGNORECASE)
    named += [re.escape(ahead[1])] if ahead else []
    of = "|".join([_WRITTEN.replace("?P<key>", "?:"), *(rf"\b{name}\b" for name in named)])
    after = rf"(?:{of})\s*\)?(?:\s*,\s*'[^']*'\s*\))?(?:\s*::\s*[\w.]{{1,60}})?\s*\)?\s*"
    allowed: set[str] = set()
    for one in re.finditer(rf"(?i){after}(?:not\s+)?(?:in|=\s*any)\s*\((?P<names>[^;()]{{0,400}})\)", text):
        allowed |= {name.lower() for name in _NAMES.findall(one["names"])}
    unclear = False
    for one in re.finditer(rf"(?i){after}(?P<how>=|<>|!=)\s*'(?P<name>[^']{{1,60}})'(?P<then>[^;]{{0,40}})", text):
        then = re.match(r"\s*then\s+'([^']{1,60})'", one["then"], re.IGNORECASE)
        if one["how"] == "=" and then is not None and then[1] == one["name"]:
            allowed.add(one["name"].lower())
        else:
            unclear = True
    if unclear:
        return "unclear", set()
    return ("list", allowed) if allowed else ("none", set())
