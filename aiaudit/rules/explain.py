"""Why an expression came out as it did: the operand or the first element that decided, in words.

Runs only when asked for: walks the tree from the top and evaluates again what lies on the way, under its own budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aiaudit.model.sentence import as_words
from aiaudit.model.types import Unknown
from aiaudit.rules.errors import show
from aiaudit.rules.nodes import Binary, Call, Const, Logic, Macro, Node, Ternary, Unary
from aiaudit.rules.parts import COMPARISONS, Parts, below, children
from aiaudit.rules.values import Budget, BudgetError, Failed, Incomplete, Range
from aiaudit.rules.wording import place_of, words

if TYPE_CHECKING:
    from aiaudit.rules.language import Expression

MAX_LINES: Final = 8


def trace(expr: Expression, values: Mapping[str, Any], budget: Budget) -> tuple[str, ...]:
    """The lines of an explanation, the deciding one first; at most eight."""
    explainer = _Explainer(expr, values, budget)
    try:
        explainer.why(expr.node)
    except BudgetError as error:
        explainer.say(str(error))
    except RecursionError:  # pragma: no cover - the bounds come first
        explainer.say("nested too deeply to explain")
    return tuple(explainer.lines[:MAX_LINES])


class _Explainer(Parts):
    def __init__(self, expr: Expression, values: Mapping[str, Any], budget: Budget) -> None:
        super().__init__(expr, values, budget)
        self.lines: list[str] = []

    def text(self, node: Node) -> str:
        return show(" ".join(self.source[node.start : node.end].split()), 90)

    def say(self, line: str) -> None:
        if line not in self.lines:  # two terms may fall for one reason; long ones look alike once shortened
            self.lines.append(line)

    def why(self, node: Node) -> None:
        """Say what decided the node's value."""
        if len(self.lines) >= MAX_LINES:
            return
        if isinstance(node, Logic):
            self.logic(node)
        elif isinstance(node, Unary) and node.op == "!":
            self.why(node.operand)
        elif isinstance(node, Ternary):
            self.why(node.condition)
            chosen = self.value(node.condition)
            if type(chosen) is bool:
                self.why(node.yes if chosen else node.no)
        elif isinstance(node, Macro) and node.kind in ("all", "exists"):
            self.quantifier(node)
        elif isinstance(node, Macro):
            self.counted(node, self.text(node))
        elif isinstance(node, Binary) and node.op in COMPARISONS:
            self.comparison(node)
        elif not isinstance(node, Const):
            self.leaf(node)

    # -- operators -------------------------------------------------------------------------------------------------

    def logic(self, node: Logic) -> None:
        result = self.value(node)
        if result is (node.op == "&&"):  # every term had to be so
            for term in node.terms:
                self.why(term)
            return
        self.why(self.deciding(node.terms, result))

    def deciding(self, nodes: list[Node], result: Any) -> Node:
        """The first node whose value is the result, or is of its kind where the result is unknown or an error."""
        for node in nodes:
            value = self.value(node)
            if value is result or (type(value) is type(result) and type(result) in (Unknown, Failed)):
                return node
        return nodes[0]

    def comparison(self, node: Binary) -> None:
        result = self.value(node)
        for side in (node.left, node.right):
            macro = _counting(side)
            if macro is not None and type(result) is not Failed:
                self.counted(macro, self.text(node))
                return
        if type(result) is not bool:
            self.leaf(node)
            return
        for side in (node.left, node.right):
            if isinstance(side, Call) and side.function == "size":
                items = self.value(side.args[0])
                if type(items) is list:
                    self.say(f"{self.text(node)}: {_elements(len(items))}{_first(items)}")
                    return
        known = [
            f"{self.text(side)} is {_brief(self.value(side))}"
            for side in (node.left, node.right)
            if not isinstance(side, Const)
        ]
        self.say(f"{self.text(node)}: {', '.join(known)}" if known else self.text(node))

    def leaf(self, node: Node) -> None:
        value = self.value(node)
        culprit = self.culprit(node, value)
        if isinstance(culprit, Macro | Logic) and culprit is not node:
            self.why(culprit)
        else:
            self.say(_joined(self.text(culprit), self.value(culprit)))

    def culprit(self, node: Node, value: Any) -> Node:
        """The innermost part, not inside another macro, whose own unknown or error the node's value is."""
        if type(value) not in (Unknown, Failed):
            return node
        for child in children(node):
            inner = self.value(child)
            if type(inner) is type(value):
                return child if isinstance(child, Macro | Logic) else self.culprit(child, inner)
        return node

    # -- macros ----------------------------------------------------------------------------------------------------

    def quantifier(self, node: Macro) -> None:
        result = self.value(node)
        elements = self.elements(node)
        if elements is None:
            self.why(node.target)
            return
        head = f"{node.kind}({node.var})"
        if type(result) is bool and result is (node.kind == "all"):  # no element stopped it
            verdict = f"each of {_elements(len(elements))}" if result else f"none of {_elements(len(elements))}"
            self.say(f"{head}: {verdict}" if elements else f"{head}: {self.text(node.target)} is empty")
            return
        for at, element in enumerate(elements, 1):
            self.frame[node.slot] = element
            value = self.value(node.body)
            if value is result or (type(value) is type(result) and type(result) in (Unknown, Failed)):
                self.element(node, f"{head}: element {at}{_where(element)}", value)
                return
        self.say(f"{head} {_is(result)}")

    def element(self, node: Macro, head: str, value: Any) -> None:
        """One element that decided, then what decided about it where that is a macro itself."""
        if type(value) is not bool:
            self.say(f"{head} {_joined(self.text(self.culprit(node.body, value)), value)}")
            return
        body = self.term(node.body, value)
        text = self.text(body)
        if not value:
            text = f"not ({text})" if isinstance(body, Logic | Binary | Ternary) and text[0] != "(" else f"not {text}"
        self.say(f"{head} {text}")
        if any(isinstance(part, Macro) for part in below(body)):
            before = len(self.lines)
            self.why(body)
            self.lines[before:] = [f"  {line}" for line in self.lines[before:]]

    def term(self, body: Node, value: bool) -> Node:
        """The part of a condition that decided: the true term of an `||`, the false one of an `&&`."""
        while isinstance(body, Logic) and value is (body.op == "||"):
            body = self.deciding(body.terms, value)
        return body

    def counted(self, node: Macro, text: str) -> None:
        """How many elements fit a condition, and the first that does."""
        elements = self.elements(node)
        condition = node.condition if node.kind in ("map", "sortBy") else node.body
        if elements is None:
            self.why(node.target)
            return
        if condition is None:
            self.say(f"{text}: {_elements(len(elements))}{_first(elements)}")
            return
        fits = unknown = first = 0
        for at, element in enumerate(elements, 1):
            self.frame[node.slot] = element
            value = self.value(condition)
            if type(value) is Failed:
                self.say(f"{node.kind}({node.var}): element {at}{_where(element)} {_is(value)}")
                return
            fits += value is True
            unknown += type(value) is not bool
            first = first or (at if value is True else 0)
        line = f"{text}: {fits} of {_elements(len(elements))}"
        if first:
            line += f", first element {first}{_where(elements[first - 1])}"
        self.say(f"{line}, {unknown} unknown" if unknown else line)


def _counting(node: Node) -> Macro | None:
    """The macro whose elements a number counts: `count(x, p)` or `filter(x, p).size()`."""
    if isinstance(node, Macro) and node.kind == "count":
        return node
    if isinstance(node, Call) and node.function == "size" and isinstance(node.args[0], Macro):
        return node.args[0]
    return None


def _joined(text: str, value: Any) -> str:
    """`text is …`; a reason that begins with the text stands alone."""
    if type(value) in (Unknown, Failed) and value.reason.startswith(text):
        return show(value.reason, 120)
    return f"{text} {_is(value)}"


def _is(value: Any) -> str:
    if type(value) is Unknown or type(value) is Failed:
        state = "is unknown" if type(value) is Unknown else "is an error"
        return f"{state}: {show(as_words(value.reason), 120)}" if value.reason else state
    if type(value) is Range or type(value) is Incomplete:
        return f"is {_brief(value)}: {show(as_words(value.why.reason), 120)}"
    return f"is {_brief(value)}"


def _brief(value: Any) -> str:
    if type(value) is str:
        return f"'{show(value, 60)}'"
    return show(words(value), 60)


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count} elements"


def _where(element: Any) -> str:
    """` (src/a.py:14)` for a record with a place, the value itself for a plain one."""
    if type(element) is dict:
        place = place_of(element)
        return f" ({show(place, 120)})" if place else ""
    return f" ({_brief(element)})"


def _first(items: list[Any]) -> str:
    return f", first{_where(items[0])}" if items and _where(items[0]) else ""
