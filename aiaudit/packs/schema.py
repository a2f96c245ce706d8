"""The pack file as pydantic models: what a YAML pack may say, and the JSON Schema that editors use.

Only shape and plain values are checked here. What needs the rest of the pack (names in expressions, types, probes and
their query keys) is checked in `aiaudit.packs.load`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

OTHERWISE = "otherwise"
CHECK_ID = r"^[A-Z][A-Z0-9]{1,11}-[0-9]{3}$"
NAME = r"^[a-z][a-z0-9_]*$"
DOTTED_NAME = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
FACT_KEYS = frozenset({"probe", "derive", "sees", "title"})


def _on_one_line(written: Any) -> Any:
    """An expression that its author has spread over several lines, as one: nothing else is said by where they end."""
    if not isinstance(written, str) or "\n" not in written:
        return written
    if "//" in _QUOTED.sub("", written):  # a comment ends with its line
        return written
    return _BREAK.sub(" ", _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", written)))


_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_AFTER_OPENING = re.compile(r"([(\[{])\s*\n\s*")
_BEFORE_CLOSING = re.compile(r"\s*\n\s*([)\]}])")
_BREAK = re.compile(r"\s*\n\s*")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Source = Annotated[
    str, BeforeValidator(_on_one_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)
]
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=60)]
DottedName = Annotated[str, StringConstraints(pattern=DOTTED_NAME, max_length=120)]
CheckId = Annotated[str, StringConstraints(pattern=CHECK_ID)]
RuleStatus = Literal["fail", "unknown", "partial", "pass", "not_applicable"]
SaidStatus = Literal["fail", "unknown", "partial", "pass", "not_applicable", "blocked", "error"]
Scalar = bool | int | float | str


class Part(BaseModel):
    """Base of every part of a pack file: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FactPart(BaseModel):
    """A fact: a query to a probe (`probe` and the query's own keys), or an expression over other facts (`derive`)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    probe: str | None = Field(None, description="Which probe answers; the other keys are that probe's query.")
    derive: Source | None = Field(None, description="An expression over other facts, instead of a query.")
    sees: list[DottedName] = Field(default=[], description="Facts whose evidence a derived fact carries.")
    title: Text | None = Field(None, description="What the fact says, in a few words; shown by `aiaudit explain`.")


class ParamPart(Part):
    """A parameter with its bounds. A bare value (`max_age_days: 365`) is short for `{default: 365}`."""

    default: Scalar | list[Scalar]
    min: float | None = None
    max: float | None = None
    stricter: Literal["higher", "lower"] | None = Field(
        None, description="Which way is stricter; a change the other way is reported as a relaxation."
    )
    title: Text | None = None


class SayingPart(Part):
    """One of several sentences: it is said where `when` holds and none before it was said."""

    when: Source | bool | None = Field(None, description="An expression; the last sentence has none.")
    say: Text


Wording = Text | Annotated[list[SayingPart], Field(min_length=2)]
"""A sentence, or several of which the first is said whose condition holds."""


class FindingsPart(Part):
    """How list elements become findings. Texts may hold `{expression}` places over the element's fields."""

    of: Source = Field(description="A list fact, or an expression that gives a list of records with path and line.")
    says: Wording | None = None
    measured: Text | None = None
    limit: Text | None = None
    confidence: Literal["strong", "medium", "weak"] | None = None


class CheckPart(Part):
    """One check: the condition that should hold, how it is judged, why it matters and how to mend it."""

    id: CheckId
    title: Text = Field(description="The condition that should hold, as a statement.")
    severity: Literal["critical", "high", "medium", "low"]
    kind: Literal["automatic", "measured", "attested"]
    applies: Source | bool = True
    requires: list[CheckId] = Field(default=[])
    after: list[CheckId] = Field(
        default=[],
        description="Checks whose mend this one's builds on. It is judged all the same; where one of them has failed,"
        " plans name it later, and reports tell its risk with that one's.",
    )
    facts: dict[Name, FactPart] = Field(default={})
    params: dict[Name, ParamPart | list[Scalar] | Scalar] = Field(default={})
    let: dict[Name, Source] = Field(
        default_factory=dict,
        description="Name -> expression: wherever the check uses the name, it is read in its place.",
    )
    rule: dict[RuleStatus, Source | bool] | None = Field(
        None, description="Status -> expression, tried in the order written; `otherwise` always holds."
    )
    urgent: Source | None = Field(
        None, description="Whether others can use the fault today: of critical checks that fail, such come first."
    )
    points: Source | float | None = Field(None, description="Credit of a partial result, between 0 and 1 (0.5).")
    findings: FindingsPart | Source | None = None
    finding_says: Wording | None = None
    says: dict[SaidStatus, Wording] = Field(default={})
    min_level: Literal["E0", "E1", "E2", "E3", "E4", "E5"] | None = None
    evidence: list[DottedName] = Field(default=[])
    asserts: Literal["absence"] | None = None
    why: Text
    remediation: Text = Field(description="How to mend it; like `risk` and `settles` it may hold {expression} places.")
    effort: Literal["S", "M", "L"] = "M"
    risk: Text | None = Field(None, description="Cause, event and impact in business words, for the client report.")
    settles: Text | None = Field(None, description="What would settle it where it ends as unknown.")
    question: Text | None = Field(None, description="What `aiaudit interview` asks.")
    false_results: Text | list[Text] | None = None
    controls: dict[str, list[str]] = Field(default={})


class PackFile(Part):
    """A pack: checks and the facts they share, in one YAML file or in a folder with a file for each check."""

    schema_version: Literal[1] = Field(alias="schema")
    pack: Name
    title: Text
    facts: dict[Name, FactPart] = Field(default={})
    checks: list[CheckPart]


class SharedFile(Part):
    """`checks/shared/*.yaml`: facts with plain dotted names that every pack may use."""

    schema_version: Literal[1] = Field(alias="schema")
    facts: dict[DottedName, FactPart]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a pack file, for editors: each probe offers its own query keys."""
    schema = _for_editors(PackFile, "aiaudit check pack")
    schema["required"].remove("checks")  # the `pack.yaml` of a folder has none
    return schema


def check_json_schema() -> dict[str, Any]:
    """The same of a check that has a file of its own."""
    return _for_editors(CheckPart, "aiaudit check")


def _for_editors(model: type[Part], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    definitions["FactPart"] = _fact_schema(definitions)
    return schema


def _fact_schema(definitions: dict[str, Any]) -> dict[str, Any]:
    """One alternative for `derive` and one a probe, told apart by the value of `probe`."""
    from aiaudit.probes.registry import probes

    common = {"title": {"type": "string"}}
    derived = {
        "type": "object",
        "properties": {
            "derive": {"type": "string"},
            "sees": {"type": "array", "items": {"type": "string"}},
            **common,
        },
        "required": ["derive"],
        "additionalProperties": False,
    }
    alternatives: list[dict[str, Any]] = [derived]
    for name, probe in sorted(probes().items()):
        query = probe.query.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}.{{model}}")
        for inner, definition in query.pop("$defs", {}).items():
            definitions[f"{name}.{inner}"] = definition
        query["description"] = probe.title
        query["properties"] = {"probe": {"const": name}, **query.get("properties", {}), **common}
        query["required"] = ["probe", *query.get("required", [])]
        alternatives.append(query)
    return {"title": "Fact", "description": FactPart.__doc__, "oneOf": alternatives}
