"""What a page does with what its server answered: followed from a request to the place where it is put into the page.

A page asks (`fetch`, axios, jQuery, a socket), takes the reply apart, keeps it in a state or hands it to a function of
its own, and shows it. Whether what stands there was written by a model, the route tells that was asked; here stand its
address and the field that was taken. What clears a text on the way (`escapeHtml(x)`, DOMPurify) ends the way: from
there on it does no harm. Followed inside one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.flows import FlowFinder
from aiaudit.probes.javascript.module import FUNCTIONS, Binding, Module, first_named, named_in
from aiaudit.probes.javascript.names import LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.page_requests import ASKS, SOCKETS, PageRequests, field_of
from aiaudit.probes.javascript.page_texts import (
    CLEARS,
    CLEARS_INSIDE,
    FIXED,
    FIXED_MEMBERS,
    HANDS_ON,
    MARKDOWN,
    OF_THE_PAGE,
    STEPS,
    TEXT_SHOWN,
    by_jquery,
    is_an_error,
    takes_out_tags,
)
from aiaudit.probes.javascript.page_values import MOST, PageValues, given_back, iterated
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

Source = tuple[Any, Any, int]
"""As of `FlowFinder`; besides `reply` (the address that was asked and the field, a space between) and `page` (what
stands in the page, its address, or is typed there)."""

MARKS: Final = lazy.linear(
    rb"innerHTML|outerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write|\.(?:html|append|prepend)\s*\("
)
_STEPS_OF_ALL: Final = 20_000  # expressions that are looked at in one file; of the rest nothing is known
_DEEP: Final = 28  # steps from a place of a page back to what was asked: lists in lists, cards of cards
_CHOOSE: Final = name_set("filter find findLast sort")  # what these are handed says which, and is no part of them
_KNOWN: Final = frozenset({"llm", "reply", "user"})


class PageFlows(FlowFinder):
    """The flows of a script that works on a page."""

    most_steps = _DEEP

    def __init__(self, module: Module, resolver: Resolver) -> None:
        super().__init__(module, resolver)
        self._left = _STEPS_OF_ALL
        self.values = PageValues(module)
        self.asked = PageRequests(module, self.values, self._source, self.requests.written)

    def rows(self) -> list[dict[str, Any]]:
        """Those of `FlowFinder`; of what jQuery puts into a page only what is known: its plug-ins are full of it."""
        return [row for row in super().rows() if row["source"] in _KNOWN or not row["sink"].startswith("$.")]

    def _sink(self, call: SgNode) -> tuple[str, str, SgNode | None] | None:
        return super()._sink(call) or by_jquery(call)

    def _row(self, node: SgNode, kind: str, sink: str, value: SgNode | None) -> dict[str, Any]:
        row = super()._row(node, kind, sink, value)
        if row["source"] == "page":
            row["source"] = "constant"  # what the visitor typed or sees already
        elif row["source"] == "reply":
            row["sanitised"] = False  # what clears a text ended the way
        return row

    def _source(self, node: SgNode | None, steps: int) -> Source:
        self._left -= 1
        if self._left < 0:
            return "unknown", "", 0
        if node is not None and steps <= _DEEP and node.kind() in ("member_expression", "subscript_expression"):
            return self._member(node, steps)
        if node is not None and node.kind() in ("ternary_expression", "binary_expression") and steps <= _DEEP:
            sides = ("consequence", "alternative") if node.kind() == "ternary_expression" else ("left", "right")
            return but_errors(node, strongest([self._source(node.field(side), steps + 1) for side in sides]))
        if node is not None and node.kind() == "template_string" and steps <= _DEEP:
            parts = [first_named(one) for one in node.children() if one.kind() == "template_substitution"]
            return but_errors(node, strongest([self._source(one, steps + 1) for one in parts]))
        return super()._source(node, steps)

    def _member(self, node: SgNode, steps: int) -> Source:
        text, line = node.text()[:120], node.range().start.line + 1
        owner, name = node.field("object"), node.field("property")
        word = name.text() if name is not None else ""
        if word in FIXED_MEMBERS:
            return "constant", "", line
        if OF_THE_PAGE.search(text) and not TEXT_SHOWN.search(text):
            return "page", text[:60], line
        if owner is None:
            return "unknown", text[:60], line
        if (before := self.values.put_before(node)) is not None:
            return self._source(before, steps + 1)
        if word and (values := list(self.values.held(owner, word, steps + 1))):
            values += self.values.put_under.get(word, ())
            found = strongest([self._source(one, steps + 1) for one in values[:MOST]])
            return found if found[0] != "unknown" else ("unknown", text[:60], line)
        found = self._source(owner, steps + 1)
        if found[0] == "reply":
            return "reply", field_of(found[1], word), found[2]
        if found[0] == "unknown" or (found[0] == "constant" and owner.kind() == "identifier"):
            return super()._source(node, steps) if found[0] == "unknown" else found
        return found

    def _named(self, node: SgNode, line: int, steps: int) -> Source:
        name = node.text()
        bound = self.module.bound(name, node.range().start.index)
        if bound is None:
            return ("constant" if name in ("undefined", "NaN", "Infinity") else "unknown"), name[:60], line
        if bound.imported is not None or bound.kind in ("function", "class"):
            return super()._named(node, line, steps)
        key = (name, bound.scope.start)
        if key not in self._names:
            self._names[key] = "constant", name[:60], line  # a text that is put together from itself
            self._names[key] = self._followed(node, bound, line, steps)
        return self._names[key]

    def _followed(self, node: SgNode, bound: Binding, line: int, steps: int) -> Source:
        name, made = node.text(), bound.scope.node
        if bound.kind == "param":
            if bound.scope.kind == "catch_clause":
                return "page", name[:60], line
            if bound.scope.kind == "for_in_statement" and made is not None:
                return self._source(made.field("right"), steps + 1)
            if made is None or bound.scope.kind not in FUNCTIONS:
                return "unknown", name[:60], line
            asked = self.asked.answered(made)
            if asked is not None:
                return ("reply", field_of(asked, bound.path.strip("?")), line) if asked else ("page", name[:60], line)
            if (owner := iterated(made)) is not None:
                found = self._source(owner, steps + 1)
                return (
                    ("reply", field_of(found[1], bound.path), found[2]) if found[0] == "reply" and bound.path else found
                )
            given = self.values.props(bound) if bound.path else self.values.given(name, bound.scope)
            if given:
                return strongest([self._source(one, steps + 2) for one in given])
            return "unknown", name[:60], line
        values = self.values.states(bound, name)
        if not values and bound.node is not None and bound.node.kind() != "variable_declarator":
            values = [bound.node]
        values = [*values, *bound.assigned[:MOST]]
        if not values:
            return "unknown", name[:60], line
        if bound.path == "?" and bound.node is not None and (one := self.values.one_of(name, bound.node)) is not None:
            return self._source(one, steps + 1)
        if bound.path.strip("?") and bound.node is not None:
            inner = [
                one for path in (bound.path.partition(".")[0],) for one in self.values.held(bound.node, path, steps + 1)
            ]
            found = strongest([self._source(one, steps + 1) for one in (inner or values)])
            return ("reply", field_of(found[1], bound.path), found[2]) if found[0] == "reply" and not inner else found
        return strongest([self._source(one, steps + 1) for one in values])

    def _called(self, node: SgNode, line: int, steps: int) -> Source:
        named = self.resolver.called(node)
        name = dotted(named.spec, named.rest)
        called, arguments = node.field("function"), node.field("arguments")
        written = called.text()[-80:] if called is not None else ""
        member = called.field("property") if called is not None and called.kind() == "member_expression" else None
        word = member.text() if member is not None else ""
        given = named_in(arguments) if arguments is not None and arguments.kind() == "arguments" else []
        if node.kind() == "call_expression" and (
            CLEARS.search(name) or CLEARS.search(written) or self._clears(named.spec, named.rest)
        ):
            cleared = strongest([self._source(one, steps + 1) for one in given])
            return cleared if cleared[0] in ("llm", "user") else ("constant", "", line)  # the row says that it is clean
        if arguments is not None and arguments.kind() == "template_string" and named.spec == LOCAL:
            filled = [first_named(one) for one in arguments.children() if one.kind() == "template_substitution"]
            put = strongest([self._source(one, steps + 1) for one in filled])
            return ("constant", "", line) if self._clears(named.spec, named.rest) else but_errors(node, put)
        if word in ("replace", "replaceAll") and takes_out_tags(given):
            return "constant", "", line  # `text.replace(/</g, "&lt;")`
        if FIXED.search(name) or FIXED.search(written):
            return "constant", "", line
        if MARKDOWN.match(name) or MARKDOWN.match(written):
            return self._source(given[0], steps + 1) if given else ("constant", "", line)
        found = super()._called(node, line, steps)
        if found[0] in ("llm", "user", "reply"):
            return found
        if ASKS.search(name) or ASKS.search(written):
            return "reply", self.asked.address(given), line
        if SOCKETS.match(name):
            return "reply", self.asked.address(given), line
        if HANDS_ON.match(name) and given:
            return strongest([self._source(one, steps + 1) for one in given])
        if word in STEPS and called is not None:
            parts = [self._source(called.field("object"), steps + 1)]
            for one in given if word not in _CHOOSE else ():
                if one.kind() in FUNCTIONS:
                    parts += [self._source(back, steps + 1) for back in given_back(one)[:MOST]]
                else:
                    parts.append(self._source(one, steps + 1))
            if word in ("map", "then", "reduce") and given and given[0].kind() in FUNCTIONS:
                parts = parts[1:]  # what the function makes of it, which may be none of it
            return strongest(parts) if parts else ("constant", "", line)
        if named.spec == LOCAL and (body := self.values.own(named.rest, node)) is not None:
            back = given_back(body)
            if not back:
                return "constant", "", line
            made = strongest([self._source(one, steps + 2) for one in back[:MOST]])
            handed = strongest([self._source(one, steps + 1) for one in given])
            if handed[0] in _KNOWN and made[0] != "constant":
                return handed
            if made[0] == "reply" and made[1].startswith("?") and given:  # a function that asks whatever it is handed
                return "reply", self.asked.address(given) + made[1][1:], made[2]
            return made
        if named.spec in (UNKNOWN,) and given and all(self._source(one, steps + 1)[0] == "constant" for one in given):
            receiver = self._source(called.field("object"), steps + 1)[0] if member is not None and called else ""
            if receiver == "constant":
                return "constant", "", line
        return found

    def _clears(self, spec: str, rest: str) -> bool:
        """Whether a function of this file takes what could run out of a text."""
        if spec != LOCAL or "." in rest:
            return False
        bound = self.module.bindings.get(rest, ())
        return any(
            one.node is not None and one.kind in ("function", "value") and CLEARS_INSIDE.search(one.node.text()[:4000])
            for one in bound[:2]
        )


def but_errors(node: SgNode, found: Source) -> Source:
    """What is told beside the word error is what went wrong, and no answer."""
    if found[0] == "reply" and is_an_error(found[1], node.text()):
        return "page", found[1], found[2]
    return found


def strongest(found: Sequence[Source]) -> Source:
    for wanted in ("llm", "reply", "user", "call", "unknown", "page", "constant"):
        for one in found:
            if one[0] == wanted:
                return one
    return "constant", "", 0
