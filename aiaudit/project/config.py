"""The project file `aiaudit.yaml` and the attestations: what a project says about itself. Data, never code.

All of it is optional. An unknown key is an error with its place and the key that was probably meant: a setting that is
silently ignored is worse than none.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints, ValidationError

from aiaudit.model.check import Place
from aiaudit.project.entry import display
from aiaudit.project.parse import Malformed, Map, Seq, parse_yaml
from aiaudit.project.reader import Reader, Unreadable

FILE: Final = "aiaudit.yaml"
MAX_BYTES: Final = 1024 * 1024

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Stage = Literal["prototype", "pilot", "production", "scale"]
ProjectRole = Literal["provider", "deployer"]
Exposure = Literal["local", "internal", "internet"]
RiskTier = Literal["minimal", "limited", "high", "prohibited"]
DatasetRole = Literal["train", "validation", "test", "reference", "current", "serving"]
Answer = Literal["yes", "partly", "no", "not_applicable"]


class ConfigError(Exception):
    """A project file that cannot be used. `problems` are single lines, each with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Part(BaseModel):
    """Base of every part of the project file: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, populate_by_name=True)


class ProjectPart(Part):
    """The system's record: what it is for, who answers for it, who it touches."""

    name: Text = ""
    owner: Text = Field("", description="A person or role with a way to reach them.")
    deputy: Text = ""
    purpose: Text = Field("", description="What the system decides or produces, and for whom.")
    stage: Stage | Literal[""] = ""
    role: ProjectRole | Literal[""] = Field("", description="Provider or deployer, in the sense of the EU AI Act.")
    exposure: Exposure | Literal[""] = Field("", description="Who can reach it.")
    risk_tier: RiskTier | Literal[""] = ""
    risk_rationale: Text = ""
    users: Text | list[Text] = ""
    status: Text = ""
    models: list[Text] = Field(default_factory=list, description="Models in use, by the names the code uses.")
    commercial: bool | None = None
    flags: dict[str, bool] = Field(
        default_factory=dict, description="Declared flags (rag, agent, …); one that contradicts the code is a finding."
    )
    link: Text = Field("", description="Where an enterprise register holds this record.")
    reviewed: dt.date | None = None


class DatasetPart(Part):
    """A data set: where it is, what it is used for, and which of its columns mean something."""

    name: Text
    path: Text = Field("", description="File, folder or glob, relative to the project.")
    role: DatasetRole | None = None
    label: Text | None = None
    id: Text | list[Text] | None = None
    time: Text | None = Field(None, description="The column that orders the rows in time.")
    groups: list[Text] = Field(default_factory=list, description="Columns whose values must not be split.")
    sensitive: list[Text] | bool = Field(default_factory=list, description="Protected or personal columns.")
    slices: list[Text] = Field(default_factory=list, description="Columns by which quality is judged apart.")
    schema_: Any = Field(None, alias="schema", description="A file that holds the schema, or the schema itself.")
    tolerances: dict[str, Any] = Field(default_factory=dict)
    max_age_days: int | None = Field(None, ge=0)
    static: bool = False
    source: Text = ""
    licence: Text = ""
    format: Text = ""
    note: Text = ""


class ModelPart(Part):
    """A model the project trains, ships or calls."""

    name: Text
    path: Text = ""
    source: Text = ""
    provider: Text = ""
    base: Text = ""
    revision: Text = ""
    licence: Text = ""
    purpose: Text = ""
    card: Text = ""
    note: Text = ""


class UnitPart(Part):
    """The unit whose cost is watched (1,000 predictions, a resolved case), its target cost and what it is worth."""

    name: Text = ""
    target: float | None = Field(None, ge=0)
    value: float | None = Field(None, ge=0)


class BudgetPart(Part):
    monthly: float | None = Field(None, ge=0)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    owner: Text = ""
    unit: UnitPart = Field(default_factory=UnitPart)
    total: float | None = Field(None, ge=0)
    gate: Literal["p10", "p50", "p90"] | None = None
    reviewed: dt.date | None = None
    note: Text = ""


def _answer(value: object) -> object:
    """YAML reads a bare `yes` or `no` as a boolean."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


class AttestationEntry(Part):
    """What a person answers for. Without owner, evidence and date it is a claim and no more."""

    answer: Annotated[Answer, BeforeValidator(_answer)]
    owner: Text = ""
    evidence: Text | list[Text] = Field("", description="Where the evidence is: a path or a link.")
    reviewed: dt.date | None = Field(None, description="The day on which the owner last looked at it.")
    review_by: dt.date | None = Field(None, description="The day after which the answer no longer counts.")
    note: Text = ""


class GatePart(Part):
    """The project's own gate, used where the command line gives none."""

    fail_under: float | dict[str, float] | None = None
    min_coverage: float | None = Field(None, ge=0, le=100)
    fail_on: list[str] = Field(default_factory=list)
    fail_on_new: Literal["critical", "high", "medium", "low"] | None = None
    level: Literal["prototype", "pilot", "production", "scale"] | None = None


class ProjectConfig(Part):
    """`aiaudit.yaml` as a whole."""

    schema_version: Literal[1] = Field(1, alias="schema")
    project: ProjectPart = Field(default_factory=ProjectPart)
    datasets: list[DatasetPart] = Field(default_factory=list)
    models: list[ModelPart] = Field(default_factory=list)
    workload: dict[str, Any] = Field(default_factory=dict)
    budget: BudgetPart = Field(default_factory=BudgetPart)
    attestations: dict[str, AttestationEntry] = Field(default_factory=dict)
    waivers: list[dict[str, Any]] = Field(default_factory=list)
    packs: list[str] = Field(default_factory=list, description="Packs to judge by; none means all that apply.")
    params: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Check id -> parameter -> value.")
    severity: dict[str, str] = Field(default_factory=dict, description="Check id -> severity.")
    gate: GatePart = Field(default_factory=GatePart)
    brand: dict[str, Any] = Field(default_factory=dict)
    exclude: list[str] = Field(default_factory=list, description="Globs of what is not audited; listed in the report.")

    _file: str = PrivateAttr(default="")
    _source: Any = PrivateAttr(default=None)

    @property
    def file(self) -> str:
        """The file's name as messages give it; empty where there is none."""
        return self._file

    def declares(self, key: str) -> bool:
        """Whether the file has this top-level section."""
        return isinstance(self._source, dict) and key in self._source

    def place(self, *path: str | int) -> Place | None:
        """Where the value at `path` stands, such as `place("params", "SEC-001", "max_age_days")`."""
        if not self._file:
            return None
        return Place(self._file, *_mark_of(self._source, path))


def load_config(path: str | Path) -> ProjectConfig:
    """The configuration in a file that the caller named. Raises `ConfigError`."""
    named = str(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([f"{display(named)}: {(error.strerror or 'cannot be read').lower()}"]) from None
    return parse_config(data, display(named))


def load_project_config(root: str | Path) -> ProjectConfig:
    """The `aiaudit.yaml` of the audited project, read guarded; an empty configuration where there is none.

    Raises `ConfigError`."""
    try:
        with Reader(str(root)) as reader:
            data = reader.read(FILE, MAX_BYTES + 1).data
    except Unreadable as error:
        if error.reason == "gone":
            return ProjectConfig()
        raise ConfigError([f"{FILE}: {error.reason}"]) from None
    return parse_config(data, FILE)


def parse_config(data: bytes, file: str = FILE) -> ProjectConfig:
    """A configuration from the bytes of its file. Raises `ConfigError`."""
    source = _parse(data, file)
    try:
        config = ProjectConfig.model_validate(source)
    except ValidationError as error:
        raise ConfigError(_problems(error, source, file, ProjectConfig)) from None
    config._file, config._source = file, source
    return config


def parse_attestations(data: bytes, file: str) -> dict[str, AttestationEntry]:
    """An `attestations.yaml`: check id -> entry, at the top or under `attestations:`. Raises `ConfigError`."""
    source = _parse(data, file)
    inner = source.get("attestations")
    entries: Mapping[str, Any] = inner if isinstance(inner, dict) else source
    found: dict[str, AttestationEntry] = {}
    problems: list[str] = []
    for check, entry in entries.items():
        try:
            found[check] = AttestationEntry.model_validate(entry)
        except ValidationError as error:
            problems += _problems(error, entries, file, AttestationEntry, (check,))
    if problems:
        raise ConfigError(problems)
    return found


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `aiaudit.yaml`, for editors."""
    schema = ProjectConfig.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": FILE}


def attestations_json_schema() -> dict[str, Any]:
    """The JSON Schema of `attestations.yaml`."""
    entry = AttestationEntry.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attestations.yaml",
        "type": "object",
        "additionalProperties": entry,
    }


# -- messages ----------------------------------------------------------------------------------------------------------


def _parse(data: bytes, file: str) -> Map:
    try:
        source = parse_yaml(data, limit=MAX_BYTES)
    except Malformed as error:
        raise ConfigError([_at(file, (error.line or 1, error.column or 1), error.reason)]) from None
    if source is None:
        return Map((1, 1))
    if not isinstance(source, Map):
        raise ConfigError([_at(file, (1, 1), "must be a mapping of settings")])
    return source


def _problems(
    error: ValidationError, source: Any, file: str, model: type[BaseModel], above: tuple[str | int, ...] = ()
) -> list[str]:
    """One line for each mistake, in the order of the file."""
    lines: dict[tuple[str | int, ...], tuple[tuple[int, int], list[str]]] = {}
    for one in error.errors(include_url=False, include_context=True):
        path = _real_path(source, (*above, *one["loc"]))
        mark = _mark_of(source, path, key=one["type"] == "extra_forbidden")
        said = lines.setdefault(path, (mark, []))[1]
        text = _say(one, model, path[len(above) :])
        if text not in said:
            said.append(text)
    return [
        _at(file, mark, f"{_dotted(path)}: {' or '.join(said)}" if path else " or ".join(said))
        for path, (mark, said) in sorted(lines.items(), key=lambda item: item[1][0])
    ]


def _say(error: Any, model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    match error["type"]:
        case "extra_forbidden":
            known = _keys(_model_at(model, path[:-1]))
            near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.6)
            return f"unknown key; did you mean '{near[0]}'?" if near else f"unknown key; known are {', '.join(known)}"
        case "missing":
            return "is missing"
        case "literal_error":
            given = error["input"]
            choices = [word for word in _literals(model, path) if word]
            near = difflib.get_close_matches(str(given), choices, n=1, cutoff=0.6)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            return f"{_shown(given)} is none of {', '.join(choices) or error['ctx']['expected']}{hint}"
        case _:
            text = str(error["msg"]).replace("Input should be", "must be").replace("String should", "must")
            text = text.split(" or instance of ")[0].split(", unable to ")[0]
            return f"{text[:1].lower()}{text[1:]}, not {_shown(error['input'])}"


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    return display(repr(value)[:60])


def _at(file: str, mark: tuple[int, int], text: str) -> str:
    return f"{file}:{mark[0]}:{mark[1]}: {text}"


def _dotted(path: tuple[str | int, ...]) -> str:
    out = ""
    for part in path:
        out += f"[{part + 1}]" if isinstance(part, int) else f".{display(part)}" if out else display(part)
    return out


def _real_path(source: Any, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path in the file: pydantic's location also names the branches of unions, which are not in the file."""
    path: list[str | int] = []
    node = source
    for number, part in enumerate(loc):
        if isinstance(node, dict) and isinstance(part, str):
            if part in node:
                path.append(part)
                node = node[part]
            elif number == len(loc) - 1 and not _is_branch(part):
                path.append(part)  # a key that is missing
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            path.append(part)
            node = node[part]
    return tuple(path)


def _is_branch(part: str) -> bool:
    return part in ("str", "int", "float", "bool", "date", "none") or part.endswith("]") or "literal" in part


def _mark_of(source: Any, path: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
    """Where the value (or, with `key`, the key) at `path` stands; the nearest enclosing place where it does not."""
    node, mark = source, (1, 1)
    for number, part in enumerate(path):
        last = number == len(path) - 1
        if isinstance(node, Map) and isinstance(part, str) and part in node:
            mark = node.at(part) if last and key else node.value_at(part)
            node = node[part]
        elif isinstance(node, Seq) and isinstance(part, int) and part < len(node):
            mark = node.at(part)
            node = node[part]
        else:
            break
    return mark


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model_at(model: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the part at `path`."""
    return next((one for one in _options(_annotation_at(model, path)) if _is_model(one)), None)


def _annotation_at(model: type[BaseModel], path: tuple[str | int, ...]) -> Any:
    found: Any = model
    for part in path:
        found = next((inner for one in _options(found) if (inner := _inside(one, part)) is not None), None)
    return found


def _inside(annotation: Any, part: str | int) -> Any:
    """The annotation of a model's field, a list's items or a mapping's values; None where there is none."""
    if _is_model(annotation):
        return next((f.annotation for k, f in annotation.model_fields.items() if part in (k, f.alias)), None)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list and isinstance(part, int):
        return arguments[0]
    if origin is dict and isinstance(part, str):
        return arguments[1]
    return None


def _options(annotation: Any) -> list[Any]:
    """The branches of a union, without what `Annotated` adds."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [one for part in get_args(annotation) if part is not NoneType for one in _options(part)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _literals(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    options = _options(_annotation_at(model, path))
    return [str(word) for one in options if get_origin(one) is Literal for word in get_args(one)]
