"""The ways through a function that stands before every route, and whom it lets on.

Each way is followed, from the first line to each place where the request goes on. On the way stand conditions: one that
looks at a credential and turns away whoever has none; one that lets some paths pass, such as `/health`; any other. A
function asks *always* where no request goes on without the first, but for paths that it names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.python.credentials import (
    CHECKED,
    NONE,
    SAID,
    Said,
    bag_of,
    is_endpoint,
    is_other_kind,
    is_path,
    is_setting,
    learn,
    strength,
)
from aiaudit.probes.python.features import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.nodes import FunctionNode, expressions, header, parameters
from aiaudit.probes.python.resolve import last_name

MAX_DEPTH: Final = 3  # functions that are called on the way
MAX_STEPS: Final = 4_000  # statements that are gone through for one function, those that it calls included
MAX_LOOKS: Final = 40_000  # nodes in which a denial is looked for
MAX_NESTED: Final = 60  # conditions inside conditions; each `elif` is one
_DENIAL: Final = lazy.regex(
    r"(?i)unauthori[sz]|forbidden|not_?authenticated|permission_?denied|auth(?:entication)?_?(?:error|failed|required)"
    r"|credentials?_?(?:exception|error)|access_?denied|HTTP_40[13]|(?:^|_)den(?:y|ied)|invalid_?(?:token|credential|api_?key)|log_?in|sign_?in"
)
_UNKNOWN_CALLER: Final = lazy.regex(r"(?i)unauthori[sz]ed|not_?authenticated|HTTP_401|log_?in|sign_?in")
_ENDS: Final = ("abort", "exit", "_exit")
Paths = frozenset[str]
_NO_PATHS: Final[Paths] = frozenset()


class _Proof(Struct, frozen=True):
    """What a condition proves: that a credential was looked at, or that the request is for one of these paths, or that
    it is of another kind (neither). All of it only where a setting wants it so."""

    looked: bool = False
    paths: Paths = _NO_PATHS
    by_setting: bool = False


class _At(Struct, frozen=True):
    """A point on a way: whether the caller was asked for, but on these paths, and the line at which a setting decided
    which way. A path ends in `*` where all below it are meant."""

    asked: bool = False
    but: Paths = _NO_PATHS
    by_setting: int = 0


class Ways:
    """The ways through one function."""

    def __init__(self, view: FileView, scope: Scope, kind: str) -> None:
        self._view = view
        self._scope = scope
        self._kind = kind
        self._steps = 0
        self._asks = False  # some request goes on only after a look at its credential
        self._looks_at = False  # a condition looks at one and turns somebody away
        self._saw_one = False  # the condition at hand looks at one
        self._behind: list[Sequence[ast.stmt]] = []  # what follows behind the statements at hand, the inner ones last
        self._open: set[str] = set()
        self._unasked = 0  # the first line on which a request goes on unasked
        self._by_setting = 0  # the first at which a setting decides that it does
        self._active: list[Scope] = []
        self._said = Said()
        self._looks = 0
        self._nested = 0
        self._says_401 = False  # that the caller is not known, which only a credential can tell

    def row(self) -> dict[str, Any]:
        node = self._scope.node
        assert isinstance(node, FunctionNode)
        names = [one.arg for one in parameters(node)]
        names = names[1:] if self._kind in ("class", "asgi") else names
        said = self._said = Said(names[0] if names else "", flask=self._kind == "flask")
        onward = names[-1] if self._kind in ("class", "hook", "aiohttp") and names else ""
        end = self._body(self._scope, said, onward, _At())
        if self._kind == "flask" and end is not None:
            self._goes_on(end, node.body[-1])
        asks = "sometimes" if self._looks_at else "never"
        if self._asks and not self._unasked and self._steps <= MAX_STEPS:
            asks = "by setting" if self._by_setting else "always"
        return {
            "line": self._view.source.line(node.lineno),
            "name": self._scope.parent.qualname if self._in_class() and self._scope.parent else self._scope.qualname,
            "kind": self._kind,
            "asks": asks,
            "open": sorted(self._open),
            "unasked_line": self._view.source.line(self._unasked or self._by_setting),
        }

    def looks(self, said: Said) -> bool:
        """Whether, by what the parameters say, a credential is looked at and whoever has none is turned away."""
        self._said = said
        self._body(self._scope, said, "", _At())
        return self._looks_at

    def turns_away(self) -> bool:
        """Whether somebody is answered 401 or 403, or shown where to log in."""
        assert isinstance(self._scope.node, FunctionNode)
        self._active.append(self._scope)
        found = self._denies(self._scope.node.body)
        self._active.pop()
        return found

    def _in_class(self) -> bool:
        return self._kind in ("class", "asgi")

    def _body(self, scope: Scope, said: Said, onward: str, at: _At) -> _At | None:
        node = scope.node
        assert isinstance(node, FunctionNode)
        self._active.append(scope)
        before, self._says_401 = self._says_401, self._denies(node.body, _UNKNOWN_CALLER, (401,))
        end = self._block(node.body, said, onward, at)
        self._active.pop()
        self._says_401 = before
        return end

    def _block(self, body: Sequence[ast.stmt], said: Said, onward: str, at: _At | None) -> _At | None:
        """Where the way stands behind a block; None where it ends inside."""
        for number, statement in enumerate(body):
            self._steps += 1
            if at is None or self._steps > MAX_STEPS:
                return at
            self._behind.append(body[number + 1 :])
            at = self._statement(statement, said, onward, at)
            self._behind.pop()
        return at

    def _statement(self, node: ast.stmt, said: Said, onward: str, at: _At) -> _At | None:
        match node:
            case ast.If():
                return self._choice(node, said, onward, at)
            case ast.Try() | ast.TryStar():
                return self._try(node, said, onward, at)
            case ast.With() | ast.AsyncWith():
                return self._block(node.body, said, onward, at)
            case ast.For() | ast.AsyncFor() | ast.While():
                self._block(node.body, said, onward, at)
                return at
            case ast.Match():
                ends = [self._block(case.body, said, onward, at) for case in node.cases]
                return _joined([*ends, at])
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return at
        inner = self._handed_on(node, said, onward)
        if inner is not None:
            return self._inside(*inner, at, node)
        if self._lets_on(node, onward):
            self._goes_on(at, node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            found = self._strength(node.value, said)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                learn(target, node.value, found, said)
        if isinstance(node, ast.Return) and self._is_passed_by(node):
            self._goes_on(at, node)
        if isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break) or _gives_up(node):
            return None
        if any(self._must_pass(call, said) for call in _calls(node)):
            self._asks = self._looks_at = True
            return _At(True, at.but)
        return at

    def _choice(self, node: ast.If, said: Said, onward: str, at: _At) -> _At | None:
        if self._nested >= MAX_NESTED:
            self._goes_on(_At(), node)  # not followed any farther
            return None
        self._nested += 1
        yes, no = self._proof(node.test, True, said), self._proof(node.test, False, said)
        then_at = self._entered(at, yes, [node.orelse, *reversed(self._behind)], node)
        other_at = self._entered(at, no, [node.body], node)
        self._looks_at = self._looks_at or (self._saw_one and self._denies(node.body))
        self._saw_one = False
        setting = not at.asked and is_setting(node.test, said)
        if setting:
            then_at = _At(False, at.but, node.lineno)
            other_at = _At(False, at.but, node.lineno if node.orelse else at.by_setting)
        then = self._block(node.body, said, onward, then_at)
        other = self._block(node.orelse, said, onward, other_at)
        self._nested -= 1
        if setting and then is not None and other is not None and then.asked is not other.asked:
            self._by_setting = self._by_setting or node.lineno
            return _At(True, then.but | other.but, at.by_setting)
        end = _joined([then, other])
        return end and _At(end.asked, end.but, at.by_setting)

    def _entered(self, at: _At, proof: _Proof | None, others: Sequence[Sequence[ast.stmt]], node: ast.If) -> _At:
        """The way behind a condition that proves that the caller was asked for, but on some paths. A credential counts
        as looked at where the `others`, who go another way, are turned away for it: a limit asks nobody."""
        if at.asked or proof is None or (proof.looked and not any(self._denies(one) for one in others)):
            return at
        self._asks = self._asks or proof.looked
        self._looks_at = self._looks_at or proof.looked
        if proof.by_setting:
            self._by_setting = self._by_setting or node.lineno
        return _At(True, at.but | proof.paths)

    def _try(self, node: ast.Try | ast.TryStar, said: Said, onward: str, at: _At) -> _At | None:
        end = self._block(node.body, said, onward, at)
        handled = [self._block(one.body, said, onward, at) for one in node.handlers]
        if end is not None and not end.asked and node.handlers and all(one is None for one in handled):
            turned_away = all(self._denies(one.body) for one in node.handlers if not _is_gone(one))
            calls = (call for statement in node.body for call in _calls(statement))
            if turned_away and any(self._strength(call, said) >= CHECKED for call in calls):
                self._asks = self._looks_at = True
                end = _At(True, end.but)
        if node.orelse:
            end = self._block(node.orelse, said, onward, end)
        end = _joined([end, *handled])
        return self._block(node.finalbody, said, onward, end) if node.finalbody else end

    def _proof(self, test: ast.expr, truth: bool, said: Said, depth: int = 0) -> _Proof | None:
        """What it proves that a condition is true (or false); None where that is nothing."""
        if depth > 12:
            return None
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self._proof(inner, not truth, said, depth + 1)
            case ast.BoolOp(op=op, values=parts):
                found = [self._proof(one, truth, said, depth + 1) for one in parts]
                known = [one for one in found if one is not None]
                if isinstance(op, ast.And) is truth:  # all of them hold: one is enough
                    return min(known, key=lambda one: (not one.looked, len(one.paths)), default=None)
                settings = [one is None and is_setting(part, said) for one, part in zip(found, parts, strict=True)]
                if not known or len(known) + sum(settings) < len(found):
                    return None
                every = _NO_PATHS.union(*(one.paths for one in known))
                return _Proof(any(one.looked for one in known), every, any(settings))
            case ast.NamedExpr(target=target, value=value):
                learn(target, value, self._strength(value, said), said)
                return self._proof(value, truth, said, depth + 1)
        if is_other_kind(test, truth, said):
            return _Proof()
        paths = self._paths(test, truth, said)
        if paths:
            return _Proof(paths=paths)
        return _Proof(looked=True) if self._looked_at(test, truth, said) else None

    def _looked_at(self, test: ast.expr, truth: bool, said: Said) -> bool:
        """Whether a condition that is true (or false) shows that a credential was looked at and found good."""
        found = self._strength(test, said)
        if found < SAID or (found == SAID and not self._says_401):
            return False
        self._saw_one = True
        if isinstance(test, ast.Compare):
            good = isinstance(test.ops[0], ast.Eq | ast.In | ast.IsNot)
            other = test.comparators[0]
            if isinstance(other, ast.Constant) and other.value is False:
                good = not good
            return good is truth
        return truth

    def _paths(self, test: ast.expr, truth: bool, said: Said) -> Paths | None:
        """The paths that a condition lets through: `path in OPEN`, `path.startswith("/docs")`, `any(… for … in …)`, or
        a function of the file's own that answers so."""
        match test:
            case ast.Compare(left=left, ops=[op], comparators=[other]) if is_path(left, said):
                if isinstance(op, ast.In | ast.Eq) is truth and isinstance(op, ast.In | ast.Eq | ast.NotIn | ast.NotEq):
                    return self._texts(other)
            case ast.Compare(left=left, ops=[op], comparators=[other]) if is_endpoint(left, said):
                if isinstance(op, ast.In | ast.Eq) is truth and isinstance(op, ast.In | ast.Eq | ast.NotIn | ast.NotEq):
                    texts = self._texts(other)
                    return None if texts is None else frozenset(f"{one}()" for one in texts)
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[given]) if truth and is_path(
                value, said
            ):
                return _below(self._texts(given))
            case ast.Call(func=ast.Name(id="any"), args=[ast.GeneratorExp(elt=element, generators=[one])]) if truth:
                return self._any_path(element, one, said)
            case ast.Call(func=function, args=given) if len(self._active) <= MAX_DEPTH:
                own = self._own(function)
                answer = _answer(own) if own is not None else None
                if own is None or answer is None:
                    return None
                return self._proof_of_paths(own, answer, given, truth, said)
        return None

    def _proof_of_paths(
        self, own: Scope, answer: ast.expr, given: Sequence[ast.expr], truth: bool, said: Said
    ) -> Paths | None:
        inside = _handed(own, given, said)
        self._active.append(own)
        found = self._proof(answer, truth, inside) if inside.paths or inside.request else None
        self._active.pop()
        return found.paths if found is not None and not found.looked else None

    def _any_path(self, element: ast.expr, one: ast.comprehension, said: Said) -> Paths | None:
        match element:
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Name(id=name)]) if is_path(
                value, said
            ):
                if isinstance(one.target, ast.Name) and one.target.id == name:
                    return _below(self._texts(one.iter))
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Name(id=name)]) if is_path(left, said):
                if isinstance(one.target, ast.Name) and one.target.id == name:
                    return self._texts(one.iter)
        return None

    def _texts(self, node: ast.expr) -> Paths | None:
        """Constant texts, or None where they come from elsewhere: a setting may open anything."""
        value = self._view.values.of(node, self._active[-1])
        if isinstance(node, ast.Attribute) and last_name(node.value) == "self" and not isinstance(value, list):
            owner = self._active[-1].parent
            bound = owner.attributes(node.attr) if owner is not None and owner.kind == "class" else ()
            value = self._view.values.of(bound[0].node, owner) if len(bound) == 1 and owner is not None else None
        if isinstance(value, dict):
            value = list(value)
        texts = value if isinstance(value, list) else [value]
        return frozenset(texts) if texts and all(isinstance(one, str) for one in texts) else None

    def _own(self, function: ast.AST) -> Scope | None:
        """The function of this file that is called: `self.f`, or `f`."""
        match function:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                around = self._active[-1].parent
                found = around.children.get(name) if around is not None and around.kind == "class" else None
            case ast.Name(id=name):
                found = self._view.module.top.children.get(name)
            case _:
                return None
        if found is None or found.kind != "function" or found in self._active or len(self._active) > MAX_DEPTH:
            return None
        return found

    def _strength(self, node: ast.AST | None, said: Said) -> int:
        return strength(node, said, lambda call: self._inner(call, said))

    def _inner(self, call: ast.Call, said: Said) -> int:
        """How much of a credential a function of the file's own gives back; below 0 where it is another's."""
        own = self._own(call.func)
        if own is None:
            return -1
        inside = _handed(own, call.args, said)
        self._active.append(own)
        most = NONE
        for node in _plain(own):
            self._steps += 1
            if self._steps > MAX_STEPS:
                break
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                found = self._strength(node.value, inside)
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    learn(target, node.value, found, inside)
            elif isinstance(node, ast.Return):
                most = max(most, self._strength(node.value, inside))
            elif isinstance(node, ast.If) and self._strength(node.test, inside) >= CHECKED:
                most = max(most, CHECKED if any(isinstance(one, ast.Return) for one in node.body) else NONE)
        self._active.pop()
        return most

    def _must_pass(self, call: ast.Call, said: Said) -> bool:
        """Whether a call of the file's own raises for whoever brings no good credential."""
        own = self._own(call.func)
        if own is None and last_name(call.func) == "verify_jwt_in_request":  # flask_jwt_extended
            return not any(one.arg == "optional" for one in call.keywords)
        if own is None or not isinstance(own.node, FunctionNode):
            return False
        if not any(isinstance(one, ast.Raise) and self._denies([one]) for one in _plain(own)):
            return False
        ways = Ways(self._view, own, "passed")  # who comes to its end, or back from it, has passed
        ways._active, ways._steps = [*self._active], self._steps
        end = ways._body(own, _handed(own, call.args, said), "", _At())
        self._steps = ways._steps
        if end is not None:
            ways._goes_on(end, own.node)
        return ways._asks and not ways._unasked and not ways._by_setting and not ways._open

    def _handed_on(self, node: ast.stmt, said: Said, onward: str) -> tuple[Scope, Said, str] | None:
        """A function of the file's own that is to let the request on: it is given `call_next`."""
        for call in _calls(node) if onward else ():
            at = next((at for at, one in enumerate(call.args) if isinstance(one, ast.Name) and one.id == onward), None)
            own = self._own(call.func) if at is not None else None
            if own is not None and at is not None and isinstance(own.node, FunctionNode):
                names = _names(own)
                if at < len(names):
                    return own, _handed(own, call.args, said), names[at]
        return None

    def _inside(self, own: Scope, said: Said, onward: str, at: _At, node: ast.stmt) -> _At | None:
        self._body(own, said, onward, at)
        return None if isinstance(node, ast.Return) else at

    def _lets_on(self, node: ast.stmt, onward: str) -> bool:
        for call in _calls(node):
            if onward and isinstance(call.func, ast.Name) and call.func.id == onward:
                return True
            if self._kind == "asgi" and len(call.args) == 3 and last_name(call.args[1]) == "receive":
                match call.func:  # `response(scope, receive, send)` answers; `self.app(…)` goes on
                    case ast.Attribute(value=ast.Name(id="self")):
                        return True
                    case ast.Name(id=name):
                        return name not in self._said.names
        return False

    def _is_passed_by(self, node: ast.Return) -> bool:
        """Whether the request goes on where the function ends here: a hook that gives nothing back stops nobody."""
        own = self._active[-1] is self._scope
        return own and (self._kind == "passed" or (self._kind == "flask" and _is_none(node.value)))

    def _goes_on(self, at: _At, node: ast.stmt) -> None:
        if at.asked:
            self._open |= at.but
        elif at.by_setting:
            self._by_setting = self._by_setting or at.by_setting
        elif not self._unasked:
            self._unasked = node.lineno

    def _denies(
        self, body: Sequence[ast.stmt], words: Any = _DENIAL, codes: Sequence[int] = (401, 403), depth: int = 0
    ) -> bool:
        """Whether somewhere in a block a caller is told that the credential lacks: 401, 403, or where to log in."""
        for statement in body:
            for node in ast.walk(statement):
                self._looks += 1
                if self._looks > MAX_LOOKS:
                    return False
                match node:
                    case ast.Constant(value=int(value)) if value in codes:
                        return True
                    case ast.Constant(value=str(text)) if len(text) < 60 and " " not in text and words.search(text):
                        return True
                    case ast.Attribute(attr=name) | ast.Name(id=name) if words.search(name):
                        return True
                    case ast.Raise(exc=ast.Name(id=name)) if depth < MAX_DEPTH and self._active:
                        made = [one.node for one in self._active[-1].bindings(name) if isinstance(one.node, ast.Call)]
                        if any(self._denies([ast.Expr(one)], words, codes, MAX_DEPTH) for one in made):
                            return True
                    case ast.Call(func=function) if depth < MAX_DEPTH:
                        own = self._own(function)
                        if own is not None and isinstance(own.node, FunctionNode):
                            self._active.append(own)
                            inner = self._denies(own.node.body, words, codes, depth + 1)
                            self._active.pop()
                            if inner:
                                return True
        return False


def _joined(ends: Sequence[_At | None]) -> _At | None:
    """Where ways meet that did not end."""
    there = [one for one in ends if one is not None]
    if not there:
        return None
    return _At(all(one.asked for one in there), _NO_PATHS.union(*(one.but for one in there)))


def _handed(own: Scope, given: Sequence[ast.expr], said: Said) -> Said:
    """What a function knows of the request by its parameters."""
    inside = Said(flask=said.flask)
    for name, one in zip(_names(own), given, strict=False):
        if isinstance(one, ast.Name) and one.id in said.request:
            inside.request.add(name)
        elif is_path(one, said):
            inside.paths.add(name)
        elif bag := bag_of(one, said):
            inside.bags[name] = bag
        else:
            inside.names[name] = strength(one, said, lambda _: -1)
    return inside


def _names(own: Scope) -> list[str]:
    assert isinstance(own.node, FunctionNode)
    names = [one.arg for one in parameters(own.node)]
    return names[1:] if names and names[0] in ("self", "cls") else names


def _plain(own: Scope) -> Iterator[ast.stmt]:
    assert isinstance(own.node, FunctionNode)
    for node in ast.walk(own.node):
        if isinstance(node, ast.stmt):
            yield node


def _calls(node: ast.stmt) -> list[ast.Call]:
    return [one for one in expressions(header(node)) if isinstance(one, ast.Call)]


def _answer(own: Scope) -> ast.expr | None:
    """What a function gives back that is no more than `if …: return True` (or False), some times, and a last `return`:
    as one condition."""
    assert isinstance(own.node, FunctionNode)
    body = [one for one in own.node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    last = body[-1] if body else None
    if not isinstance(last, ast.Return) or last.value is None or len(body) > MAX_NESTED:
        return None
    answer = last.value
    for one in reversed(body[:-1]):
        match one:
            case ast.If(test=test, body=[ast.Return(value=ast.Constant(value=True))], orelse=[]):
                answer = test if _is_false(answer) else ast.BoolOp(ast.Or(), [test, answer])
            case ast.If(test=test, body=[ast.Return(value=ast.Constant(value=False))], orelse=[]):
                answer = ast.BoolOp(ast.And(), [ast.UnaryOp(ast.Not(), test), answer])
            case _:
                return None
    return answer


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _below(texts: Paths | None) -> Paths | None:
    return None if texts is None else frozenset(f"{one}*" for one in texts)


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _gives_up(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and last_name(node.value.func) in _ENDS


def _is_gone(handler: ast.ExceptHandler) -> bool:
    """A handler for a caller who has left."""
    return "Disconnect" in last_name(handler.type) if handler.type is not None else False


def _is_login(text: str) -> bool:
    return len(text) < 80 and bool(_DENIAL.search(text)) and text[:1] == "/"
