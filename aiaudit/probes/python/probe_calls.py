"""The probe `python.calls`: calls by qualified name, with keywords, the source of the data, and surroundings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, ClassVar, Final

from msgspec import Struct
from pydantic import Field, ValidationInfo, field_validator

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, DYN, INT, STRING, Type, Unknown, from_json, list_of, map_of, record
from aiaudit.probes.base import Context, Probe, Query, was_checked
from aiaudit.probes.call_patterns import CallConditions
from aiaudit.probes.media_models import told_apart
from aiaudit.probes.python.asking import CodeQuery, fact_of, placed
from aiaudit.probes.python.base_record import unpacked
from aiaudit.probes.python.call import Call
from aiaudit.probes.python.doubts import doubts_of
from aiaudit.probes.python.groups import BEDROCK_EMBEDDING, expanded
from aiaudit.probes.python.match import NameIndex, among, check_pattern
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.python.provenance import of_text
from aiaudit.probes.python.shared import Shared
from aiaudit.project.entry import Entry

CALL: Final = record(
    "call",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    name=STRING,
    function=STRING,
    arg0=STRING,
    args=list_of(DYN),
    kw=map_of(DYN),
    ctor_kw=map_of(DYN),
    ctor_known=BOOL,
    has_star_kw=BOOL,
    unresolved=STRING,
    certain=BOOL,
    reference=BOOL,
    in_loop=BOOL,
    in_handler=BOOL,
    in_try=BOOL,
    guarded=BOOL,
    at_module=BOOL,
    awaited=BOOL,
    retried=STRING,
    result=STRING,
    source=STRING,
    dynamic=BOOL,
)


class CallPattern(CallConditions, defer_build=False):
    """A function by its qualified name, and conditions on its arguments.

    kw: keywords that must have this value (or one of a list); `a.b` as below. unless_kw: such a call is not meant.
    missing_kw: none of these is given, or only as None; `a.b` is a key of the map that is the value of `a`. has_kw: one
    of these is given. or_ctor: keywords given to the constructor of the receiver count too (a client's timeout). pos:
    position of arguments that may stand for keywords ({timeout: 2}). Where a
    library's constant is meant, its dotted name is the value (`Loader: yaml.SafeLoader`).
    arg0_dynamic: the first argument is (not) a constant. min_args: positional arguments at least. made_by: keywords
    that are handed what one of these calls made (`{model: ["*.from_pretrained"]}`), as far as it is followed.
    """

    pos: dict[str, int] = Field(default={})
    made_by: dict[str, list[str]] = Field(default={})

    @classmethod
    def expanded(cls, names: Iterable[str]) -> list[str]:
        return expanded(names)

    @classmethod
    def check(cls, name: str) -> None:
        check_pattern(name)


class CallsQuery(CodeQuery):
    """any: qualified names (`torch.load`, `*.from_pretrained`, `mlflow.*`) or groups of them (`group:llm.completion`),
    alone or with conditions. references: whether a function handed on without being called (`map(pickle.load, files)`)
    counts."""

    any: list[str | CallPattern] = Field(min_length=1)
    references: bool = False

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
    name: ClassVar[str] = "python.calls"
    title: ClassVar[str] = "Calls in Python code and notebooks, by qualified name and arguments"
    query: ClassVar[type[Query]] = CallsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: CallsQuery) -> Type:
        return list_of(CALL)

    def answer(self, fact_id: str, query: CallsQuery, context: Context) -> Fact:
        called = called_in(context)
        wanted = [(among(names, called.names), pattern) for names, pattern in query.patterns()]
        every = set().union(*(names for names, _ in wanted))
        files = {path for name in every for path in called.files[name]}
        others: dict[Any, dict[str, Any]] = context.memo.setdefault("python.calls.rows", {})

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for call in calls_in(entry.path, project):
                names = [name for name in call["names"] if name in every]
                if not names or (call["reference"] and not query.references):
                    continue
                found = _conditions(call, names, wanted)
                if found is not None:
                    yield row_of(call, found, entry)

        def row_of(call: Call, found: tuple[str, str], entry: Entry) -> dict[str, Any]:
            """One for all facts: the first stands at the call itself, as few have a second."""
            known = call.row
            if known is not None and (known["name"], known["unresolved"]) == found:
                return known
            key = (id(call), *found)  # calls are kept
            made = others.get(key)
            if made is None:
                made = placed(entry, _record(call, *found, called.is_file, entry.path))
                if known is None:
                    call.row = made
                else:
                    others[key] = made
            return made

        return fact_of(fact_id, query, context, find, among=files)


class Called(Struct, frozen=True):
    """What the project calls: names, the files in which each stands, and the paths of all files."""

    names: NameIndex
    files: dict[str, list[str]]
    is_file: Callable[[str], bool]  # whether a file of the project stands at a path

    def files_of(self, patterns: Iterable[str]) -> set[str]:
        """The files in which something that one of the patterns names is called."""
        return {path for name in among(patterns, self.names) for path in self.files[name]}


def called_in(context: Context) -> Called:
    """The index of all calls, made once for all queries."""
    known = context.memo.get("python.calls")
    if isinstance(known, Called):
        return known
    project = python_project(context)
    files: dict[str, list[str]] = defaultdict(list)  # lists, for a name mostly has one file
    for path in project.calling:
        for name in {name for call in calls_in(path, project) for name in call["names"]}:
            files[name].append(path)
    project.shared = Shared()  # few calls are looked at for the first time from now on

    def is_file(path: str) -> bool:
        entry = context.project.entry(path)
        return entry is not None and entry.kind == "file"

    made = context.memo["python.calls"] = Called(NameIndex(files), dict(files), is_file)
    return made


def calls_in(path: str, project: PythonProject) -> list[Call]:
    """The calls of one file with the names that they have when the project's own imports are followed."""
    calls = project.calls.get(path)
    if calls is None and path not in project.calling:
        return []
    if calls is None:
        rows = unpacked(project.records[path].get("calls", ()))
        calls = [_complete(call, path, project) for call in rows]
        for call in calls:
            for key, value in call.items():
                call[key] = project.shared(value)
        project.calls[path] = calls
        project.calls_taken(path)
    return calls


def _complete(call: dict[str, Any], path: str, project: PythonProject) -> Call:
    names: list[str] = []
    kw, ctor_kw = from_json(call.get("kw", {})), from_json(call.get("ctor_kw", {}))
    ctor_star, ctor_known = bool(call.get("ctor_star")), bool(call.get("ctor_known"))
    once = False
    for name in call["names"]:
        if project.is_foreign(name):
            names.append(name)
            continue
        for found in project.alternatives(name, path):
            names.append(found.name)
            if found.name != name:
                kw, ctor_kw = {**found.bound, **kw}, {**found.kw, **ctor_kw}
                ctor_star, ctor_known = ctor_star or found.star, found.known
                once = once or found.once
    made = Call(call)
    made["names"] = names
    if names != call["names"]:
        made["written"] = call["names"]
    if once:  # what is called hands out what another call has made
        made["guarded"] = True
    first = call["args"][0] if call.get("args") else None
    for key, value in (("args", call.get("args", [])), ("kw", kw), ("ctor_kw", ctor_kw)):
        if value or key in made:
            made[key] = project.fill(from_json(value) if key == "args" else value, path)
    if apart := told_apart(names, made.get("args") or ()):
        made["names"] = apart
    if ctor_star:
        made["ctor_star"] = True
    if "modelId" in made.get("kw", ()):
        made["names"] = _told_apart(made["names"], made["kw"]["modelId"])
    if made["rests_on"] and project.is_taken(path, made["rests_on"]):
        made["source"] = "unresolved"  # another file may hand on something else
    elif made["source"] == "unresolved" and _is_reference(first) and isinstance(made["args"][0], str):
        made["source"] = of_text(made["args"][0])  # a constant of another file of the project
    if ctor_known or "ctor_known" in made:
        made["ctor_known"] = ctor_known
    return made


def _is_reference(value: Any) -> bool:
    """Whether an argument is nothing but the name of something that is imported."""
    return isinstance(value, dict) and str(value.get("$unknown", "")).startswith("$ref ")


def _told_apart(names: list[str], model: Any) -> list[str]:
    """Bedrock asks models of all kinds by one method: the model's id tells those that make vectors of text apart."""
    if not isinstance(model, str) or "embed" not in model.lower():
        return names
    return [
        f"{name.removesuffix('invoke_model')}{BEDROCK_EMBEDDING}" if name.endswith(".invoke_model") else name
        for name in names
    ]


def _conditions(
    call: dict[str, Any], names: Iterable[str], wanted: Iterable[tuple[Container[str], CallPattern]]
) -> tuple[str, str] | None:
    """(name, what could not be decided) where the call is meant by one of the patterns."""
    undecided: tuple[str, str] | None = None
    for meant, pattern in wanted:
        for name in names:
            if name not in meant:
                continue
            doubts = doubts_of(call, pattern)
            if doubts is None:
                continue
            if name.endswith(".?") or call["other_names"]:
                doubts.append("name")
            if call["reference"]:
                doubts.append("arguments")
            if not doubts:
                return name, ""
            undecided = undecided or (name, ", ".join(doubts))
    return undecided


def _record(
    call: dict[str, Any], name: str, unresolved: str, is_file: Callable[[str], bool], path: str
) -> dict[str, Any]:
    source = call["source"]
    first = call["args"][0] if call["args"] else None
    if source == "literal" and isinstance(first, str) and _in_project(first, path, is_file):
        source = "project"
    return {
        **{key: call[key] for key in _KEPT},
        "name": name,
        "unresolved": unresolved,
        "certain": Unknown(f"{unresolved} could not be resolved") if unresolved else True,
        "has_star_kw": call["star_kw"],
        "source": source,
    }


_KEPT: Final = (
    "line", "cell", "function", "arg0", "args", "kw", "ctor_kw", "ctor_known", "reference", "in_loop", "in_handler",
    "in_try", "guarded", "at_module", "awaited", "retried", "result", "dynamic",
)  # fmt: skip


def _in_project(text: str, path: str, is_file: Callable[[str], bool]) -> bool:
    """Whether a literal path names a file of the project, from its root or from the file's folder."""
    wanted = text.removeprefix("./")
    folder = path.rpartition("/")[0]
    return is_file(wanted) or is_file(f"{folder}/{wanted}")
