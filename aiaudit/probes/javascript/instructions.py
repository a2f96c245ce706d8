"""What a model is given as instructions: texts in the role of the system, and whose words stand in them.

A text is followed through names, templates, and the project's own functions: those of this file here, those of others
when all files are known (`places`: which of its arguments a function puts into the text that it gives back).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.javascript.calls import own_spec
from aiaudit.probes.javascript.groups import expanded
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Binding, Module, first_named, pattern_names, unquoted
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.python.match import Patterns, name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(
    rb"\b(?:system|developer|systemPrompt|systemInstruction|system_instruction|instructions|preamble|stateModifier|messageModifier)\b"
    rb"|SystemMessage|Agent\b|(?:=>|\breturn)\s*\(?\s*`|\b\w*(?i:prompt|instruction)\w*\s*(?:=\s*(?:async\s*)?)?\("
)
_TEXTS: Final = lazy.regex(r"`[^`]*\$\{")
_READS: Final = lazy.regex(
    r"\b(?:req(?:uest)?|c\.req|ctx\.req(?:uest)?|event\.request)\s*\??\.\s*(?:body|json\(|query|text\(|param|formData)|\breadBody\("
)
_KEYS: Final = name_set(
    "system systemPrompt system_prompt systemInstruction system_instruction instructions preamble stateModifier"
    " messageModifier prompt"
)
_MESSAGES: Final = lazy.regex(r"(?:^|\.)SystemMessage(?:PromptTemplate)?(?:\.fromTemplate)?$")
_ROLES: Final = frozenset({"system", "developer"})
_MODEL_OF_GOOGLE: Final = ".getGenerativeModel"  # makes a model with its instructions, which is asked afterwards
_BODY_OF_GOOGLE: Final = r"^[\"']?system_?[iI]nstruction[\"']?\s*:\s*\{\s*(?:role\s*:[^,]*,\s*)?[\"']?parts[\"']?\s*:"
# What a request brings: its body, its parameters, what stands in its address.
_BROUGHT: Final = lazy.regex(
    r"^(?:await\s+)?(?:_?req(?:uest)?|event\.request|c\.req|ctx\.req(?:uest)?|context\.req(?:uest)?)\s*\??\.\s*"
    r"(?:body\b|query\b(?!\()|params\b|(?:json|text|formData|query|queries|param|parseBody|valid)\(|nextUrl\.searchParams)"
    r"|^(?:await\s+)?(?:readBody|readValidatedBody|getQuery)\("
)
_HANDS_ON: Final = name_set(
    "JSON.stringify String dedent stripIndent stripIndents outdent trim join slice substring replace replaceAll concat"
    " toString map filter flatMap at reverse toLowerCase toUpperCase"
)
_STORES: Final = lazy.regex(r"\.(?:values|insert|insertOne|insertMany|upsert|save)$")
_CHECKS: Final = name_set("parse safeParse parseAsync safeParseAsync validate validateSync cast decode")
_PLAIN: Final = lazy.regex(
    r"^(?:Number|parseInt|parseFloat|Boolean|Date|Math|crypto|process|Object|Array|Intl)\b|\.(?:toISOString|toLocale\w*|toFixed|length|size|getTime|now)$"
)
_CONSTANT: Final = frozenset({"string", "number", "regex", "true", "false", "null", "undefined", *FUNCTIONS})
MAX_STEPS: Final = 14
MAX_ROWS: Final = 200
MAX_FUNCTIONS: Final = 100
_RANK: Final = ("user", "llm", "state", "call", "param", "unknown", "constant")


# The state of a graph of agents, and the fields of it by which texts go from step to step.
_STATE: Final = lazy.regex(
    r":\s*(?:Readonly<)?(?:typeof\s+)?(?:\w*Annotation\.State|\w*State(?:Annotation)?(?:\.State)?)\b"
)
_TEXT_OF_STATE: Final = lazy.regex(
    r"(?i)^(?:\w+_)?(?:posts?|reports?|contents?|text|pages?|page_?contents|documents?|docs|messages?|quer(?:y|ies)|questions?"
    r"|transcript|summary|article|tweets?|comments?|emails?|body|input|user_?(?:response|input|message|query)|answers?|drafts?"
    r"|results?|notes|research|findings|feedback|context)$"
)


class Leaf(Struct):
    """Where a part of a text comes from. source: user, llm, state (what earlier steps of a graph hand on), call (a
    function of the project, with the arguments that bring something), param, unknown or constant."""

    source: str
    name: str = ""
    line: int = 0
    target: list[str] = []  # [specifier, name] of a function or constant of the project
    given: list[list[Any]] = []  # [index, key, source, name, line, whose parameter] of arguments that bring something


def _stored(node: SgNode) -> bool:
    """Whether a message is a row that a database is given (`db.insert(messages).values({role: "system", …})`)."""
    above: SgNode | None = node
    for _ in range(4):
        above = above.parent() if above is not None else None
        if above is None or above.kind() in FUNCTIONS:
            return False
        if above.kind() == "call_expression":
            called = above.field("function")
            return called is not None and _STORES.search(called.text()[-40:]) is not None
    return False


class InstructionFinder:
    """`answering`: the file's functions in which a model is called."""

    def __init__(self, module: Module, resolver: Resolver, answering: list[str]) -> None:
        self.module = module
        self.resolver = resolver
        self.models = _models()
        self.agents = _agents()
        self.answering = answering
        self._known: dict[tuple[int, int], list[Leaf]] = {}

    def record(self) -> dict[str, Any]:
        """`instructions`: one row a text in the role of the system; `places`: function -> [[index, key] of arguments
        that stand in the texts it makes, what else does]; `hands`: see `_hands`."""
        rows: list[dict[str, Any]] = []
        for node, name in self._texts():
            if len(rows) < MAX_ROWS:
                rows.append(self._row(node, name))
        found: dict[str, Any] = {"instructions": rows} if rows else {}
        kept = {"places": self._places(), "hands": self._hands()}
        return found | {key: value for key, value in kept.items() if value}

    def _row(self, node: SgNode, name: str) -> dict[str, Any]:
        leaves = [found for leaf in self.leaves(node, 0) for found in self._of_callers(leaf)]
        place = node.range().start
        worst = min(leaves, key=lambda leaf: _RANK.index(leaf.source), default=Leaf("constant"))
        row: dict[str, Any] = {
            "line": place.line + 1,
            "function": self.module.function_at(place.index),
            "name": name,
            "source": worst.source,
            "source_name": worst.name[:60],
            "source_line": worst.line,
        }
        calls = [[*leaf.target, leaf.given] for leaf in leaves if leaf.source == "call"]
        texts = [leaf.target for leaf in leaves if leaf.target and leaf.source != "param"]
        params = [
            [leaf.target[1], *leaf.given[0]] for leaf in leaves if leaf.source == "param" and leaf.target and leaf.given
        ]
        kept = {"calls": calls[:8], "texts": texts[:8], "params": params[:8]}
        return row | {key: value for key, value in kept.items() if value}

    def _of_callers(self, leaf: Leaf) -> list[Leaf]:
        """What the callers give for a parameter, where all of them stand in this file; else the parameter itself."""
        if leaf.source != "param" or not leaf.target or not leaf.given or leaf.given[0][1]:
            return [leaf]
        function, index = leaf.target[1], leaf.given[0][0]
        if any(re.search(rf"\b{re.escape(function)}\b", _head(one)) for one in self.module.exports):
            return [leaf]
        found: list[Leaf] = []
        for call in self.module.calls:
            called = call.field("function")
            if called is not None and called.text() == function:
                given = _arguments(call)
                found += self.leaves(given[index], 2) if index < len(given) else [Leaf("unknown", leaf.name, leaf.line)]
        return found or [leaf]

    # --- which texts -------------------------------------------------------------------------------------------------
    def _texts(self) -> Iterator[tuple[SgNode, str]]:
        seen: set[int] = set()
        for call in self.module.calls:
            for value, name in self._of_call(call):
                at = value.range().start.index
                if at not in seen:
                    seen.add(at)
                    yield value, name
        if "system" not in self.module.text and "developer" not in self.module.text:
            return
        for node in self.module.root.find_all(
            {"rule": {"kind": "object", "regex": r"(?s)\brole\b.{0,400}\bcontent\b|\bcontent\b.*\brole\b"}}
        )[:400]:
            parts = _pairs(node)
            role, content = parts.get("role"), parts.get("content") or parts.get("parts")
            if (
                role is not None
                and content is not None
                and _literal(role) in _ROLES
                and content.range().start.index not in seen
                and not _stored(node)
            ):
                seen.add(content.range().start.index)
                yield content, "message"
        for node in self.module.root.find_all({"rule": {"kind": "pair", "regex": _BODY_OF_GOOGLE}})[:50]:
            told = node.field("value")
            if told is not None and told.range().start.index not in seen:
                seen.add(told.range().start.index)
                yield told, "message"
        for node in self.module.root.find_all({"rule": {"kind": "array", "regex": r"^\[\s*[\"'`]system[\"'`]\s*,"}})[
            :200
        ]:
            items = [one for one in node.children() if one.is_named() and one.kind() != "comment"]
            if len(items) == 2 and items[1].range().start.index not in seen:
                seen.add(items[1].range().start.index)
                yield items[1], "message"

    def _of_call(self, call: SgNode) -> Iterator[tuple[SgNode, str]]:
        arguments = call.field("arguments")
        if arguments is None or arguments.kind() != "arguments":
            return
        named = self.resolver.called(call)
        name = dotted(named.spec, named.rest)
        first = first_named(arguments)
        if first is None:
            return
        if _MESSAGES.search(name):
            content = _pairs(first).get("content") if first.kind() == "object" else first
            if content is not None:
                yield content, name
            return
        agent = self.agents.match(name)
        if not agent and not self.models.match(name) and not name.endswith(_MODEL_OF_GOOGLE):
            return
        for given in [one for one in arguments.children() if one.kind() == "object"][:3]:
            parts = _pairs(given)
            config = parts.get("config")
            if config is not None and config.kind() == "object":
                parts |= _pairs(config)
            for key in _KEYS & set(parts):
                value = parts[key]
                if value is not None and (key != "prompt" or agent):
                    yield value, name

    # --- whose words -------------------------------------------------------------------------------------------------
    def leaves(self, node: SgNode | None, steps: int) -> list[Leaf]:
        """Where the parts of an expression come from."""
        if node is None:
            return []
        place = node.range()
        key = (place.start.index, place.end.index)
        if steps > MAX_STEPS:
            return [Leaf("unknown", node.text()[:60], place.start.line + 1)]
        if key not in self._known:
            self._known[key] = []  # a text that is put together from itself
            self._known[key] = self._leaves(node, place.start.line + 1, steps)
        return self._known[key]

    def _leaves(self, node: SgNode, line: int, steps: int) -> list[Leaf]:
        kind = node.kind()
        if kind in _CONSTANT:
            return [Leaf("constant")]
        if _BROUGHT.match(node.text()[:120]) and kind in (
            "call_expression",
            "member_expression",
            "subscript_expression",
            "await_expression",
        ):
            return [Leaf("user", node.text()[:60], line)]
        if kind in WRAPPERS:
            return self.leaves(first_named(node), steps + 1)
        if kind == "ternary_expression":
            return [
                *self.leaves(node.field("consequence"), steps + 1),
                *self.leaves(node.field("alternative"), steps + 1),
            ]
        if kind == "binary_expression":
            operator = node.field("operator")
            sides = ("right",) if operator is not None and operator.text() == "&&" else ("left", "right")
            return [leaf for side in sides for leaf in self.leaves(node.field(side), steps + 1)]
        if kind in ("call_expression", "new_expression"):
            return self._called(node, line, steps)
        if kind in ("member_expression", "subscript_expression"):
            return self._member(node, line, steps)
        if kind in ("identifier", "shorthand_property_identifier"):
            return self._named(node, line, steps)
        if kind == "pair":
            return self.leaves(node.field("value"), steps + 1)
        return [leaf for one in node.children() if one.is_named() and one.kind() not in ("comment", "string_fragment")
                for leaf in self.leaves(one, steps + 1)] or [Leaf("constant")]  # fmt: skip

    def _member(self, node: SgNode, line: int, steps: int) -> list[Leaf]:
        text = node.text()[:80]
        if _PLAIN.search(text):
            return [Leaf("constant")]
        member = node.field("property")
        if member is not None and _TEXT_OF_STATE.match(member.text()) and self._of_state(node.field("object")):
            return [Leaf("state", text[:60], line)]
        found = self.leaves(node.field("object"), steps + 1)
        named = self.resolver.of(node)
        if named is not None and own_spec(named.spec) and all(leaf.source == "constant" for leaf in found):
            return [Leaf("constant", text, line, [named.spec, named.rest])]
        return [self._kept(leaf, member.text() if member is not None else "", text, line) for leaf in found]

    def _of_state(self, node: SgNode | None) -> bool:
        """Whether an object is the state that a graph of agents hands to a step, by the type of the parameter."""
        if node is None or node.kind() != "identifier":
            return False
        bound = self.module.bound(node.text(), node.range().start.index)
        if bound is None or bound.kind != "param" or bound.scope.node is None:
            return False
        given = bound.scope.node.field("parameters")
        name = re.escape(node.text())
        return any(
            re.match(rf"{name}\s*\??\s*:", one.text()) and _STATE.search(one.text()[:200])
            for one in (given.children() if given is not None else ())
        )

    def _kept(self, leaf: Leaf, member: str, text: str, line: int) -> Leaf:
        """A part of what a request brings: harmless where a schema here holds it to a few values or a number."""
        if leaf.source != "user":
            return leaf
        return Leaf("constant") if member and self._enumerated(member) else Leaf("user", text[:60], line)

    def _enumerated(self, name: str) -> bool:
        kinds = r"(?:enum|nativeEnum|literal|picklist|number|boolean|date|uuid|union\(\[\s*z\.literal)"
        pattern = rf"\b{re.escape(name)}\s*:\s*(?:z|v|t|Type|yup|Joi)\s*\.\s*(?:coerce\.)?{kinds}"
        return re.search(pattern, self.module.text) is not None

    def _called(self, node: SgNode, line: int, steps: int) -> list[Leaf]:
        named = self.resolver.called(node)
        name = dotted(named.spec, named.rest)
        if named.spec not in (LOCAL, UNKNOWN, GLOBAL) and self.models.match(name):
            return [Leaf("llm", name[-60:], line)]
        if named.spec == LOCAL and named.rest in self.answering:
            return [Leaf("llm", named.rest, line)]
        called = node.field("function") or node.field("constructor")
        text = called.text()[-80:] if called is not None else ""
        last = text.rpartition(".")[2]
        arguments = node.field("arguments")
        given = _arguments(node)
        if arguments is not None and arguments.kind() == "template_string":
            return self.leaves(arguments, steps + 1)
        if _MESSAGES.search(name) and given:
            content = _pairs(given[0]).get("content") if given[0].kind() == "object" else given[0]
            return self.leaves(content, steps + 1)
        if last in _CHECKS and not text.startswith("JSON."):
            return [leaf for one in given[:2] for leaf in self.leaves(one, steps + 1)]
        if own_spec(named.spec) or named.spec == LOCAL:
            return [Leaf("call", named.rest[-60:], line, [named.spec, named.rest], self._given(given, steps))]
        if _PLAIN.search(name) or _PLAIN.search(text):
            return [Leaf("constant")]
        if text in _HANDS_ON or last in _HANDS_ON:
            receiver = called.field("object") if called is not None and called.kind() == "member_expression" else None
            inner = self.leaves(receiver, steps + 1) if receiver is not None and receiver.text() != "JSON" else []
            bound = given if last not in ("map", "filter", "flatMap") else []
            return [*inner, *(leaf for one in bound for leaf in self.leaves(one, steps + 1))]
        return [Leaf("unknown", text[-60:], line)]

    def _given(self, given: list[SgNode], steps: int) -> list[list[Any]]:
        found: list[list[Any]] = []
        for index, one in enumerate(given[:8]):
            parts = _pairs(one) if one.kind() == "object" else {"": one}
            for key, value in list(parts.items())[:20]:
                for leaf in self.leaves(value, steps + 1):
                    if leaf.source in ("user", "llm", "param"):
                        of = [leaf.target[1], *leaf.given[0]] if leaf.source == "param" and leaf.given else []
                        found.append([index, key, leaf.source, leaf.name, leaf.line, of])
                        break
        return found

    def _named(self, node: SgNode, line: int, steps: int) -> list[Leaf]:
        text = node.text()
        bound = self.module.bound(text, node.range().start.index)
        if bound is None:
            return [Leaf("constant" if text == "undefined" else "unknown", text[:60], line)]
        if bound.imported is not None:
            one = bound.imported
            own = own_spec(one.spec)
            return [Leaf("constant", text[:60], line, [one.spec, "" if one.name == "*" else one.name] if own else [])]
        if bound.kind in ("function", "class"):
            return [Leaf("constant", text[:60], line, [LOCAL, text])]
        if bound.kind == "param":
            if bound.scope.kind == "for_in_statement" and bound.scope.node is not None:
                return self.leaves(bound.scope.node.field("right"), steps + 1)
            walked = _walked(bound, text)
            if walked is not None:
                return self.leaves(walked, steps + 1)
            return [Leaf("param", text[:60], line, *self._place_of(bound, text))]
        return self._value(bound, text, line, steps)

    def _place_of(self, bound: Binding, text: str) -> tuple[list[str], list[list[Any]]]:
        """The function whose parameter a name is, and which of its arguments it stands for."""
        scope = bound.scope
        if scope.node is None or not scope.name or scope.kind not in FUNCTIONS:
            return [], []
        return [LOCAL, scope.name], [[index, key] for index, key, local in _parameters(scope.node) if local == text]

    def _value(self, bound: Binding, text: str, line: int, steps: int) -> list[Leaf]:
        found: list[Leaf] = []
        for value in [one for one in (bound.node, *bound.assigned) if one is not None][:8]:
            if value.kind() == "variable_declarator":
                continue
            if value.kind() in ("string", "template_string") and bound.scope is self.module.top:
                found.append(Leaf("constant", text[:60], line, [LOCAL, text]))
            found += self.leaves(value, steps + 1)
        member = bound.path.rpartition(".")[2] if bound.path not in ("", "?", "default") else ""
        return [self._kept(leaf, member, text, line) for leaf in found] or [Leaf("unknown", text[:60], line)]

    # --- what a function puts into its text, and is handed ------------------------------------------------------------
    def _places(self) -> dict[str, list[Any]]:
        if not _TEXTS.search(self.module.text) and "rompt" not in self.module.text:
            return {}
        made: dict[str, list[Any]] = {}
        for scope in self.module.functions:
            if scope.node is None or not scope.name or len(made) >= MAX_FUNCTIONS:
                continue
            holes = scope.node.find_all(kind="template_substitution")[:80]
            parts = [*(first_named(one) for one in holes), *_given_back(scope.node)]
            leaves = [leaf for one in parts for leaf in self.leaves(one, 4)]
            used = {name for leaf in leaves for name in _params_of(leaf)}
            args = [[index, key] for index, key, local in _parameters(scope.node) if local in used]
            calls = [leaf.target for leaf in leaves if leaf.source == "call"]
            worst = _worst([leaf for leaf in leaves if leaf.source not in ("param", "call")])
            made[scope.name] = [args, worst, calls[:8]]
        return made

    def _hands(self) -> list[list[Any]]:
        """Calls of the project's functions that are given what a request brings, or what a model answered."""
        if not self.answering and not _READS.search(self.module.text):
            return []
        found: list[list[Any]] = []
        for call in self.module.calls:
            given = _arguments(call)
            if not given or len(found) >= MAX_ROWS:
                continue
            named = self.resolver.called(call)
            if named.spec == LOCAL or own_spec(named.spec):
                brought = [one for one in self._given(given, 4) if one[2] != "param"]
                if brought:
                    found.append([named.spec, named.rest, brought])
        return found


def _walked(bound: Binding, text: str) -> SgNode | None:
    """The list of whose elements a function without a name is handed one after the other: `LINES.map((line) => …)`."""
    function = bound.scope.node
    given = function.parent() if function is not None and function.kind() in FUNCTIONS else None
    call = given.parent() if given is not None and given.kind() == "arguments" else None
    called = call.field("function") if call is not None and call.kind() == "call_expression" else None
    if function is None or given is None or called is None or called.kind() != "member_expression":
        return None
    property_ = called.field("property")
    if property_ is None or property_.text() not in ("map", "flatMap", "forEach") or first_named(given) != function:
        return None
    return called.field("object") if (0, "", text) in _parameters(function) else None


def _head(export: SgNode) -> str:
    """The names that an export gives away: not what stands in the functions that it defines."""
    declared = export.field("declaration")
    named = declared.field("name") if declared is not None else None
    return named.text() if named is not None else export.text()[:4_000] if declared is None else declared.text()[:200]


def _given_back(node: SgNode) -> list[SgNode | None]:
    """The texts that a function gives back."""
    body = node.field("body")
    if body is None or body.kind() != "statement_block":
        return [body]
    returns = [one for one in body.find_all(kind="return_statement")[:20]
               if next((outer for outer in one.ancestors() if outer.kind() in FUNCTIONS), None) == node]  # fmt: skip
    return [first_named(one) for one in returns]


def _worst(leaves: list[Leaf]) -> str:
    return min((leaf.source for leaf in leaves), key=_RANK.index, default="constant")


def _params_of(leaf: Leaf) -> Iterator[str]:
    if leaf.source == "param":
        yield leaf.name
    for one in leaf.given:
        if len(one) > 3 and one[2] == "param":
            yield one[3]


def _parameters(node: SgNode) -> Iterator[tuple[int, str, str]]:
    """(index, key, local name) of a function's parameters; key: of what is taken apart."""
    single = node.field("parameter")
    if single is not None:
        yield 0, "", single.text()
        return
    parameters = node.field("parameters")
    index = 0
    for one in parameters.children() if parameters is not None else ():
        if not one.is_named() or one.kind() == "comment":
            continue
        pattern = one.field("pattern") or one.field("left") or one
        for local, path in pattern_names(pattern):
            yield index, path if pattern.kind() == "object_pattern" else "", local
        index += 1


def _arguments(call: SgNode) -> list[SgNode]:
    arguments = call.field("arguments")
    if arguments is None or arguments.kind() != "arguments":
        return []
    return [one for one in arguments.children() if one.is_named() and one.kind() != "comment"]


def _pairs(node: SgNode) -> dict[str, SgNode | None]:
    found: dict[str, SgNode | None] = {}
    for one in node.children():
        if one.kind() == "pair":
            key = one.field("key")
            if key is not None:
                found[key.text().strip("'\"")] = one.field("value")
        elif one.kind() == "shorthand_property_identifier":
            found[one.text()] = one
    return found


def _literal(node: SgNode) -> str:
    while node.kind() in WRAPPERS:
        inner = first_named(node)
        if inner is None:
            return ""
        node = inner
    return unquoted(node) if node.kind() in ("string", "template_string") else ""


@cache
def _models() -> Patterns:
    return Patterns(expanded(["group:llm.completion", "group:llm.run", "group:llm.wrapper"]))


@cache
def _agents() -> Patterns:
    return Patterns(expanded(["group:llm.agent"]))
