"""The probe `python.waiting`: calls that handlers come to, and whether all other requests wait for them as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from pydantic import Field, ValidationInfo, field_validator

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query, was_checked
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.call import Call
from aiaudit.probes.python.doubts import doubts_of
from aiaudit.probes.python.graph_runs import GraphRuns
from aiaudit.probes.python.lookups import called_in as method_of
from aiaudit.probes.python.match import among
from aiaudit.probes.python.probe_calls import CallPattern, called_in, calls_in
from aiaudit.probes.python.probe_routes import HEALTH
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.python.steps import (
    APART,
    ASYNC,
    AWAITED,
    CALLBACK,
    GENERATOR,
    GONE_THROUGH,
    LATER,
    THREAD,
    last_name_of,
)
from aiaudit.project.entry import Entry

WAITING: Final = record(
    "waiting",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    name=STRING,
    function=STRING,
    how=STRING,
    through=STRING,
    handler=STRING,
    handler_path=STRING,
    handler_line=INT,
    route=STRING,
    methods=STRING,
    framework=STRING,
    value=STRING,
    given=STRING,
    repeated=BOOL,
    once=BOOL,
)
_LOOP: Final = "loop"
_AWAITED: Final = "awaited"
_THREAD: Final = "thread"
_WORKER: Final = "worker"
# Frameworks that run a coroutine on the loop on which all requests are answered.
_ON_LOOP: Final = frozenset(
    ("fastapi", "starlette", "aiohttp", "sanic", "litestar", "quart", "tornado", "mcp", "chainlit", "bentoml", "robyn")
)
# Those that call a plain function there too: the others give it a thread.
_PLAIN_ON_LOOP: Final = frozenset(("aiohttp", "sanic", "tornado"))
_PLAIN_IN_THREAD: Final = frozenset(("fastapi", "starlette", "bentoml", "robyn", "quart", "chainlit"))
_WORKERS: Final = frozenset(("flask", "django", "rest_framework", "django-ninja", "bottle", "falcon"))
_COROUTINE: Final = lazy.regex(
    r"(?i)async|(?:^|\.)(?:aio|a(?:invoke|stream|batch|predict|run|call|chat|complete|generate|embed\w*|query|completion|responses|create"
    r"|search|transform|kickoff|similarity_search\w*|get_relevant_documents|stream_events|create_stream|text_completion))(?:\.|$)|^aiohttp\."
)
# Decorators of bots, whose handlers all run on one loop.
_BOTS: Final = lazy.regex(
    r"(?i)(?:^|\.)(?:event|on_message|message_handler|callback_query_handler|callback_query|slash_command|hybrid_command|on_chat_message)$"
    r"|^(?:bot|client|tree|dp|router|app_commands)\.(?:command|message|tree\.command|listen|on)$|^(?:bot|client)\.tree\.command$"
)
_STARTS: Final = lazy.regex(r"(?i)startup|shutdown|lifespan|on_ready|on_event$")
_RUNS_OF_A_TOOL: Final = frozenset(("invoke", "ainvoke", "run", "arun"))
_MOST_HOPS: Final = 5
_MOST_FUNCTIONS: Final = 200  # that are looked through for one handler
_MOST: Final = 400  # handlers of one file that are followed


class WaitingQuery(CodeQuery):
    """Calls, by qualified name as in `python.calls`, that are reached from what answers requests: routes, websockets,
    tools of an MCP server, and messages to a bot.

    how: `loop` (it runs on the event loop, where nothing else goes on until it ends), `awaited` (others go on),
    `thread` (it runs in a thread of its own), or `worker` (a framework whose servers give a request a worker).
    through: the function of the project that makes the call, where that is not the handler itself. value: a number that
    it is given first; given: the name of that, where it has one. repeated: it stands in a loop. once: each way to it
    leads over a condition or a cache that lets it be made but once (`if model is None`, `lru_cache`).

    With `pages`, they are those that the use of a page comes to instead: a script of Streamlit, which runs anew at each
    click, or a callback of Dash."""

    any: list[str | CallPattern] = Field(min_length=1)
    pages: bool = False
    features: ClassVar[tuple[str, ...]] = ("steps", "graphs", "routes", "routers")

    @field_validator("any")
    @classmethod
    def _are_names(cls, value: list[str | CallPattern], info: ValidationInfo) -> list[str | CallPattern]:
        return value if was_checked(info) else CallPattern.checked(value)

    def names(self) -> list[str]:
        """All name patterns: what the engine looks for."""
        return CallPattern.names_of(self.any)


class _Start(NamedTuple):
    """A function that answers somebody. `on_loop`: whether it runs on the loop itself; `else_how`: how if not."""

    function: str
    line: int
    route: str
    methods: str
    framework: str
    on_loop: bool
    else_how: str


class WaitingProbe(Probe[WaitingQuery]):
    name: ClassVar[str] = "python.waiting"
    title: ClassVar[str] = "Calls that answering a request comes to, and who waits for them"
    query: ClassVar[type[Query]] = WaitingQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: WaitingQuery) -> Type:
        return list_of(WAITING)

    def answer(self, fact_id: str, query: WaitingQuery, context: Context) -> Fact:
        called = called_in(context)
        wanted = set(among(query.names(), called.names))
        meant = [(among(names, called.names), pattern) for names, pattern in CallPattern.all_of(query.any)]
        reach = _Reach(python_project(context), wanted)
        starts = _pages_of(python_project(context)) if query.pages else _starts

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for start in starts(entry.path, project):
                found: dict[tuple[Any, ...], dict[str, Any]] = {}
                for path, call, name, how, through, once in reach.of(entry.path, start):
                    key = (path, call["line"], name, how == _LOOP)
                    if key in found:
                        found[key]["once"] = found[key]["once"] and once
                        continue
                    if all(name not in ones or doubts_of(call, one) is None for ones, one in meant):
                        continue
                    first = call["args"][0] if call["args"] else None
                    found[key] = {
                        "cell": 0,
                        "role": entry.role.value,
                        "path": path,
                        "line": call["line"],
                        "name": name,
                        "function": call["function"],
                        "how": how,
                        "through": through,
                        "handler": start.function,
                        "handler_path": entry.path,
                        "handler_line": start.line,
                        "route": start.route,
                        "methods": start.methods,
                        "framework": start.framework,
                        "value": str(first) if isinstance(first, int | float) else "",
                        "given": last_name_of(first.reason) if isinstance(first, Unknown) else "",
                        "repeated": bool(call["in_loop"] or call.get("loop")),
                        "once": once,
                    }
                yield from found.values()

        having = python_project(context).having
        files = {path for part in ("routes", "steps") for path in having.get(part, ())} if wanted else ()
        return fact_of(fact_id, query, context, find, lambda one: f"{one['name']}: {one['how']}", among=files)


def _pages_of(project: PythonProject) -> Callable[[str, PythonProject], Iterator[_Start]]:
    """What finds the pages of a file: scripts of Streamlit that no other file imports, and callbacks of Dash."""
    steps = {path: project.records[path].get("steps") or {} for path in project.having.get("steps", ())}
    some = any("" in told for told in steps.values())
    imported = set().union(*map(project.own_imports, project.records)) if some else set()

    def find(path: str, _: PythonProject) -> Iterator[_Start]:
        for function, told in steps.get(path, {}).items():
            if not function and path not in imported:
                yield _Start("", 1, "", "", "streamlit", False, _THREAD)
            elif function and CALLBACK in map(last_name_of, told.get("decorators", ())):
                yield _Start(function, told["line"], "", "", "dash", False, _WORKER)

    return find


def _starts(path: str, project: PythonProject) -> Iterator[_Start]:
    """What answers somebody in one file."""
    steps = project.records[path].get("steps") or {}
    seen: set[str] = set()
    for row in project.records[path].get("routes", ())[:_MOST]:
        function, framework = row.get("function", ""), row["framework"]
        health = HEALTH.search(row.get("route", "")) is not None
        if not function or function in seen or health:
            continue
        seen.add(function)
        told = steps.get(function)
        coroutine = told is not None and told["kind"] == ASYNC
        if (coroutine and framework in _ON_LOOP) or (not coroutine and framework in _PLAIN_ON_LOOP):
            on_loop, how = True, ""
        elif not coroutine and framework in _PLAIN_IN_THREAD:
            on_loop, how = False, _THREAD
        elif framework in _WORKERS and (not coroutine or framework == "flask"):
            on_loop, how = False, _WORKER
        else:
            continue
        methods = ", ".join(row.get("methods", ()))
        yield _Start(function, row["line"], row.get("route", ""), methods, framework, on_loop, how)
    for function, told in steps.items():
        if function in seen or told["kind"] != ASYNC or _STARTS.search(function):
            continue
        if any(map(_BOTS.search, told["decorators"])) or told["given"][:2] == ["update", "context"]:
            yield _Start(function, told["line"], "", "", "bot", True, "")


class _Reach:
    """What is reached from a function, by the calls between the project's functions."""

    def __init__(self, project: PythonProject, wanted: set[str]) -> None:
        self.project = project
        self.wanted = wanted
        self.graphs = GraphRuns(project)
        self._calls: dict[str, dict[str, list[Call]]] = {}

    def of(self, path: str, start: _Start) -> Iterator[tuple[str, Call, str, str, str, bool]]:
        """(path, call, name, how, the function of the project that makes it, whether a condition or a cache on the way
        lets it be made but once) for each call that is meant."""
        todo = [(path, start.function, start.on_loop, False, 0)]
        seen = {(path, start.function, start.on_loop): False}
        else_how = start.else_how or _THREAD
        for where, function, on_loop, once, hops in todo:  # it grows as it is gone through
            told = (self.project.records.get(where, {}).get("steps") or {}).get(function, {})
            apart = {(line, name): how for line, name, how in told.get("apart", ())}
            through = "" if (where, function) == (path, start.function) else function
            for call in self._made_in(where, function):
                name = next((one for one in call["names"] if one in self.wanted and not self._is_own(one, where)), "")
                if name:
                    kept = once or call["guarded"] or _is_done_once(told, call["line"])
                    yield where, call, name, _how(call, apart, on_loop, else_how), through, kept
            if hops >= _MOST_HOPS:
                continue
            for line, found in self._called(told, where, on_loop, start.framework in _ON_LOOP):
                kept = once or _is_done_once(told, line)
                if (found not in seen and len(seen) < _MOST_FUNCTIONS) or (seen.get(found) and not kept):
                    seen[found] = kept
                    todo.append((*found, kept, hops + 1))

    def _made_in(self, path: str, function: str) -> list[Call]:
        known = self._calls.get(path)
        if known is None:
            known = self._calls[path] = {}
            for call in calls_in(path, self.project):
                if not call["reference"] and any(one in self.wanted for one in call["names"]):
                    known.setdefault(call["function"], []).append(call)
        return known.get(function, [])

    def _is_own(self, name: str, path: str) -> bool:
        """Whether a name stands for a function that the project defines, or runs one that it made a tool
        (`look_up.invoke(…)`): what that calls is followed, or told by its own name."""
        home = None if name.startswith("?") else self.project.home(name, path)
        if home is None:
            return False
        first, _, last = home[1].rpartition(".")
        return any(
            one.qualname == home[1]
            or (
                one.qualname == first
                and one.kind != "class"
                and last in _RUNS_OF_A_TOOL
                and any("tool" in d for d in one.decorators)
            )
            for one in self.project.base(home[0]).definitions
        )

    def _called(
        self, told: Mapping[str, Any], where: str, on_loop: bool, loop_of_all: bool
    ) -> Iterator[tuple[int, tuple[str, str, bool]]]:
        """The functions of the project that a function sets going, each with the line. `loop_of_all`: whether the
        framework has one loop, on which a coroutine runs after the answer even where the handler has a thread."""
        for name, line, how in told.get("calls", ()):
            for one in self._next(name, where, how, on_loop, on_loop or (how == LATER and loop_of_all)):
                yield line, one
        for name, line, how in told.get("runs", ()):
            # LangGraph gives a plain node a thread where the graph is awaited; what is not awaited runs here and now.
            awaits = APART if how == APART else AWAITED if _COROUTINE.search(name) else ""
            if on_loop and not awaits and last_name_of(name) == "invoke":
                continue  # that call holds the loop itself, and is told
            for node, home in self.graphs.nodes(name, where):
                for one in self._next(node, home, awaits, on_loop, on_loop and how != APART):
                    yield line, one

    def _next(
        self, name: str, path: str, how: str, on_loop: bool, if_coroutine: bool
    ) -> Iterator[tuple[str, str, bool]]:
        """The function of the project that a call leads to, and whether it runs on the loop."""
        home = self.project.home(name, path)
        if home is None or not home[1]:
            return
        known = self.project.records.get(home[0], {}).get("steps") or {}
        whose = home[1].removesuffix(".__call__")
        if whose != home[1] or self.project.is_made(name, path):  # an object; of a network, PyTorch calls `forward`
            ways = [f"{whose}.__call__", f"{whose}.forward"]
        else:
            ways = [method_of(known, whose), f"{whose}.__init__"]
        for function in dict.fromkeys(ways):
            kind = known.get(function, {}).get("kind", "")
            if not kind and not self._made_in(home[0], function):
                continue
            if kind == ASYNC:
                yield home[0], function, if_coroutine
            else:  # Starlette goes through a plain generator in a thread, and whoever goes through one here does not
                in_thread = how in (APART, AWAITED, LATER) or kind == THREAD
                in_thread = in_thread or (kind == GENERATOR and how != GONE_THROUGH)
                yield home[0], function, on_loop and not in_thread


def _is_done_once(told: Mapping[str, Any], line: int) -> bool:
    """Whether a function does what stands on a line only where it was not done before."""
    return any(first <= line <= last for first, last in told.get("once", ()))


def _how(call: Call, apart: dict[tuple[int, str], str], on_loop: bool, else_how: str) -> str:
    last = last_name_of(call["names"][0].removesuffix(".__call__"))
    written = last_name_of(call["written"][0].removesuffix(".__call__"))
    told = apart.get((call["line"], last)) or apart.get((call["line"], written)) or ""
    if call["awaited"] and told != APART:
        return _AWAITED
    if told == AWAITED or any(map(_COROUTINE.search, call["names"])):
        return _AWAITED
    if told == APART:
        return _THREAD
    return _LOOP if on_loop else else_how
