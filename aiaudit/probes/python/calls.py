"""Call records: which function, with which arguments, where, and in what surroundings."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown, as_json
from aiaudit.probes.python.answering import is_handler
from aiaudit.probes.python.bodies import Bodies, opened
from aiaudit.probes.python.call_parts import (
    PARTIALS,
    adapter_of,
    called_name,
    deferred,
    first_argument,
    function_of,
    goes_round_again,
    has_part,
    identifier_of,
    is_partial,
    result_of,
)
from aiaudit.probes.python.defaults import defaults
from aiaudit.probes.python.given import AWAITED, REPEATED, handed_out, is_own_name, parts_of_choice, walk
from aiaudit.probes.python.guards import asks_for_nothing, in_want_of_a_key, returns_what_is_there
from aiaudit.probes.python.import_lines import FOREIGN
from aiaudit.probes.python.interfaces import by_interface
from aiaudit.probes.python.loops import LOOPS, describe, goes_over_things, innermost_loop
from aiaudit.probes.python.match import Patterns
from aiaudit.probes.python.module import Module, Scope
from aiaudit.probes.python.names import dotted, last_name, unknown_name
from aiaudit.probes.python.nodes import header
from aiaudit.probes.python.provenance import Provenance
from aiaudit.probes.python.resolve import ATTRGETTER, METHODCALLER, Resolver
from aiaudit.probes.python.resolved import Resolved
from aiaudit.probes.python.spread import Spread
from aiaudit.probes.python.values import Values

MAX_RECORDS: Final = 2_000  # of one file
MAX_ARGS: Final = 8
MAX_KEYWORDS: Final = 40
_RETRY: Final = lazy.regex(
    r"(?:^|\.)(?:tenacity\.\w+|backoff\.on_\w+|retry|retrying\.\w+|retry_with_\w+|stamina\.retry)$"
)


class CallFinder:
    """Finds the calls that a set of patterns asks for in one module."""

    def __init__(self, module: Module, resolver: Resolver, patterns: Patterns, references: Patterns) -> None:
        self.module = module
        self.resolver = resolver
        self.values = Values(resolver)
        self.spread = Spread(self.values)
        self.bodies = Bodies(self.spread)
        self.provenance = Provenance(resolver)
        self.patterns = patterns
        self.references = references
        self.has_roots = any(patterns.leads_below(one.module) for one, _ in module.imports)
        self.records: list[dict[str, Any]] = []
        self.aliases: set[str] = set()  # local names that stand for something asked for
        self._factories: set[str] = set()  # functions that hand back what is asked for where it is called
        self._given_names: dict[int, tuple[ast.stmt, list[ast.stmt], Scope]] = {}  # statements that made them
        self._called: set[str] = set()  # last names through which something asked for was called
        self._seen: set[int] = set()
        self._visited: set[int] = set()
        self._handlers: dict[int, bool] = {}
        self._retries: dict[int, bool] = {}
        self._loops: dict[int, dict[str, Any]] = {}

    def visit(self, lines: Iterable[int], words: frozenset[str] | set[str]) -> None:
        """Look at the statements on these lines for calls whose last name is among `words`."""
        for line in lines:
            for scope, chain in self.module.on_line(line):
                if chain and id(chain[-1]) not in self._visited:
                    self._visited.add(id(chain[-1]))
                    self._statement(chain, scope, words)

    def revisit(self, lines: Iterable[int], words: set[str]) -> None:
        """As `visit`, also for statements that were looked at before."""
        self._visited.clear()
        self.visit(lines, words)

    def _statement(self, chain: list[ast.stmt], scope: Scope, words: frozenset[str] | set[str]) -> None:
        statement = chain[-1]
        aliased = self._note_alias(statement, scope, words)
        if statement.__class__ is ast.Return:
            self._note_factory(statement, scope)
        handed = not aliased and bool(self.references.all)
        for node, flags in walk(header(statement)):
            if node.__class__ is ast.Call:
                if id(node) in self._seen:
                    continue
                if (put_off := deferred(node)) is not None and identifier_of(put_off.func) in words:
                    self._seen.add(id(node))
                    before = len(self.records)
                    self._call(put_off, flags, chain, scope, node)
                    if len(self.records) > before:
                        self._seen.add(id(put_off.func))
                elif identifier_of(node.func) in words or (self.has_roots and has_part(node.func, words)):
                    self._seen.add(id(node))
                    self._call(node, flags, chain, scope)
            elif handed:
                self._reference(node, flags, chain, scope, words)  # type: ignore[arg-type]
        if self.references.all:
            if aliased:
                self._given_names[id(statement)] = (statement, chain, scope)
            for node in handed_out(statement):
                self._reference(node, 0, chain, scope, words)
        decorators = getattr(statement, "decorator_list", ())
        for decorator in decorators:
            if isinstance(decorator, ast.Call) or id(decorator) in self._seen:
                continue
            if identifier_of(decorator) in words:
                self._seen.add(id(decorator))
                call = ast.copy_location(ast.Call(decorator, [], []), decorator)
                self._call(call, 0, chain, scope)

    def finish(self) -> None:
        """What was given a name in this file and is not called by it here: other files, tables or patches may."""
        if not self.references.all:
            return
        for statement, chain, scope in self._given_names.values():
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]  # type: ignore[attr-defined]
            if all(is_own_name(one) and last_name(one) in self._called for one in targets):
                continue
            value: ast.expr = statement.value  # type: ignore[attr-defined]
            bound = ()
            if isinstance(value, ast.Call) and last_name(value.func) in PARTIALS and value.args:
                value, bound = value.args[0], ((value, scope),)  # type: ignore[assignment]
            for node in parts_of_choice(value):
                if isinstance(node, ast.Name | ast.Attribute):
                    self._reference(node, 0, chain, scope, self.aliases, bound)
        for one, scope in self.module.imports:
            renamed = one.name and one.alias != one.name and one.alias not in self._called
            if renamed and self.references.match(one.target) and len(self.records) < MAX_RECORDS:
                line = self.module.source.line(one.line)
                place = {"line": line, "function": scope.qualname} if scope.qualname else {"line": line}
                self.records.append({**place, "names": [one.target], **_REFERENCE})

    def _note_alias(self, statement: ast.stmt, scope: Scope, words: frozenset[str] | set[str]) -> bool:
        """Remember the names that `fn = torch.load` or `get = partial(requests.get, timeout=5)` give to something asked
        for, and say whether the statement does that. What `pipe = pipeline(…)` makes is asked for where it is called.
        """
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            return False
        if not self._may_stand_for(value, words):
            return False
        found = self.resolver.names(value, scope)
        stands = any((not one.instance and self.patterns.match(one.name)) or self._below(one) for one in found) or any(
            one.instance and one.name in (ATTRGETTER, METHODCALLER) for one in found
        )
        if stands or any(one.instance and self.patterns.match(called_name(one)) for one in found):
            self.aliases.update(filter(None, map(last_name, targets)))
        return stands

    def _note_factory(self, statement: ast.Return, scope: Scope) -> None:
        """Remember a function that ends in `return pipeline(…)`, or in a name for that."""
        value, function = statement.value, scope.node
        named = isinstance(value, ast.Name) and value.id in self.aliases
        if not named and not (isinstance(value, ast.Call) and last_name(value.func) in self.patterns.makers):
            return
        made = any(one.instance and self.patterns.match(called_name(one)) for one in self.resolver.names(value, scope))  # type: ignore[arg-type]
        if made and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            self._factories.add(function.name)
            self.aliases.add(function.name)

    def _may_stand_for(self, value: ast.expr, words: frozenset[str] | set[str]) -> bool:
        """Whether an assigned value may be a function asked for, or an object below a root asked for."""
        if isinstance(value, ast.Call):
            name = last_name(value.func)
            made = name in self.patterns.makers or name in self._factories
            return made or is_partial(value) or (self.has_roots and has_part(value.func, words))
        if isinstance(value, ast.Name | ast.Attribute):
            return last_name(value) in words or (self.has_roots and has_part(value, words))
        return isinstance(value, ast.IfExp | ast.BoolOp | ast.NamedExpr | ast.Await)

    def _below(self, one: Resolved) -> bool:
        return self.patterns.below(one.name)

    def _call(
        self, node: ast.Call, flags: int, chain: list[ast.stmt], scope: Scope, within: ast.Call | None = None
    ) -> None:
        """Record a call. `within`: the call that puts it off (`submit(load, path)`), whose result is its own."""
        names = self._names(node.func, scope)
        if any(one.name == METHODCALLER for one in names):
            names = self.resolver.called_by_name(node, scope) or names
        if len(names) == 1 and names[0].name.startswith("?.") and (known := by_interface(node)):
            names = (Resolved(known),)
        kept = [one for one in names if self.patterns.match(called_name(one)) or self._may_be_own(one)]
        if not kept or len(self.records) >= MAX_RECORDS:
            return
        self._called.add(identifier_of(node.func))
        record = self._place(within or node, flags, chain, scope)
        record["names"] = [called_name(one) for one in kept]
        if len(kept) < len(names):
            record["other_names"] = True
        first = first_argument(node)
        value = self.values.of(first, scope) if first is not None else None
        record["args"] = self._args(node, scope, first, value)
        request = opened(node, scope, self.resolver)
        record["kw"], record["star_kw"] = self._keywords([(node, scope), *kept[0].partial, *request])
        if record["star_kw"] and not kept[0].partial and (perhaps := self._perhaps(node, scope)) is not None:
            record["perhaps"] = perhaps
        made = ([(kept[0].made_by, kept[0].made_in or scope)] if kept[0].made_by else []) + list(kept[0].settings)
        record["ctor_kw"], star = self._keywords(made)
        for other in kept[1:]:  # `A(timeout=9) if x else B()`: only what each of them is given is given
            if other.made_by is not None and other.made_by is not kept[0].made_by:
                given, more = self._keywords([(other.made_by, other.made_in or scope), *other.settings])
                record["ctor_kw"] = {key: value for key, value in record["ctor_kw"].items() if more or key in given}
                star = star or more
        record["ctor_star"] = star
        record["ctor_known"] = kept[0].made_by is not None
        record["defaults"] = defaults([(node, scope), *request, *made], self.resolver)
        loaded = adapter_of(node, kept[0].name) or first
        self.provenance.rests_on.clear()
        record["source"] = self.provenance.of(loaded, scope) if loaded is not None else "literal"
        record["rests_on"] = sorted(self.provenance.rests_on)
        record["dynamic"] = any(isinstance(one, Unknown) for one in (value if isinstance(value, list) else [value]))
        record["arg0"] = self._beginning(first, value, scope)
        self.records.append({key: value for key, value in record.items() if value})

    def _reference(
        self,
        node: ast.Name | ast.Attribute,
        flags: int,
        chain: list[ast.stmt],
        scope: Scope,
        words: Collection[str],
        bound: Iterable[tuple[ast.Call, Scope]] = (),
    ) -> None:
        """A function handed on without being called: `map(pickle.load, files)`, `{"pkl": pickle.load}`. `bound`: calls
        of `partial` that give it keywords."""
        last = identifier_of(node)
        if id(node) in self._seen or not (self.references.ends_like(last) or last in words):
            return
        kept = [one for one in self.resolver.names(node, scope) if not one.instance and self.references.match(one.name)]
        if not kept or len(self.records) >= MAX_RECORDS:
            return
        self._seen.add(id(node))
        record = self._place(node, flags, chain, scope)
        record |= {"names": [one.name for one in kept], **_REFERENCE}
        record["kw"], _ = self._keywords(bound)
        self.records.append({key: value for key, value in record.items() if value})

    def _names(self, function: ast.expr, scope: Scope) -> tuple[Resolved, ...]:
        found = self.resolver.names(function, scope)
        if found:
            return found
        if function.__class__ is ast.Attribute:
            return (Resolved(unknown_name(function, self.patterns)),)
        return ()

    def _may_be_own(self, one: Resolved) -> bool:
        """Whether the name leads into a module that may be the project's own, so that `answer` can decide."""
        if not one.origin or one.instance or one.local is not None:
            return False
        root = one.origin.partition(".")[0]
        if root in FOREIGN:
            return False
        chain = one.name[len(one.origin) + 1 :] or one.name.rpartition(".")[2]
        # Where a module was imported, what follows begins with a name that it exports.
        return self.patterns.is_tail(chain) or any(
            self.patterns.is_tail(chain[at + 1 :]) for at in range(len(chain)) if chain[at] == "."
        )

    def _place(self, node: ast.expr, flags: int, chain: list[ast.stmt], scope: Scope) -> dict[str, Any]:
        source = self.module.source
        loop = innermost_loop(chain)
        function = function_of(scope)
        around = chain[:-1]
        return {
            "line": source.line(node.lineno),
            "cell": source.cell(node.lineno),
            "function": scope.qualname,
            "result": result_of(chain[-1], node),
            "in_loop": bool(flags & REPEATED) or (loop is not None and goes_over_things(chain)),
            "loop": self._loop(loop) if loop is not None else None,
            "in_handler": function is not None and self._is_handler(function),
            "at_module": scope.kind == "module",
            "awaited": bool(flags & AWAITED),
            "in_try": any(isinstance(one, _TRIES) and one.handlers for one in around),
            "guarded": any(isinstance(one, ast.If) and asks_for_nothing(one.test) for one in around)
            or in_want_of_a_key(around, chain[-1])
            or returns_what_is_there(scope, node.lineno),
            "retried": self._retried(chain, scope),
        }

    def _loop(self, loop: ast.For | ast.AsyncFor | ast.While) -> dict[str, Any]:
        known = self._loops.get(id(loop))
        if known is None:
            known = self._loops[id(loop)] = {"line": self.module.source.line(loop.lineno), **describe(loop)}
        return dict(known)

    def _is_handler(self, function: Scope) -> bool:
        if id(function) not in self._handlers:
            inner: Scope | None = function
            found = False
            while inner is not None and not found:
                found = is_handler(inner, self.resolver)
                inner = inner.parent
            self._handlers[id(function)] = found
        return self._handlers[id(function)]

    def _retried(self, chain: list[ast.stmt], scope: Scope) -> str:
        """What calls again after an error: "decorator", or "loop" with a try and a wait on failure in it."""
        if self._is_retried(scope):
            return "decorator"
        for outer, block in enumerate(chain):
            if isinstance(block, LOOPS):
                for tried in chain[outer + 1 :]:
                    if isinstance(tried, _TRIES) and tried.handlers and goes_round_again(tried, block):
                        return "loop"
        return ""

    def _is_retried(self, scope: Scope) -> bool:
        """Whether a decorator of the function, or of what is around it, calls it again after an error."""
        known = self._retries.get(id(scope))
        if known is None:
            known = False
            inner: Scope | None = scope
            while inner is not None and not known and not isinstance(inner.node, ast.Module):
                for decorator in inner.node.decorator_list:
                    target = decorator.func if isinstance(decorator, ast.Call) else decorator
                    names = [one.name for one in self.resolver.names(target, inner.parent or inner)] or [dotted(target)]
                    known = known or any(_RETRY.search(name) for name in names)
                inner = inner.parent
            self._retries[id(scope)] = known
        return known

    def _args(self, node: ast.Call, scope: Scope, first: ast.expr | None, value: Any) -> list[Any]:
        """The values of the arguments; that of the `first` is known."""
        return [
            as_json(
                Unknown("*") if one.__class__ is ast.Starred else value if one is first else self.values.of(one, scope)
            )
            for one in node.args[:MAX_ARGS]
        ]

    def _keywords(self, calls: Iterable[tuple[ast.Call, Scope]]) -> tuple[dict[str, Any], bool]:
        """The keywords of the calls together, the first call's before others; and whether an unknown `**` was there."""
        out: dict[str, Any] = {}
        star = False
        for call, scope in calls:
            for keyword in call.keywords:
                if keyword.arg is not None:
                    if keyword.arg not in out:
                        made = self.bodies.held(keyword.arg, keyword.value, scope)
                        value = self.values.of(keyword.value, scope, keyword.arg) if made is None else made
                        out[keyword.arg] = as_json(value)
                    continue
                spread, whole = self.spread.of(keyword.value, scope)
                for key, value in spread.items():
                    out.setdefault(key, as_json(value))
                star = star or not whole
        return (dict(list(out.items())[:MAX_KEYWORDS]) if len(out) > MAX_KEYWORDS else out), star

    def _perhaps(self, node: ast.Call, scope: Scope) -> list[str] | None:
        """The keys that maps after `**` may hold, where all of these are known; None where there may be others."""
        found: set[str] = set()
        for keyword in node.keywords:
            if keyword.arg is None:
                keys = self.spread.keys(keyword.value, scope)
                if keys is None:
                    return None
                found |= keys
        return sorted(found)[:MAX_KEYWORDS]

    def _beginning(self, first: ast.expr | None, value: Any, scope: Scope) -> str:
        """The text of the first argument, or the constant with which it begins (`f"https://host/{path}"`)."""
        if isinstance(value, str):
            return value
        if isinstance(first, ast.JoinedStr) and first.values:
            first = first.values[0].value if isinstance(first.values[0], ast.FormattedValue) else first.values[0]
            value = self.values.of(first, scope)
        elif isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add | ast.Mod):
            return self._beginning(first.left, self.values.of(first.left, scope), scope)
        return value if isinstance(value, str) else ""


_TRIES: Final = (ast.Try, ast.TryStar)
_REFERENCE: Final = {"reference": True, "star_kw": True, "source": "unresolved"}
