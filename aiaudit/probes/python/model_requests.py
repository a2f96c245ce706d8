"""Requests by which code asks a language model over HTTP itself: known by the address, whatever library sends them.

The address is put together from what the file says of it: constants, defaults of settings, f-strings, sums, names and
attributes bound in the file. What another file or the environment says of its beginning is not needed, since the path
(`/chat/completions`, `/api/generate`) tells what is asked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.bodies import Bodies, opened
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.groups import expanded
from aiaudit.probes.python.match import Patterns, name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.resolved import Resolved
from aiaudit.probes.python.spread import Spread
from aiaudit.probes.python.values import Values

HITS: Final = (
    rb"\.(?:post|request|stream)\(|\b_{0,2}a?(?:post|request|send)(?:_[a-z]+){1,2}\(|\b_(?:post|request|send)\("
    rb"|\burlopen\(|\bRequest\("
)
MAX_ROWS: Final = 60
_MAX_DEPTH: Final = 8
_MAX_PARTS: Final = 60
_REQUESTS: Final = Patterns(expanded(["group:http.request"]))
_SENDS: Final = name_set("post request stream urlopen Request")
_OWN: Final = lazy.regex(
    r"^_{0,2}a?(?:post|request|send)(?:_[a-z]+){0,2}$"
)  # `self._post_json("/chat/completions", …)`
_PATH: Final = (
    r"/chat/completions|/v1/(?:completions|messages|responses)\b|:(?:stream)?generateContent\b"
    r"|/(?:deployments|models)/[^|\s]{1,80}/(?:chat|completions|invoke)\b"
)
_PROVIDER: Final = (
    r"://[\w.-]*\b(?:api\.(?:openai|anthropic|mistral|groq|cohere|deepseek|together|fireworks|perplexity|x)\.(?:com|ai|xyz)"
    r"|generativelanguage\.googleapis\.com|openai\.azure\.com|openrouter\.ai/api|[\w.-]*:11434)"
)
_HOST: Final = lazy.regex(rf"(?i){_PROVIDER}")
_MODEL: Final = lazy.regex(rf"(?i){_PATH}|{_PROVIDER}")  # by the path, or by a host that serves nothing else
_BY_ITS_PATH: Final = lazy.regex(rf"(?i){_PATH}")
_OLLAMA: Final = lazy.regex(r"(?i):11434|ollama")
_OLLAMA_CHAT: Final = lazy.regex(r"/api/(?:chat|generate)\b")  # which other services have too
# Other answers of the same hosts: vectors, sounds, pictures, lists of models.
_ELSE: Final = lazy.regex(
    r"(?i)/(?:embed(?:dings?)?|audio|images?|moderations|rerank|tags|pull|show|files|batches|threads|assistants|vector_stores)\b"
    r"|/models/?(?:[|\s]|$)|/v1/models\b"
)


class ModelRequests:
    """Tells of the calls of one file which of them ask a language model over HTTP."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def address(self, call: ast.Call, scope: Scope, names: Sequence[Resolved], *, made: bool = False) -> str:
        """The address that a call sends something to, where a language model answers there; else "". `made`: what only
        makes a request for another function to send counts too."""
        last = last_name(call.func)
        if last not in _SENDS and not _OWN.match(last):
            return ""
        known = [one.name for one in names if one.name[:1] not in "?@"]  # these are objects that are handed in
        sure = any(map(_REQUESTS.match, known)) or _MADE in known
        if last == "Request" and not (made and sure):
            return ""
        if known and not sure and not any(one.local is not None for one in names):
            return ""  # a function of a library that is no request
        given = call.args[:1] if last in ("post", "urlopen", "Request") else call.args[:2]
        given = [*given, *(one.value for one in call.keywords if one.arg in ("url", "endpoint"))]
        texts = ["".join(self._parts(one, scope, 0, [_MAX_PARTS])) for one in given]
        asked = next((text for text in texts if self._asks(text, sure=sure)), "")
        if asked or any(map(_ELSE.search, texts)):
            return asked
        return _CARRIED if self._carries_a_prompt(call, scope) else ""

    def _asks(self, text: str, *, sure: bool) -> bool:
        """`sure`: a library for requests sends it. Of any other object the path has to tell."""
        if _ELSE.search(text):
            return False
        if _OLLAMA_CHAT.search(text):
            spoken = "/api/generate" in text and b"ollama" in self.resolver.module.source.data.lower()
            return spoken or _OLLAMA.search(text) is not None
        return (_MODEL if sure else _BY_ITS_PATH).search(text) is not None

    def _carries_a_prompt(self, call: ast.Call, scope: Scope) -> bool:
        """Whether a request carries what only a language model is sent: which model, and messages or a prompt."""
        keys = [set(_texts(body)) for node in self._sent(call, scope) for body in self._bodies(node, scope, 0)]
        return any(one >= {"model", "messages"} or ({"model", "prompt"} <= one and one & _OF_A_TEXT) for one in keys)

    def _sent(self, call: ast.Call, scope: Scope) -> list[ast.AST]:
        """What is sent: by the call itself, or by `Request(url, data=body)` which it opens."""
        opened = [call]
        if last_name(call.func) == "urlopen" and call.args:
            first = call.args[0]
            bound = self._bound(first, scope) if isinstance(first, ast.Name | ast.Attribute) else [(first, scope)]
            opened += [one for one, _ in bound if isinstance(one, ast.Call) and last_name(one.func) == "Request"]
        return [one.value for made in opened for one in made.keywords if one.arg in _BODIES]

    def _bodies(self, body: ast.AST, scope: Scope, depth: int) -> list[ast.Dict]:
        """The dictionaries that a body is made of: `json.dumps(payload).encode()` has it two deeper."""
        while isinstance(body, ast.Call):
            of = body.func.value if isinstance(body.func, ast.Attribute) and last_name(body.func) == "encode" else None
            if of is None and not body.args:
                return []
            body = of if of is not None else body.args[0]
        if isinstance(body, ast.Dict):
            return [body]
        if not isinstance(body, ast.Name | ast.Attribute) or depth > 2:
            return []
        return [
            made
            for node, where in self._bound(body, scope)
            if node is not None
            for made in self._bodies(node, where, depth + 1)
        ]

    def _parts(self, node: ast.AST | None, scope: Scope, depth: int, left: list[int]) -> Iterator[str]:
        """The texts of which an address is made, in their order; `|` stands between those of which one is taken."""
        left[0] -= 1
        if node is None or depth > _MAX_DEPTH or left[0] < 0:
            return
        below: Iterable[tuple[ast.AST | None, Scope]] = ()
        choice = False
        match node:
            case ast.Constant(value=str(text)):
                yield text[:200]
            case ast.JoinedStr(values=values):
                below = [(one.value if isinstance(one, ast.FormattedValue) else one, scope) for one in values]
            case ast.BinOp(op=ast.Add() | ast.Mod(), left=one, right=other):
                below = [(one, scope), (other, scope)]
            case ast.BoolOp(values=values):
                below, choice = [(one, scope) for one in values], True
            case ast.IfExp(body=one, orelse=other):
                below, choice = [(one, scope), (other, scope)], True
            case ast.Name() | ast.Attribute():
                below, choice = self._bound(node, scope), True
            case ast.Call(func=func, args=args, keywords=keywords):
                if isinstance(func, ast.Attribute) and last_name(func) in ("rstrip", "strip", "format", "lstrip"):
                    below = [(func.value, scope)]
                elif last_name(func) in ("getenv", "get", "urljoin", "join", "str", "Request", "URL", "AnyHttpUrl"):
                    some = args[1:] if last_name(func) in ("getenv", "get") else args
                    below = [(one, scope) for one in (*some, *(key.value for key in keywords if key.arg in _DEFAULTS))]
        for number, (part, where) in enumerate(below):
            if choice and number:
                yield "|"
            yield from self._parts(part, where, depth + 1, left)

    def _bound(self, node: ast.Name | ast.Attribute, scope: Scope) -> list[tuple[ast.AST | None, Scope]]:
        """What a name or an attribute of the own object is bound to in this file."""
        if isinstance(node, ast.Name):
            found = self.resolver.bindings(node.id, scope, node.lineno) or []
        elif isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            owner = scope.enclosing_class()
            found = owner.attributes(node.attr) if owner is not None else []
        else:
            found = self.resolver.stores.bindings(node, scope) or []
        return [
            (one.node, one.scope or scope)
            for one in found[:3]
            if one.kind == "value" and isinstance(one.node, ast.expr)
        ]


_DEFAULTS: Final = name_set("default url")
_BODIES: Final = name_set("json data content body")
_OF_A_TEXT: Final = name_set("stream max_tokens temperature system num_predict options messages")
_MADE: Final = "urllib.request.Request"  # which a function of the project's own opens
_CARRIED: Final = "model, messages"  # stands for the address where that is not told


def _texts(body: ast.Dict) -> Iterator[str]:
    return (key.value for key in body.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _path_of(address: str) -> str:
    """The path by which a model is asked, where the host tells nothing of it."""
    path = None if _HOST.search(address) else _BY_ITS_PATH.search(address) or _OLLAMA_CHAT.search(address)
    return path.group() if path is not None else ""


def model_requests(view: FileView) -> list[dict[str, Any]]:
    """A row for each request of the file that asks a language model."""
    known = ModelRequests(view.resolver)
    rows: list[dict[str, Any]] = []
    calls = list(view.marked_calls())
    made = {id(one) for scope, call in calls for one, _ in opened(call, scope, view.resolver)}
    for scope, call in calls:
        if id(call) in made:  # `urlopen` sends it
            continue
        names = view.resolver.names(call.func, scope)
        address = known.address(call, scope, names, made=True)
        if address and len(rows) < MAX_ROWS:
            place = view.place(call, scope)
            named = names[0].name if names else f"?.{last_name(call.func)}"
            limit = Bodies(Spread(Values(view.resolver))).limit(call, scope)
            rows.append({**place, "name": named, "asked": _path_of(address), "limit": limit})
    return rows
