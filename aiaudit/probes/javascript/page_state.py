"""What components of React keep: what the setter of a state is called with, and what is put into a reference."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from aiaudit.probes.javascript.module import FUNCTIONS, Binding, Module, first_named, named_in

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_VALUES: Final = 8  # of one state or reference
_STATES: Final = ("useState", "React.useState")
_REFERENCES: Final = ("useRef", "React.useRef", "createRef", "React.createRef")


class PageState:
    """`const [chat, setChat] = useState()` with `setChat(model)`, `const chat = useRef()` with `chat.current = …`."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._setters: dict[str, list[SgNode]] | None = None
        self._put: dict[str, list[SgNode]] | None = None

    def values(self, bound: Binding, name: str) -> list[SgNode]:
        """What the first name of a state's pair may stand for."""
        declared = bound.node.parent() if bound.node is not None and _called(bound.node) in _STATES else None
        pair = declared.field("name") if declared is not None and declared.kind() == "variable_declarator" else None
        names = named_in(pair) if pair is not None and pair.kind() == "array_pattern" else []
        if not 0 < len(names) < 3 or names[0].text() != name or bound.node is None:
            return []
        first = first_named(arguments) if (arguments := bound.node.field("arguments")) is not None else None
        found = [_inner(first)] if first is not None else []
        setter = names[-1].text() if len(names) > 1 else ""
        if self._setters is None:
            self._setters = _by_name(self.module.calls)
        for call in self._setters.get(setter, ()):
            set_by = self.module.bound(setter, call.range().start.index)
            given = call.field("arguments")
            value = first_named(given) if given is not None else None
            if value is not None and set_by is not None and set_by.scope is bound.scope and len(found) < MAX_VALUES:
                found.append(_inner(value))
        return found

    def put(self, bound: Binding, name: str) -> list[SgNode]:
        """What `name.current` may stand for."""
        if bound.node is None or bound.path or _called(bound.node) not in _REFERENCES:
            return []
        if self._put is None:
            self._put = defaultdict(list)
            for node in self.module.root.find_all(kind="assignment_expression", regex=r"^\w+\.current\s*=")[:200]:
                left, right = node.field("left"), node.field("right")
                if left is not None and right is not None and left.text().endswith(".current"):
                    self._put[left.text().removesuffix(".current")].append(right)
        found = []
        for value in self._put.get(name, [])[:MAX_VALUES]:
            put_by = self.module.bound(name, value.range().start.index)
            if put_by is not None and put_by.scope is bound.scope:
                found.append(value)
        return found


def _called(node: SgNode) -> str:
    called = node.field("function") if node.kind() == "call_expression" else None
    return called.text()[:40] if called is not None else ""


def _inner(value: SgNode) -> SgNode:
    """`setChat(() => model)` keeps the model."""
    body = value.field("body") if value.kind() in FUNCTIONS else None
    return body if body is not None and body.kind() != "statement_block" else value


def _by_name(calls: list[SgNode]) -> dict[str, list[SgNode]]:
    found: dict[str, list[SgNode]] = defaultdict(list)
    for call in calls:
        called = call.field("function")
        if called is not None and called.kind() == "identifier":
            found[called.text()].append(call)
    return found
