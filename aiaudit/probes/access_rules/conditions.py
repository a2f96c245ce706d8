"""What a condition of a rule asks: nothing, something of the row alone, that somebody is signed in, or who it is.

The words of a condition decide, not what it would yield: one that names the caller in a way that is not known here is
taken for one that binds him, so that no rule is called open that may not be.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.match import name_set


class Asks(IntEnum):
    """What a condition asks, from the least to the most."""

    NOTHING = 0
    """Always true."""
    ROW = 1
    """Something of the row alone (`published = true`), never who asks."""
    SIGNED_IN = 2
    """That somebody is signed in, whoever it is."""
    CALLER = 3
    """Who asks, or something that cannot be told from it."""
    SERVER = 4
    """The project's own server, or nobody at all."""


_OPENING: Final = "([{"
_CLOSING: Final = ")]}"
_MOST: Final = 4_000  # characters of a condition; a longer one is not taken apart
_DEEPEST: Final = 12


def asks(condition: str, leaf: Callable[[str], Asks], *, any_of: str, all_of: str, depth: int = 0) -> Asks:
    """What `condition` asks: the least of its alternatives, the most of what has to hold together.

    `any_of` and `all_of` are the words for "or" and "and" with what surrounds them, in small letters.
    """
    if len(condition) > _MOST or depth > _DEEPEST:
        return Asks.CALLER
    text = bare(condition)
    for word, choose in ((any_of, min), (all_of, max)):
        parts = split(text, word)
        if len(parts) > 1:
            found = [asks(part, leaf, any_of=any_of, all_of=all_of, depth=depth + 1) for part in parts]
            if word == all_of and Asks.NOTHING in found and len(set(found)) > 1:
                found = [one for one in found if one is not Asks.NOTHING]
            return choose(found)
    return leaf(text)


def bare(text: str) -> str:
    """A condition without the space and the brackets around all of it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and _encloses(text):
        text = text[1:-1].strip()
    return text


def _encloses(text: str) -> bool:
    """Whether the bracket that opens a text is the one that closes it."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def split(text: str, word: str) -> list[str]:
    """The parts of a condition between the places where `word` stands outside of brackets and quotes."""
    parts: list[str] = []
    depth, quote, start, at = 0, "", 0, 0
    small = text.lower()
    while at < len(text):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
        elif depth == 0 and small.startswith(word, at):
            parts.append(text[start:at])
            start = at = at + len(word)
            continue
        at += 1
    return [*parts, text[start:]]


# --- PostgreSQL, as Supabase serves it -------------------------------------------------------------------------------
_TRUE: Final = lazy.regex(r"(?:true|1\s*=\s*1|'?t(?:rue)?'?\s*::\s*bool(?:ean)?)$")
_NEVER: Final = lazy.regex(r"(?:false|1\s*=\s*0)$")
_UID: Final = r"\(*\s*(?:select\s+)?auth\s*\.\s*(?:uid|jwt|role|email)\s*\(\s*\)(?:\s+as\s+\w+)?\s*\)*"
_SOMEBODY: Final = lazy.regex(
    _UID + r"\s*(?:is\s+not\s+null|<>\s*'anon'|!=\s*'anon'|=\s*(?:any\s*\(\s*array\s*\[\s*)?'authenticated'"
    r"|in\s*\(\s*'authenticated'(?:\s*,\s*'service_role')?\s*\))"
)
_ANY_ROLE: Final = lazy.regex(_UID + r"\s*(?:=\s*'anon'|in\s*\(\s*[^)]*'anon')")
_SERVICE: Final = lazy.regex(r"'service_role'|\bcurrent_user\s*=\s*'postgres'|\bsession_user\s*=\s*'postgres'")
_BUCKET: Final = lazy.regex(r"\(*\s*bucket_id\s*\)*\s*(?:=\s*'[^']*'|in\s*\()")
# What a condition may call without asking who calls.
_CALLS: Final = lazy.regex(r"([a-z_][\w$]*(?:\s*\.\s*[a-z_][\w$]*)?)\s*\(")
_PLAIN: Final = name_set(
    "in any all and or not exists select where from values array coalesce now lower upper trim length char_length"
    " nullif greatest least date_trunc interval cast extract on join count max min as between like ilike is then"
    " case when else current_date jsonb_array_length array_length cardinality"
)
_WHO: Final = lazy.regex(r"\bcurrent_setting\b|\bauth\s*\.|\bcurrent_user\b|\bsession_user\b|\bjwt\b|\bcurrent_role\b")


def sql_condition(condition: str) -> Asks:
    """What the condition of a row policy asks."""
    return asks(condition.lower(), _sql_leaf, any_of=" or ", all_of=" and ")


def _sql_leaf(text: str) -> Asks:
    if _TRUE.match(text):
        return Asks.NOTHING
    if _NEVER.match(text) or _SERVICE.search(text):
        return Asks.SERVER
    if _SOMEBODY.match(text):
        return Asks.SIGNED_IN
    if _ANY_ROLE.match(text):
        return Asks.NOTHING
    if _BUCKET.match(text):  # a bucket is to storage what a table is to the rest
        return Asks.NOTHING
    if _WHO.search(text):
        return Asks.CALLER
    called = {"".join(one.split()) for one in _CALLS.findall(text)}
    return Asks.ROW if called <= _PLAIN else Asks.CALLER


# --- the rules of Firebase -------------------------------------------------------------------------------------------
_SIGNED: Final = lazy.regex(
    r"(?:request\.)?auth(?:\.uid|\.token)?\s*!==?\s*null$|null\s*!==?\s*(?:request\.)?auth(?:\.uid)?$|request\.auth\.uid$|auth\.uid$"
)
_FIREBASE_WHO: Final = lazy.regex(r"\bauth\b|\bget\s*\(|\bexists\s*\(|\bgetAfter\s*\(|\broot\.|\bfirestore\.")
_FIREBASE_CALL: Final = lazy.regex(r"(?<![\w.])([A-Za-z_]\w*)\s*\(")


def firebase_condition(condition: str, functions: dict[str, str], seen: frozenset[str] = frozenset()) -> Asks:
    """What a condition of Firebase asks; `functions` are the bodies of those that the rules define, by their names."""

    def leaf(text: str) -> Asks:
        if text in ("true", "1==1", "1 == 1"):
            return Asks.NOTHING
        if text in ("false", ""):
            return Asks.SERVER
        if _SIGNED.match(text):
            return Asks.SIGNED_IN
        name = text.partition("(")[0].strip()
        if name in functions and name not in seen and text.endswith(")"):
            return firebase_condition(functions[name], functions, seen | {name})
        if _FIREBASE_WHO.search(text) or _FIREBASE_CALL.search(text):
            return Asks.CALLER
        return Asks.ROW

    return asks(condition, leaf, any_of="||", all_of="&&")
