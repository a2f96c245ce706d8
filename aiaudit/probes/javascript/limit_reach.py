"""Whether a limit holds for everyone: what stands around the place that counts, and what leads past it before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_DEPTH: Final = 60  # of what stands around them
PRODUCTION: Final = lazy.regex(r"(?i)NODE_ENV|is_?prod|is_?dev|is_?test|VERCEL_ENV|production|development")
_OF_THE_REQUEST: Final = lazy.regex(r"(?i)\bmethod\b|\bOPTIONS\b|health|_next|static|favicon")
_PATH: Final = lazy.regex(r"(?i)path|\burl\b|\broute\b")
_LITERAL: Final = lazy.regex(r"[\"'`](/[\w./-]*)[\"'`]")
_REFUSAL: Final = lazy.regex(r"\b4\d\d\b")
_COUNTED: Final = lazy.regex(r"\.(?:limit|consume|protect)\(")
# The first request of a window, which begins the count: `hits.set(key, { count: 1, … }); return true`.
_BEGINS: Final = lazy.regex(r"\.set\(\s*[^,()\n]{1,60},\s*\{[^}]{0,80}\b(?:count|hits|requests|used|n)\s*:\s*1\b")
_LETS_ON: Final = lazy.regex(
    r"return\s*(?:[;}]|$|null\b|undefined\b|true\b|(?:await\s+)?next\(|NextResponse\.next|(?:await\s+)?resolve\(|\{\s*(?:success|allowed|ok)\s*:\s*true)"
)


def reach_of(node: SgNode, inside: SgNode, conditions: Iterable[SgNode]) -> dict[str, Any]:
    """`always`: a limit is reached whatever a setting says, no condition around it and no way past it before;
    `paths`: those for which alone it holds."""
    start = inside.range().start.index
    inner = node
    paths: list[str] = []
    always = "?." not in node.text()[:120].partition("(")[0]
    for one in node.ancestors()[:MAX_DEPTH]:
        kind = one.kind()
        if one.range().start.index <= start:
            break
        if kind in ("if_statement", "ternary_expression"):
            condition = one.field("condition")
            if condition is not None and not holds(condition, inner):
                always = always and _harmless(one, condition, paths, positive=True)
        elif kind == "binary_expression":
            right = one.field("right")
            always = always and (right is None or right.range().start.index != inner.range().start.index)
        inner = one
    else:
        always = False  # nested deeper than is looked at
    at = node.range().start.index
    for one in conditions:
        condition, then = one.field("condition"), one.field("consequence")
        if condition is None or then is None or one.range().end.index > at:
            continue
        text = then.text()[:300]
        if _LETS_ON.search(text) and not _REFUSAL.search(text) and not _BEGINS.search(text):
            always = always and _harmless(one, condition, paths, positive=False)
    return {"always": always, **({"paths": sorted(set(paths))[:20]} if paths else {})}


def _harmless(branch: SgNode, condition: SgNode, paths: list[str], *, positive: bool) -> bool:
    """Whether a condition leaves out nobody who works with the service: it asks where it runs, or for what path."""
    text = condition.text()[:300]
    if PRODUCTION.search(text) or _OF_THE_REQUEST.search(text):
        return True
    named = _LITERAL.findall(text) if _PATH.search(text) else []
    if named and ("!" in text) != positive:
        paths += named
        return True
    other = branch.field("alternative")
    return other is not None and _COUNTED.search(other.text()[:2000]) is not None


def holds(outer: SgNode, inner: SgNode) -> bool:
    """Whether a node stands within another."""
    a, b = outer.range(), inner.range()
    return a.start.index <= b.start.index and b.end.index <= a.end.index
