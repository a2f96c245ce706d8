"""Filters of MongoDB and Prisma that are filled with what stands in the body of a request, of whatever type it is:
`User.findOne({ email })` finds by an operator where the body holds `{"email": {"$gt": ""}}`.

Only inside one file, and only from a body: parts of a path are texts. What is made a text on the way (`String(email)`),
or used like one before (`email.trim()`, `typeof email`), fills no operator in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.addresses import property_of
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named, named_in

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARK: Final = (
    rb"\.(?:findOne\w*|find|findMany|findFirst|update(?:One|Many)|delete(?:One|Many)|replaceOne|countDocuments"
    rb"|exists)\(\s*\{"
)
_OF_MONGO: Final = lazy.regex(
    r"(?:(?:^|\.)(?:[A-Z]\w*|\w*[cC]ollection)|\bcollection\([^()]*\))\s*\??\."
    r"(?:find|findOne|findOneAnd\w+|updateOne|updateMany|deleteOne|deleteMany|replaceOne|countDocuments|exists)$"
)
_OF_PRISMA: Final = lazy.regex(
    r"(?i:prisma\w*|\bdb|\btx)\??\.\w+\??\.(?:findMany|findFirst(?:OrThrow)?|updateMany|deleteMany|count)$"
)
_BODY: Final = lazy.regex(
    r"^\(*(?:await\s+)?\(*(?:await\s+)?(?:\w+\.)?(?:req|request|ctx|c|context|_req)(?:\.req(?:uest)?)?\.(?:body\b|json\(\s*\))"
)
_MAX_STEPS: Final = 4
_MOST: Final = 60
_FUNCTIONS: Final = tuple(FUNCTIONS)


def filters(module: Module) -> Iterator[tuple[SgNode, str, str, int]]:
    """(the call, what it calls, what of the body fills the filter, its line)."""
    found = 0
    for call in module.calls:
        called, arguments = call.field("function"), call.field("arguments")
        if called is None or arguments is None or called.kind() != "member_expression" or found >= _MOST:
            continue
        name = called.text()[-80:]
        given = named_in(arguments)
        if not given or given[0].kind() != "object":
            continue
        asked: SgNode | None = None
        if _OF_PRISMA.search(name):
            asked = property_of(given[0], "where")
        elif _OF_MONGO.search(name) and property_of(given[0], "where") is None:  # that is TypeORM, or Sequelize
            asked = given[0]
        if asked is None or asked.kind() != "object":
            continue
        for value in _values(asked):
            told = _body(module, value, 0)
            if told and not _is_held(module, value, call):
                found += 1
                yield call, name[-60:].strip(), told, value.range().start.line + 1
                break


def _values(node: SgNode) -> Iterator[SgNode]:
    for one in node.children():
        if one.kind() == "shorthand_property_identifier":
            yield one
        elif one.kind() == "pair" and (value := one.field("value")) is not None:
            yield value


def _body(module: Module, node: SgNode | None, steps: int) -> str:
    """What of the body an expression is, as it came."""
    if node is None or steps > _MAX_STEPS:
        return ""
    kind = node.kind()
    if kind in WRAPPERS:
        if kind == "as_expression" and _BODY.match(node.text()[:200]):
            return _words(node)
        return _body(module, first_named(node), steps + 1)
    if kind == "call_expression":
        return _words(node) if _BODY.match(node.text()[:200]) and node.text()[:200].rstrip().endswith(")") else ""
    if kind == "member_expression":
        if _BODY.match(node.text()[:200]):
            return _words(node)
        return node.text()[:60] if _body(module, node.field("object"), steps + 1) else ""
    if kind == "object":  # `{ ...req.query, ...req.body }`
        spread = [first_named(one) for one in node.children() if one.kind() == "spread_element"]
        return next((told for one in spread if (told := _body(module, one, steps + 1))), "")
    if kind in ("identifier", "shorthand_property_identifier"):
        bound = module.bound(node.text(), node.range().start.index)
        if bound is None or bound.imported is not None or bound.kind != "value" or bound.assigned:
            return ""
        made = bound.node
        if made is not None and made.kind() == "variable_declarator":
            made = made.field("value")
        told = _body(module, made, steps + 1)
        return node.text()[:60] if told else ""
    return ""


def _words(node: SgNode) -> str:
    text = " ".join(node.text()[:60].split())
    return re.sub(r"^\(*await\s+|[()]", "", text)


def _is_held(module: Module, value: SgNode, call: SgNode) -> bool:
    """Whether the function uses the value like a text, or looks at its type, before it fills the filter."""
    at = call.range().start.index
    outer = next((one for one in module.around(at) if one.kind in _FUNCTIONS), None)
    before = module.text[outer.start if outer is not None else max(0, at - 4000) : at][-8000:]
    name = re.escape(value.text()[:80].strip())
    return bool(
        re.search(
            rf"typeof\s+{name}(?![\w$])"
            rf"|(?<![\w$.]){name}\s*\??\.(?:trim|to(?:Lower|Upper)Case|split|match|replace|startsWith|endsWith|substr\w*|normalize)\("
            rf"|\.test\(\s*{name}(?![\w$])"
            rf"|(?i:valid|sanitiz|is[A-Z]|parse|check|assert|ensure|schema)[\w.]*\(\s*(?:\w+\s*,\s*)?\{{?[^(){{}};]{{0,80}}(?<![\w$]){name}(?![\w$])"
            r"|(?i:safeParse|schema\w*\.(?:parse|validate)|validate\w*)\(\s*(?:await\s+)?(?:req|request|body|data|payload)\b",
            before,
        )
    )
