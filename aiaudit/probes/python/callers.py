"""Names of what asks who is calling, and functions that bear such a name and turn nobody away.

A name is believed only where what it stands for cannot be read. `get_tokenizer` and `token_budget` name no check, and
`get_auth_service` makes something; a scheme (`HTTPBearer()`) only sees to it that something was brought along.
"""

from __future__ import annotations

import ast
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.conditions import Conditions, statements_of
from aiaudit.probes.python.credentials import BROUGHT
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import FunctionNode, expressions, header, walk
from aiaudit.probes.python.turning import said_of

_WHO: Final = (
    rb"(?:token|key|user|admin|role|session|signature|credential|access|secret|caller|identity|scope|claim|member|owner"
    rb"|tenant|account|principal|client|active|staff|request)"
)
# All names that `asks_who` takes for a check, and few others: each such function is parsed as a whole.
HITS: Final = (
    rb"(?i)\bdef[ \t]+(?:__call__[ \t]*\([ \t\n]*self[ \t]*,[ \t\n]*(?:request|req|token|cred|auth|user|x_|conn"
    rb"|websocket|current|payload|claims|session|db|info|permission|key|api|header|role|scope|security|principal)"
    rb"|(?:\w*(?:auth|log_?in|logged_?in|sign_?in|signed_?in|jwt|bearer|permission|protected|principal|superuser"
    rb"|saml|rbac|api_?key|acl|iap|security|claims|caller|has_?role|has_?access|access_?control|user_?passes)\w*"
    rb"|\w*(?:current|verif|check|valid|decode|requir|ensure|need|enforce|guard|assert|only|is)\w*" + _WHO + rb"\w*"
    rb"|\w*" + _WHO + rb"s?_?(?:required|guard|check|only|needed|verif|valid)\w*)[ \t]*\()"
)
SCHEME: Final = lazy.regex(
    r"(?:^|\.)(?:HTTPBearer|HTTPBasic|HTTPDigest|OAuth2PasswordBearer|OAuth2AuthorizationCodeBearer|OAuth2|OpenIdConnect"
    r"|APIKey(?:Header|Query|Cookie))$"
)
MOST_IDLE: Final = 200  # functions of one file
_WORDS: Final = lazy.regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CHECK: Final = lazy.regex(
    r"(?:^|_)(?:auth|authn|authz|oauth|authenticated?|authentication|authenticator|authori[sz]ed?|authori[sz]ation"
    r"|authori[sz]er|login|log_in|logged_in|signed_in|sign_in|jwt|bearer|permissions?|protected|principal|superuser|saml|rbac"
    r"|apikey|api_key|acl|iap)(?:_|$)"
    r"|(?:^|_)current_(?:\w+_)?(?:user|admin|account|principal|tenant|client|caller|identity|session|active)"
    r"|(?:^|_)(?:verify|verified|check|validate|valid|decode|require|required|requires|ensure|need|needs|enforce|guard|assert|only|is)_(?:\w+_)?"
    r"(?:token|key|user|admin|role|roles|session|signature|credentials?|access|secret|caller|identity|scopes?|claims|member|owner|tenant)(?:_|$)"
    r"|(?:^|_)(?:token|key|user|admin|role|roles|session|access|secret|scopes?|staff|member)_(?:required|guard|check|checker|only|needed|verifier|validator|verification)(?:_|$)"
    r"|(?:^|_)(?:access_control|has_role|has_access|role_checker|user_passes_test|security_check|claims|caller)(?:_|$)|(?:^|_)security$"
)
_NO_CHECK: Final = lazy.regex(
    r"(?:^|_)(?:optional|maybe|anonymous|guest|none|public|skip|without|no|limits?|limiter|rate|budget|usage|count|counter)(?:_|$)"
    r"|_(?:service|client|repo|repository|manager|provider|settings|config|url|factory|store|dao|crud|classes)$"
)


def asks_who(name: str) -> bool:
    """Whether a dependency or decorator of this name looks at who calls, as far as a name tells: its last part, or that
    of the object which it belongs to (`auth.required`, `jwt_required`)."""
    first, _, last = name.rpartition(".")
    plain = _plain(last)
    if _NO_CHECK.search(plain):
        return False
    owner = _plain(first.rpartition(".")[2])
    return bool(_CHECK.search(plain)) or (
        bool(owner)
        and bool(_CHECK.search(owner))
        and bool(lazy.regex(r"requir|protect|verify|wrapper|guard|user|check|needed").search(plain))
    )


def lets_on(name: str) -> bool:
    """Whether a name says that whoever brings nothing gets on: `optional_user`."""
    return bool(_NO_CHECK.search(_plain(name.rpartition(".")[2])))


def _plain(name: str) -> str:
    return "_".join(_WORDS.findall(name)).lower()


def idle(view: FileView) -> list[str]:
    """The functions (and classes that are called) which are named after a check of the caller, and of whose lines none
    could turn one away: they raise nothing, and hand nothing that a caller brings to what might."""
    found: list[str] = []
    for scope in view.module.scopes:
        if scope.kind != "function" or len(found) >= MOST_IDLE:
            continue
        name = scope.qualname
        if name.endswith(".__call__"):
            name = name.removesuffix(".__call__")
        if asks_who(name.rpartition(".")[2]) and not _Reader(view, scope).might_refuse():
            found.append(name)
    return found


class _Reader(Conditions):
    """Reads whether a function may turn somebody away."""

    def __init__(self, view: FileView, scope: Scope) -> None:
        super().__init__(view)
        self._scope = scope
        self._given = said_of(view, scope)

    def might_refuse(self) -> bool:
        node = self._scope.node
        assert isinstance(node, FunctionNode)
        self._active.append(self._scope)
        if self._denies(node.body):
            return True
        kept: set[int] = set()  # what stands in a `try` that goes on whatever happens
        for statement in statements_of(self._scope):
            if statement is node:
                continue
            if isinstance(statement, ast.Try) and statement.handlers and not any(map(_gives_up, statement.handlers)):
                kept.update(id(one) for inner in statement.body for one in walk(inner))
            if id(statement) in kept:
                continue
            if isinstance(statement, ast.Raise | ast.Assert):
                return True
            for one in expressions(header(statement)):
                if isinstance(one, ast.Call) and id(one) not in kept and self._hands_on(one):
                    return True
        return False

    def _hands_on(self, call: ast.Call) -> bool:
        """Whether what is called may refuse a caller: it is given a credential or the request, or is named so."""
        name = last_name(call.func)
        if asks_who(name) or name in ("abort", "redirect") or isinstance(call.func, ast.Call):
            return True
        if name in ("get", "getattr", "getlist", "dict", "str", "print", "info", "debug", "warning"):
            return False
        given = [*call.args, *(one.value for one in call.keywords)]
        return any(
            self._strength(one, self._given) >= BROUGHT or (isinstance(one, ast.Name) and one.id in self._given.request)
            for one in given
        )


def _gives_up(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(one, ast.Raise) for statement in handler.body for one in walk(statement))
