"""What the functions of a file do: which functions of the project each of them calls, and its effects outside.

Kept by the name of the function, "" for the top of the file. A function that is written inside another one and handed
on (a callback, a method of an object) counts as called by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import own_spec
from aiaudit.probes.javascript.effects import EffectFinder
from aiaudit.probes.javascript.module import FUNCTIONS, Module
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, package
from aiaudit.probes.javascript.resolve import Named, Resolver
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_TARGETS: Final = 40  # of one function
# Methods of texts, lists, maps, promises, streams and schemas: what they are called on hardly ever matters.
HARMLESS: Final = name_set(
    "map filter forEach reduce push pop shift unshift join split slice splice concat includes indexOf find findIndex"
    " some every sort reverse flat flatMap keys values entries has get set add clear trim trimStart trimEnd toLowerCase"
    " toUpperCase toString toFixed toISOString replace replaceAll match matchAll test startsWith endsWith padStart"
    " padEnd repeat charAt charCodeAt substring substr at fill then catch finally json text blob arrayBuffer getReader"
    " read decode encode pipe pipeThrough on once off emit log warn error info debug now getTime parse safeParse"
    " parseAsync describe optional min max length bind call apply toJSON localeCompare next abort append"
    " resolve reject enqueue close write end cancel assign freeze stringify isArray from of"
)

PLAIN: Final = lazy.regex(  # packages whose functions do nothing outside, and those that ask a model
    r"^(?:zod|lodash.*|date-fns.*|dayjs|luxon|path|url|util|crypto|uuid|nanoid|ms|dedent|assert|events|os|perf_hooks"
    r"|async_hooks|@opentelemetry/.*|pino|winston|debug|chalk|ai|@ai-sdk/.*|openai|@anthropic-ai/.*|@langchain/.*"
    r"|langchain/.*|js-tiktoken)$"
)
_BUILT_IN: Final = name_set(
    "JSON Math Object Array String Number Boolean BigInt Date Promise console parseInt parseFloat isNaN isFinite"
    " encodeURIComponent decodeURIComponent encodeURI decodeURI setTimeout clearTimeout setInterval clearInterval"
    " structuredClone Symbol Map Set RegExp Buffer process URL URLSearchParams performance crypto atob btoa Error Intl"
    " queueMicrotask Reflect AbortSignal Response Headers require Uint8Array Atomics"
)


def may_be_own(named: Named) -> bool:
    """Whether a call may reach a function of the project: this file's, another file's, or of an object not known."""
    if named.spec == UNKNOWN:
        return "." not in named.rest and named.rest not in HARMLESS and bool(named.rest)
    return named.spec == LOCAL or (named.spec != GLOBAL and own_spec(named.spec))


def known(call: SgNode, named: Named) -> bool:
    """Whether it is known that a call, which has no effect that was seen and is not the project's, has none."""
    last = named.rest.rpartition(".")[2]
    if call.kind() == "new_expression":
        return True
    if named.spec == GLOBAL:
        return named.rest.partition(".")[0] in _BUILT_IN
    return last in HARMLESS or (named.spec != UNKNOWN and bool(PLAIN.match(package(named.spec))))


class StepFinder:
    """`uses`: function -> the [specifier, name] of what it calls of the project; `effects`: function -> what it does;
    `outside`: functions that call something of which it is not known what it does."""

    def __init__(self, module: Module, resolver: Resolver, values: Values) -> None:
        self.module = module
        self.resolver = resolver
        self.effects = EffectFinder(module, resolver, values)

    def record(self) -> dict[str, Any]:
        uses: dict[str, list[list[str]]] = {}
        effects: dict[str, list[list[Any]]] = {}
        outside: set[str] = set()
        for call in self.module.calls:
            named = self.resolver.called(call)
            own = may_be_own(named)
            effect = self.effects.of(call, named)
            if not own and effect is None:
                if not known(call, named):
                    outside.add(self.module.function_at(call.range().start.index))
                continue
            function = self.module.function_at(call.range().start.index)
            if effect is not None:
                effects.setdefault(function, []).append(list(effect))
            if own and [named.spec, named.rest] not in (targets := uses.setdefault(function, [])):
                targets.append([named.spec, named.rest])
        for one in self.module.functions:
            if one.name and one.kind != "function_declaration" and one.parent is not None:
                outer = next((s.name for s in self.module.around(one.start) if s is not one and _named(s)), "")
                if outer and outer != one.name and [LOCAL, one.name] not in uses.setdefault(outer, []):
                    uses[outer].append([LOCAL, one.name])
        found: dict[str, Any] = {"uses": {name: targets[:MAX_TARGETS] for name, targets in uses.items() if targets}}
        if effects:
            found["effects"] = {name: rows[:MAX_TARGETS] for name, rows in effects.items()}
        if outside:
            found["outside"] = sorted(outside)
        return found


def _named(scope: Any) -> bool:
    return scope.kind in FUNCTIONS and bool(scope.name)
