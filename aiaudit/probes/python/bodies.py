"""What a request over HTTP carries, as far as the function puts it together: `json=payload`, `data=json.dumps(payload)
.encode()`, `Request(url, data=…)` which `urlopen` opens.

What is put into the map in a branch only is there perhaps; where anything else may change the map, nothing is told.
"""

from __future__ import annotations

import ast
from typing import Any, Final

from aiaudit.model.types import Unknown
from aiaudit.probes.python.match import PERHAPS, name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.spread import Spread

BODIES: Final = name_set("json data content")
# Keywords whose values are maps of settings, or objects that are made of such.
_SETTINGS: Final = name_set(
    "config generation_config generation_kwargs options inferenceConfig body extra_body input http_options"
    " client_kwargs async_client_kwargs model_kwargs request_options"
)
_ASKING: Final = name_set("messages prompt contents inputs input")  # what a language model is sent
_LIMITS: Final = name_set(
    "max_tokens max_completion_tokens max_output_tokens max_new_tokens max_gen_len num_predict n_predict"
    " maxOutputTokens"
)
_HOLD_LIMITS: Final = name_set("options generationConfig generation_config parameters")
_MAX_STEPS: Final = 4
_MAX_MAPS: Final = 4


class Bodies:
    """Reads what requests of one file carry."""

    def __init__(self, spread: Spread) -> None:
        self.spread = spread
        self.resolver = spread.values.resolver

    def held(self, name: str, node: ast.expr, scope: Scope) -> dict[str, Any] | None:
        """The map that a keyword of this name is given, where it is one for settings or for what is sent."""
        if name in BODIES:
            return self.of(node, scope)
        if name not in _SETTINGS:
            return None
        if isinstance(node, ast.Call) and last_name(node.func) == "dumps" and node.args:  # `body=json.dumps(request)`
            node = node.args[0]
        made, whole = self.spread.of(node, scope)
        return made if whole else None

    def limit(self, call: ast.Call, scope: Scope) -> str:
        """Whether what a call sends names a limit on output tokens: "given", "lacking", or "" where it is not told."""
        named = [one.value for made, _ in [(call, scope), *opened(call, scope, self.resolver)] for one in made.keywords]
        for node in (*call.args, *named):
            held = self.of(node, scope)
            if held is not None and _ASKING & held.keys():
                return _limited(held)
        return ""

    def of(self, node: ast.expr, scope: Scope) -> dict[str, Any] | None:
        """The keys of a body with their values, what is there perhaps among them; None where there may be others."""
        node, scope = unwrapped(node, scope, self.resolver)
        found, whole = self.spread.of(node, scope)
        if whole:
            return found
        keys = self.spread.keys(node, scope)
        if keys is None:
            return self._of_several(node, scope)
        return {**{key: Unknown(PERHAPS) for key in sorted(keys)}, **found}

    def _of_several(self, node: ast.expr, scope: Scope) -> dict[str, Any] | None:
        """Of a name that is bound to one map or another: what each of them holds is there, all else perhaps."""
        bound = self.resolver.bindings(node.id, scope, node.lineno) or () if isinstance(node, ast.Name) else ()
        if not 1 < len(bound) <= _MAX_MAPS or not isinstance(node, ast.Name):
            return None
        put = self.spread.put_into(node.id, scope)
        if put is None:
            return None
        maps: list[dict[str, Any]] = []
        for one in bound:
            held, whole = (
                self.spread.of(one.node, one.scope or scope) if isinstance(one.node, ast.Dict) else ({}, False)
            )
            if not whole:
                return None
            maps.append(held)
        return {
            key: maps[0][key] if key not in put and all(key in one for one in maps) else Unknown(PERHAPS)
            for key in dict.fromkeys([*(key for one in maps for key in one), *sorted(put)])
        }


def _limited(held: dict[str, Any]) -> str:
    """The same of a map whose keys are known, and of the maps in it that hold settings."""
    for key, value in held.items():
        if key in _LIMITS:
            perhaps = isinstance(value, Unknown) and value.reason == PERHAPS
            return "" if perhaps or value is None else "given"
        if key in _HOLD_LIMITS:
            inner = _limited(value) if isinstance(value, dict) else ""
            if inner != "lacking":
                return inner
    return "lacking"


def opened(call: ast.Call, scope: Scope, resolver: Resolver) -> list[tuple[ast.Call, Scope]]:
    """The call of `Request(url, data=body)` that makes what `urlopen` opens."""
    if last_name(call.func) != "urlopen" or not call.args:
        return []
    made, where = _named(call.args[0], scope, resolver)
    return [(made, where)] if isinstance(made, ast.Call) and last_name(made.func) == "Request" else []


def unwrapped(node: ast.expr, scope: Scope, resolver: Resolver) -> tuple[ast.expr, Scope]:
    """The map of which a body is the text: `json.dumps(payload).encode("utf-8")`, also by a name for that."""
    for _ in range(_MAX_STEPS):
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr="encode")):
                node = inner
            case ast.Call(args=[inner, *_]) if last_name(node.func) in ("dumps", "bytes"):
                node = inner
            case ast.Name():
                bound, where = _named(node, scope, resolver)
                if not isinstance(bound, ast.Call) or last_name(bound.func) not in ("dumps", "bytes", "encode"):
                    break
                node, scope = bound, where
            case _:
                break
    return node, scope


def literal(node: ast.expr, scope: Scope, resolver: Resolver) -> tuple[ast.Dict, Scope] | None:
    """The map as it is written, whatever is put into it afterwards."""
    node, scope = unwrapped(node, scope, resolver)
    made, where = _named(node, scope, resolver)
    return (made, where) if isinstance(made, ast.Dict) else None


def _named(node: ast.expr, scope: Scope, resolver: Resolver) -> tuple[ast.expr, Scope]:
    """What a name is bound to once; the node itself where it is none."""
    if not isinstance(node, ast.Name):
        return node, scope
    bound = resolver.bindings(node.id, scope, node.lineno) or []
    if len(bound) == 1 and bound[0].kind == "value" and isinstance(bound[0].node, ast.expr):
        return bound[0].node, bound[0].scope or scope
    return node, scope
