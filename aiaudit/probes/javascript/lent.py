"""Where an error that a `catch` took is handed to something that is not followed: what goes nowhere by its name, what
stands among the arguments of something that is told already, and what the function gives back anyway."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS

if TYPE_CHECKING:
    from ast_grep_py import SgNode

# What only a log, a monitor or a promise is told, and what asks which error it is.
_GOES_NOWHERE: Final = lazy.regex(
    r"^(?:console|\w*[lL]og(?:ger|ging)?|Sentry|posthog|span|\w*[tT]racer|newrelic|bugsnag|rollbar|process|assert|Object|Array|Number|Boolean|RegExp|Math|Reflect)\b"
    r"|(?:^|\.)(?:\w*[lL]og(?:ger)?|logger|captureException|captureMessage|recordException|setStatus|setAttributes?|reject|is[A-Z]\w*|has[A-Z]\w*|includes|startsWith|endsWith|test|match|matchAll|indexOf|warn|debug|isPrototypeOf|expect|noop|trackError|reportError)$"
    r"|\b(?:log|logger|logging|console|LOG)\.\w+$"
)
_NO_TEXT: Final = lazy.regex(r"(?i)mask|redact|sanit[iy]|scrub|safe|hide|generic|friendly|classif|statuscode|log")


def goes_nowhere(name: str) -> bool:
    return bool(_GOES_NOWHERE.search(name))


def holds_no_text(last: str) -> bool:
    return bool(_NO_TEXT.search(last))


def inside_known(call: SgNode, told: Collection[int]) -> bool:
    """Whether a call stands among the arguments of a log, of an error that is thrown or of a known answer, or is
    what the function gives back: that is told there. `told`: the lines of which rows tell."""
    for one in call.ancestors():
        kind = one.kind()
        if kind in ("statement_block", "catch_clause", "program", *FUNCTIONS):
            return False
        if kind in ("throw_statement", "if_statement"):
            return True
        called = one.field("function") if kind == "call_expression" else None
        if called is not None and (one.range().start.line in told or goes_nowhere(short(called))):
            return True
    return False


def given_back(node: SgNode, name: str) -> bool:
    """Whether the function around gives an object back, or answers with it."""
    around = next((one for one in node.ancestors() if one.kind() in FUNCTIONS), None)
    words = around.text()[:40_000] if around is not None else ""
    return bool(re.search(rf"\breturn\b[^;\n]*\b{re.escape(name)}\b|\(\s*{re.escape(name)}\s*[,)]", words))


def short(called: SgNode) -> str:
    """The name of what is called, without what it is called on where that is a call itself."""
    text = called.text()
    return re.sub(r"\s|\?(?=\.)", "", text if len(text) <= 200 else text[-200:])
