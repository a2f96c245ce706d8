"""The probe `datasets.validation`: calls that hold data against a schema, and how much that schema demands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Confidence, Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe
from aiaudit.probes.datasets.reads import FRAME_READS
from aiaudit.probes.datasets.run_by import (
    above,
    begun,
    handler_ends,
    indent,
    lines_of,
    run_by,
    spoken_lines,
)
from aiaudit.probes.datasets.strength import FRAME_MODEL, head_of, strength
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.base_record import Definition
from aiaudit.probes.python.match import Patterns
from aiaudit.probes.python.probe_calls import calls_in
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

VALIDATION: Final = record(
    "validation", path=STRING, line=INT, cell=INT, role=STRING, function=STRING, name=STRING, tool=STRING,
    schema=STRING, columns=INT, constrained=INT, stops=BOOL, called=BOOL, whole=BOOL, reads=INT,
    run_by=list_of(STRING), mains=list_of(STRING),
)  # fmt: skip
_ROOTS: Final = (
    "pandera.*", "great_expectations.*", "tensorflow_data_validation.*", "jsonschema.*", "fastjsonschema.*",
    "pydantic.*", "dataframely.*", "patito.*", "frictionless.*", "cerberus.*", "deepchecks.*", "pointblank.*",
    "pydeequ.*", "soda.*",
)  # fmt: skip
_LASTS: Final = (
    "*.validate", "*.model_validate", "*.parse_obj", "*.model_validate_json", "*.run_checkpoint", "*.run",
    "*.pipe", "*.map_partitions", "*.map_batches",
)  # fmt: skip
_MADE: Final = ("Checkpoint", "ValidationDefinition")  # what Great Expectations runs
_READS: Final = Patterns(FRAME_READS)
_OUTCOME: Final = lazy.regex(
    r"\s*(?P<how>assert|if|elif|raise|(?:sys\.)?exit)\b(?P<what>.*(?:success|anomal|passed|is_valid|errors?\b|status).*)",
    re.IGNORECASE,
)
_ONLY_TOLD: Final = lazy.regex(r"(?:print|(?:\w+\.)*log\w*\.?\w*|warnings\.warn|pass|\.\.\.)\b|#|[\"')\]]")
_ENDING: Final = lazy.regex(r"raise\b|(?:sys\.)?exit\(|os\._exit|return\b|assert\b|\w+(?:\.\w+)*\(")
_PART: Final = ("head", "tail", "sample")  # keywords of pandera by which only some rows are held against the schema
_MADE_UP: Final = (
    r"^\s*{name}\s*(?::[^=]*)?=\s*(?:pd|pl|pandas|polars|dd)\.(?:DataFrame|from_dict)\(\s*(?:data\s*=\s*)?[\[{{]"
)
_GIVEN: Final = lazy.regex(r"\.(?:validate\w*|model_validate|parse_obj|check_\w+)\(\s*(\w+)\s*[,)]")
_PIPES: Final = (".pipe", ".map_partitions", ".map_batches")
_HANDED_ON: Final = lazy.regex(r"^\s*return\s+(?:\w+\s*(?:#.*)?$|.*\.run\()")
_LOOKED_AT: Final = lazy.regex(r"\.success\b|\[[\"']success[\"']\]")
_ENDED: Final = lazy.regex(
    r"^[ \t]*if\s+not\s+[\w.]*(?:success|passed|valid|ok)\w*[^\n]*:\n(?:[^\n]*\n){0,3}?.*(?:\bexit\(\s*1|\braise\b)",
    re.MULTILINE,
)


class ValidationQuery(CodeQuery):
    """Calls by which data meets a schema, outside tests.

    tool: pandera, pydantic (rows of a table, one by one), jsonschema, great_expectations, tfdv and others. columns and
    constrained: of the schemas that the calling file holds or imports; constrained are those with a range, a set of
    values, a pattern, uniqueness, or a type that is narrow by itself. stops: a violation ends the run: the call raises
    and no handler swallows it, or its result is looked at. called: the function it stands in is named elsewhere.
    whole: all rows are held against it. reads: the line of the same file that reads what is held against it, 0 where
    that was not seen. run_by, mains: files whose import or route, or whose main block, leads to it. What is switched
    off by a constant, or only looks at rows that are written in the code, is left out."""

    roles: list[Role] = Field(default=[Role.CODE, Role.NOTEBOOK])

    def names(self) -> list[str]:
        """All name patterns: what the engine looks for."""
        return [*_ROOTS, *_LASTS, *FRAME_READS]


class ValidationProbe(Probe[ValidationQuery]):
    name: ClassVar[str] = "datasets.validation"
    title: ClassVar[str] = "calls that hold data against a schema"
    query: ClassVar[type[ValidationQuery]] = ValidationQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ValidationQuery) -> Type:
        return list_of(VALIDATION)

    def answer(self, fact_id: str, query: ValidationQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            calls = calls_in(entry.path, project)
            reads = any(_READS.match(name) for call in calls for name in call["names"])
            makers = {call["function"] for call in calls if any(map(_is_made, call["names"]))}
            for call in calls:
                for spoken in call["names"]:
                    name = _piped(spoken, call)
                    tool = _tool(name, call, reads) or _model_of(name, entry.path, project, context)
                    if not tool and name.endswith(".run") and name.removesuffix(".run").removeprefix("@.") in makers:
                        tool = "great_expectations"
                    if not tool or call["reference"]:
                        continue
                    if _is_idle(call, entry.path, context):
                        break
                    if spoken.rpartition(".")[2] not in {one.rpartition(".")[2] for one in call["written"]}:
                        continue  # a call of a function of the project's own that gives a validated frame back
                    yield _record(call, name, tool, entry.path, project, context, calls)
                    break
            if entry.path in typed:
                yield from _decorated(entry.path, project, context)

        importers = python_project(context).importers.items()
        typed = {path for root, paths in importers if root.startswith("pandera") for path in paths}

        fact = fact_of(fact_id, query, context, find, note=lambda one: f"{one['tool']}: {one['name']}")
        return Fact(
            fact_id, fact.state, fact.value, fact.level, fact.method, Confidence.MEDIUM, fact.evidence, fact.scope,
            reason=fact.reason,
        )  # fmt: skip


def _is_made(name: str) -> bool:
    return name.startswith("great_expectations.") and name.endswith(_MADE)


def _tool(name: str, call: Mapping[str, Any], reads: bool) -> str:
    """The tool where the name alone tells that data is validated."""
    root, last = name.partition(".")[0], name.rpartition(".")[2]
    if root == "pandera" and last in ("validate", "validate_dataframe") and "Check" not in name:
        return "pandera"
    if root == "great_expectations" and last in ("run_checkpoint", "validate", "run") and name.count(".") > 1:
        return "great_expectations"
    if root == "tensorflow_data_validation" and last in ("validate_statistics", "validate_examples_in_csv"):
        return "tfdv"
    if root in ("dataframely", "patito", "frictionless") and last == "validate":
        return root
    if root == "pointblank" and last in ("assert_passing", "all_passed"):
        return "pointblank"
    if root == "deepchecks" and last == "run":
        return "deepchecks"
    if root == "pydeequ" and last == "run" and "Verification" in name:
        return "deequ"
    if root == "soda" and last in ("execute", "assert_no_checks_fail", "assert_no_error_logs"):
        return "soda"
    rows = bool(call["in_loop"]) and reads  # a request's body is no data set
    if root in ("jsonschema", "fastjsonschema", "cerberus") and last == "validate":
        return "jsonschema" if rows else ""
    if root == "pydantic" and last in ("model_validate", "parse_obj", "validate_python", "model_validate_json"):
        return "pydantic" if rows or ("TypeAdapter" in name and reads) else ""
    return ""


def _model_of(name: str, path: str, project: PythonProject, context: Context) -> str:
    """`Orders.validate(frame)` where `Orders` is a class of the project that describes a frame."""
    if not name.endswith(".validate"):
        return ""
    found = _class_of(name.removesuffix(".validate"), path, project)
    return "pandera" if found and FRAME_MODEL.search(head_of(found[0], found[1], context)) else ""


def _class_of(name: str, path: str, project: PythonProject) -> tuple[str, Definition] | None:
    split = project.split(name, path)
    where, rest = split if split is not None else (path, name.removeprefix("@."))
    if where not in project.records:
        return None
    found = next((one for one in project.base(where).definitions if one.kind == "class" and one.qualname == rest), None)
    return (where, found) if found is not None else None


def _decorated(path: str, project: PythonProject, context: Context) -> Iterator[dict[str, Any]]:
    for one in project.base(path).definitions:
        how = next(
            (d for d in one.decorators if d.endswith(("check_types", "check_input", "check_output", "check_io"))), ""
        )
        if how:
            call = {"line": one.line, "cell": 0, "function": one.qualname, "in_try": False, "names": [how], "kw": {}}
            yield _record(call, how, "pandera", path, project, context, ())


def _record(
    call: Mapping[str, Any], name: str, tool: str, path: str, project: PythonProject, context: Context,
    calls: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    written = next((one for one in call.get("written", ()) if one.rpartition(".")[2] == name.rpartition(".")[2]), "")
    schema = (written or name).rpartition(".")[0].rpartition(".")[2]
    columns, constrained = strength(tool, schema, path, project, context)
    ways = run_by(call["function"], call["line"], path, project, context)
    return {
        "line": call["line"],
        "cell": call["cell"],
        "function": call["function"],
        "name": name,
        "tool": tool,
        "schema": name.rpartition(".")[0],
        "columns": columns,
        "constrained": constrained,
        "stops": False if ways.swallowed else _stops(call, tool, path, project, context),
        "called": _called(call["function"], path, project, context),
        "whole": tool != "pandera" or not any(call["kw"].get(key) not in (None, False) for key in _PART),
        "reads": _read_before(call, path, context, calls),
        "run_by": sorted(ways.files),
        "mains": sorted(ways.mains),
    }


def _piped(name: str, call: Mapping[str, Any]) -> str:
    """`frame.pipe(Orders.validate)` by the name of what it hands the frame to."""
    handed = call["args"][0] if name.endswith(_PIPES) and call["args"] else None
    return handed.reason if isinstance(handed, Unknown) and handed.reason.endswith(".validate") else name


def _is_idle(call: Mapping[str, Any], path: str, context: Context) -> bool:
    """Whether a call is switched off by a constant, or holds only rows against the schema that stand in the code."""
    lines = lines_of(path, context)
    if not lines or call["line"] > len(lines):
        return False
    for text in above(lines, call["line"]):
        switch = re.match(r"if\s+(\w+)\s*:", text)
        if switch and (switch[1] in ("False", "0") or _is_off(switch[1], lines)):
            return True
        if re.match(r"for\s+\w+\s+in\s+[\[(]\s*[{\[\"'\d(]", text):
            return True
    given = _GIVEN.search(lines[begun(lines, call["line"]) - 1])
    if given is None:
        return False
    made_up = re.compile(_MADE_UP.format(name=given[1]))
    return any(map(made_up.search, lines[: call["line"]]))


def _is_off(name: str, lines: list[str]) -> bool:
    set_to = re.compile(rf"\s*(?:global\s+)?{re.escape(name)}\s*(?::[^=]*)?=\s*(?!=)(.*)")
    values = [match[1].split("#")[0].strip() for match in map(set_to.match, lines) if match]
    return bool(values) and all(value == "False" for value in values)


def _read_before(
    call: Mapping[str, Any], path: str, context: Context, calls: Iterable[Mapping[str, Any]]
) -> int:  # fmt: skip
    """The line of the read whose frame is held against the schema: on the same line, or by the name it was given."""
    lines = lines_of(path, context)
    if not lines or call["line"] > len(lines):
        return 0
    reads = {  # of a path that stands there: what a function is given may be other data each time
        begun(lines, one["line"]): int(one["line"])
        for one in calls
        if any(map(_READS.match, one["names"])) and one["args"] and isinstance(one["args"][0], str)
    }
    here = begun(lines, call["line"])
    if here in reads:
        return reads[here]
    given = _GIVEN.search(lines[here - 1])
    if given is None:
        return 0
    named = re.compile(rf"\s*{re.escape(given[1])}\s*(?::[^=]*)?=(?!=)")
    for number in range(here - 1, 0, -1):
        if named.match(lines[number - 1]):
            return reads.get(number, 0)
        if lines[number - 1].startswith(("def ", "class ", "async def ")):
            return 0
    return 0


def _stops(
    call: Mapping[str, Any], tool: str, path: str, project: PythonProject, context: Context
) -> bool | Unknown:  # fmt: skip
    """Whether a violation ends the run."""
    lines = lines_of(path, context)
    if tool in ("great_expectations", "tfdv", "frictionless", "deequ", "deepchecks") or call["names"][0].endswith(
        ("Scan.execute", ".all_passed")
    ):  # they answer with a result
        below = lines[call["line"] - 1 : call["line"] + 15]
        return any(map(_counts, range(len(below)), repeat(below))) or _stopped_by_caller(
            call["function"], below, path, project, context
        )
    if not call["in_try"]:
        return True
    if not lines:
        return Unknown("the handler was not seen")
    return handler_ends(lines, call["line"])


def _stopped_by_caller(
    function: str, below: list[str], path: str, project: PythonProject, context: Context
) -> bool:  # fmt: skip
    """Whether a function hands the result on, and a file that calls it looks at the result and ends the run."""
    name = function.rpartition(".")[2]
    if not name or not any(map(_HANDED_ON.search, below)):
        return False
    for where in project.records:
        if path not in project.own_imports(where) and where != path:
            continue
        text = "\n".join(lines_of(where, context))
        if re.search(rf"\b{re.escape(name)}\(", text) and _LOOKED_AT.search(text) and _ENDED.search(text):
            return True
    return False


def _counts(at: int, lines: list[str]) -> bool:
    """Whether a line looks at an outcome, and something follows from it other than words."""
    found = _OUTCOME.match(lines[at])
    if found is None:
        return False
    if not found["how"].lower().endswith("if"):
        return True
    body, depth = [found["what"].rpartition(":")[2].strip()], indent(lines[at])
    for text in lines[at + 1 :]:
        if text.strip() and indent(text) <= depth:
            break
        body.append(text.strip())
    return any(_ENDING.match(text) and not _ONLY_TOLD.match(text) for text in body if text)


def _called(function: str, path: str, project: PythonProject, context: Context) -> bool:
    """Whether a function is run at module level, by a decorator, or named in the file or in one that imports it."""
    parts = function.split(".")
    name = parts[-1]
    if not function:
        return True
    own = next((one for one in project.base(path).definitions if one.qualname == function), None)
    if own is not None and own.decorators:
        return True
    if name.startswith("__") and len(parts) > 1:
        name = parts[-2]
    used = re.compile(rf"(?<!def )(?<!class )\b{re.escape(name)}\b(?!\s*=[^=])")
    for where in project.records:
        if where == path or path in project.own_imports(where):
            body = [
                line for line in spoken_lines(where, context) if not line.lstrip().startswith(("import ", "from ", "#"))
            ]
            if any(used.search(line) for line in body):
                return True
    return False
