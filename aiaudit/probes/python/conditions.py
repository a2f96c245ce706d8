"""What the conditions of a function say of whoever calls: that a credential was looked at, or for which paths.

A condition is asked what it proves that it is true, or false: `if key not in KEYS` proves behind it that the key was
good, `if path in OPEN` inside it that the request is for one of these. Functions of the same file are looked into.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.python.credentials import (
    BROUGHT,
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
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, answer_of, parameters, plain_answer, walk
from aiaudit.probes.python.values import MAX_ITEMS

DENIALS: Final = (401, 403, 1008, 4001, 4003, 4401, 4403)  # of HTTP, and of websockets
MAX_DEPTH: Final = 3  # functions that are called on the way
MAX_STEPS: Final = 4_000  # statements that are gone through for one function, those that it calls included
MAX_LOOKS: Final = 40_000  # nodes in which a denial is looked for
MAX_NESTED: Final = 60  # conditions inside conditions; each `elif` is one
DENIAL: Final = lazy.regex(
    r"(?i)unauthori[sz]|WS_1008|forbidden|not_?authenticated|permission_?denied|auth(?:entication)?_?(?:error|failed|required)"
    r"|credentials?_?(?:exception|error)|access_?denied|HTTP_40[13]|(?:^|_)den(?:y|ied)|log_?in|sign_?in|unauthenticated"
    r"|(?:invalid|expired|missing|no)_?(?:token|credential|api_?key|session)|(?:token|session)_?(?:expired|invalid|missing)"
)
_SIGNATURE: Final = lazy.regex(
    r"(?i)\b(?:invalid|bad|wrong|missing|incorrect|unverified|no)\b.{0,20}\b(?:signature|hmac)s?\b"
    r"|\b(?:signature|hmac)s?\b.{0,30}(?:invalid|mismatch|fail|did|does|n't|verif|wrong|missing|incorrect)"
)
"""In a message: whoever's signature is not good is often answered 400."""
_NOTES: Final = frozenset(("print", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"))
UNKNOWN_CALLER: Final = lazy.regex(r"(?i)unauthori[sz]ed|not_?authenticated|HTTP_401|log_?in|sign_?in")
Paths = frozenset[str]
NO_PATHS: Final[Paths] = frozenset()


class Proof(Struct, frozen=True):
    """What a condition proves: that a credential was looked at, or that the request is for one of these paths, or that
    it is of another kind (neither). All of it only where a setting wants it so."""

    looked: bool = False
    paths: Paths = NO_PATHS
    by_setting: bool = False
    by_request: bool = False  # by what another's function says of the whole request: which paths are open, perhaps


class Conditions:
    """The conditions of one function, and of those of its file that it calls."""

    def __init__(self, view: FileView) -> None:
        self._view = view
        self._active: list[Scope] = []  # the functions that are gone through, the inner ones last
        self._steps = 0
        self._looks = 0
        self._saw_one = False  # the condition at hand looks at a credential

    def _proof(self, test: ast.expr, truth: bool, said: Said, depth: int = 0) -> Proof | None:
        """What it proves that a condition is true (or false); None where that is nothing."""
        if depth > 12:
            return None
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self._proof(inner, not truth, said, depth + 1)
            case ast.BoolOp(op=op, values=parts):
                every_one = [self._proof(one, truth, said, depth + 1) for one in parts]
                found = [None if one is not None and one.by_request else one for one in every_one]
                known = [one for one in found if one is not None]
                if isinstance(op, ast.And) is truth:  # all of them hold: one is enough
                    return min(known, key=lambda one: (not one.looked, len(one.paths)), default=None)
                settings = [one is None and is_setting(part, said) for one, part in zip(found, parts, strict=True)]
                if not known or len(known) + sum(settings) < len(found):
                    return None
                every = NO_PATHS.union(*(one.paths for one in known))
                return Proof(any(one.looked for one in known), every, any(settings))
            case ast.NamedExpr(target=target, value=value):
                learn(target, value, self._strength(value, said), said)
                return self._proof(value, truth, said, depth + 1)
        if is_other_kind(test, truth, said):
            return Proof()
        paths = self._paths(test, truth, said)
        if paths:
            return Proof(paths=paths)
        most = self._strength(test, said)
        if not self._looked_at(test, truth, most):
            return None
        return Proof(looked=True, by_request=most == SAID, by_setting=self._says_yes_unset(test, said))

    def _says_yes_unset(self, test: ast.expr, said: Said) -> bool:
        """Whether it is a function of the file's own that says yes where no key is set: `if not KEY: return True`."""
        call = test.value if isinstance(test, ast.Await) else test
        own = self._own(call.func) if isinstance(call, ast.Call) else None
        if own is None or not isinstance(call, ast.Call):
            return False
        inside = self._handed(own, call, said)
        for one in statements_of(own):
            self._looks += 1
            if self._looks > MAX_LOOKS:
                return False
            match one:
                case ast.If(
                    test=ast.UnaryOp(op=ast.Not())
                    | ast.Compare(ops=[ast.Is()], comparators=[ast.Constant(value=None)]),
                    body=[*_, ast.Return(value=ast.Constant(value=True))],
                ) if is_setting(one.test, inside):
                    return True
        return False

    def _looked_at(self, test: ast.expr, truth: bool, found: int) -> bool:
        """Whether a condition that is true (or false) shows that a credential was looked at and found good."""
        if found < SAID:
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
            case ast.Call(func=function) as call if len(self._active) <= MAX_DEPTH:
                own = self._own(function)
                answer = _answer(own) if own is not None else None
                if own is None or answer is None:
                    return None
                return self._proof_of_paths(own, answer, call, truth, said)
        return None

    def _proof_of_paths(self, own: Scope, answer: ast.expr, call: ast.Call, truth: bool, said: Said) -> Paths | None:
        inside = self._handed(own, call, said)
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

    def _texts(self, node: ast.expr, depth: int = 0) -> Paths | None:
        """Constant texts, or None where they come from elsewhere: a setting may open anything."""
        match node:
            case ast.Name(id=name) if depth <= MAX_DEPTH:
                held = self._view.resolver.bindings(name, self._active[-1], None) or []
                if len(held) == 1 and held[0].kind == "value" and isinstance(held[0].node, ast.Call | ast.BinOp):
                    return self._texts(held[0].node, depth + 1)
            case ast.Call(func=ast.Name(id="frozenset" | "set" | "tuple" | "list"), args=[inner], keywords=[]):
                return self._texts(inner, depth + 1)
            case ast.BinOp(left=left, op=ast.BitOr() | ast.Add(), right=right) if depth <= MAX_DEPTH:
                both = (self._texts(left, depth + 1), self._texts(right, depth + 1))
                return None if both[0] is None or both[1] is None else both[0] | both[1]
        value = self._view.values.of(node, self._active[-1])
        if isinstance(node, ast.Attribute) and last_name(node.value) == "self" and not isinstance(value, list):
            owner = self._active[-1].parent
            bound = owner.attributes(node.attr) if owner is not None and owner.kind == "class" else ()
            value = self._view.values.of(bound[0].node, owner) if len(bound) == 1 and owner is not None else None
        if isinstance(value, dict):
            value = list(value)
        texts = value if isinstance(value, list) else [value]
        if len(texts) >= MAX_ITEMS:  # there may be more
            return None
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
        inside = self._handed(own, call, said)
        self._active.append(own)
        most = NONE
        refused = False  # whoever comes farther had a good credential
        for node in sorted(statements_of(own), key=lambda one: one.lineno):
            self._steps += 1
            if self._steps > MAX_STEPS:
                break
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                found = self._strength(node.value, inside)
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    learn(target, node.value, found, inside)
            elif isinstance(node, ast.Return):
                most = max(most, CHECKED if refused and not _says_no(node) else self._strength(node.value, inside))
            elif isinstance(node, ast.If) and self._strength(node.test, inside) >= CHECKED:
                most = max(most, CHECKED if any(isinstance(one, ast.Return) for one in node.body) else NONE)
                refused = refused or self._refused_at(own, node)
        self._active.pop()
        if most < CHECKED and BROUGHT in inside.names.values() and _compares_digests(own):
            return CHECKED  # what was sent is taken apart before: `t=1700000000,v1=5257a869…`
        return most

    def _refused_at(self, own: Scope, node: ast.If) -> bool:
        """Whether a condition on the way to all that a function gives back ends with 401 or 403 for whoever brings no
        good credential, and nothing but `None` came back before."""
        assert isinstance(own.node, FunctionNode)
        before = [one for one in statements_of(own) if isinstance(one, ast.Return) and one.lineno < node.lineno]
        return (
            node in own.node.body
            and isinstance(node.body[-1], ast.Raise)
            and all(map(_says_no, before))
            and self._denies(node.body)
        )

    def _handed(self, own: Scope, call: ast.Call, said: Said) -> Said:
        """What a function knows of the request by its parameters."""
        inside = Said(flask=said.flask)
        named = [(one.arg, one.value) for one in call.keywords if one.arg is not None]
        for name, one in (*zip(names_of(own), call.args, strict=False), *named):
            if isinstance(one, ast.Name) and (
                one.id in said.request or (said.flask and one.id == "request" and one.id not in said.names)
            ):
                inside.request.add(name)
            elif is_path(one, said):
                inside.paths.add(name)
            elif bag := bag_of(one, said):
                inside.bags[name] = bag
            else:
                inside.names[name] = self._strength(one, said)
        return inside

    def _denies(
        self, body: Sequence[ast.stmt], words: Any = DENIAL, codes: Sequence[int] = DENIALS, depth: int = 0
    ) -> bool:
        """Whether somewhere in a block a caller is told that the credential lacks: 401, 403, or where to log in. What
        is only noted in the log tells nobody."""
        for statement in body:
            if isinstance(statement, ast.Expr) and _notes(statement.value):
                continue
            for node in walk(statement):
                self._looks += 1
                if self._looks > MAX_LOOKS:
                    return False
                match node:
                    case ast.Constant(value=int(value)) if value in codes:
                        return True
                    case ast.Constant(value=str(text)) if len(text) < 60 and " " not in text and words.search(text):
                        return True
                    case ast.Constant(value=str(text)) if len(text) < 120 and _SIGNATURE.search(text):
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


def _notes(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in _NOTES


def names_of(own: Scope) -> list[str]:
    assert isinstance(own.node, FunctionNode)
    names = [one.arg for one in parameters(own.node)]
    return names[1:] if names and names[0] in ("self", "cls") else names


def statements_of(own: Scope) -> Iterator[ast.stmt]:
    assert isinstance(own.node, FunctionNode)
    for node in walk(own.node):
        if isinstance(node, ast.stmt):
            yield plain_answer(node) if isinstance(node, ast.Return) else node


def _compares_digests(own: Scope) -> bool:
    """Whether one of several digests must be the right one: `if not any(compare_digest(good, one) for one in sent):
    return False`."""
    for node in statements_of(own):
        leaves = isinstance(node, ast.If) and any(isinstance(one, ast.Return | ast.Raise) for one in node.body)
        asked = (
            node.test if isinstance(node, ast.If) and leaves else node.value if isinstance(node, ast.Return) else None
        )
        for one in ast.walk(asked) if asked is not None else ():
            if isinstance(one, ast.GeneratorExp | ast.ListComp) and isinstance(one.elt, ast.Call):
                given = [ast.dump(part) for part in one.elt.args]
                if last_name(one.elt.func) == "compare_digest" and len(set(given)) == 2:
                    return True
    return False


def _says_no(node: ast.Return) -> bool:
    """Whether a function gives back nothing: `return None`, `return False`."""
    return node.value is None or (isinstance(node.value, ast.Constant) and not node.value.value)


def _answer(own: Scope) -> ast.expr | None:
    """What a function gives back that is no more than `if …: return True` (or False), some times, and a last `return`:
    as one condition."""
    assert isinstance(own.node, FunctionNode)
    body = [one for one in own.node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    last = body[-1] if body else None
    answer = answer_of(last) if isinstance(last, ast.Return) else None
    if answer is None or len(body) > MAX_NESTED:
        return None
    for one in reversed(body[: -2 if hasattr(last, "stands_for") else -1]):
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
