"""What a model is given as instructions: texts in the role of the system, and whose words stand in them.

`whose_words` follows a text through names, templates and functions of this file; what functions of others put in is
told when all files are known (`places`: which of its arguments a function puts into the text that it gives back).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import arguments_of, own_spec
from aiaudit.probes.javascript.groups import expanded
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named, named_in, unquoted
from aiaudit.probes.javascript.names import LOCAL, dotted
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.whose_words import MESSAGES, Leaf, Words, models, pairs, parameters
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
_ROLES: Final = frozenset({"system", "developer"})
_MODEL_OF_GOOGLE: Final = ".getGenerativeModel"  # makes a model with its instructions, which is asked afterwards
# How a client asks that another file of the project makes: `getClient().messages.create({ system, … })`.
_ASKING: Final = lazy.regex(r"\.(?:messages|completions|responses)\.(?:create|parse|stream)$")
_BODY_OF_GOOGLE: Final = r"^[\"']?system_?[iI]nstruction[\"']?\s*:\s*\{\s*(?:role\s*:[^,]*,\s*)?[\"']?parts[\"']?\s*:"
_STORES: Final = lazy.regex(r"\.(?:values|insert|insertOne|insertMany|upsert|save)$")
MAX_ROWS: Final = 200
MAX_FUNCTIONS: Final = 100
_RANK: Final = ("user", "llm", "state", "call", "param", "unknown", "constant")


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
        self.models = models()
        self.agents = _agents()
        self.answering = answering
        self.words = Words(module, resolver, answering)

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
        leaves = [found for leaf in self.words.leaves(node, 0) for found in self._of_callers(leaf)]
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
                given = arguments_of(call)
                found += (
                    self.words.leaves(given[index], 2)
                    if index < len(given)
                    else [Leaf("unknown", leaf.name, leaf.line)]
                )
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
            parts = pairs(node)
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
            items = named_in(node)
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
        if MESSAGES.search(name):
            content = pairs(first).get("content") if first.kind() == "object" else first
            if content is not None:
                yield content, name
            return
        agent = self.agents.match(name)
        elsewhere = own_spec(named.spec) and _ASKING.search(name)
        if not agent and not self.models.match(name) and not name.endswith(_MODEL_OF_GOOGLE) and not elsewhere:
            return
        for given in [one for one in map(self._spelled_out, arguments.children()) if one.kind() == "object"][:3]:
            parts = pairs(given)
            config = parts.get("config")
            if config is not None and config.kind() == "object":
                parts |= pairs(config)
            for key in _KEYS & set(parts):
                value = parts[key]
                if value is not None and (key != "prompt" or agent):
                    yield value, name

    def _spelled_out(self, node: SgNode) -> SgNode:
        """The object that a name stands for which is given once: `getGenerativeModel(MODEL)`."""
        if node.kind() != "identifier":
            return node
        bound = self.module.bound(node.text(), node.range().start.index)
        once = bound is not None and bound.kind == "value" and not bound.path and not bound.assigned
        return bound.node if bound is not None and once and bound.node is not None else node

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
            leaves = [leaf for one in parts for leaf in self.words.leaves(one, 4)]
            used = {name for leaf in leaves for name in _params_of(leaf)}
            args = [[index, key] for index, key, local in parameters(scope.node) if local in used]
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
            given = arguments_of(call)
            if not given or len(found) >= MAX_ROWS:
                continue
            named = self.resolver.called(call)
            if named.spec == LOCAL or own_spec(named.spec):
                brought = [one for one in self.words.given(given, 4) if one[2] != "param"]
                if brought:
                    found.append([named.spec, named.rest, brought])
        return found


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


def _literal(node: SgNode) -> str:
    while node.kind() in WRAPPERS:
        inner = first_named(node)
        if inner is None:
            return ""
        node = inner
    return unquoted(node) if node.kind() in ("string", "template_string") else ""


@cache
def _agents() -> Patterns:
    return Patterns(expanded(["group:llm.agent"]))
