"""The ways through a function that stands before every route, and whom it lets on.

Each way is followed, from the first line to each place where the request goes on. On the way stand conditions: one that
looks at a credential and turns away whoever has none; one that lets some paths pass, such as `/health`; any other. A
function asks *always* where no request goes on without the first, but for paths that it names.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.python.conditions import (
    DENIAL,
    DENIALS,
    MAX_NESTED,
    MAX_STEPS,
    NO_PATHS,
    UNKNOWN_CALLER,
    Conditions,
    Paths,
    Proof,
    names_of,
    statements_of,
)
from aiaudit.probes.python.credentials import BROUGHT, CHECKED, NONE, Said, is_setting, is_unverified, learn
from aiaudit.probes.python.endings import (
    answered,
    call_of,
    calls_of,
    catches_all,
    emptied,
    ends_here,
    gives_up,
    hangs_up,
    is_gone,
    is_handshake,
    is_none,
    suppresses,
)
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, parameters, plain_answer

_VERIFIES: Final = lazy.regex(
    r"(?i)(?<!un)verif|authentic|(?:check|validate|assert|require)_?\w*(?:signature|hmac|token|key)"
)


# What of a library raises for a credential or a signature that is not good, by its full name.
_RAISES: Final = lazy.regex(
    r"^(?:svix|standardwebhooks|nacl|itsdangerous|stripe|firebase_admin|google\.(?:oauth2|auth)|jwt|jose|authlib|auth0)"
    r"\.(?:\w+\.)*(?:decode|verify|verify_\w+|construct_event|loads)$"
)
_TOO_OFTEN: Final = lazy.regex(r"(?i)rate_?limit|too_?many|throttl|HTTP_429")
_ASKS_WHO: Final = lazy.regex(r"(?i)user|auth|token|jwt|claims|verif|principal|identity")
_RAISING: Final = ("decode", "verify", "construct_event", "loads")


class _At(Struct, frozen=True):
    """A point on a way: whether the caller was asked for, but on these paths, and the line at which a setting decided
    which way. A path ends in `*` where all below it are meant."""

    asked: bool = False
    but: Paths = NO_PATHS
    by_setting: int = 0


class Ways(Conditions):
    """The ways through one function."""

    def __init__(self, view: FileView, scope: Scope, kind: str) -> None:
        super().__init__(view)
        self._scope = scope
        self._kind = kind
        self._said = Said()
        self._onward = ""  # what lets the request on, where it is called
        self._asks = False  # some request goes on only after a look at its credential
        self._looks_at = False  # a condition looks at one and turns somebody away
        self._open: set[str] = set()
        self._unasked = 0  # the first line on which a request goes on unasked
        self._by_setting = 0  # the first at which a setting decides that it does
        self._by_presence = 0  # the first at which it does since no credential came along
        self._believes = kind == "passed"  # whether others' functions may be rested on; who asks looks them up
        self.by_library = False  # a library raises for a bad credential
        self.rests_on: set[str] = set()  # functions of other files that are taken to raise for a bad credential
        self._behind: list[Sequence[ast.stmt]] = []  # what follows behind the statements at hand, the inner ones last
        self._nested = 0
        self._answers: dict[str, ast.Call] = {}  # names of what functions of the file's own gave back

    def row(self) -> dict[str, Any]:
        node = self._scope.node
        assert isinstance(node, FunctionNode)
        names = [one.arg for one in parameters(node)]
        names = names[1:] if self._in_class() else names
        if self._kind == "grpc":  # intercept_service(self, continuation, handler_call_details)
            names.reverse()
        said = self._said = Said(names[0] if names else "", flask=self._kind == "flask")
        onward = names[-1] if self._kind in ("class", "hook", "aiohttp", "grpc") and names else ""
        self._onward = onward
        end = self._body(self._scope, said, onward, _At())
        if self._kind in ("flask", "falcon") and end is not None:
            self._goes_on(end, node.body[-1])
        return {
            "line": self._view.source.line(node.lineno),
            "name": self._scope.parent.qualname if self._in_class() and self._scope.parent else self._scope.qualname,
            "kind": self._kind,
            **self.told(),
            "open": sorted(self._open),
        }

    def told(self) -> dict[str, Any]:
        """Whether it asks who is calling, and the first line on which it lets somebody on without."""
        asks = "sometimes" if self._looks_at else "never"
        if self._asks and not self._unasked and self._steps <= MAX_STEPS:
            asks = "by setting" if self._by_setting else "always"
        return {
            "asks": asks,
            "unasked_line": self._view.source.line(self._unasked or self._by_setting),
        }

    def absent_line(self) -> int:
        """The line of a condition by which whoever brings no credential is let on; 0 where there is none."""
        return self._by_presence and self._view.source.line(self._by_presence)

    def looks(self, said: Said) -> bool:
        """Whether, by what the parameters say, a credential is looked at and whoever has none is turned away."""
        self._said = said
        end = self._body(self._scope, said, "", _At())
        if end is not None:
            assert isinstance(self._scope.node, FunctionNode)
            self._goes_on(end, self._scope.node.body[-1])
        return self._looks_at

    def turns_away(self) -> bool:
        """Whether somebody is answered 401 or 403, or shown where to log in."""
        if self.rests_on or self.by_library:
            return True
        assert isinstance(self._scope.node, FunctionNode)
        self._active.append(self._scope)
        found = self._denies(self._scope.node.body)
        self._active.pop()
        return found

    def refuses_by_raising(self) -> bool:
        """Whether whoever is refused gets no farther than the call, whatever is made of what comes back."""
        if self.rests_on or self.by_library:
            return True
        self._active.append(self._scope)
        refusals = [one for one in statements_of(self._scope) if ends_here(one) and self._denies([one])]
        self._active.pop()
        return bool(refusals) and not any(isinstance(one, ast.Return) for one in refusals)

    def _in_class(self) -> bool:
        return self._kind in ("class", "asgi", "falcon", "grpc")

    def _body(self, scope: Scope, said: Said, onward: str, at: _At) -> _At | None:
        node = scope.node
        assert isinstance(node, FunctionNode)
        self._active.append(scope)
        end = self._block(node.body, said, onward, at)
        self._active.pop()
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
        node = plain_answer(node) if isinstance(node, ast.Return) else node
        match node:
            case ast.If():
                return self._choice(node, said, onward, at)
            case ast.Try() | ast.TryStar():
                return self._try(node, said, onward, at)
            case ast.With() | ast.AsyncWith():
                before = self._asks, self._looks_at
                end = self._block(node.body, said, onward, at)
                if any(suppresses(one.context_expr) for one in node.items):
                    self._asks, self._looks_at = before  # who is refused is let on all the same
                    return at
                return end
            case ast.For() | ast.AsyncFor() | ast.While():
                self._block(node.body, said, onward, at)
                self._picks(node.body, said)
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
                if isinstance(target, ast.Name):
                    self._keep_answer(target.id, node.value)
        if isinstance(node, ast.Return) and any(
            self._raises(call, said) or (self._kind == "passed" and self._is_left_to(call, said))
            for call in calls_of(node)
        ):
            self._asks = self._looks_at = True
            at = _At(True, at.but)
        if (
            isinstance(node, ast.Return)
            and self._is_passed_by(node)
            and not (self._believes and self._hands_back(node, said))
        ):
            self._goes_on(at, node)
        if isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break) or gives_up(node):
            return None
        for call in calls_of(node):
            passed, by_setting = self._must_pass(call, said)
            if passed:
                self._asks = self._looks_at = True
                self._by_setting = self._by_setting or (0 if at.asked else by_setting)
                return _At(True, at.but)
        return at

    def _picks(self, body: Sequence[ast.stmt], said: Said) -> None:
        """What a loop over all keys or users gives a name where the credential fits one, and nowhere else:
        `for key in keys: if key.check(sent): user = key.user`, so that whoever has a user was asked."""
        given = [
            (one.targets[0].id, condition)
            for condition in (None, *(one for one in body if isinstance(one, ast.If)))
            for one in (body if condition is None else condition.body)
            if isinstance(one, ast.Assign) and len(one.targets) == 1 and isinstance(one.targets[0], ast.Name)
        ]
        for name, condition in given:
            if condition is not None and [other for other, _ in given].count(name) == 1:
                strength = self._strength(condition.test, said)
                if strength >= CHECKED:
                    learn(ast.Name(id=name), condition.test, strength, said)

    def _choice(self, node: ast.If, said: Said, onward: str, at: _At) -> _At | None:
        if self._nested >= MAX_NESTED:
            self._goes_on(_At(), node)  # not followed any farther
            return None
        if is_handshake(node):
            return self._block(node.orelse, said, onward, at)
        refused, by_setting = self._refuses(node, said)
        if refused:
            self._asks = self._looks_at = True
            self._by_setting = self._by_setting or (0 if at.asked else by_setting)
            return _At(True, at.but)
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
        if then is not None and other is not None and then.asked is not other.asked and not at.asked:
            brought = self._strength(node.test, said) == BROUGHT  # `if signature:` lets on whoever sends none
            self._by_presence = self._by_presence or (node.lineno if brought else 0)
        return end and _At(end.asked, end.but, at.by_setting)

    def _entered(self, at: _At, proof: Proof | None, others: Sequence[Sequence[ast.stmt]], node: ast.If) -> _At:
        """The way behind a condition that proves that the caller was asked for, but on some paths. A credential counts
        as looked at where the `others`, who go another way, are turned away for it: a limit asks nobody. What another's
        function says of the whole request counts only where whoever it does not know is answered 401."""
        if at.asked or proof is None or (proof.looked and not any(self._denies(one) for one in others)):
            return at
        if proof.by_request and (others != [node.body] or not self._denies(node.body, UNKNOWN_CALLER, (401,))):
            return at  # `if is_public(request)` lets on whom nobody asked
        self._asks = self._asks or proof.looked
        self._looks_at = self._looks_at or proof.looked
        if proof.by_setting:
            self._by_setting = self._by_setting or node.lineno
        return _At(True, at.but | proof.paths)

    def _try(self, node: ast.Try | ast.TryStar, said: Said, onward: str, at: _At) -> _At | None:
        before = self._asks, self._looks_at
        rested = set(self.rests_on)
        end = self._block(node.body, said, onward, at)
        asked = (end is not None and end.asked and not at.asked) or (end is None and self._asks is not before[0])
        known = dict(said.names)
        handled = [self._block(one.body, said, onward, at) for one in node.handlers]
        for name in emptied(node.handlers):  # `except Exception: user = None`: whoever has a user was looked at
            said.names[name] = max(said.names.get(name, NONE), known.get(name, NONE))
        if asked and any(
            catches_all(handler)
            and ((one is not None and not one.asked) or (end is None and one is None and self._leaves(handler)))
            for one, handler in zip(handled, node.handlers, strict=True)
        ):
            self._asks, self._looks_at = before  # who is refused is let on all the same
        if end is not None and node.handlers and all(one is None for one in handled):
            left = [one for one in node.handlers if not is_gone(one)]
            denied = self._are_refusals(left)
            if denied:  # which shows that what is called raises
                self.rests_on = rested
            calls = [call for statement in node.body for call in calls_of(statement)] if not end.asked else []
            if left and not denied:  # or hangs up on whom a function does not know
                hung_up = all(hangs_up(one.body, said) for one in left)
                calls = [one for one in calls if hung_up and _ASKS_WHO.search(last_name(one.func))]
            if any(self._strength(call, said) >= CHECKED for call in calls):
                self._asks = self._looks_at = True
                end = _At(True, end.but)
        if node.orelse:
            end = self._block(node.orelse, said, onward, end)
        end = _joined([end, *handled])
        return self._block(node.finalbody, said, onward, end) if node.finalbody else end

    def _are_refusals(self, handlers: Sequence[ast.ExceptHandler]) -> bool:
        """Whether each handler turns a caller away, and one of them for the credential: others may for their number."""
        denied = [self._denies(one.body) for one in handlers]
        return any(denied) and all(
            yes or self._denies(one.body, _TOO_OFTEN, (429,)) for yes, one in zip(denied, handlers, strict=True)
        )

    def _leaves(self, handler: ast.ExceptHandler) -> bool:
        """Whether a handler goes back from the function as if all were well, which lets the caller on."""
        back = any(isinstance(one, ast.Return) for one in handler.body)
        return back and self._active[-1] is self._scope and self._kind == "passed" and not self._denies(handler.body)

    def _must_pass(self, call: ast.Call, said: Said) -> tuple[bool, int]:
        """Whether a call raises for whoever brings no good credential, and the line of a setting that decides it. Of
        another file's function that is named after a check and given a credential, `rests_on` keeps the name."""
        own = self._own(call.func)
        if own is None and last_name(call.func) == "verify_jwt_in_request":  # flask_jwt_extended
            return not any(one.arg == "optional" for one in call.keywords), 0
        if own is None:
            return self._raises(call, said) or self._is_left_to(call, said), 0
        if not isinstance(own.node, FunctionNode):
            return False, 0
        raises = any(isinstance(one, ast.Raise) and self._denies([one]) for one in statements_of(own))
        if not raises and not any(
            isinstance(one, ast.Expr) and _VERIFIES.search(last_name(call_of(one))) for one in statements_of(own)
        ):
            return False, 0
        # who comes to its end, or back from it, has passed
        ways = self._through(own, call, said, "passed", believes=self._believes)
        passed = ways._asks and not ways._unasked and not ways._open
        self.rests_on |= ways.rests_on if passed else set()
        return passed, ways._by_setting

    def _through(self, own: Scope, call: ast.Call, said: Said, kind: str, *, believes: bool) -> Ways:
        """The ways through a function of the file's own, as a call comes into it."""
        assert isinstance(own.node, FunctionNode)
        ways = Ways(self._view, own, kind)
        ways._active, ways._steps, ways._believes = [*self._active], self._steps, believes
        end = ways._body(own, self._handed(own, call, said), "", _At())
        self._steps = ways._steps
        if end is not None:
            ways._goes_on(end, own.node)
        return ways

    def _keep_answer(self, name: str, value: ast.expr) -> None:
        call = value.value if isinstance(value, ast.Await) else value
        if isinstance(call, ast.Call) and self._believes and self._own(call.func) is not None:
            self._answers[name] = call
        else:
            self._answers.pop(name, None)

    def _refuses(self, node: ast.If, said: Said) -> tuple[bool, int]:
        """Whether a condition answers with the refusal that a function of the file's own gave back, if it gave one
        (`if refusal is not None: return refusal`), which that one does unless a credential is good; and the line of a
        setting that decides it."""
        name = answered(node)
        call = self._answers.get(name) if name else None
        own = self._own(call.func) if call is not None else None
        if call is None or own is None or not isinstance(own.node, FunctionNode):
            return False, 0
        # it gives back nothing where the caller may go on
        ways = self._through(own, call, said, "flask", believes=True)
        refuses = any(isinstance(one, ast.Return) and self._denies([one]) for one in statements_of(own))
        return refuses and ways._asks and not ways._unasked and not ways._open, ways._by_setting

    def _hands_back(self, node: ast.Return, said: Said) -> bool:
        """Whether a handler answers with what a function of the file's own gives back, which lets nobody pass unasked;
        one that looks at a credential on some ways only is noted."""
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        own = self._own(call.func) if isinstance(call, ast.Call) else None
        if own is None or not isinstance(call, ast.Call) or not isinstance(own.node, FunctionNode):
            return False
        ways = self._through(own, call, said, "passed", believes=True)
        if not ways._looks_at:
            return False
        self._looks_at = True
        self.rests_on |= ways.rests_on
        self._by_setting = self._by_setting or ways._by_setting
        self._asks = self._asks or ways._asks
        return ways._asks and not ways._unasked

    def _raises(self, call: ast.Call, said: Said) -> bool:
        """Whether a library raises here for whoever brings no good credential."""
        name = last_name(call.func)
        if name not in _RAISING and not name.startswith("verify_"):
            return False
        given = [*call.args, *(one.value for one in call.keywords)]
        if is_unverified(call) or not any(self._strength(one, said) >= BROUGHT for one in given):
            return False
        names = self._view.resolver.names(call.func, self._active[-1])
        found = any(_RAISES.search(one.name) for one in names)
        self.by_library = self.by_library or found
        return found

    def _is_left_to(self, call: ast.Call, said: Said) -> bool:
        name = last_name(call.func)
        if not self._believes or not _VERIFIES.search(name) or not isinstance(call.func, ast.Name | ast.Attribute):
            return False
        given = [*call.args, *(one.value for one in call.keywords)]
        if not any(self._strength(one, said) >= BROUGHT for one in given):
            return False
        names = self._view.resolver.names(call.func, self._active[-1])
        self.rests_on |= {one.name for one in names if not one.name.startswith("@.")}
        return any(not one.name.startswith("@.") for one in names)

    def _handed_on(self, node: ast.stmt, said: Said, onward: str) -> tuple[Scope, Said, str] | None:
        """A function of the file's own that is to let the request on: it is given `call_next`."""
        for call in calls_of(node) if onward else ():
            at = next((at for at, one in enumerate(call.args) if isinstance(one, ast.Name) and one.id == onward), None)
            own = self._own(call.func) if at is not None else None
            if own is not None and at is not None and isinstance(own.node, FunctionNode):
                names = names_of(own)
                if at < len(names):
                    return own, self._handed(own, call, said), names[at]
        return None

    def _inside(self, own: Scope, said: Said, onward: str, at: _At, node: ast.stmt) -> _At | None:
        self._body(own, said, onward, at)
        return None if isinstance(node, ast.Return) else at

    def _lets_on(self, node: ast.stmt, onward: str) -> bool:
        for call in calls_of(node):
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
        """Whether the request goes on where the function ends here: a hook that gives nothing back stops nobody. What a
        decorator puts around a handler answers in its place; what a dependency gives back only goes on with it."""
        own = self._active[-1] is self._scope
        around = self._scope.parent
        if own and around is not None and around.kind == "function" and node.value is not None and self._denies([node]):
            return False
        return own and (self._kind in ("passed", "falcon") or (self._kind == "flask" and is_none(node.value)))

    def _denies(
        self, body: Sequence[ast.stmt], words: Any = DENIAL, codes: Sequence[int] = DENIALS, depth: int = 0
    ) -> bool:
        """As of other functions; an interceptor of gRPC turns away by a handler that it hands back in place of that
        which was asked for, and that ends with a code of its own."""
        if super()._denies(body, words, codes, depth):
            return True
        if self._kind != "grpc" or not any(map(self._view.text_has, (b"UNAUTHENTICATED", b"PERMISSION_DENIED"))):
            return False
        return any(isinstance(one, ast.Return | ast.Raise) and not self._lets_on(one, self._onward) for one in body)

    def _goes_on(self, at: _At, node: ast.stmt) -> None:
        if at.asked:
            self._open |= at.but
        elif at.by_setting:
            self._by_setting = self._by_setting or at.by_setting
        elif not self._unasked:
            self._unasked = node.lineno


def _joined(ends: Sequence[_At | None]) -> _At | None:
    """Where ways meet that did not end."""
    there = [one for one in ends if one is not None]
    if not there:
        return None
    return _At(all(one.asked for one in there), NO_PATHS.union(*(one.but for one in there)))
