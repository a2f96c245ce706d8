"""Whose words stand in a text: what it is put together from, followed through names, templates, and the functions of
the same file. What functions of other files put in is told by their names, and looked up when all files are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, own_spec
from aiaudit.probes.javascript.groups import expanded
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Binding, Module, first_named, pattern_names
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.python.match import Patterns, name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MESSAGES: Final = lazy.regex(r"(?:^|\.)SystemMessage(?:PromptTemplate)?(?:\.fromTemplate)?$")
# What a request brings: its body, its parameters, what stands in its address.
_BROUGHT: Final = lazy.regex(
    r"^(?:await\s+)?(?:_?req(?:uest)?|event\.request|c\.req|ctx\.req(?:uest)?|context\.req(?:uest)?)\s*\??\.\s*"
    r"(?:body\b|query\b(?!\()|params\b|(?:json|text|formData|query|queries|param|parseBody|valid)\(|nextUrl\.searchParams)"
    r"|^(?:await\s+)?(?:readBody|readValidatedBody|getQuery)\("
)
_HANDS_ON: Final = name_set(
    "JSON.stringify String dedent stripIndent stripIndents outdent trim join slice substring replace replaceAll concat"
    " toString map filter flatMap at reverse toLowerCase toUpperCase arrayBuffer Buffer.from Uint8Array"
)
# `Object.entries(profile).map(([key, value]) => …)`: what is taken out of an object is as much its sender's.
_TAKES_OUT: Final = name_set("Object.entries Object.values Object.fromEntries Object.assign Array.from structuredClone")
# What hands on the text of a document that it is given.
_DOCUMENTS: Final = lazy.regex(
    r"(?i)^(?:pdf-parse|mammoth|officeparser|unpdf|word-extractor|textract|tesseract\.js)\b"
    r"|(?:^|\.)(?:pdf_?parser?|extractRawText|parseOffice(?:Async)?)$"
)
# `readFileSync(path.join(process.cwd(), "prompts/judge.md"), "utf8")`: a file of the project that holds instructions.
_READS_FILE: Final = lazy.regex(
    r"^(?:fs|fs/promises|fs-extra)\.(?:promises\.)?readFile(?:Sync)?$|^Deno\.readTextFile(?:Sync)?$"
)
_OF_PROMPTS: Final = lazy.regex(r"(?i)prompts?(?![a-z])|instructions?(?![a-z])|(?<![a-z])(?:system|personas?)(?![a-z])")
_PLACES_OF_CODE: Final = frozenset({"__dirname", "__filename"})
_CHECKS: Final = name_set("parse safeParse parseAsync safeParseAsync validate validateSync cast decode")
_PLAIN: Final = lazy.regex(
    r"^(?:Number|parseInt|parseFloat|Boolean|Date|Math|crypto|process|Object|Array|Intl)\b|\.(?:toISOString|toLocale\w*|toFixed|length|size|getTime|now)$"
)
_CONSTANT: Final = frozenset({"string", "number", "regex", "true", "false", "null", "undefined", *FUNCTIONS})
MAX_STEPS: Final = 18
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


class Words:
    """`answering`: the file's functions in which a model is called."""

    def __init__(self, module: Module, resolver: Resolver, answering: list[str]) -> None:
        self.module = module
        self.resolver = resolver
        self.models = models()
        self.answering = answering
        self._known: dict[tuple[int, int], list[Leaf]] = {}

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
            return self.leaves(first_named(node), steps)
        if kind == "ternary_expression":
            return [
                *self.leaves(node.field("consequence"), steps + 1),
                *self.leaves(node.field("alternative"), steps + 1),
            ]
        if kind == "binary_expression":
            operator = node.field("operator")
            if any(side is not None and side.kind() == "number" for side in (node.field("left"), node.field("right"))):
                return [Leaf("constant")]  # `index + 1`
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
        name = member.text() if member is not None else ""
        return [self._kept(_keyed(leaf, name, node.field("object")), name, text, line) for leaf in found]

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
        given = arguments_of(node)
        if arguments is not None and arguments.kind() == "template_string":
            return self.leaves(arguments, steps + 1)
        if MESSAGES.search(name) and given:
            content = pairs(given[0]).get("content") if given[0].kind() == "object" else given[0]
            return self.leaves(content, steps + 1)
        if last in _CHECKS and not text.startswith("JSON."):
            return [leaf for one in given[:2] for leaf in self.leaves(one, steps + 1)]
        if own_spec(named.spec) or named.spec == LOCAL:
            return [Leaf("call", named.rest[-60:], line, [named.spec, named.rest], self.given(given, steps))]
        if text in _TAKES_OUT:
            return [leaf for one in given for leaf in self.leaves(one, steps + 1)]
        if not (last in _HANDS_ON and _of_a_call(called)) and (_PLAIN.search(name) or _PLAIN.search(text)):
            return [Leaf("constant")]
        if last in ("get", "getAll") and called is not None and called.kind() == "member_expression":
            brought = [one for one in self.leaves(called.field("object"), steps + 1) if one.source == "user"]
            if brought:  # `form.get("file")`
                return [Leaf("user", node.text()[:60], line)]
        if text in _HANDS_ON or last in _HANDS_ON:
            receiver = called.field("object") if called is not None and called.kind() == "member_expression" else None
            inner = self.leaves(receiver, steps + 1) if receiver is not None and receiver.text() != "JSON" else []
            bound = given if last not in ("map", "filter", "flatMap") else []
            return [*inner, *(leaf for one in bound for leaf in self.leaves(one, steps + 1))]
        if given and _READS_FILE.match(name) and self._is_own_prompt(given[0], steps):
            return [Leaf("constant", text[-60:], line)]
        if _DOCUMENTS.search(name) or _DOCUMENTS.search(text):
            return [leaf for one in given for leaf in self.leaves(one, steps + 1)] or [Leaf("unknown", text, line)]
        return [Leaf("unknown", text[-60:], line)]

    def _is_own_prompt(self, path: SgNode, steps: int) -> bool:
        """Whether a path is spelled out as one of the project's prompts, and neither a request nor a model chose it."""
        words = [path.text()[:300]]
        for one in ([path] if path.kind() == "identifier" else path.find_all(kind="identifier"))[:8]:
            bound = self.module.bound(one.text(), one.range().start.index)
            if bound is not None and bound.node is not None and bound.kind == "value":
                words.append(bound.node.text()[:300])
        chosen = any(leaf.source in ("user", "llm", "state") for leaf in self.leaves(path, steps + 1))
        return not chosen and any(_OF_PROMPTS.search(one) for one in words)

    def given(self, given: list[SgNode], steps: int) -> list[list[Any]]:
        found: list[list[Any]] = []
        for index, one in enumerate(given[:8]):
            parts = pairs(one) if one.kind() == "object" else {"": one}
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
            own = text == "undefined" or text in _PLACES_OF_CODE
            return [Leaf("constant" if own else "unknown", text[:60], line)]
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
        return [LOCAL, scope.name], [[index, key] for index, key, local in parameters(scope.node) if local == text]

    def _value(self, bound: Binding, text: str, line: int, steps: int) -> list[Leaf]:
        found: list[Leaf] = []
        for value in [one for one in (bound.node, *bound.assigned) if one is not None][:8]:
            if value.kind() == "variable_declarator":
                continue
            if value.kind() in ("string", "template_string") and bound.scope is self.module.top:
                found.append(Leaf("constant", text[:60], line, [LOCAL, text]))
            key = "" if bound.path in ("", "?", "default") else bound.path.partition(".")[0]
            found += [_keyed(leaf, key, value) for leaf in self.leaves(value, steps + 1)]
        member = bound.path.rpartition(".")[2] if bound.path not in ("", "?", "default") else ""
        return [self._kept(leaf, member, text, line) for leaf in found] or [Leaf("unknown", text[:60], line)]


def _of_a_call(called: SgNode | None) -> bool:
    """Whether a method is one of what another call gave back, which tells what it hands on."""
    receiver = called.field("object") if called is not None and called.kind() == "member_expression" else None
    return receiver is not None and receiver.kind() == "call_expression"


def _keyed(leaf: Leaf, key: str, of: SgNode | None) -> Leaf:
    """A field of a parameter stands for that part alone of what is handed over: `ctx.title`, `{ title } = ctx`."""
    if leaf.source != "param" or not key or of is None or of.text() != leaf.name or not leaf.given or leaf.given[0][1]:
        return leaf
    return Leaf("param", leaf.name, leaf.line, leaf.target, [[leaf.given[0][0], key]])


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
    return called.field("object") if (0, "", text) in parameters(function) else None


def parameters(node: SgNode) -> Iterator[tuple[int, str, str]]:
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


def pairs(node: SgNode) -> dict[str, SgNode | None]:
    found: dict[str, SgNode | None] = {}
    for one in node.children():
        if one.kind() == "pair":
            key = one.field("key")
            if key is not None:
                found[key.text().strip("'\"")] = one.field("value")
        elif one.kind() == "shorthand_property_identifier":
            found[one.text()] = one
    return found


@cache
def models() -> Patterns:
    return Patterns(expanded(["group:llm.completion", "group:llm.run", "group:llm.wrapper"]))
