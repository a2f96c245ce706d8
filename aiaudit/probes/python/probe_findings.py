"""The probes `python.strings`, `python.flows`, `python.fit_before_split`, `python.assignments` and `python.loops`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, DYN, INT, STRING, Type, Unknown, from_json, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.groups import Names, expanded
from aiaudit.probes.python.match import Patterns, patterns_of
from aiaudit.probes.python.probe_calls import called_in, calls_in
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

_PLACE: Final[dict[str, Type]] = {"path": STRING, "line": INT, "cell": INT, "role": STRING, "function": STRING}
PROMPT: Final = record(
    "prompt",
    **_PLACE,
    name=STRING,
    use=STRING,
    kind=STRING,
    words=INT,
    dynamic=BOOL,
    placeholders=list_of(STRING),
    at_module=BOOL,
    dedicated=BOOL,
    unused=BOOL,
    secret=BOOL,
    access_rule=BOOL,
    internal_address=BOOL,
)
FLOW: Final = record(
    "flow",
    **_PLACE,
    sink=STRING,
    kind=STRING,
    source=STRING,
    source_name=STRING,
    source_line=INT,
    sanitised=BOOL,
)
SPLIT: Final = record("early_fit", **_PLACE, name=STRING, kind=STRING, data=STRING, split_line=INT)
ASSIGNMENT: Final = record("assignment", **_PLACE, name=STRING, kind=STRING, value=DYN, source=STRING)
LOOP: Final = record(
    "loop", **_PLACE, name=STRING, kind=STRING, bounded=BOOL, bound=STRING, loop_line=INT, retried=STRING, again=BOOL
)
DEDICATED: Final = lazy.regex(
    r"(?i)(?:^|[/_-])(?:prompts?|prompters?|prompting|prompt_?builders?|templates?|instructions?|system_prompts?)(?:[/_.-]|$)"
)


class StringsQuery(CodeQuery):
    """Prompts in Python code. use: constant (bound to a name), returned, message, argument, template, or loaded (read
    from a file or a registry). kind: system or other. words: its size; shorter ones than min_words do not count.
    dedicated: the file or its folder is named after prompts. unused: the name that it has in its module stands nowhere
    else in the project. secret, access_rule, internal_address: what the text holds."""

    min_words: int = Field(default=8, ge=1, le=1000)
    use: list[Literal["constant", "returned", "message", "argument", "template", "loaded"]] = Field(
        default_factory=list
    )
    features: ClassVar[tuple[str, ...]] = ("prompts",)


class StringsProbe(Probe[StringsQuery]):
    name: ClassVar[str] = "python.strings"
    title: ClassVar[str] = "Prompts in Python code: literals used as such, and prompts loaded from elsewhere"
    query: ClassVar[type[Query]] = StringsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: StringsQuery) -> Type:
        return list_of(PROMPT)

    def answer(self, fact_id: str, query: StringsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            dedicated = bool(DEDICATED.search(entry.path))
            for row in project.records[entry.path].get("prompts", ()):
                if query.use and row["use"] not in query.use:
                    continue
                if row["use"] != "loaded" and row.get("words", 0) < query.min_words:
                    continue
                if row.get("by_place") and not dedicated:
                    continue
                known = {key: value for key, value in row.items() if key not in ("by_place", "lone")}
                unused = bool(row.get("lone")) and not project.is_taken(entry.path, (row["name"],))
                yield {**PROMPT_DEFAULTS, **known, "dedicated": dedicated, "unused": unused}

        return fact_of(fact_id, query, context, find, having="prompts")


PROMPT_DEFAULTS: Final[dict[str, Any]] = {
    "cell": 0,
    "function": "",
    "words": 0,
    "dynamic": False,
    "placeholders": [],
    "at_module": False,
    "unused": False,
    "secret": False,
    "access_rule": False,
    "internal_address": False,
}


class FlowsQuery(CodeQuery):
    """Ways from a source to a sink. sources: llm (what a model answered), user (a request's data). sinks: code (eval,
    exec, a file that is run), shell (also by an interpreter that is given text), command (a list of arguments), box (a
    container or sandbox), handed (a function of another file that is named after running it), sql, html, file (written
    or removed), url, template (the name of a file and a name in it, which is filled with it: whether the file escapes
    it stands there), system (what a model is given as instructions). sanitised: it passed a converter, an escaping
    function or a validating model on the way."""

    sources: list[Literal["llm", "user", "open"]] = Field(default=["llm"])
    sinks: list[
        Literal["code", "shell", "command", "box", "handed", "sql", "html", "file", "url", "template", "system"]
    ] = Field(default_factory=list)
    features: ClassVar[tuple[str, ...]] = ("flows",)


class FlowsProbe(Probe[FlowsQuery]):
    name: ClassVar[str] = "python.flows"
    title: ClassVar[str] = "Model output or request data that reaches code, shell, SQL, HTML, files or addresses"
    query: ClassVar[type[Query]] = FlowsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: FlowsQuery) -> Type:
        return list_of(FLOW)

    def answer(self, fact_id: str, query: FlowsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("flows", ()):
                if row["source"] == "call":
                    target = project.split(row["source_name"], entry.path)
                    if target is None or target[1] not in project.records[target[0]].get("answering", ()):
                        continue
                    row = {**row, "source": "llm"}  # noqa: PLW2901
                if row["source"] in query.sources and (not query.sinks or row["kind"] in query.sinks):
                    yield {"cell": 0, "function": "", "sanitised": False, "source_name": "", **row}

        return fact_of(
            fact_id,
            query,
            context,
            find,
            note=lambda one: f"{one['source_name']} reaches {one['sink']}",
            having="flows",
        )


class FitBeforeSplitQuery(CodeQuery):
    """Fits of preprocessing steps, and choices of columns by correlation, on data that the same scope splits later.

    kind: `fit`, `choice`, `resample` (rows that a resampler made go into a cross-validation), `fold` (what a step gave,
    fitted on all rows, goes into one), `scaled` and `filled` (by hand, with figures over all rows), or `target` (a
    column of the mean target over all rows). of: `train`, `test` and `both` ask for the fits that are given the
    training part, rows of the test part, or the training and the validation part joined instead, as a name tells."""

    of: Literal["early", "train", "test", "both"] = "early"
    features: ClassVar[tuple[str, ...]] = ("splits",)


class FitBeforeSplitProbe(Probe[FitBeforeSplitQuery]):
    name: ClassVar[str] = "python.fit_before_split"
    title: ClassVar[str] = "Preprocessing that is fitted before the data is split"
    query: ClassVar[type[Query]] = FitBeforeSplitQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: FitBeforeSplitQuery) -> Type:
        return list_of(SPLIT)

    def answer(self, fact_id: str, query: FitBeforeSplitQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("splits", ()):
                if (row["kind"] if row["kind"] in ("train", "test", "both") else "early") != query.of:
                    continue
                if row["kind"] in ("fits", "splits", "splits_given") or not _done_by(row, entry.path, project):
                    continue
                kept = {
                    key: value for key, value in row.items() if key not in ("fitter", "splitter", "prepares", "inside")
                }
                yield {"cell": 0, "function": "", **kept, "name": kept["name"].removeprefix("@.")}

        return fact_of(fact_id, query, context, find, having="splits")


def _done_by(row: Mapping[str, Any], path: str, project: PythonProject) -> bool:
    """Whether the functions of the project that a row names fit and split, as it supposes."""
    fitter, splitter = row.get("fitter", ""), row.get("splitter", "")
    if row.get("prepares") and _does("splits", fitter, path, project):
        return False  # it splits before it fits, or it is told what is fitted on
    return (not fitter or _does("fits", fitter, path, project, of_class=not row.get("prepares"))) and (
        not splitter or _does("splits_given" if row.get("inside") else "splits", splitter, path, project)
    )


def _does(kind: str, name: str, path: str, project: PythonProject, *, of_class: bool = False) -> bool:
    split = project.split(name, path)
    where, rest = split if split is not None else (path, name.removeprefix("@."))
    said = [one for one in project.records.get(where, {}).get("splits", ()) if one["kind"] == kind]
    owner = rest.rpartition(".")[0]
    return any(
        one.get("function", "") == rest or (of_class and owner and one.get("function", "").startswith(f"{owner}."))
        for one in said
    )


class AssignmentsQuery(CodeQuery):
    """any: globs of names (`*seed*`): variables, attributes, fields, parameters' defaults, keys of dict literals.
    value: only where the name gets this value, or one of a list; known: only where the value is a constant."""

    any: list[str] = Field(min_length=1)
    value: Any = None
    known: bool = False

    @field_validator("any")
    @classmethod
    def _are_globs(cls, value: list[str]) -> list[str]:
        for one in value:
            if not re.fullmatch(r"[\w*]{2,80}", one) or not one.strip("*"):
                raise ValueError(f"{one!r} is not a name with stars")
        return value

    def assigned(self) -> list[str]:
        """All globs: what the engine looks for."""
        return self.any


class AssignmentsProbe(Probe[AssignmentsQuery]):
    name: ClassVar[str] = "python.assignments"
    title: ClassVar[str] = "Values given to names in Python code"
    query: ClassVar[type[Query]] = AssignmentsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: AssignmentsQuery) -> Type:
        return list_of(ASSIGNMENT)

    def answer(self, fact_id: str, query: AssignmentsQuery, context: Context) -> Fact:
        wanted = query.value if isinstance(query.value, list) else [query.value]

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for row in project.records[entry.path].get("assigned", ()):
                if not any(fnmatchcase(row["name"], glob) for glob in query.any):
                    continue
                value = project.fill(from_json(row["value"]), entry.path)
                if query.known and isinstance(value, Unknown):
                    continue
                if query.value is not None and not any(type(value) is type(one) and value == one for one in wanted):
                    continue
                yield {**row, "value": value}

        return fact_of(fact_id, query, context, find, having="assigned")


class LoopsQuery(CodeQuery):
    """Loops around calls, also of the project's functions that make them. calls: qualified names or groups. kind: for,
    while, while_true. bounded: it must end: it runs over things, or compares a counter or the clock. bound: what ends
    it. again: it ends only when something has worked, and asks the same again at once when it has not."""

    calls: Names = Field(min_length=1)
    features: ClassVar[tuple[str, ...]] = ("loops",)

    def names(self) -> list[str]:
        """All name patterns: what the engine looks for."""
        return expanded(self.calls)


class LoopsProbe(Probe[LoopsQuery]):
    name: ClassVar[str] = "python.loops"
    title: ClassVar[str] = "Loops around calls, and whether they must end"
    query: ClassVar[type[Query]] = LoopsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: LoopsQuery) -> Type:
        return list_of(LOOP)

    def answer(self, fact_id: str, query: LoopsQuery, context: Context) -> Fact:
        patterns = patterns_of(query.names())
        calling = called_in(context).files_of(query.names())
        project = python_project(context)
        callers = callers_of(patterns, calling, project)
        files = {*calling, *project.having.get("loops", ())}

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            seen: set[int] = set()
            for call in calls_in(entry.path, project) if entry.path in calling else ():
                name = next((one for one in call["names"] if patterns.match(one)), None)
                loop = call.get("loop")
                if name is None or loop is None or call["reference"]:
                    continue
                seen.add(loop["line"])
                yield {
                    "line": call["line"],
                    "cell": call["cell"],
                    "function": call["function"],
                    "name": name,
                    "kind": loop["kind"],
                    "bounded": loop["bounded"],
                    "bound": loop["bound"],
                    "loop_line": loop["line"],
                    "retried": call["retried"],
                    "again": bool(loop.get("again")),
                }
            for loop in project.records[entry.path].get("loops", ()):
                found = next(
                    ((one, line) for one, line in loop["calls"].items() if leads_to(one, entry.path, callers, project)),
                    None,
                )
                if found is not None and loop["line"] not in seen:
                    yield {
                        "line": found[1],
                        "cell": loop.get("cell", 0),
                        "function": loop.get("function", ""),
                        "name": found[0].removeprefix("@."),
                        "kind": loop["kind"],
                        "bounded": loop["bounded"],
                        "bound": loop["bound"],
                        "loop_line": loop["line"],
                        "retried": "",
                        "again": bool(loop.get("again")),
                    }

        return fact_of(fact_id, query, context, find, among=files)


def callers_of(patterns: Patterns, calling: Iterable[str], project: PythonProject) -> set[tuple[str, str]]:
    """(file, qualified name) of the project's functions that make one of the calls themselves; `calling`: the files in
    which one of these is made."""
    return {
        (path, call["function"])
        for path in calling
        for call in calls_in(path, project)
        if call["function"] and not call["reference"] and any(patterns.match(name) for name in call["names"])
    }


def leads_to(name: str, path: str, callers: set[tuple[str, str]], project: PythonProject) -> bool:
    """Whether a name, as `path` calls it, is one of these functions of the project."""
    if name.startswith("@."):
        return (path, name[2:]) in callers
    found = project.split(project.follow(name, path).name, path) or project.split(name, path)
    if found is None or found in callers:
        return found is not None
    # A method of an object that the other module made of a class of its own: `service.predict`.
    instance, _, method = found[1].rpartition(".")
    return bool(instance) and any(file == found[0] and one.endswith(f".{method}") for file, one in callers)
