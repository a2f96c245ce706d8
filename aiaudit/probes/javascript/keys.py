"""By what an expression tells callers apart: who they are, the address that they ask from, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, Module

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_NAMES: Final = 24
# Of a text in quotes, only names of headers tell something: `"user_ratelimit"` is a prefix that all share.
_QUOTED: Final = lazy.regex(r"\"[^\"\n]*\"|'[^'\n]*'")
_FORWARDED: Final = lazy.regex(
    r"(?i)forwarded|real-ip|connecting-ip|client-ip|fly-client|true-client|authorization|api-key"
)
_OF_CONTEXT: Final = lazy.regex(r"\b(?:c|ctx|context)\.get\(\s*[\"'](\w+)[\"']\s*\)")  # what middleware left there
_FIXED: Final = lazy.regex(r"`[^`$]*`|(?<=[`}])[^`${}]*(?=\$\{|`)")
_ADDRESS: Final = lazy.regex(
    r"(?:\b|_)ip(?:\b|_)|\b[a-z]\w*I[pP](?:\b|[A-Z])|\bip[A-Z]|\bIP\b|(?i:ip_?address|remote_?addr|x-forwarded-for|real-?ip|getconninfo)"
)
_USER: Final = lazy.regex(
    r"(?i)user(?!_?-?agent)|session(?!_?store)|\bauth|account|member\b|customer|tenant|\borg(?:anization)?(?:_?id)?\b|team_?id|api[_-]?key|(?<!max_)(?<!max)\btoken\b|\bemail|\buid\b|\bsub\b|clerk|principal|profile"
)
_ASKED: Final = lazy.regex(r"\.json\(\)|\bbody\b|\bsearchParams\b|\.query\b|\bparams\b|formData")
_LOGGED_IN: Final = lazy.regex(r"(?i)session|auth|getUser|currentUser|req\.user|locals\.user|jwt|verify")
_NAME: Final = lazy.regex(r"(?<![\w.$])([A-Za-z_$][\w$]*)")


def key_of(node: SgNode, module: Module) -> str:
    """`user`, `address`, `all` (the same for everybody), `parameter` (what the function is handed), or `?`.

    What the caller writes into the request's body is no key: everybody chooses it.
    """
    texts: list[str] = []
    handed = False
    seen: set[str] = set()
    todo = [node]
    while todo and len(texts) < MAX_NAMES:
        one = todo.pop(0)
        text = _plain(one.text()[:1500])
        texts.append(text)
        at = one.range().start.index
        for name in _NAME.findall(text)[:MAX_NAMES]:
            if name in seen:
                continue
            seen.add(name)
            bound = module.bound(name, at)
            if bound is None or bound.imported is not None:
                continue
            if bound.kind == "param":
                handed = handed or not _inside(node, bound.scope.start, bound.scope.end)
            elif bound.kind == "value" and bound.node is not None and bound.node.kind() not in FUNCTIONS:
                todo.append(bound.node)
    return _judged(texts, handed)


def _judged(texts: list[str], handed: bool) -> str:
    chosen = [one for one in texts if _ASKED.search(one)]
    told = [one for one in texts if not _ASKED.search(one)]
    if any(_USER.search(_ADDRESS.sub(" ", one)) for one in told) and not (chosen and not _by_login(told)):
        return "user"
    if any(_ADDRESS.search(one) for one in texts):
        return "address"
    if chosen:
        return "?"
    if handed:
        return "parameter"
    return "?" if _NAME.search(" ".join(texts)) else "all"


def _by_login(texts: list[str]) -> bool:
    """Whether one of the texts asks who is logged in, rather than what the request says."""
    return any(_LOGGED_IN.search(one) for one in texts)


def _plain(text: str) -> str:
    kept = _QUOTED.sub(
        lambda match: match.group(0) if _FORWARDED.search(match.group(0)) else '""', _OF_CONTEXT.sub(r"c.\1", text)
    )
    return _FIXED.sub(" ", kept)


def _inside(node: SgNode, start: int, end: int) -> bool:
    """Whether a parameter is that of a function in the expression itself: `(req) => req.ip`."""
    place = node.range()
    return place.start.index <= start and end <= place.end.index
