"""Handlers that ask by hand: `const token = req.cookies.token; if (!token) return res.status(401)…`, and then work
with that token at the service that gave it out. That a token is there proves nothing; that the service answers does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, Module

if TYPE_CHECKING:
    from ast_grep_py import SgNode

# `const accessToken = req.cookies.accessToken`, `const token = req.headers.authorization?.split(" ")[1]`
_TAKEN: Final = lazy.regex(
    r"\b(?:const|let|var)\s+(?P<name>\w*[tT]oken|auth|authorization|bearer)\s*=\s*\(?\s*(?:req|request|ctx|c)\b[\w.?]{0,40}"
    r"\.(?:cookies|session|headers?)\b[^;\n]{0,160}"
)
_REFUSED: Final = r"\bif\s*\(\s*!\s*{0}\s*\)\s*\{{?\s*(?:return\s+)?[^;}}]{{0,200}}\b40[13]\b"
# The services that give out such tokens, and their clients; each refuses one that it did not give out.
_OF_A_SERVICE: Final = lazy.regex(
    r"graph\.microsoft\.com|@microsoft/microsoft-graph-client|\bgoogleapis\b|google-auth-library|www\.googleapis\.com"
    r"|api\.github\.com|@octokit/|\bOctokit\b|slack\.com/api|api\.spotify\.com|discord\.com/api|api\.linkedin\.com"
    r"|graph\.facebook\.com|api\.notion\.com|oauth2/v\d/userinfo|/oidc/userinfo|api\.dropboxapi\.com"
)
_WORK: Final = lazy.regex(r"\bawait\b")
MAX_TEXT: Final = 60_000
MAX_FUNCTION: Final = 4_000


def handed_token(node: SgNode, module: Module) -> str:
    """To what a handler hands the token that it refuses to work without, where that is the client of the service which
    gave it out, before anything else is waited for; else ""."""
    if _OF_A_SERVICE.search(module.text) is None:
        return ""
    text = node.text()[:MAX_TEXT]
    taken = _TAKEN.search(text)
    if taken is None:
        return ""
    refused = re.search(_REFUSED.format(re.escape(taken["name"])), text[taken.end() :])
    if refused is None:
        return ""
    rest = text[taken.end() + refused.end() :]
    used = re.search(rf"([A-Za-z_$][\w$.]{{0,80}})\(\s*{re.escape(taken['name'])}\b", rest)
    if used is None:
        return ""
    bound = module.bound(used[1].partition(".")[0], node.range().end.index - 1)
    made = bound.node if bound is not None else None
    client = used[1] if made is None or made.kind() not in FUNCTIONS else made.text()[:MAX_FUNCTION]
    waits = _WORK.search(rest)
    if _OF_A_SERVICE.search(client) is None or waits is None or waits.start() < used.start():
        return ""
    return f"the service that {used[1]} asks with the caller's token"[:80]
