"""What the names of a page's script may stand for: values, states of React, elements of lists, what callers give."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from aiaudit.probes.javascript.flows import ASSIGNS, MAX_STEPS, place_of
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Binding, Module, Scope, first_named, named_in
from aiaudit.probes.javascript.page_state import PageState
from aiaudit.probes.javascript.page_texts import STEPS
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_ELEMENTS: Final = ("jsx_self_closing_element", "jsx_opening_element")
MOST: Final = 12  # values of one name, argument or state
_EACH: Final = name_set("map forEach filter flatMap sort find findLast some every then each")
_LONG: Final = 80  # characters of a name
_MANY: Final = 400  # assignments to fields that are looked at
_PUT: Final = r"^[\w$.\[\]?!()-]+\.\w+\s*\+?="
_PAIRS: Final = 60  # elements of one kind that are looked through


class PageValues:
    """Values of one file. What is handed on to other files is not followed."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._state = PageState(module)
        self._open: set[tuple[str, int]] = set()  # what is being followed: a way that leads to itself says nothing

    @cached_property
    def calls(self) -> dict[str, list[SgNode]]:
        """The calls by what they call, as it is written."""
        found: dict[str, list[SgNode]] = {}
        for call in self.module.calls:
            called = call.field("function")
            if called is not None and called.kind() in ("identifier", "member_expression"):
                found.setdefault(called.text()[-_LONG:], []).append(call)
        return found

    @cached_property
    def _put(self) -> list[tuple[SgNode, SgNode, bool]]:
        """(field, value, whether the value takes its place) of all that is assigned to fields: `last.text += piece`."""
        found = []
        assignments = self.module.root.find_all({"rule": {"any": [{"kind": one} for one in ASSIGNS], "regex": _PUT}})
        for node in assignments[:_MANY]:
            left, right = node.field("left"), node.field("right")
            if left is not None and right is not None and left.kind() == "member_expression":
                found.append((left, right, node.kind() == ASSIGNS[0]))
        return found

    @cached_property
    def put_under(self) -> dict[str, list[SgNode]]:
        """What is assigned to fields, by their names."""
        found: dict[str, list[SgNode]] = {}
        for left, right, _ in self._put:
            if (member := left.field("property")) is not None:
                found.setdefault(member.text(), []).append(right)
        return found

    def put_before(self, node: SgNode) -> SgNode | None:
        """What took a field's place before it is used: `data.reply = clear(data.reply)`."""
        text, at = node.text(), node.range().start.index
        before = [
            right for left, right, whole in self._put if whole and right.range().end.index < at and left.text() == text
        ]
        return before[-1] if before else None

    def states(self, bound: Binding, name: str) -> list[SgNode]:
        """What a state of React may be; nothing where its setter is handed on."""
        values = self._state.values(bound, name) if bound.node is not None else []
        declared = bound.node.parent() if values and bound.node is not None else None
        pair = declared.field("name") if declared is not None else None
        names = named_in(pair) if pair is not None and pair.kind() == "array_pattern" else []
        if len(names) < 2:
            return values
        setter = re.escape(names[1].text())
        named = len(re.findall(rf"(?<![\w$.]){setter}(?![\w$])", self.module.text))
        return values if named == 1 + len(self.calls.get(names[1].text(), ())) else [*values, names[1]]

    def held(self, node: SgNode | None, word: str, steps: int) -> Iterator[SgNode]:
        """What may stand under a name in an object, or in those of a list."""
        if node is None or steps > MAX_STEPS:
            return
        kind = node.kind()
        if kind in WRAPPERS:
            yield from self.held(first_named(node), word, steps + 1)
        elif kind == "object":
            for one in named_in(node):
                key = one.field("key")
                if one.kind() == "pair" and key is not None and key.text().strip("\"'") == word:
                    if (value := one.field("value")) is not None:
                        yield value
                elif one.kind() == "shorthand_property_identifier" and one.text() == word:
                    yield one
                elif one.kind() == "spread_element":
                    yield from self.held(first_named(one), word, steps + 1)
        elif kind in ("array", "spread_element"):
            for one in named_in(node)[:MOST]:
                yield from self.held(one, word, steps + 1)
        elif kind in ("ternary_expression", "binary_expression"):
            for side in ("left", "right", "consequence", "alternative"):
                yield from self.held(node.field(side), word, steps + 1)
        elif kind in FUNCTIONS:  # `setMessages(messages => [...messages, {text}])`, a body that gives back an object
            for one in given_back(node):
                yield from self.held(one, word, steps + 1)
        elif kind == "call_expression":
            called = node.field("function")
            member = called.field("property") if called is not None else None
            if called is not None and member is not None and member.text() in STEPS:
                arguments = node.field("arguments")
                if member.text() == "map" and arguments is not None and (first := first_named(arguments)) is not None:
                    yield from self.held(first, word, steps + 1)
                else:
                    yield from self.held(called.field("object"), word, steps + 1)
        elif kind == "identifier":
            for one in self.stands_for(node):
                within = one.parent()
                if within is not None and within.kind() == "array_pattern":
                    yield one  # a setter that is handed on: whoever has it says what the state is
                else:
                    yield from self.held(one, word, steps + 1)

    def stands_for(self, node: SgNode) -> list[SgNode]:
        """What a name may stand for: values, states, the elements of a list, what callers hand over."""
        name, at = node.text(), node.range().start.index
        bound = self.module.bound(name, at)
        if bound is None or bound.imported is not None or (name, bound.scope.start) in self._open:
            return []
        self._open.add((name, bound.scope.start))
        try:
            if bound.kind == "param":
                return self._param(name, bound)
            if bound.node is not None and (states := self.states(bound, name)):
                return states[:MOST]
            if bound.kind != "value" or bound.path or bound.node is None:
                return []
            put = (*self.calls.get(f"{name}.push", ()), *self.calls.get(f"{name}.unshift", ()))
            pushed = [one for call in put if (given := call.field("arguments")) is not None for one in named_in(given)]
            return [bound.node, *bound.assigned[:MOST], *pushed[:MOST]]
        finally:
            self._open.discard((name, bound.scope.start))

    def _param(self, name: str, bound: Binding) -> list[SgNode]:
        """The element of a list that a callback is called with, or what the calls of a function hand over."""
        made = bound.scope.node
        if made is None or bound.scope.kind not in FUNCTIONS or bound.path:
            return []
        if (owner := iterated(made)) is not None:
            return [owner]
        return self.given(name, bound.scope)

    def given(self, name: str, scope: Scope) -> list[SgNode]:
        """What the calls of a function of this file hand over as a parameter."""
        made, own = scope.node, scope.name
        place = place_of(name, made) if made is not None and own else None
        if place is None:
            return []
        found = []
        for call in (*self.calls.get(own, ()), *self.calls.get(f"this.{own}", ())):
            given = call.field("arguments")
            parts = named_in(given) if given is not None else []
            if place < len(parts):
                found.append(parts[place])
        return found[:MOST]

    def one_of(self, name: str, value: SgNode) -> SgNode | None:
        """`const [a, b] = await Promise.all([ask(), list()])`: what stands at the name's place."""
        declared, inner = value.parent(), value
        pair = declared.field("name") if declared is not None and declared.kind() == "variable_declarator" else None
        names = [one.text() for one in named_in(pair)] if pair is not None and pair.kind() == "array_pattern" else []
        while inner.kind() in WRAPPERS and (first := first_named(inner)) is not None:
            inner = first
        if inner.kind() == "call_expression" and (given := inner.field("arguments")) is not None:
            called = inner.field("function")
            first = first_named(given) if called is not None and called.text().startswith("Promise.all") else None
            inner = first if first is not None else inner
        parts = named_in(inner) if inner.kind() == "array" else []
        return parts[names.index(name)] if name in names and names.index(name) < len(parts) else None

    def props(self, bound: Binding) -> list[SgNode]:
        """What elements of this file give a component: `<Message text={reply}/>` for `function Message({text})`."""
        own, word = bound.scope.name, bound.path.partition(".")[0]
        if not own or not own[0].isupper() or not self.module.jsx:
            return []
        found: list[SgNode] = []
        named = rf"^<{re.escape(own)}\b"
        for element in self.module.root.find_all(
            {"rule": {"any": [{"kind": one} for one in _ELEMENTS], "regex": named}}
        )[:_PAIRS]:
            for one in element.children():
                if one.kind() != "jsx_attribute" or not one.text().startswith(f"{word}="):
                    continue
                value = one.children()[-1]
                inner = first_named(value) if value.kind() == "jsx_expression" else value
                if inner is not None:
                    found.append(inner)
        return found[:MOST]

    def own(self, rest: str, call: SgNode) -> SgNode | None:
        """The function of this file that a call runs."""
        bound = self.module.bound(rest, call.range().start.index) if "." not in rest else None
        if bound is None or bound.node is None or bound.assigned:
            return None
        made = bound.node
        if made.kind() == "call_expression":  # `useCallback(async () => …, [])`
            arguments = made.field("arguments")
            made = first_named(arguments) or made if arguments is not None else made
        return made if made.kind() in FUNCTIONS else None


def iterated(made: SgNode) -> SgNode | None:
    """The list whose elements a function is called with, or the promise with whose value it is."""
    parent = made.parent()
    call = parent.parent() if parent is not None and parent.kind() == "arguments" else None
    called = call.field("function") if call is not None else None
    member = called.field("property") if called is not None and called.kind() == "member_expression" else None
    if called is None or member is None or member.text() not in _EACH:
        return None
    return called.field("object")


def given_back(made: SgNode) -> list[SgNode]:
    """What a function gives back: its expression, or those of its own `return`s."""
    body = made.field("body")
    if body is None:
        return []
    if body.kind() != "statement_block":
        inner = first_named(body) if body.kind() in WRAPPERS else body
        return [inner] if inner is not None else []
    found = []
    for one in body.find_all(kind="return_statement")[:_PAIRS]:
        around = one.parent()
        while around is not None and around.kind() not in FUNCTIONS:
            around = around.parent()
        if (
            around is not None
            and around.range().start == made.range().start
            and (value := first_named(one)) is not None
        ):
            found.append(value)
    return found
