"""Constant values of expressions as plain JSON, with what is not constant as `Unknown`; never a secret's value."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.javascript.factories import factory_of, object_of, returned_by
from aiaudit.probes.javascript.module import WRAPPERS, first_named, named_in, unquoted
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.values import redacted

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_ITEMS: Final = 24
MAX_DEPTH: Final = 5
_EXTENDED: Final = lazy.regex(r"(?<![\w.])(\w+)(?:\.\w+|\[[^\]\n]{1,80}\])\s*=[^=>]")
_ABORTS: Final = lazy.regex(r"\bsetTimeout\([^;]{0,200}\babort\b")
_OF_REQUEST: Final = lazy.regex(r"\b(?:req|request|event\.request|c\.req\.raw|ctx\.request)\.signal\b")
_OF_ENVIRONMENT: Final = lazy.regex(
    r"(?:(?:process|Bun)\.env(?:\.\w+|\[[\"']\w+[\"']\])|import\.meta\.env\.\w+|Deno\.env\.get\([^)]*\))"
    r"\s*!?\s*(?:(?:\|\||\?\?)\s*[\"'][^\"']*[\"'])?$"
)
"""A variable of the environment: a text, which holds no options."""
_OPTIONAL: Final = lazy.regex(r"\b(\w{1,60})\?\s{0,4}:")
_ESCAPE: Final = lazy.regex(r"\\(.)", re.DOTALL)
_CONSTANT: Final = {"true": True, "false": False, "null": None, "undefined": None}
_FUNCTIONS: Final = frozenset({"arrow_function", "function_expression", "generator_function", "method_definition"})
# Options that limit a call: what of them may be nothing limits nothing.
_LIMITS: Final = name_set(
    "maxTokens maxOutputTokens maxCompletionTokens max_tokens max_completion_tokens max_output_tokens max_new_tokens"
    " maxTokensToSample max_tokens_to_sample num_predict numPredict timeout timeoutMs requestTimeout maxSteps maxTurns"
    " recursionLimit maxIterations"
)
SOMETIMES: Final = "given in some cases"
_TEXTS: Final = name_set(
    "join trim trimStart trimEnd toString replace replaceAll toLowerCase toUpperCase padStart padEnd"
)
_PLAIN: Final = _FUNCTIONS | {"string", "template_string", "number", "true", "false", "null", "regex", "array", "class"}


class Values:
    """A name imported from elsewhere becomes `Unknown("$ref spec rest")`, filled in when all files are known. The name
    of a model that is given to its provider (`openai("gpt-4o")`) is the value of `model`."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.module = resolver.module

    def of(self, node: SgNode | None, name: str = "", depth: int = 0) -> Any:
        """The value as JSON; `name` (a property's) hides values of credentials."""
        if node is None:
            return Unknown("missing")
        value = self._of(node, name, depth)
        return redacted(value, name) if isinstance(value, str) else value

    def text(self, node: SgNode | None, depth: int = 0) -> str | None:
        """The text of a literal or a sum of literals, in full; expressions inside are left out. Not for keeping."""
        if node is None or depth > MAX_DEPTH:
            return None
        kind = node.kind()
        if kind == "string":
            return _ESCAPE.sub(_unescaped, unquoted(node))
        if kind == "template_string":
            return "".join(
                "{…}" if one.kind() == "template_substitution" else one.text()
                for one in node.children()
                if one.kind() != "`"
            )
        if kind in WRAPPERS:
            return self.text(first_named(node), depth + 1)
        if kind == "binary_expression":
            sides = [self.text(node.field(side), depth + 1) for side in ("left", "right")]
            known = [one for one in sides if one is not None]
            return "{…}".join(known) if known else None
        if kind == "call_expression":  # [..].join("\n"), dedent`…`, "…".trim()
            called = node.field("function")
            member = called.field("property") if called is not None else None
            if member is not None and member.text() in ("join", "trim", "replace", "replaceAll") and called is not None:
                return self.text(called.field("object"), depth + 1)
            tagged = node.field("arguments")
            return self.text(tagged, depth + 1) if tagged is not None and tagged.kind() == "template_string" else None
        if kind == "array":
            parts = [self.text(one, depth + 1) for one in node.children() if one.is_named()]
            return "\n".join(one or "" for one in parts) if any(parts) else None
        return None

    def _of(self, node: SgNode, name: str, depth: int) -> Any:
        kind = node.kind()
        if depth > MAX_DEPTH:
            return Unknown("nested")
        if name in ("signal", "abortSignal"):
            return self._signal(node)
        if name in _LIMITS and self._may_be_nothing(node, name):
            return Unknown(SOMETIMES)
        if name in ("body", "data") and kind == "call_expression":
            return self._body(node, depth)
        if kind == "string":
            return self.text(node)
        if kind == "template_string":
            if any(one.kind() == "template_substitution" for one in node.children()):
                return Unknown("template")
            return self.text(node)
        if kind in _CONSTANT:
            return _CONSTANT[kind]
        number = self._number(node, depth)
        if number is not None:
            return number
        if kind == "object":
            found, hidden = self.options(node, depth + 1)
            return {**found, "...": Unknown("spread")} if hidden else found
        if kind == "array":
            items = named_in(node)
            return [self.of(one, "", depth + 1) for one in items[:MAX_ITEMS]]
        if kind in WRAPPERS:
            return self._of(first_named(node) or node, name, depth + 1)
        if kind in _FUNCTIONS:
            return Unknown("function")
        if kind in ("identifier", "shorthand_property_identifier"):
            return self._bound(node, name, depth)
        if kind == "call_expression" and name in ("model", "modelId", "embeddingModel"):
            return self._model(node)
        if kind == "member_expression":
            named = self.resolver.of(node)
            if named is not None and named.spec not in (GLOBAL, LOCAL, UNKNOWN):
                return Unknown(f"$ref {named.spec} {named.rest}")
        return _unresolved(node)

    def _signal(self, node: SgNode) -> Any:
        """`timeout` where a signal fires after a time; `request` where it fires when the caller goes away."""
        texts = [node.text()[:400]]
        named = self.module.bound(texts[0].partition(".")[0], node.range().start.index)
        if named is not None and named.node is not None and named.kind == "value":
            texts.append(named.node.text()[:400])
        if any("AbortSignal.timeout" in text for text in texts):
            return "timeout"
        if "AbortController" in texts[-1]:
            return "timeout" if _ABORTS.search(self.module.text) else Unknown("aborted elsewhere")
        if _OF_REQUEST.search(texts[0]):
            return "request"
        return _unresolved(node)

    def _may_be_nothing(self, node: SgNode | None, name: str, depth: int = 0) -> bool:
        """Whether a limit is left out in some cases: `wanted?.maxTokens`, `small ? 400 : undefined`, an argument that
        may be left out, a name that is bound to one of these."""
        if node is None or depth > MAX_DEPTH:
            return False
        kind = node.kind()
        if kind in ("null", "undefined"):
            return depth > 0  # alone, it is no limit at all
        if kind in WRAPPERS:
            return self._may_be_nothing(first_named(node), name, depth + 1)
        if kind == "ternary_expression":
            sides = (node.field("consequence"), node.field("alternative"))
            return any(self._may_be_nothing(side, name, depth + 1) for side in sides)
        if kind == "binary_expression":
            operator = node.field("operator")
            if operator is not None and operator.text() == "&&":
                return True
            chosen = operator is not None and operator.text() in ("??", "||")
            return chosen and self._may_be_nothing(node.field("right"), name, depth + 1)
        if kind == "member_expression":
            last = node.field("property")
            return "?." in node.text()[:300] or (last is not None and self._is_optional(last.text()))
        if kind not in ("identifier", "shorthand_property_identifier"):
            return False
        if node.text() == "undefined":
            return depth > 0
        bound = self.module.bound(node.text(), node.range().start.index)
        if bound is None or bound.node is None or bound.imported is not None:
            return False
        if bound.kind == "param":
            if "=" in bound.node.text() and _defaulted(bound.node, node.text()):
                return False
            if bound.path:
                return self._is_optional(bound.path.rpartition(".")[2])
            return bound.node.kind() == "optional_parameter" and bound.node.field("value") is None
        if bound.kind != "value":
            return False
        if bound.path:
            return self._is_optional(bound.path.rpartition(".")[2])
        if bound.node.kind() == "variable_declarator":  # `let limit;`, and set in some branch
            return True
        return self._may_be_nothing(bound.node, name, depth + 1)

    def _is_optional(self, name: str) -> bool:
        return name in self._optional

    @cached_property
    def _optional(self) -> frozenset[str]:
        """What a type of this file says may be left out: `maxTokens?: number`."""
        return frozenset(_OPTIONAL.findall(self.module.text))

    def _body(self, node: SgNode, depth: int) -> Any:
        """What a request carries: `JSON.stringify({…})`."""
        called = node.field("function")
        arguments = node.field("arguments")
        if called is None or arguments is None or called.text() != "JSON.stringify":
            return _unresolved(node)
        found, hidden = self.options(first_named(arguments), depth + 1)
        return {**found, "...": Unknown("spread")} if hidden else found

    def _model(self, node: SgNode) -> Any:
        arguments = node.field("arguments")
        first = first_named(arguments) if arguments is not None else None
        value = self.of(first) if first is not None else Unknown("model")
        return value if isinstance(value, str) else _unresolved(node)

    def _number(self, node: SgNode, depth: int) -> int | float | None:
        kind = node.kind()
        if depth > MAX_DEPTH:
            return None
        if kind == "number":
            return _number(node.text())
        if kind == "identifier" and depth:
            bound = self.module.bound(node.text(), node.range().start.index)
            if (
                bound is not None
                and bound.kind == "value"
                and bound.node is not None
                and not bound.assigned
                and not bound.path
            ):
                return self._number(bound.node, depth + 1)
            return None
        if kind == "binary_expression":
            operator = node.field("operator")
            left, right = node.field("left"), node.field("right")
            if operator is None or operator.text() not in ("*", "+", "-") or left is None or right is None:
                return None
            a, b = self._number(left, depth + 1), self._number(right, depth + 1)
            if a is None or b is None:
                return None
            return a * b if operator.text() == "*" else a + b if operator.text() == "+" else a - b
        if kind == "unary_expression" and node.text().startswith("-"):
            inner = self._number(first_named(node) or node, depth + 1)
            return -inner if inner is not None else None
        return None

    def _bound(self, node: SgNode, name: str, depth: int) -> Any:
        text = node.text()
        if text in ("undefined", "Infinity"):
            return None if text == "undefined" else text
        bound = self.module.bound(text, node.range().start.index)
        if bound is None:
            return Unknown(text)
        if bound.imported is not None:
            return Unknown(f"$ref {bound.imported.spec} {bound.imported.name}")
        if bound.kind == "value" and bound.node is not None and not bound.assigned and not bound.path:
            if bound.node.kind() in ("object", "array"):
                return Unknown(text)
            return self.of(bound.node, name, depth + 2)
        return Unknown(text)

    # --- options of calls ------------------------------------------------------------------------------------------
    def options(self, node: SgNode | None, depth: int = 0) -> tuple[dict[str, Any], bool]:
        """(properties, whether there may be others) of what stands where options are given."""
        if node is None or depth > MAX_DEPTH:
            return {}, node is not None
        kind = node.kind()
        if kind in WRAPPERS:
            return self.options(first_named(node), depth + 1)
        if kind in ("identifier", "shorthand_property_identifier"):
            bound = self.module.bound(node.text(), node.range().start.index)
            if bound is None:
                return {}, node.text() != "undefined"
            if bound.kind == "function":
                return {}, False
            if bound.kind == "value" and bound.node is not None and not bound.path:
                value = bound.node
                if value.kind() in _PLAIN and not bound.assigned:
                    return {}, False
                if value.kind() == "new_expression" and not bound.assigned:
                    return self._configured(value, depth)
                if value.kind() in ("object", *WRAPPERS):
                    found, hidden = self.options(value, depth + 1)
                    return found, hidden or bool(bound.assigned) or node.text() in self._extended
            return {}, not self._is_text(node)
        if kind == "new_expression":
            return self._configured(node, depth)
        if kind == "call_expression" and (made := object_of(factory_of(node, self.module))) is not None:
            return self.options(made, depth + 1)
        if kind != "object":
            plain = kind in _PLAIN or _OF_ENVIRONMENT.match(node.text()[:120]) is not None
            return {}, not plain and not self._is_text(node)
        return self._properties(node, depth)

    def _is_text(self, node: SgNode | None, depth: int = 0) -> bool:
        """Whether this is a text for certain: one that is written, a sum with one, or a name that holds such and to
        which more is added."""
        if node is None or depth > MAX_DEPTH:
            return False
        kind = node.kind()
        if kind in ("string", "template_string"):
            return True
        if kind in WRAPPERS:
            return self._is_text(first_named(node), depth + 1)
        if kind == "binary_expression":
            operator = node.field("operator")
            sides = (node.field("left"), node.field("right"))
            return (
                operator is not None and operator.text() == "+" and any(self._is_text(one, depth + 1) for one in sides)
            )
        if kind == "call_expression":
            called = node.field("function")
            last = called.field("property") if called is not None else None
            if last is not None:
                return last.text() in _TEXTS or (called is not None and called.text() == "JSON.stringify")
            given_back = returned_by(factory_of(node, self.module))
            return bool(given_back) and all(self._is_text(one, depth + 1) for one in given_back)
        if kind != "identifier":
            return False
        bound = self.module.bound(node.text(), node.range().start.index)
        if bound is None or bound.kind != "value" or bound.node is None or bound.path:
            return False
        return self._is_text(bound.node, depth + 1) and all(
            _is_added(one) or self._is_text(one, depth + 1) for one in bound.assigned
        )

    def _configured(self, made: SgNode, depth: int) -> tuple[dict[str, Any], bool]:
        """`new Configuration({…})`, which older SDKs take their options in."""
        constructor, arguments = made.field("constructor"), made.field("arguments")
        if constructor is None or arguments is None or not constructor.text()[-80:].endswith("Configuration"):
            return {}, True
        return self.options(first_named(arguments), depth + 1)

    @cached_property
    def _extended(self) -> frozenset[str]:
        """Names of objects on which a property is set after they were made."""
        return frozenset(_EXTENDED.findall(self.module.text))

    def _properties(self, node: SgNode, depth: int) -> tuple[dict[str, Any], bool]:
        found: dict[str, Any] = {}
        hidden = False
        for one in node.children():
            kind = one.kind()
            if len(found) > MAX_ITEMS * 2:
                return found, True
            if kind == "pair":
                key = one.field("key")
                if key is None or key.kind() == "computed_property_name":
                    hidden = True
                    continue
                name = key.text().strip("'\"")
                found[name] = self.of(one.field("value"), name, depth + 1)
            elif kind == "shorthand_property_identifier":
                found[one.text()] = self.of(one, one.text(), depth + 1)
            elif kind == "method_definition":
                name_node = one.field("name")
                if name_node is not None:
                    found[name_node.text()] = Unknown("function")
            elif kind == "spread_element":
                inner, more = self._spread(first_named(one), depth + 1)
                found |= inner
                hidden = hidden or more
        return found, hidden

    def _spread(self, node: SgNode | None, depth: int) -> tuple[dict[str, Any], bool]:
        """`...options`, `...(wanted && {…})` and `...(wanted ? {…} : {})`: of the latter two, the properties may be."""
        while node is not None and node.kind() in WRAPPERS:
            node = first_named(node)
        if node is not None and node.kind() in ("binary_expression", "ternary_expression"):
            maybe: set[str] = set()
            sides = ("right",) if node.kind() == "binary_expression" else ("consequence", "alternative")
            for side in sides:
                inner, more = self.options(node.field(side), depth + 1)
                if more:
                    return {}, True
                maybe |= set(inner)
            return {name: Unknown(SOMETIMES) for name in maybe}, False
        return self.options(node, depth + 1)


def _is_added(node: SgNode) -> bool:
    """Whether this is added to what is there: `prompt += part`."""
    parent = node.parent()
    operator = parent.field("operator") if parent is not None else None
    return operator is not None and operator.text() == "+="


def _unresolved(node: SgNode) -> Unknown:
    """An expression that is no constant; its beginning says which, unless a credential stands in it."""
    text = " ".join(node.text()[:300].split())
    return Unknown(redacted(text)[:60])


def _defaulted(parameter: SgNode, name: str) -> bool:
    """Whether a parameter has a value where the caller gives none: `limit = 400`, `{ limit = 400 }`."""
    return re.search(rf"\b{re.escape(name)}\s*(?::[^=,}}]{{0,80}})?=[^=>]", parameter.text()[:4000]) is not None


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match.group(1), match.group(1))


def _number(text: str) -> int | float | None:
    try:
        clean = text.replace("_", "").rstrip("n")
        value = int(clean, 0) if not re.search(r"[.eE]", clean) or clean.startswith("0x") else float(clean)
    except ValueError:
        return None
    return value if abs(value) < 2**53 else None
