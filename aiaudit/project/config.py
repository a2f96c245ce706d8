"""The project file `aiaudit.yaml` and the attestations: what a project says about itself. Data, never code.

All of it is optional. An unknown key is an error with its place and the key that was probably meant: a setting that is
silently ignored is worse than none.
"""

from __future__ import annotations

import codecs
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, StringConstraints, ValidationError

from aiaudit.model.check import Place
from aiaudit.project.config_errors import at, mark_of
from aiaudit.project.config_errors import problems as problems_of
from aiaudit.project.entry import display
from aiaudit.project.parse import Malformed, Map, parse_yaml
from aiaudit.project.parts import Part, Text
from aiaudit.project.reader import WIDE_MARKS, Reader, Unreadable, decode
from aiaudit.project.workload import WorkloadPart

FILE: Final = "aiaudit.yaml"
MAX_BYTES: Final = 1024 * 1024

Hash = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^([0-9a-fA-F]{12,64})?$")]
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
    risk_reviewer: Text = Field("", description="Who other than the builders confirmed the tier.")
    users: Text | list[Text] = ""
    status: Text = ""
    models: list[Text] = Field(default=[], description="Models in use, by the names the code uses.")
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
    table: Text = Field("", description="Table that holds it, read by the engine that the caller names (--engine).")
    role: DatasetRole | None = None
    label: Text | None = None
    id: Text | list[Text] | None = None
    time: Text | None = Field(None, description="The column that orders the rows in time.")
    groups: list[Text] = Field(default=[], description="Columns whose values must not be split.")
    sensitive: list[Text] | bool = Field(default=[], description="Protected or personal columns.")
    slices: list[Text] = Field(default=[], description="Columns by which quality is judged apart.")
    schema_: Any = Field(None, alias="schema", description="A file that holds the schema, or the schema itself.")
    tolerances: dict[str, Any] = Field(default={})
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
    unit: UnitPart = Field(default_factory=cache(UnitPart.model_construct))
    total: float | None = Field(None, ge=0)
    gate: Literal["p10", "p50", "p90"] | None = None
    reviewed: dt.date | None = None
    note: Text = ""


class ValuePart(Part):
    """What the system is to bring: the problem, the figure that shows it, where it stands, and when one stops."""

    problem: Text = ""
    metric: Text = ""
    unit: Text = ""
    baseline: Text = ""
    target: Text = ""
    stop_rule: Text = Field("", description="The figure or the day at which the work ends.")
    owner: Text = ""
    reviewed: dt.date | None = None


def _answer(value: object) -> object:
    """YAML reads a bare `yes` or `no` as a boolean."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


class ScreeningPart(Part):
    """The screen for prohibited practices: practice -> whether the system does it, and who answered."""

    answers: dict[str, bool] = Field(default={})
    by: Text = ""
    reviewed: dt.date | None = None
    note: Text = ""


class AiActAnswer(Part):
    """An answer to a question of the EU AI Act, with the question as it was asked."""

    id: Text
    answer: bool
    question: Text = ""
    article: Text = ""
    applies: dt.date | None = Field(None, description="From which day the article applies.")
    note: Text = ""


class AiActPart(Part):
    """The questions of the EU AI Act as people answered them (`aiaudit interview --ai-act`). No legal conclusion."""

    edition: Text = Field("", description="The edition of the law that the questions follow.")
    by: Text = Field("", description="Who answered.")
    reviewed: dt.date | None = None
    note: Text = ""
    answers: list[AiActAnswer] = Field(default=[])
    sources: list[Text] = Field(default=[])


class AttestationEntry(Part):
    """What a person answers for. Without owner, evidence and date it is a claim and no more."""

    answer: Annotated[Answer, BeforeValidator(_answer)]
    owner: Text = ""
    evidence: Text | list[Text] = Field("", description="Where the evidence is: a path or a link.")
    evidence_sha256: Hash | list[Hash] = Field(
        "", description="SHA-256 of the evidence as it was reviewed (12 digits or more): a changed file makes it stale."
    )
    reviewed: dt.date | None = Field(None, description="The day on which the owner last looked at it.")
    review_by: dt.date | None = Field(None, description="The day after which the answer no longer counts.")
    note: Text = ""


class GatePart(Part):
    """The project's own gate, used where the command line gives none."""

    fail_under: float | dict[str, float] | None = None
    min_coverage: float | None = Field(None, ge=0, le=100)
    fail_on: list[str] = Field(default=[])
    fail_on_new: Literal["critical", "high", "medium", "low"] | None = None
    level: Literal["prototype", "pilot", "production", "scale"] | None = None


class ProjectConfig(Part):
    """`aiaudit.yaml` as a whole."""

    schema_version: Literal[1] = Field(1, alias="schema")
    project: ProjectPart = Field(default_factory=cache(ProjectPart.model_construct))
    datasets: list[DatasetPart] = Field(default=[])
    models: list[ModelPart] = Field(default=[])
    workload: WorkloadPart = Field(default_factory=cache(WorkloadPart.model_construct))
    budget: BudgetPart = Field(default_factory=cache(BudgetPart.model_construct))
    value: ValuePart = Field(default_factory=cache(ValuePart.model_construct))
    screening: ScreeningPart = Field(default_factory=cache(ScreeningPart.model_construct))
    ai_act: AiActPart = Field(default_factory=cache(AiActPart.model_construct))
    attestations: dict[str, AttestationEntry] = Field(default={})
    waivers: list[dict[str, Any]] = Field(default=[])
    packs: list[str] = Field(default=[], description="Packs to judge by; none means all that apply.")
    params: dict[str, dict[str, Any]] = Field(default={}, description="Check id -> parameter -> value.")
    severity: dict[str, str] = Field(default={}, description="Check id -> severity.")
    gate: GatePart = Field(default_factory=cache(GatePart.model_construct))
    brand: dict[str, Any] = Field(default={})
    exclude: list[str] = Field(default=[], description="Globs of what is not audited; listed in the report.")

    _file: str = PrivateAttr(default="")
    _source: Any = PrivateAttr(default=None)
    _wrong: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def file(self) -> str:
        """The file's name as messages give it; empty where there is none."""
        return self._file

    @property
    def wrong_answers(self) -> Mapping[str, str]:
        """What is wrong with the answers that were left out, by check."""
        return self._wrong

    def declares(self, key: str) -> bool:
        """Whether the file has this top-level section."""
        return isinstance(self._source, dict) and key in self._source

    def like(self, said: Mapping[str, Any]) -> ProjectConfig:
        """The configuration of these sections, in the places of this one's. Raises `ConfigError`, which quotes none."""
        try:
            made = ProjectConfig.model_validate(said)
        except ValidationError as error:
            first = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
            raise ConfigError([f"{self._file}: {first}: a secret stands there; the file was left out"]) from None
        made._file, made._source = self._file, self._source
        return made

    def place(self, *path: str | int) -> Place | None:
        """Where the value at `path` stands, such as `place("params", "SEC-001", "max_age_days")`."""
        if not self._file:
            return None
        return Place(self._file, *mark_of(self._source, path))


def no_config() -> ProjectConfig:
    """The configuration of a project that has none: all defaults. Nothing is validated, so that no model is built."""
    return ProjectConfig.model_construct()


def load_config(path: str | Path) -> ProjectConfig:
    """The configuration in a file that the caller named. Raises `ConfigError`."""
    named = str(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([f"{display(named)}: {(error.strerror or 'cannot be read').lower()}"]) from None
    return parse_config(data, display(named))


def load_project_config(root: str | Path, problems: list[str] | None = None) -> ProjectConfig:
    """The `aiaudit.yaml` of the audited project, read guarded; an empty configuration where there is none.

    `problems`: given, an answer of `attestations` that cannot be used is left out by itself, and told there. Nothing
    else is: what a project accepts must not be taken from a file of which a part is not what it was meant to be.
    Raises `ConfigError`."""
    data = _project_bytes(root, FILE)
    return no_config() if data is None else parse_config(data, FILE, problems)


def project_text(root: str | Path, name: str) -> str | None:
    """A file that commands of ours keep in the audited project, read guarded; None where there is none.

    Raises `ConfigError`: it is a link, no regular file, too large, or no text."""
    data = _project_bytes(root, name)
    if data is None:
        return None
    if len(data) > MAX_BYTES:
        raise ConfigError([f"{name}: has more than {MAX_BYTES:,} bytes"])
    text = decode(data)
    if "\0" in text or (not data.startswith(WIDE_MARKS) and text.encode() != data.removeprefix(codecs.BOM_UTF8)):
        raise ConfigError([f"{name}: is not UTF-8; save it as UTF-8"])
    return text


def _project_bytes(root: str | Path, name: str) -> bytes | None:
    try:
        with Reader(str(root)) as reader:
            return reader.read(name, MAX_BYTES + 1).data
    except Unreadable as error:
        if error.reason == "gone":
            return None
        raise ConfigError([f"{name}: {error.reason}"]) from None


def parse_config(data: bytes, file: str = FILE, left_out: list[str] | None = None) -> ProjectConfig:
    """A configuration from the bytes of its file. `left_out`: see `load_project_config`. Raises `ConfigError`."""
    source = _parse(data, file)
    # A section with nothing below it, as a commented file has them, is as if it were not there.
    said = {key: value for key, value in source.items() if value is not None}
    wrong: dict[str, str] = {}
    answers = said.get("attestations")
    if left_out is not None and isinstance(answers, dict):
        _, told = _read_answers(answers, source, file, ("attestations",))
        wrong = {check: lines[0] for check, lines in told.items()}
        said["attestations"] = {check: entry for check, entry in answers.items() if check not in told}
        left_out += [line for lines in told.values() for line in lines]
    try:
        config = ProjectConfig.model_validate(said)
    except ValidationError as error:
        raise ConfigError(problems_of(error, source, file, ProjectConfig)) from None
    config._file, config._source, config._wrong = file, source, wrong
    return config


def parse_attestations(data: bytes, file: str) -> dict[str, AttestationEntry]:
    """An `attestations.yaml`: check id -> entry, at the top or under `attestations:`. Raises `ConfigError`."""
    found, wrong = sound_answers(data, file)
    if wrong:
        raise ConfigError([line for lines in wrong.values() for line in lines])
    return found


def sound_answers(data: bytes, file: str) -> tuple[dict[str, AttestationEntry], dict[str, list[str]]]:
    """The answers of an `attestations.yaml` that can be used, and by check what is wrong with the others.

    Raises `ConfigError`: it is no file of answers."""
    entries = _answers(data, file)
    return _read_answers(entries, entries, file)


def _read_answers(
    entries: Mapping[Any, Any], source: Any, file: str, above: tuple[str, ...] = ()
) -> tuple[dict[str, AttestationEntry], dict[str, list[str]]]:
    found: dict[str, AttestationEntry] = {}
    wrong: dict[str, list[str]] = {}
    for check, entry in entries.items():
        try:
            found[check] = AttestationEntry.model_validate(entry)
        except ValidationError as error:
            wrong[check] = problems_of(error, source, file, AttestationEntry, (*above, check))
    return found, wrong


def places_of_answers(data: bytes, file: str) -> dict[str, Place]:
    """Where each answer of an `attestations.yaml` stands. Raises `ConfigError`."""
    entries = _answers(data, file)
    return {str(check): Place(file, *mark_of(entries, (check,), key=True)) for check in entries}


def _answers(data: bytes, file: str) -> Mapping[str, Any]:
    source = _parse(data, file)
    inner = source.get("attestations")
    return inner if isinstance(inner, dict) else source


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


def _parse(data: bytes, file: str) -> Map:
    try:
        source = parse_yaml(data, limit=MAX_BYTES)
    except Malformed as error:
        raise ConfigError([at(file, (error.line or 1, error.column or 1), error.reason)]) from None
    if source is None:
        return Map((1, 1))
    if not isinstance(source, Map):
        raise ConfigError([at(file, (1, 1), "must be a mapping of settings")])
    return source
