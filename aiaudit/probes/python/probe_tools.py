"""The probe `python.tools`: tools that a model may call, what they do, and who must agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.effects import CONSEQUENTIAL, PATTERNS, effect_of_name
from aiaudit.probes.python.probe_calls import calls_in
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry

SINK: Final = record("sink", path=STRING, line=INT, name=STRING, effect=STRING, free=BOOL)
ARGUMENT: Final = record("argument", name=STRING, type=STRING)
TOOL: Final = record(
    "tool",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    framework=STRING,
    kind=STRING,
    args=list_of(ARGUMENT),
    typed=BOOL,
    effects=list_of(STRING),
    sinks=list_of(SINK),
    acts=STRING,
    named=STRING,
    seen=BOOL,
    free=BOOL,
    approval=STRING,
    approval_line=INT,
    said=BOOL,
    reads=BOOL,
)

STATEMENTS: Final = ("sql", "sql_query", "sql_statement")  # arguments that are whole statements

Effect = Literal["read", "write", "delete", "money", "communicate", "execute", "network", "file", "sql", "memory"]

Kind = Literal["decorated", "class", "constructed", "listed", "dispatched", "schema", "built-in"]


class ToolsQuery(CodeQuery):
    """Tools that a model may call. effects: only tools with one of these (read, write, delete, money, communicate,
    execute, network, file, sql, memory). kinds: only tools that are written down so; dispatched: an answer picks the
    function by its name out of a table. acts: the gravest of those that change something
    (execute, money, delete, communicate, sql, write, file), by its calls, or by its name (`named`) where not all of its
    code was seen; "" where it only reads. seen: the code of the tool was read, and all that it calls of the project.
    free: a program, statement or file is handed in by the model. typed: all arguments have a type. approval:
    interrupt, confirm or framework, "" where its code waits for nobody; said: its description asks the model to ask.
    reads: it says of itself that it only reads, and no call of it that was seen speaks against that."""

    effects: list[Effect] = Field(default=[])
    kinds: list[Kind] = Field(default=[])
    features: ClassVar[tuple[str, ...]] = ("tools",)

    def names(self) -> list[str]:
        """What the engine looks for in other files: what tools may reach there."""
        return list(PATTERNS)


class ToolsProbe(Probe[ToolsQuery]):
    name: ClassVar[str] = "python.tools"
    title: ClassVar[str] = "Tools that a model may call: arguments, effects, and approval"
    query: ClassVar[type[Query]] = ToolsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ToolsQuery) -> Type:
        return list_of(TOOL)

    def answer(self, fact_id: str, query: ToolsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("tools", ()):
                if query.kinds and row["kind"] not in query.kinds:
                    continue
                if (
                    row["kind"] in ("listed", "dispatched")
                    and not row.get("body")
                    and _is_tool_there(row, entry.path, project)
                ):
                    continue
                tool = _tool(row, entry.path, project)
                if not query.effects or any(one in query.effects for one in tool["effects"]):
                    yield tool

        return fact_of(fact_id, query, context, find, having="tools")


def _is_tool_there(row: dict[str, Any], path: str, project: PythonProject) -> bool:
    """Whether a function that is listed here is defined as a tool in its own file."""
    split = project.split(row["own"][0], path) if row.get("own") else None
    if split is None:
        return False
    return any(one.get("within") == split[1] for one in project.records[split[0]].get("tools", ()))


def _tool(row: dict[str, Any], path: str, project: PythonProject) -> dict[str, Any]:
    sinks = [
        {"path": path, "line": line, "name": name, "effect": effect, "free": free}
        for effect, name, line, free in row.get("sinks", ())
    ]
    seen = bool(row.get("body")) and not row.get("outside")
    for name in row.get("own", ()):
        found = project.split(name, path)
        if found is None:  # another library
            seen = False
            continue
        reached = list(_sinks_of(*found, project))
        sinks += reached
        seen = seen and bool(reached)
    if row.get("args") and not any(one["effect"] == "sql" for one in sinks):
        taken = next((name for name, _ in row["args"] if name in STATEMENTS), "")
        if taken and not seen:
            sinks.append({"path": path, "line": row["line"], "name": f"({taken})", "effect": "sql", "free": True})
    args = [{"name": name, "type": kind} for name, kind in row.get("args", ())]
    typed: bool | Unknown = all(one["type"] not in ("", "Any", "typing.Any", "object") for one in args)
    if row.get("wraps") and not typed:
        typed = Unknown("the function that it wraps says what it takes")
    return tool_record(row, args, sinks, typed=typed, seen=seen)


def tool_record(
    row: dict[str, Any], args: list[dict[str, Any]], sinks: list[dict[str, Any]], *, typed: bool | Unknown, seen: bool
) -> dict[str, Any]:
    """A tool with all that it is seen to do, in either language. `seen`: whether that is all that it does."""
    return {
        "line": row["line"],
        "cell": row.get("cell", 0),
        "function": row.get("function", ""),
        "name": row["name"],
        "framework": row["framework"],
        "kind": row["kind"],
        "args": args,
        "typed": typed,
        "effects": sorted({one["effect"] for one in sinks}),
        "sinks": sinks,
        "acts": gravest(sinks, row.get("named", ""), seen),
        "named": row.get("named", ""),
        "seen": seen,
        "free": any(one["free"] and one["effect"] in ("execute", "sql", "delete", "file") for one in sinks),
        "approval": row.get("approval", ""),
        "approval_line": row.get("approval_line", 0),
        "said": bool(row.get("said")),
        "reads": bool(row.get("reads")) and not any(_changes(one) for one in sinks),
    }


def _changes(sink: dict[str, Any]) -> bool:
    """Whether a call that was seen changes something, or may: what is told by the name of an argument is no call."""
    return (
        sink["effect"] in CONSEQUENTIAL
        and (sink["free"] or sink["effect"] not in ("execute", "file"))
        and sink["name"][:1] != "("
    )


def gravest(sinks: list[dict[str, Any]], named: str, seen: bool) -> str:
    """The gravest effect of a tool. A program that is fixed in the code may be anything: the name of the tool tells."""
    found = {one["effect"] for one in sinks if one["free"] or one["effect"] not in ("execute", "file")}
    statement = named == "execute" and "sql" in found  # `execute_sql` runs statements, not programs
    if not statement and (not seen or any(one["effect"] in ("execute", "network") for one in sinks)):
        found.add(named)
    return next((one for one in CONSEQUENTIAL if one in found), "")


def _sinks_of(path: str, function: str, project: PythonProject) -> Iterator[dict[str, Any]]:
    """What a function of another file does by itself."""
    for call in calls_in(path, project):
        if not function or not (call["function"] == function or call["function"].startswith(f"{function}.")):
            continue
        for name in call["names"]:
            effect = effect_of_name(name)
            if effect:
                free = effect == "execute" and bool(call["dynamic"])
                yield {"path": path, "line": call["line"], "name": name, "effect": effect, "free": free}
                break
