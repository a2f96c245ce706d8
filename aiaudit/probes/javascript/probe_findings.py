"""The probes `javascript.prompts`, `javascript.flows` and `javascript.loops`; their records are those of Python's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.groups import Names, expanded
from aiaudit.probes.javascript.names import LOCAL, UNKNOWN
from aiaudit.probes.javascript.probe_calls import calls_in
from aiaudit.probes.javascript.probe_instructions import system_names
from aiaudit.probes.javascript.project import JavaScriptProject, page_files
from aiaudit.probes.python.match import Patterns, patterns_of
from aiaudit.probes.python.probe_findings import DEDICATED, FLOW, LOOP, PROMPT, PROMPT_DEFAULTS
from aiaudit.project.entry import Entry


class PromptsQuery(ScriptQuery):
    """Prompts in JavaScript and TypeScript, with the fields of `python.strings`. use: constant (bound to a name),
    returned, message (the content of a chat message), argument (`system:`, `prompt:`), template, or loaded. kind:
    system, too, where a call elsewhere gives the text to a model as instructions. placeholders: also of `${…}`."""

    min_words: int = Field(default=8, ge=1, le=1000)
    use: list[Literal["constant", "returned", "message", "argument", "template", "loaded"]] = Field(
        default_factory=list
    )
    features: ClassVar[tuple[str, ...]] = ("prompts", "flows", "instructions")
    found_by: ClassVar[tuple[str, ...]] = ("prompts",)


class PromptsProbe(Probe[PromptsQuery]):
    name: ClassVar[str] = "javascript.prompts"
    title: ClassVar[str] = (
        "Prompts in JavaScript and TypeScript: literals used as such, and prompts loaded from elsewhere"
    )
    query: ClassVar[type[Query]] = PromptsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: PromptsQuery) -> Type:
        return list_of(PROMPT)

    def answer(self, fact_id: str, query: PromptsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            dedicated = bool(DEDICATED.search(entry.path))
            rows = project.records[entry.path].get("prompts", ())
            systems = system_names(project, context) if rows else set()
            for row in rows:
                if {(entry.path, row["name"]), (entry.path, row.get("function", ""))} & systems:
                    row = {**row, "kind": "system"}  # noqa: PLW2901
                if query.use and row["use"] not in query.use:
                    continue
                if row["use"] != "loaded" and row.get("words", 0) < query.min_words:
                    continue
                yield {**PROMPT_DEFAULTS, **row, "dedicated": dedicated}

        return fact_of(fact_id, query, context, find)


class FlowsQuery(ScriptQuery):
    """Places that run, query or render text, by where the text comes from. sources: llm (what a model answered), user
    (a request's data), unknown (not followed to its end). sinks: code (eval, new Function, vm), shell (exec, a shell's
    spawn), sql (text put together, raw queries), html (dangerouslySetInnerHTML, innerHTML, pages that a server answers
    with); only where asked for: url (requests; of an address that begins with the project's own nothing is told), file
    (written or removed) and filter (of MongoDB or Prisma, that the body of a request fills with a value of any type).
    sanitised: it passes an escaping or cleaning function. pages: the scripts of HTML files are looked at as well. In a
    script of a page, source reply: what a server answered, source_name the address that was asked and the fields that
    were taken, a space between; what clears a text on the way ends it."""

    sources: list[Literal["llm", "user", "reply", "unknown"]] = Field(default=["llm"])
    pages: bool = False
    sinks: list[Literal["code", "shell", "sql", "html", "url", "file", "filter"]] = Field(
        default=["code", "shell", "sql", "html"]
    )
    features: ClassVar[tuple[str, ...]] = ("flows",)


class FlowsProbe(Probe[FlowsQuery]):
    name: ClassVar[str] = "javascript.flows"
    title: ClassVar[str] = (
        "Model output, request data or other text that reaches code, shell, SQL or HTML in JavaScript"
    )
    query: ClassVar[type[Query]] = FlowsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: FlowsQuery) -> Type:
        return list_of(FLOW)

    def answer(self, fact_id: str, query: FlowsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("flows", ()):
                if row["kind"] not in query.sinks:
                    continue
                judged = {"cell": 0, **row}
                if row["source"] == "call":
                    judged |= source_of_call(row["source_name"], entry.path, project)
                if judged["source"] in query.sources:
                    yield judged

        also = page_files(context) if query.pages else ()
        return fact_of(fact_id, query, context, find, lambda one: f"{one['source']} → {one['sink']}", also=also)


def source_of_call(called: list[str], path: str, project: JavaScriptProject) -> dict[str, Any]:
    """A function of another file: whether a model is called in it."""
    found = project.follow(called[0], called[1], path)
    name = found.local or found.name
    answering = project.records.get(found.path, {}).get("answering", ()) if found.path else ()
    return {"source": "llm" if found.local in answering else "unknown", "source_name": name}


class LoopsQuery(ScriptQuery):
    """Calls of certain functions inside loops, with the fields of `python.loops`; also where a function of the project
    that makes one is called. kind: while_true (also `for (;;)`), while, do, for, for_of, recursion. bounded: by the
    loop's head, a comparison in its condition, or one that leaves it."""

    calls: Names = Field(min_length=1)
    features: ClassVar[tuple[str, ...]] = ("loops",)
    whole: ClassVar[bool] = True  # a function that calls itself has no mark

    def names(self) -> list[str]:
        return expanded(self.calls)


class LoopsProbe(Probe[LoopsQuery]):
    name: ClassVar[str] = "javascript.loops"
    title: ClassVar[str] = "Loops in JavaScript and TypeScript around certain calls, and what bounds them"
    query: ClassVar[type[Query]] = LoopsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: LoopsQuery) -> Type:
        return list_of(LOOP)

    def answer(self, fact_id: str, query: LoopsQuery, context: Context) -> Fact:
        asked = query.names()
        known: list[Callers] = []

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            meant = patterns_of(asked)
            if not known:
                known.append(Callers(meant, project))
            seen: set[int] = set()
            for call in calls_in(entry.path, project):
                names = [name for name in call["names"] if call["loop"] and meant.match(name)]
                if names:
                    seen.add(call["loop_line"])
                    yield {
                        "line": call["line"],
                        "cell": 0,
                        "function": call["function"],
                        "name": names[0],
                        "kind": call["loop"],
                        "bounded": bool(call["bound"]),
                        "bound": call["bound"],
                        "loop_line": call["loop_line"],
                        "retried": call["retried"],
                        "again": False,
                    }
            yield from _by_callers(entry.path, project, known[0], seen)

        return fact_of(fact_id, query, context, find)


class Callers:
    """The functions of a project that make one of the calls themselves."""

    def __init__(self, meant: Patterns, project: JavaScriptProject) -> None:
        self.project = project
        self.found = {
            (path, call["function"])
            for path in project.records
            for call in calls_in(path, project)
            if call["function"] and any(meant.match(name) for name in call["names"])
        }
        self.names = {name for _, name in self.found}

    def leads(self, spec: str, rest: str, path: str) -> bool:
        if spec == LOCAL:
            return (path, rest) in self.found
        found = self.project.follow(spec, "" if rest == "*" else rest, path)
        return (found.path, found.local) in self.found


def _by_callers(path: str, project: JavaScriptProject, callers: Callers, seen: set[int]) -> Iterator[dict[str, Any]]:
    """Loops and recursions in which a function of the project makes the call. A method of an object that is not known
    counts by its name, and only where the loop is bounded: a name is no ground for a fault."""
    record = project.records[path]
    for loop in record.get("loops", ()):
        if loop["line"] in seen or (not loop["turns"] and not loop["bound"]):
            continue
        for spec, rest, line in loop["calls"]:
            of_an_object = spec == UNKNOWN or (spec != LOCAL and "." in rest)
            by_name = of_an_object and rest.rpartition(".")[2] in callers.names and bool(loop["bound"])
            if by_name or (spec != UNKNOWN and callers.leads(spec, rest, path)):
                place = {"line": line, "cell": 0, "function": loop["function"], "name": rest, "retried": ""}
                kind = {"kind": loop["kind"], "bounded": bool(loop["bound"]), "bound": loop["bound"]}
                yield {**place, **kind, "loop_line": loop["line"], "again": False}
                break
    for one in record.get("recursions", ()):
        near = (path, one["function"]) in callers.found
        near = near or any(spec != UNKNOWN and callers.leads(spec, rest, path) for spec, rest, _ in one["calls"])
        if near and (one["bounded"] or one["tools"]):
            place = {"line": one["line"], "cell": 0, "function": one["function"], "name": one["function"]}
            bound = "a comparison of how deep it is" if one["bounded"] else ""
            end = {"bounded": one["bounded"], "bound": bound, "loop_line": one["line"], "retried": ""}
            end["again"] = False
            yield {**place, "kind": "recursion", **end}
