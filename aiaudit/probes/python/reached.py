"""What is reached from the function of a tool: what it changes, whom it asks, and what of the project it calls."""

from __future__ import annotations

import ast
import itertools
from typing import Final

from aiaudit.probes.python.approvals import Approval, approval_in
from aiaudit.probes.python.effects import Effect, address_of, effect_of, handed_effect, starts_in_code
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.import_lines import FOREIGN
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header, statements
from aiaudit.probes.python.resolved import Resolved

_HARMLESS: Final = name_set(
    "strip split append join format lower upper get items keys values replace startswith endswith encode decode"
    " strftime isoformat sort extend pop index count title setdefault copy lstrip rstrip splitlines model_dump"
    " model_dump_json dict json search match group findall sub info debug warning error exception log read"
)
_SENT: Final = ("network", "write", "delete")


class Reached:
    """What is reached from a function: effects, approvals, and functions of other files that may be the project's."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.resolver = view.resolver
        self.effects: list[Effect] = []
        self.approval: Approval | None = None
        self.asked_at = 0  # how many effects were seen before it
        self.own: set[str] = set()
        self.outside = False  # whether it calls something of which it is not known what it does
        self._seen: set[tuple[int, frozenset[str]]] = set()
        self._made: set[str] = set()  # names of files that it writes itself
        self._removed: list[tuple[Effect, str]] = []

    def deletions(self) -> list[Effect]:
        """What it deletes, but for files that it made: to clear up after itself changes nothing."""
        return [effect for effect, name in self._removed if name not in self._made]

    def is_asked_late(self) -> bool:
        """Whether somebody is asked only when all is done."""
        done = len(self.effects) + len(self._removed)
        return 0 < done <= self.asked_at and not self.own and not self.outside

    def look(self, function: Scope, deep: int, fixed: frozenset[str] = frozenset()) -> None:
        """Add what the function does itself, and what functions of this file do that it calls. `fixed`: parameters
        whose text begins with what the caller's code says."""
        if (id(function), fixed) in self._seen:
            return
        self._seen.add((id(function), fixed))
        for statement, _ in statements(function):
            for node in expressions(header(statement)):
                if isinstance(node, ast.Call):
                    self._call(node, statement, function, deep, fixed)
        for inner in function.children.values():
            if inner.kind == "function":
                self.look(inner, deep, fixed)

    def _call(self, call: ast.Call, statement: ast.stmt, scope: Scope, deep: int, fixed: frozenset[str]) -> None:
        resolved = self.resolver.names(call.func, scope)
        names = tuple(one.name for one in resolved)
        own = next((one.local for one in resolved if one.local is not None and one.local.kind == "function"), None)
        if self.approval is None:
            self.approval = approval_in(call, names, statement, scope, own, self.resolver)
            self.asked_at = len(self.effects) + len(self._removed)
        effect = effect_of(call, names, self.view.values, scope)
        if effect is not None and effect.free and effect.kind in _SENT and _name_of_address(call) in fixed:
            effect = effect._replace(free=False)
        if effect is not None:
            of = dotted(call.args[0]) if call.args else ""
            if effect.kind == "delete" and of:
                self._removed.append((effect, of))
            else:
                self.effects.append(effect)
            if effect.kind == "file" and of:
                self._made.add(of)
            return
        for argument in call.args:  # asyncio.to_thread(delete_it, path)
            handed = handed_effect(argument, call)
            if handed is not None:
                self.effects.append(handed)
            for one in self.resolver.names(argument, scope) if isinstance(argument, ast.Name | ast.Attribute) else ():
                self._follow(one, deep)
        for one in resolved:
            self._follow(one, deep, self._fixed(call, one, scope, fixed))
        if not resolved and last_name(call.func) not in _HARMLESS:
            self.outside = True

    def _fixed(self, call: ast.Call, one: Resolved, scope: Scope, known: frozenset[str]) -> frozenset[str]:
        """The parameters of a function of this file that a call gives a text whose beginning stands in the code."""
        node = one.local.node if one.local is not None else None
        if one.local is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return frozenset()
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        if names and one.local.parent is not None and one.local.parent.kind == "class":
            names = names[1:]
        plain = itertools.takewhile(lambda each: not isinstance(each, ast.Starred), call.args)
        given = [*zip(names, plain, strict=False), *((each.arg, each.value) for each in call.keywords)]
        values = self.view.values
        return frozenset(
            name for name, value in given if name and (dotted(value) in known or starts_in_code(value, values, scope))
        )

    def _follow(self, one: Resolved, deep: int, fixed: frozenset[str] = frozenset()) -> None:
        if one.local is not None and one.local.kind == "function":
            if deep > 0:
                self.look(one.local, deep - 1, fixed)
        elif one.origin and one.local is None and one.origin.lstrip(".").partition(".")[0] not in FOREIGN:
            self.own.add(one.name)
        elif one.instance and one.local is None and one.origin.partition(".")[0] not in FOREIGN:
            self.outside = True


def _name_of_address(call: ast.Call) -> str:
    """The variable that holds the address of a request."""
    address = address_of(call)
    return dotted(address) if address is not None else ""
