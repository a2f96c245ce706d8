"""Handlers that turn some of what comes in away without a status of their own: by an error that they throw where a
value of the request is missing or wrong, or, in a server action, by an answer that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import pattern_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ast_grep_py import SgNode

TURNED: Final = "turned away"  # what a route's `checks` says of such a handler
_MAX_NAMES: Final = 80
# `const data = await req.json()`, `const { id } = req.body`, `const name = form.get("name")`
_TAKEN: Final = lazy.regex(
    r"\b(?:const|let|var)\s+(?:\{([^{}]{1,400})\}|(\w+))\s*(?::[^=;]{1,120})?=\s*(?:await\s+)?"
    r"(?:(?:String|Number|Boolean|BigInt|parseInt|parseFloat)\(\s*)?"
    r"(?:(?:_?req(?:uest)?|event|ctx\.req(?:uest)?|c\.req)\s*\??\.\s*(?:body\b|json\(|formData\(|query\b|nextUrl\.searchParams)"
    r"|\w*(?:[fF]orm|[dD]ata)\w*\.get\(|(\w+)\b)"
)
_WORDS: Final = lazy.regex(r"[A-Za-z_$][\w$]*")
_TURNS: Final = lazy.regex(
    r"\bif\s*\(((?:[^()]|\([^()]{0,120}\)){1,300}?)\)\s*\{?\s*"
    r"(throw\s+(?:new\s+)?\w*(?:Error|Exception|error)\b|return\s*\{\s*(?:success|ok|valid)\s*:\s*false\b|return\s*\{\s*errors?\s*:"
    r"|return\s*;|(?:return\s+)?(?:redirect|notFound)\()"  # an action that does nothing more, or shows another page
)
# `jwt.verify(token, KEY)`: what a caller brings and no other can have made.
_VERIFIED: Final = lazy.regex(r"\b(?:jwt\.verify|jwtVerify|jose\.jwtVerify|verify)\(\s*([A-Za-z_$][\w$]*)\s*,")
# A condition of these asks who is calling, what is set, or how another service answered.
_OF_OTHERS: Final = lazy.regex(
    r"(?i)process\.env|\b(?:session|user|auth\w*|token|api_?key|secret|res|resp|response|result|error|data)\b\s*(?:\.|\?\.)?(?:ok|error|status|success|user)?\s*$"
    r"|\.(?:ok|error|status|success)\b|\bsession\b|\bauth|\btoken\b|_?key\b"
)


def turns_away(text: str, given: Iterable[str], *, action: bool) -> bool:
    """Whether a handler throws, or answers with a failure in a server action, where something that a caller brings is
    not as it should be. `given`: names that stand for what the caller brings from the start."""
    brought = set(given)
    for match in list(_TAKEN.finditer(text))[:_MAX_NAMES]:
        several, single, source = match.groups()
        if source is None or source in brought:
            brought |= set(_WORDS.findall(several or single or ""))
    if not brought:
        return False
    if any(match.group(1) in brought for match in _VERIFIED.finditer(text)):
        return True
    for match in list(_TURNS.finditer(text))[:_MAX_NAMES]:
        condition, answer = match.group(1), match.group(2)
        if not answer.startswith("throw") and not action:
            continue
        if brought & set(_WORDS.findall(condition)) and not _OF_OTHERS.search(condition):
            return True
    return False


def parameters_of(node: SgNode) -> list[str]:
    """The names of a function's parameters, those that are taken apart included."""
    single = node.field("parameter")
    listed = node.field("parameters")
    given = [single] if single is not None else list(listed.children()) if listed is not None else []
    patterns = [one.field("pattern") or one.field("left") or one for one in given if one.is_named()]
    return [local for one in patterns if one.kind() != "comment" for local, _ in pattern_names(one)]
