"""The probe `python.routes`: what a Python project serves, what it takes in, and whether that is checked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Final

from msgspec import Struct
from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, DYN, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.callers import SCHEME, asks_who
from aiaudit.probes.python.dependencies import CALLED, TYPE
from aiaudit.probes.python.handler_body import MOST_NAMES
from aiaudit.probes.python.included import place_of, routers_of, tabled_of, views_of
from aiaudit.probes.python.probe_turning import settled
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

ROUTE: Final = record(
    "route",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    framework=STRING,
    kind=STRING,
    route=STRING,
    methods=list_of(STRING),
    function=STRING,
    params=DYN,
    takes_input=BOOL,
    validated=BOOL,
    bounded=BOOL,
    sized=BOOL,
    unranged=BOOL,
    checks=STRING,
    auth=STRING,
    constant=BOOL,
    alone=BOOL,
    health=BOOL,
    reads_request=BOOL,
    touches=list_of(STRING),
    calls=list_of(STRING),
    decorators=list_of(STRING),
    inner=list_of(STRING),
)
HEALTH: Final = lazy.regex(
    r"(?i)(?:^|[/_-])(?:health|healthz|healthcheck|ready|readyz|readiness|live|livez|liveness|alive|ping|heartbeat|status)"
    r"(?:$|[/_-](?:$|(?:live|liveness|ready|readiness|startup|check|checks|checker|probe|z|status|db|database|redis|cache|model|models|llm"
    r"|deep|full|simple|basic|details?|detailed|info|summary|ping|system|server|service|services|dependencies|components|api|app|worker"
    r"|workers|all|v\d+|endpoint|metrics|version|store|vector|queue|storage|\w*db)(?:$|[/_-])))"
)
_HEALTH_CLASS: Final = lazy.regex(
    r"^(?:Api|Service)?(?:Health|Healthz|HealthCheck|Healthcheck|Ping|Alive|Readiness|Liveness|Ready|Heartbeat)"
    r"(?:Resource|View|APIView|Handler|Endpoint|Check)?$"
)
_GRPC_HEALTH: Final = lazy.regex(r"^(?:Check|Watch)$|(?:^|[a-z])(?:Live|Ready|Health|HealthCheck)$")
# The state of one run, job or document is no health of the service: `/runs/{run_id}/status`.
_STATE_OF_ONE: Final = lazy.regex(r"[{<][^/]*[}>]/(?:\w+/)?status/?$")
# `/predict/live` gives what goes on now; below a name of the service or its version it would say that it lives.
_OF_NOW: Final = lazy.regex(
    r"(?i)(?:^|/)(?!(?:api|v\d+|health\w*|probes?|checks?|internal|system|services?|server|app|actuator|status|monitor\w*"
    r"|admin|management|k8s|kube\w*|ready\w*|[\w-]*services?|_\w*)/)[a-z][\w-]*/live/?$"
)
_ONE: Final = lazy.regex(r"(?:^|[a-z]_)(?:id|pk|uuid|slug)$")  # a parameter that names one thing
_WRITES: Final = frozenset(("POST", "PUT", "PATCH"))
_MAX_BASES: Final = 5
_MAX_INSIDE: Final = 2  # models in models
_MAX_HELD: Final = 12  # classes that one model holds
_NUMBER: Final = lazy.regex(r"\b(?:int|float|Decimal)\b")
_MOST_BEHIND: Final = 40  # dependencies of one handler
_OPEN: Final = frozenset(("model", "loose", "raw", "untyped", "upload"))  # of any size, where nothing limits them
_MANY: Final = frozenset(("list", "List", "Sequence", "Iterable", "set", "Set", "frozenset", "FrozenSet"))


class RoutesQuery(CodeQuery):
    """All handlers: routes, websockets, MCP tools (kind tool), and pages of Streamlit, Gradio and Chainlit (kind page);
    where asked for, what answers beside them: LangServe, GraphQL, MCP servers, socket.io (kind mounted); and
    checks before a router that could not be told (kind router).

    frameworks: only these. kinds: only these. takes_input: it takes a body, a form, files or query parameters, or looks
    at the bare request. validated: all of that is checked by a model, by types, or by the handler itself (it answers
    400 or 422, or turns away what is not among allowed values). bounded: some of it has limits; a list of models, where
    its own length has (a parameter has `each` where its models have limits). sized: the limits are more than the range
    of a number beside a text of any length.
    unranged: of the numbers that it takes, more have no limits than have some. health: the route's name says so, or at
    `/` the function's; constant: the handler returns a constant and calls nothing. alone: it is made of `http.server`
    in a file that imports the standard library only and can reach no other program, such as a viewer of notes.
    """

    frameworks: list[str] = Field(default=[])
    kinds: list[str] = Field(default=[])
    features: ClassVar[tuple[str, ...]] = ("routes", "own_servers", "turning", "idle", "routers")


class RoutesProbe(Probe[RoutesQuery]):
    name: ClassVar[str] = "python.routes"
    title: ClassVar[str] = "Routes, tools and pages that Python code serves, and how they check what comes in"
    query: ClassVar[type[Query]] = RoutesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: RoutesQuery) -> Type:
        return list_of(ROUTE)

    def answer(self, fact_id: str, query: RoutesQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            record = project.records[entry.path]
            for one in (*record.get("routes", ()), *record.get("own_servers", ()), *record.get("mounted", ())):
                row = one
                if one["kind"] == "view":
                    if (entry.path, one["function"]) not in views_of(project):
                        continue
                    row = {**one, "kind": "route"}
                if row.get("class") and tabled_of(project) and row["class"] not in tabled_of(project):
                    continue  # a view that stands in no table of addresses
                if query.frameworks and row["framework"] not in query.frameworks:
                    continue
                if (query.kinds and row["kind"] not in query.kinds) or (not query.kinds and row["kind"] == "mounted"):
                    continue
                yield _judged(row, entry.path, project)
            if "router" in query.kinds:
                for where, line, text in routers_of(project, partial(_asks_or_behind, project)).unresolved:
                    if where == entry.path:
                        yield _judged({"line": line, "framework": "", "kind": "router", "auth": text}, where, project)

        def note(one: dict[str, Any]) -> str:
            return f"{one['framework']} {' '.join([*one['methods'], one['route'] or one['kind']])}"

        having = python_project(context).having
        among = {path for part in ("routes", "own_servers", "mounted", "included") for path in having.get(part, ())}
        return fact_of(fact_id, query, context, find, note, among=among)


def _judged(row: dict[str, Any], path: str, project: PythonProject) -> dict[str, Any]:
    taken = _taken(row.get("function", ""), path, project)
    params = [*(_known_model(one, path, project) for one in row.get("params", ())), *taken]
    inputs = [one for one in params if one["kind"] not in ("service", "path") and not _unused(one, row)]
    methods = row.get("methods", [])
    # `request: ChatRequest` is a model of the project's own, and `request.stream` one of its fields.
    own_name = any(one["kind"] == "model" and one["name"] in ("request", "req") for one in params)
    reads = bool(row.get("reads_request")) and not own_name
    page = row["kind"] == "page"
    django = row["framework"] == "django"
    if not row.get("looks_in", True):  # the request is there for the page alone
        inputs = [one for one in inputs if one["kind"] != "raw" or not (django or _is_request(one, row))]
    takes = bool(inputs) or reads or page or bool(set(methods) & _WRITES and django and row.get("looks_in", True))
    checks = row.get("checks", "") or _made_a_model(row, path, project)
    if not reads and any(one["kind"] != "raw" for one in inputs):
        inputs = [one for one in inputs if one["kind"] != "raw"]  # the request beside a model: state, headers
    loose = [one for one in inputs if one["kind"] in ("raw", "loose", "untyped")]
    validated = takes and not page and ((bool(inputs) and not loose and not reads) or bool(checks))
    return {
        "line": row["line"],
        "cell": row.get("cell", 0),
        "framework": row["framework"],
        "kind": row["kind"],
        "route": row.get("route", ""),
        "methods": methods,
        "function": row.get("function", ""),
        "params": params,
        "takes_input": takes,
        "validated": validated,
        "bounded": _any(inputs, "bounded"),
        "sized": bool(row.get("sized")) or _sized(inputs),
        "unranged": not checks and _unranged(inputs),
        "checks": checks,
        "auth": row.get("auth", "") or auth_of(row, path, project),
        "constant": bool(row.get("constant")),
        "alone": bool(row.get("alone")),
        "health": (_is_health(row) and "GET" in (methods or ["GET"])) or _is_asked_by_grpc(row),
        "reads_request": reads,
        "touches": row.get("touches", []),
        "calls": row.get("calls", []),
        "decorators": row.get("decorators", []),
        "inner": row.get("inner", []),
    }


_ANSWERS: Final = lazy.regex(r"(?i)(?:response|result|reply|answer|output|out|read|error|record|event)s?$")


def _made_a_model(row: dict[str, Any], path: str, project: PythonProject) -> str:
    """Whether a handler puts what it takes in into a model of the project's, which holds it to its types."""
    for name in row.get("made", ()):
        if not _ANSWERS.search(name.rpartition(".")[2]):
            model = _model(name, path, project)
            if model is not None and model.kind == "model" and not model.loose:
                return "model_validate"
    return ""


def auth_of(row: dict[str, Any], path: str, project: PythonProject) -> str:
    """What asks who calls before a handler, or "": a decorator, or a dependency of the route or of a parameter."""
    for text, name in row.get("asked", ()):
        if _asks(text, name, path, project) or _behind(name, path, project):
            return str(text)
    return _behind(f"@.{row.get('function', '')}", path, project) or auth_of_router(row, path, project)


def auth_of_router(row: dict[str, Any], path: str, project: PythonProject) -> str:
    """What the router of a handler, or one above it, asks of all that it serves; else ""."""
    place = place_of(row["router"], path, project) if row.get("router") else None
    return routers_of(project, partial(_asks_or_behind, project)).asks(place) if place is not None else ""


def _asks_or_behind(project: PythonProject, text: str, name: str, path: str) -> bool:
    return _asks(text, name, path, project) or bool(_behind(name, path, project))


def knows_who(told: str, path: str, project: PythonProject) -> bool:
    """Whether what fills a parameter, as `dependencies` tells it, is who asks, or was made for who asks."""
    if told.startswith(CALLED):
        return _turns_away(told.removeprefix(CALLED), path, project)
    name = told.removeprefix(TYPE)
    asks = not told.startswith(TYPE) and _asks(name.removeprefix("@."), name, path, project)
    return asks or bool(_behind(name, path, project))


def _behind(name: str, path: str, project: PythonProject) -> str:
    """The dependency of a dependency that asks who calls; "" where none does."""
    start = _place(name, path, project)
    if start is None:
        return ""
    ways, seen = [start], {start}
    for where, function in ways:  # it grows as it is gone through
        for told in (project.records[where].get("depends") or {}).get(function, ()):
            if told.startswith(CALLED):
                if _turns_away(told.removeprefix(CALLED), where, project):
                    return str(told.removeprefix(CALLED).removeprefix("@.")[:80])
                continue
            named = told.removeprefix(TYPE)
            if not told.startswith(TYPE) and _asks(named.removeprefix("@."), named, where, project):
                return str(named.removeprefix("@.")[:80])
            place = _place(named, where, project)
            if place is not None and place not in seen and len(ways) < _MOST_BEHIND:
                seen.add(place)
                ways.append(place)
    return ""


def _taken(function: str, path: str, project: PythonProject) -> list[dict[str, Any]]:
    """What the dependencies of a handler take of the request, and those behind them."""
    ways, seen = [(path, function)], {(path, function)}
    found: list[dict[str, Any]] = []
    for where, name in ways:  # it grows as it is gone through
        if (where, name) != (path, function):
            given = (project.records[where].get("taken") or {}).get(name, ())
            found += [_known_model(one, where, project) for one in given if one]
        for told in (project.records[where].get("depends") or {}).get(name, ()):
            if told.startswith(CALLED):
                continue
            place = _place(told.removeprefix(TYPE), where, project)
            if place is not None and place not in seen and len(ways) < _MOST_BEHIND:
                seen.add(place)
                ways.append(place)
    return found


def _place(name: str, path: str, project: PythonProject) -> tuple[str, str] | None:
    """(file, name in it) of what a resolved name stands for, where that is the project's own."""
    found = (path, name[2:]) if name.startswith("@.") else project.home(name, path)
    return found if found is not None and found[0] in project.records else None


def _asks(text: str, name: str, path: str, project: PythonProject) -> bool:
    """Whether a function asks who calls: by its lines where it is the project's own, else by its name."""
    place = _place(name, path, project)
    if place is None:
        return not SCHEME.search(name) and (asks_who(text) or asks_who(name))
    where, function = place
    record = project.records[where]
    for row in record.get("turning", ()):
        named = row["function"] == function or row["function"].startswith(f"{function}.")
        if named and row["looks"] and settled(row, where, project)["looks"]:
            return True
    made = project.base(where).exports.get(function.partition(".")[0])
    if made is not None:
        if SCHEME.search(str(made["name"])):
            return False
        inner = _place(str(made["name"]), where, project)
        if inner is not None and inner != place:  # an object of a class of the project, which is called
            rest = function.partition(".")[2]
            return _asks(text, f"@.{inner[1]}.{rest}" if rest else f"@.{inner[1]}", inner[0], project)
    return function not in record.get("idle", ()) and asks_who(text)


def _turns_away(name: str, path: str, project: PythonProject) -> bool:
    """Whether a function of the project raises for whoever brings no good credential, whatever it is called."""
    place = _place(name, path, project)
    if place is None:
        return False
    rows = [one for one in project.records[place[0]].get("turning", ()) if one["function"] == place[1]]
    settled_rows = [settled(one, place[0], project) for one in rows if one.get("raises")]
    return any(one["looks"] and one["asks"] in ("always", "by setting") for one in settled_rows)


def _any(inputs: list[dict[str, Any]], what: str) -> bool | Unknown:
    """Whether some of the input has limits; not known where a model is put together while the program runs."""
    if any(one.get(what) for one in inputs):
        return True
    computed = any(one.get(what, False) is None for one in inputs)
    return Unknown("the fields of the model are put together while the program runs") if computed else False


def _sized(inputs: list[dict[str, Any]]) -> bool | Unknown:
    """Whether the limits are of the input's size: the range of a number limits nothing of a text beside it, and the
    length of one text nothing of another. What stands in the address (scalars) is short by itself."""
    if any(
        one.get("open")
        or (one["kind"] in ("loose", "upload") and not one.get("bounded"))
        or (one["kind"] == "scalar" and one.get("in_body") and one.get("endless"))
        for one in inputs
    ):
        return False
    ranged = any(one.get("ranged") for one in inputs)
    if ranged and not any(one.get("endless") or one["kind"] in _OPEN for one in inputs if not one.get("sized")):
        return True
    return _any(inputs, "sized")


def _is_request(param: dict[str, Any], row: dict[str, Any]) -> bool:
    """The request of Starlette under the name by which it is looked for in the handler."""
    return row["framework"] in ("fastapi", "starlette") and param.get("name") == "request"


def _unused(param: dict[str, Any], row: dict[str, Any]) -> bool:
    """A bare request that the handler never looks at: decorators (a limiter's, say) want it in the signature."""
    touched = row.get("touches", [])
    if param["kind"] != "raw" or len(touched) >= MOST_NAMES:
        return False
    return not any(name == param["name"] or name.startswith(f"{param['name']}.") for name in touched)


def _is_health(row: dict[str, Any]) -> bool:
    """By its route; where that is the root of a router (`/`), whose prefix another file gives, by its function; where
    it is not told, as of the methods of a class (`Ping.get`), by the class."""
    route = row.get("route", "")
    around, _, name = row.get("function", "").rpartition(".")
    if _STATE_OF_ONE.search(route) or (_OF_NOW.search(route) and not row.get("constant")):
        return False
    if any(_ONE.search(one["name"]) for one in row.get("params", ())):
        return False
    if row["kind"] == "route" and "/" not in route and route.endswith(f"{around}.{name}") and around:
        return bool(_HEALTH_CLASS.search(around.rpartition(".")[2]))
    return bool(HEALTH.search(route)) or (route in ("", "/") and row["kind"] == "route" and bool(HEALTH.search(name)))


def _is_asked_by_grpc(row: dict[str, Any]) -> bool:
    """Whether a method of gRPC tells of the service's health: `Check` of its own protocol, `ServerReady` of others."""
    method = row.get("function", "").rpartition(".")[2]
    return row["framework"] == "grpc" and _GRPC_HEALTH.search(method) is not None


def _known_model(param: dict[str, Any], path: str, project: PythonProject) -> dict[str, Any]:
    """A parameter whose class is looked up where it is defined: a plain class is no model."""
    if param["kind"] != "model":
        return {**param, "sized": bool(param.get("bounded")) and not param.get("ranged")}
    name = param.get("model", "")
    made_here = name.rpartition(".")[2] == "create_model"  # what makes the class stands in the handler's own file
    model = _model(f"@.{param['type']}" if made_here else name, path, project)
    if model is None:
        return param  # a class of a library: the framework knows how to check it
    if model.kind == "derived":
        return param
    many = param.get("type", "").partition(" | ")[0] in _MANY  # limits of one element do not limit their number
    return {
        **param,
        **({"each": True} if many and model.bounded else {}),
        "bounded": param.get("bounded", False) or (model.bounded and not many),
        "sized": param.get("bounded", False) or (model.sized and not many),
        "open": model.open and not param.get("bounded", False),
        "numbers": model.numbers,
        "open_numbers": 0 if param.get("bounded") else model.open_numbers,
        "kind": "loose" if model.loose else "model",
    }


def _unranged(inputs: list[dict[str, Any]]) -> bool:
    """Whether more of the numbers that come in have no limits than have some."""
    total = without = 0
    for one in inputs:
        if "numbers" in one:
            total, without = total + one["numbers"], without + one["open_numbers"]
        elif one["kind"] == "scalar" and _NUMBER.search(one.get("type", "")):
            total, without = total + 1, without + (not one.get("bounded"))
    return 2 * without > total


class _Known(Struct, frozen=True):
    """A class of the project: its kind, whether fields have limits, whether those are of size (None where the fields
    are computed), whether all fields are loose, whether something in it may be of any size all the same, and how many
    of them are numbers, and numbers without limits."""

    kind: str
    bounded: bool | None
    sized: bool | None
    loose: bool
    open: bool = False
    numbers: int = 0
    open_numbers: int = 0


def _model(name: str, path: str, project: PythonProject, depth: int = 0) -> _Known | None:
    """What is known of a class of the project; None for other classes."""
    where, rest = path, name.removeprefix("@.")
    if not name.startswith("@."):
        found = project.follow(name, path)
        split = project.split(found.name, path) or project.split(name, path)
        if split is None:
            return None
        where, rest = split
        step = project.base(where)
        for imported, _ in step.imports:
            if imported.alias == rest and depth < _MAX_BASES:
                return _model(imported.target, where, project, depth + 1)
    described = project.records[where].get("models", {}).get(rest)
    if described is None:
        return None
    checked = bool(described["validators"])
    bounded = checked or (None if described["bounded"] is None else bool(described["bounded"]))
    sized = checked or (None if described["sized"] is None else bool(described["sized"]))
    endless = bool(described["open"]) or _holds_endless(described["holds"], where, project, depth)
    numbers = described.get("numbers", 0)
    without = 0 if checked else described.get("open_numbers", 0)
    if described["kind"] == "derived" and depth < _MAX_BASES:
        for base in described["bases"]:
            inner = _model(f"@.{base}", where, project, depth + 1) or _imported_base(base, where, project, depth)
            if inner is not None:
                wide = endless or inner.open
                every, left = inner.numbers + numbers, inner.open_numbers + without
                return _Known(inner.kind, bounded or inner.bounded, sized or inner.sized, False, wide, every, left)
    fields = described["fields"]
    loose = bool(fields) and described["loose"] == fields and not checked
    return _Known(described["kind"], bounded, sized, loose, endless, numbers, without)


def _holds_endless(names: list[str], path: str, project: PythonProject, depth: int) -> bool:
    """Whether a class inside a model may be of any size; looked for to a depth of two."""
    if depth >= _MAX_INSIDE:
        return False
    for name in names[:_MAX_HELD]:
        inner = _model(f"@.{name}", path, project, depth + 1) or _imported_base(name, path, project, depth + 1)
        if inner is not None and inner.open:
            return True
    return False


def _imported_base(base: str, path: str, project: PythonProject, depth: int) -> _Known | None:
    for imported, _ in project.base(path).imports:
        if imported.alias == base.partition(".")[0]:
            return _model(imported.target, path, project, depth + 1)
    return None
