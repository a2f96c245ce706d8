"""What a caught error is of: a request by axios, whose error holds the headers and the body that were sent, or other
work. An error of `JSON.parse`, of a sign-in or of a database holds neither."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, Module

if TYPE_CHECKING:
    from ast_grep_py import SgNode

REQUEST: Final = "request"
NOTHING: Final = "nothing"  # what reads a text and waits for nobody asks nobody
_MADE: Final = lazy.regex(
    r"(?:\b(?:const|let|var)\s+|\bthis\.|^\s*(?:private|readonly)\s+)(\w{1,60})\s*=\s*axios\.create\("
)
_SENDS: Final = r"\b(?:axios|{0})(?:\.\w+)?\("
_WAITS: Final = lazy.regex(r"\bawait\b|\.then\(")
_CALLED: Final = lazy.regex(r"\b(?:this\.)?([A-Za-z_$][\w$]*)\s*\(")
MAX_TEXT: Final = 60_000
MAX_CALLED: Final = 40


class AskedErrors:
    """Reads the `try` statements of one file."""

    def __init__(self, module: Module) -> None:
        self.module = module
        made = "|".join(map(re.escape, dict.fromkeys(_MADE.findall(module.text)[:10]))) or "axios"
        self._sends = re.compile(_SENDS.format(made)) if "axios" in module.text else None
        self._known: dict[int, str] = {}

    def of(self, name: str, at: SgNode) -> tuple[str, int]:
        """(REQUEST, NOTHING or "" for other work; where it begins) of the error of that name where it is logged."""
        for one in at.ancestors():
            kind = one.kind()
            if kind == "catch_clause":
                parameter, tried = one.field("parameter"), one.parent()
                if parameter is not None and parameter.text() == name and tried is not None:
                    return self._of(tried.field("body")), tried.range().start.line + 1
            elif kind in FUNCTIONS:
                given = one.parent()
                call = given.parent() if given is not None and given.kind() == "arguments" else None
                called = call.field("function") if call is not None else None
                if called is not None and called.text().endswith(".catch"):
                    return self._of(called), called.range().start.line + 1
        return "", 0

    def _of(self, body: SgNode | None) -> str:
        if body is None:
            return ""
        start = body.range().start.index
        if start not in self._known:
            text = body.text()[:MAX_TEXT]
            nothing = "JSON.parse(" in text and body.kind() == "statement_block" and _WAITS.search(text) is None
            self._known[start] = NOTHING if nothing else REQUEST if self._asks(text, start) else ""
        return self._known[start]

    def _asks(self, text: str, at: int) -> bool:
        """Whether it sends a request by axios itself, or by a function of this file that it calls."""
        if self._sends is None:
            return False
        if self._sends.search(text):
            return True
        for name in list(dict.fromkeys(_CALLED.findall(text)))[:MAX_CALLED]:
            bound = self.module.bound(name, at)
            made = bound.node if bound is not None else None
            if made is None or made.kind() not in FUNCTIONS:
                made = next((one for key, one in self.module.methods.items() if key.rpartition(".")[2] == name), None)
            if made is not None and self._sends.search(made.text()[:MAX_TEXT]):
                return True
        return False
