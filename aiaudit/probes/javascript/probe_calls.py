"""The probe `javascript.calls`: calls by qualified name, with their options, the client's options, and surroundings.

Its records are those of `python.calls`, so that a rule can join the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from functools import cache
from typing import Any, ClassVar, Final

from msgspec import Struct
from pydantic import Field, ValidationInfo, field_validator

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, Unknown, from_json, list_of
from aiaudit.probes.base import Context, Probe, Query, was_checked
from aiaudit.probes.call_patterns import CallConditions
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.groups import OPTIONS_SECOND, expanded
from aiaudit.probes.javascript.names import check_pattern
from aiaudit.probes.javascript.prepared import CALLED
from aiaudit.probes.javascript.project import JavaScriptProject, javascript_project
from aiaudit.probes.javascript.values import SOMETIMES
from aiaudit.probes.media_models import told_apart
from aiaudit.probes.python.match import NameIndex, Patterns, among, name_set
from aiaudit.probes.python.probe_calls import CALL
from aiaudit.project.entry import Entry


class CallPattern(CallConditions, defer_build=False):
    """A function or class by its qualified name, and conditions on its options: the properties of all object literals
    among the arguments, objects that are named or spread included.

    kw: properties that must have this value (or one of a list); `retry.limit` looks into an object. unless_kw: a call
    with this value is not meant. missing_kw: none of these is given. has_kw: one of these is given. or_ctor: properties
    given to the constructor of the receiver count too (a client's timeout). options_at: options stand at this argument
    (from 0) or later; an earlier one that is no literal hides nothing. arg0_dynamic: the first argument is (not) a
    constant. min_args: arguments at least.
    """

    options_at: int = Field(default=0, ge=0, le=20)

    @classmethod
    def expanded(cls, names: Iterable[str]) -> list[str]:
        return expanded(names)

    @classmethod
    def check(cls, name: str) -> None:
        check_pattern(name)


class CallsQuery(ScriptQuery):
    """any: qualified names (`ai.generateText`, `openai.chat.completions.create`, `fetch`, `zod.*`, `*.invoke`) or
    groups of them (`group:llm.completion`), alone or with conditions. A default import has its package's name."""

    any: list[str | CallPattern] = Field(min_length=1)

    @field_validator("any")
    @classmethod
    def _are_names(cls, value: list[str | CallPattern], info: ValidationInfo) -> list[str | CallPattern]:
        return value if was_checked(info) else CallPattern.checked(value)

    def names(self) -> list[str]:
        """All name patterns: what the engine looks for."""
        return CallPattern.names_of(self.any)

    def patterns(self) -> list[tuple[list[str], CallPattern]]:
        """Names, and the conditions on a call of one of them."""
        return CallPattern.all_of(self.any)


class CallsProbe(Probe[CallsQuery]):
    name: ClassVar[str] = "javascript.calls"
    title: ClassVar[str] = "Calls in JavaScript and TypeScript, by qualified name and options"
    query: ClassVar[type[Query]] = CallsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: CallsQuery) -> Type:
        return list_of(CALL)

    def answer(self, fact_id: str, query: CallsQuery, context: Context) -> Fact:
        called = _called(context)
        asked = query.patterns() if called.files else []
        wanted = [(among(names, called.names), pattern) for names, pattern in asked]
        every = set().union(*(names for names, _ in wanted))
        files = {path for name in every for path in called.files[name]}

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for call in calls_in(entry.path, project) if entry.path in files else ():
                names = [name for name in call["names"] if name in every]
                found = _conditions(call, names, wanted) if names else None
                if found is not None:
                    yield _record(call, *found)

        return fact_of(fact_id, query, context, find)


class _Called(Struct, frozen=True):
    names: NameIndex
    files: dict[str, set[str]]


def _called(context: Context) -> _Called:
    """The index of all calls, made once for all queries."""
    known = context.memo.get("javascript.calls")
    if isinstance(known, _Called):
        return known
    project = javascript_project(context)
    files: dict[str, set[str]] = defaultdict(set)
    for path in project.records:
        for call in calls_in(path, project):
            for name in call["names"]:
                files[name].add(path)
    made = context.memo["javascript.calls"] = _Called(NameIndex(files), dict(files))
    return made


def calls_in(path: str, project: JavaScriptProject) -> list[dict[str, Any]]:
    """The calls of one file with the names that they have when the project's own imports are followed."""
    calls = project.calls.get(path)
    if calls is None:
        calls = project.calls[path] = [
            _complete(call, path, project) for call in project.records[path].get("calls", ())
        ]
    return calls


def _complete(call: dict[str, Any], path: str, project: JavaScriptProject) -> dict[str, Any]:
    names: list[str] = []
    ctor_kw = from_json(call.get("ctor_kw", {}))
    ctor_star, ctor_known = bool(call.get("ctor_star")), bool(call.get("ctor_known"))
    for spec, rest in call["names"]:
        found = project.follow(spec, rest, path)
        names.append(found.name)
        if found.known:
            ctor_kw = {**found.kw, **ctor_kw}
            ctor_star, ctor_known = ctor_star or found.star, True
    doubt = bool(call.get("other_names"))
    if "other" in call:  # `fast ? small : large`, both made by the same call of the same library
        spec, rest = call["other"]
        found = project.follow(spec, rest, path)
        if names == [found.name] and found.known:
            doubt, ctor_kw, ctor_star = False, _of_both(ctor_kw, found.kw), ctor_star or found.star
    kw, hidden = from_json(call.get("kw", {})), list(call.get("hidden", []))
    for index, spec, rest in call.get("made_by", ()):
        factory = project.follow(spec, "" if rest == "*" else rest, path)
        makes = project.base(factory.path).get("makes", {}) if factory.path in project.records else {}
        if factory.local in makes:
            one = makes[factory.local]
            kw = {**project.fill(from_json(one["kw"]), factory.path), **kw}
            hidden = [at for at in hidden if at != index or one["star"]]
    args = project.fill(from_json(call.get("args", [])), path)
    named = _IS_NAME.fullmatch(call.get("arg0", "")) and args and isinstance(args[0], str)
    return {
        **_DEFAULTS,
        **call,
        "names": told_apart(names, args),
        "args": args,
        **(
            {"arg0": args[0]} if named and args[0].startswith(("http", "ws")) else {}
        ),  # the address that a constant holds
        "kw": project.fill(kw, path),
        "hidden": hidden,
        "ctor_kw": project.fill(ctor_kw, path),
        "ctor_star": ctor_star,
        "ctor_known": ctor_known,
        "other_names": doubt,
    }


def _of_both(one: Any, other: Any) -> Any:
    """What two sets of options have in common; what only one of them has is given in some cases."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one if one == other else Unknown("one of two")
    return {
        key: _of_both(one[key], other[key]) if key in one and key in other else Unknown(SOMETIMES)
        for key in {**one, **other}
    }


_IS_NAME: Final = lazy.regex(r"[\w.$]+")
_DEFAULTS: Final[dict[str, Any]] = {
    "cell": 0,
    "function": "",
    "arg0": "",
    "hidden": [],
    "reference": False,
    "in_loop": False,
    "in_handler": False,
    "in_try": False,
    "guarded": False,
    "at_module": False,
    "awaited": False,
    "retried": "",
    "result": "",
    "source": "literal",
    "dynamic": False,
    "other_names": False,
    "loop": "",
    "loop_line": 0,
    "bound": "",
}


def _conditions(
    call: dict[str, Any], names: Iterable[str], wanted: Iterable[tuple[Container[str], CallPattern]]
) -> tuple[str, str] | None:
    """(name, what could not be decided) where the call is meant by one of the patterns."""
    undecided: tuple[str, str] | None = None
    for meant, pattern in wanted:
        for name in names:
            doubts = _doubts(call, name, pattern) if name in meant else None
            if doubts is None:
                continue
            if name.endswith(".?") or call["other_names"]:
                doubts.append("name")
            if not doubts:
                return name, ""
            undecided = undecided or (name, ", ".join(dict.fromkeys(doubts)))
    return undecided


def _doubts(call: dict[str, Any], name: str, pattern: CallPattern) -> list[str] | None:
    """None where a condition fails; else the conditions that could not be decided."""
    given = {**(call["ctor_kw"] if pattern.or_ctor else {}), **call["kw"]}
    options_at = max(pattern.options_at, int(len(call["args"]) > 1 and _second().match(name)))
    options_at = max(options_at, int(_TEXT_FIRST.search(name) is not None))
    of_ctor = bool(pattern.or_ctor and call["ctor_star"])

    def may_hold(keywords: Iterable[str]) -> bool:
        """Whether arguments that are not known may hold one of these."""
        body = bool(_BODY_FIRST.search(name)) and not any(one.partition(".")[0] in _OF_REQUESTS for one in keywords)
        return of_ctor or any(at >= options_at and not (body and at) for at in call["hidden"])

    doubts: list[str] = []
    for keyword, value in pattern.kw.items():
        if not _holds(keyword, value, given, may_hold([keyword]), doubts):
            return None
    for keyword, value in pattern.unless_kw.items():
        doubt: list[str] = []
        if _holds(keyword, value, given, may_hold([keyword]), doubt):
            if not doubt:
                return None
            doubts += doubt
    for keyword in pattern.missing_kw:
        there = _given(keyword, given)
        if there is not None and there != Unknown(SOMETIMES):
            return None
        if there is not None:
            doubts.append(keyword)
    if pattern.missing_kw and may_hold(pattern.missing_kw):
        doubts.append("options")
    if pattern.missing_kw and pattern.or_ctor and not call["ctor_known"] and _on_object(name):
        doubts.append("client")
    if pattern.has_kw and not any(_is_given(keyword, given) for keyword in pattern.has_kw):
        if not may_hold(pattern.has_kw) and not any(_given(keyword, given) is not None for keyword in pattern.has_kw):
            return None
        doubts.append("options")
    if pattern.arg0_dynamic is not None and call["dynamic"] != pattern.arg0_dynamic:
        return None
    return doubts if len(call["args"]) >= pattern.min_args else None


_ABSENT: Final = object()
# The clients of OpenAI and Anthropic: what is asked is the first argument, how the request is made the second.
_BODY_FIRST: Final = lazy.regex(r"\.(?:messages|completions|responses)\.(?:create|parse|stream)$")
# What is said, or fills a prompt: never an object of options.
_TEXT_FIRST: Final = lazy.regex(r"\.startChat\.sendMessage(?:Stream)?$|\.(?:definePrompt|prompt)\.(?:called|stream)$")
_OF_REQUESTS: Final = name_set(
    "timeout maxRetries signal headers defaultHeaders idempotencyKey query body fetchOptions httpAgent defaultBaseURL"
    " path method maxRedirects options"
)


@cache
def _second() -> Patterns:
    return Patterns(OPTIONS_SECOND)


def _on_object(name: str) -> bool:
    """Whether a method is called on an object: `openai.chat.completions.create`, not `ai.generateText`."""
    return name.count(".") >= 2


def _find(keyword: str, given: dict[str, Any]) -> Any:
    if keyword in given:
        return given[keyword]
    head, _, tail = keyword.partition(".")
    inner = given.get(head, _ABSENT)
    if not tail or inner is _ABSENT:
        return _ABSENT
    if isinstance(inner, Unknown):
        return Unknown(SOMETIMES)
    if not isinstance(inner, dict):
        return _ABSENT
    found = _find(tail, inner)
    return Unknown(SOMETIMES) if found is _ABSENT and "..." in inner else found


def _given(keyword: str, given: dict[str, Any]) -> Any:
    """The value of a property that is given, None where it is not (or given as undefined)."""
    value = _find(keyword, given)
    return None if value is _ABSENT else value


def _is_given(keyword: str, given: dict[str, Any]) -> bool:
    """Whether a property is given for sure: not in some cases only, nor in an object that is not known."""
    value = _given(keyword, given)
    return value is not None and value != Unknown(SOMETIMES)


def _holds(keyword: str, wanted: Any, given: dict[str, Any], hidden: bool, doubts: list[str]) -> bool:
    """Whether the property may have the wanted value; notes a doubt where it is given but not known."""
    value = _find(keyword, given)
    if value is _ABSENT:
        if hidden:
            doubts.append("options")
        return hidden
    if isinstance(value, Unknown):
        doubts.append(keyword)
        return True
    options = wanted if isinstance(wanted, list) else [wanted]
    return any(type(value) is type(one) and value == one for one in options)


def _record(call: dict[str, Any], name: str, unresolved: str) -> dict[str, Any]:
    kept = {key: value for key, value in call.items() if key in _KEPT}
    return {
        **kept,
        "name": name.removesuffix(f".{CALLED}"),
        "unresolved": unresolved,
        "certain": Unknown(f"{unresolved} could not be resolved") if unresolved else True,
        "has_star_kw": bool(call["hidden"]),
    }


_KEPT: Final = name_set(
    "line cell function arg0 args kw ctor_kw ctor_known reference in_loop in_handler in_try guarded at_module awaited"
    " retried result dynamic source"
)
