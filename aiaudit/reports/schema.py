"""The shape of the result JSON, as pydantic models: its JSON Schema, and the check of a saved result read again.

Fields may be added in later versions; none is renamed or removed without a new `schema_version`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from aiaudit.reports.schema_data import DataSection

Percent = Annotated[float, Field(ge=0, le=100, description="0-100, one decimal")]
Severity = Literal["critical", "high", "medium", "low"]
Status = Literal["pass", "partial", "fail", "unknown", "not_applicable", "blocked", "error"]
EvidenceLevel = Literal["E0", "E1", "E2", "E3", "E4", "E5"]
Confidence = Literal["strong", "medium", "weak"]
Effort = Literal["S", "M", "L"]
LevelName = Literal["prototype", "pilot", "production", "scale"]
Readiness = Literal["not_ready", "prototype", "pilot", "production", "scale"]
Trust = Literal["verified", "secondary", "memory"]
CoverageState = Literal["supported", "partly", "gap", "needs_people", "not_seen", "not_applicable", "not_assessable"]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class ResultError(ValueError):
    """A file that is not a result JSON; the message says where it departs from one."""


class Part(BaseModel):
    """Base of every part of a result."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Plugin(Part):
    kind: Literal["packs", "probes", "formats"]
    name: str
    package: str
    version: str


class Tool(Part):
    name: Literal["aiaudit"]
    version: str
    ruleset_hash: str = Field(
        description="Digest of everything that can move a figure besides the project: packs, gates."
    )
    plugins: list[Plugin] = Field(
        default_factory=list, description="Other packages whose packs, probes or formats were used."
    )


class Project(Part):
    name: str | None
    commit: str | None
    within: str = Field("", description="The project's folder in the repository of that commit; empty at its root.")
    stage: str | None
    flags: dict[str, bool | None] = Field(description="What the project is, as derived; null where it cannot be told.")
    declared: dict[str, Any] = Field(description="What the project file declares.")


class NextLevel(Part):
    name: LevelName
    missing: list[str] = Field(description="Checks to pass, of those in this audit.")
    needs: list[str] = Field(description="Every gate that is not met, in words.")
    effort_days: int = Field(description="Person-days for `missing`: S 1, M 3, L 10.")


class Gate(Part):
    wanted: str
    got: str
    state: Literal["met", "unmet", "not_shipped", "not_selected", "not_applicable"]
    checks: list[str] = Field(description="Checks that keep the gate from being met.")
    unseen: list[str] = Field([], description="Of a gate that is met as nothing failed: its checks that nobody judged.")
    pack: str | None


class ReadinessLevel(Part):
    id: LevelName
    title: str
    question: str
    reached: bool
    reached_shipped: bool = Field(description="Reached by every gate whose checks are shipped so far.")
    gates: list[Gate]


class Pack(Part):
    id: str
    title: str
    core: bool
    score: Percent | None = Field(description="Null where the evidence is insufficient.")
    uncapped_score: Percent | None
    low: Percent
    high: Percent
    coverage: Percent
    capped_by: list[str] = Field(description="Critical checks that hold the score down.")
    counts: dict[str, int]
    judged_weight: int
    applicable_weight: int
    score_accepted: Percent | None


class Finding(Part):
    message: str
    path: str | None
    line: int | None
    measured: str
    limit: str
    confidence: Confidence
    fingerprint: str
    copy_of: str = Field("", description="The place of another finding, in the file of which this one's is a copy.")
    cell: int | None = Field(None, description="Of a notebook, which cell; its line may be the file's only one.")


class Waiver(Part):
    id: str
    reason: str
    owner: str
    expires: Day | None
    expired: bool
    paths: list[str]
    control: str
    ticket: str
    at: str = ""


class WaiverUse(Waiver):
    state: Literal["in_force", "partial", "unused", "expired"]
    covers: int
    of: int


class Accepted(Part):
    status: Status
    points: float | None
    severity: Severity
    params: dict[str, Any]
    reason: str


class BasisPlace(Part):
    path: str | None
    line: int | None


class Basis(Part):
    """Things of one kind on which a verdict rests; of their places the first. `looked_at`: those among which what was
    asked for was not, or nothing wrong was."""

    what: str
    fact: str
    places: list[BasisPlace]
    count: int
    looked_at: bool = False


class TrackRecord(Part):
    """Verdicts of this check and status that people held against the source of other projects: how many, of how many
    the status was right, and of how many sentence and places were too."""

    read: int
    right: int
    in_full: int


class Check(Part):
    id: str
    pack: str
    title: str
    severity: Severity
    kind: Literal["automatic", "measured", "attested"]
    status: Status
    points: Annotated[float, Field(ge=0, le=1)] | None
    evidence_level: EvidenceLevel | None
    confidence: Confidence
    track_record: TrackRecord | None = None
    reason: str
    blocked_by: str | None
    params: dict[str, Any]
    findings: list[Finding]
    waiver: Waiver | None
    why: str
    remediation: str
    effort: Effort
    effort_days: int
    priority: float
    controls: dict[str, list[str]]
    risk: str
    settles: str = Field("", description="Of an unknown check: what would settle it, where its pack says so.")
    urgent: bool = Field(False, description="Of a failed check: others can use the fault today.")
    question: str
    facts: list[str] = Field(description="Facts that the deciding rule read.")
    explain: list[str]
    rests_on: list[Basis] = Field([], description="What was found that decided, with its first places.")
    after: list[str] = Field([], description="Checks that are mended before this one where they have failed.")
    param_titles: dict[str, str] = Field({}, description="What the parameters are called, by their names.")
    accepted: Accepted | None = Field(description="How the project's own settings judge it, where that differs.")


class Action(Part):
    check: str
    pack: str
    verb: Literal["fix", "show"]
    effort: Effort
    effort_days: int
    priority: float
    blocks_next: bool
    score_before: Percent | None
    score_after: Percent | None
    low_before: Percent
    low_after: Percent


class Evidence(Part):
    path: str | None
    line: int | None
    note: str


class Scope(Part):
    files: int
    read: int
    unread: list[str]


class Fact(Part):
    state: Literal["known", "absent", "unknown", "error"]
    value: Any
    evidence_level: EvidenceLevel
    method: str
    confidence: Confidence
    evidence: list[Evidence]
    scope: Scope | None = None
    reason: str = ""
    beyond: str = Field("", description="Why there may be more than the value tells: code that is not read.")
    items: int | None = Field(None, description="Length of a list value that is cut here.")


class Relaxation(Part):
    check: str = Field(description="The check, or `*` for the choice of packs.")
    name: str = Field(description="The parameter, `severity`, or `packs`.")
    shipped: Any
    used: Any
    relaxes: bool = Field(description="It makes the check easier to meet, or may do so.")
    by: Literal["project", "caller", "none"]


class SkippedPath(Part):
    path: str
    reason: str


class Skipped(Part):
    files: int
    reasons: dict[str, int]
    paths: list[SkippedPath] = Field(description="The first of them by name.")


class BaselineFinding(Part):
    check: str
    message: str
    path: str | None
    line: int | None


class Since(Part):
    as_of: str
    ruleset_hash: str
    new: list[BaselineFinding]
    fixed: list[BaselineFinding]
    unchanged: int


class GateRule(Part):
    rule: str
    wanted: str
    got: str
    passed: bool
    hint: str
    checks: list[str] = Field(default=[], description="Failed checks on which it fails.")


class GateResult(Part):
    passed: bool
    rules: list[GateRule]


class EffectiveDate(Part):
    date: str = Field(description="YYYY, YYYY-MM or YYYY-MM-DD")
    what: str
    trust: Trust


class MappedCheck(Part):
    id: str
    status: Status | None = Field(description="Null where the check was not part of this audit.")
    reason: str


class ControlCoverage(Part):
    id: str
    group: str
    title: str
    reason: str = Field(description="What the evidence of the mapped checks supports.")
    effective: EffectiveDate | None
    state: CoverageState
    checks: list[MappedCheck]


class SectionPoints(Part):
    title: str
    points: float
    best: float = Field(description="What was not seen taken as passed.")
    of: int


class NativeScore(Part):
    points: float = Field(description="Minimum of the sections.")
    best: float
    of: int
    reading: str
    sections: list[SectionPoints]


class FrameworkCoverage(Part):
    id: str
    scheme: str = Field(description="Its key under a check's `controls`.")
    title: str
    edition: str
    source: str
    licence: str
    trust: Trust
    note: str
    effective: list[EffectiveDate]
    counts: dict[CoverageState, int]
    native_score: NativeScore | None
    controls: list[ControlCoverage] = Field(description="Every control, also those without a check.")


class PastAudit(Part):
    """One point of the lines that show where the project comes from."""

    as_of: Day
    ruleset_hash: str
    score: Percent | None
    score_low: Percent
    score_high: Percent
    coverage: Percent
    readiness: Readiness | None
    packs: dict[str, Percent | None]


class Result(Part):
    """The result of one audit."""

    schema_version: Literal[1]
    as_of: Day
    tool: Tool
    project: Project
    host: dict[str, Any] | None
    score: Percent | None = Field(description="Mean of the packs with a number, core packs counting double.")
    score_low: Percent = Field(description="Everything unknown taken as failed, all packs taken in.")
    score_high: Percent = Field(description="Everything unknown taken as passed, all packs taken in.")
    score_accepted: Percent | None = Field(description="By the project's own settings, waived checks left out.")
    coverage: Percent
    evidence_strength: Percent = Field(description="Share of the judged weight on evidence level E3 or better.")
    unnumbered: list[str] = Field(
        description="Packs with too little evidence for a number; only the range takes them in."
    )
    readiness: Readiness | None
    readiness_shipped: Readiness | None = Field(description="By every gate whose checks are shipped so far.")
    next_level: NextLevel | None
    weakest_core: str | None
    levels: list[ReadinessLevel]
    packs: list[Pack]
    checks: list[Check]
    actions: list[Action] = Field(
        description="Failed critical checks, then what gains most per effort, each on top of those before it."
    )
    quick_wins: list[str]
    facts: dict[str, Fact]
    frameworks: list[FrameworkCoverage] | None = Field(
        description="Evidence supporting the controls of each framework; never a statement of conformity."
    )
    data: DataSection | None
    capacity: dict[str, Any] | None
    cost: dict[str, Any] | None
    attestations: list[dict[str, Any]] | None
    assumptions: list[str]
    relaxations: list[Relaxation]
    skipped: Skipped
    gate: GateResult
    baseline: Since | None = Field(None, description="Findings against an earlier result (--baseline).")
    waivers: list[WaiverUse]
    problems: list[str] = Field(description="What was wrong with the project file and was left out.")
    brand: dict[str, Any] | None
    comparison: dict[str, Any] | None = Field(
        default=None, description="With `--baseline` or `report --compare`: what changed since that audit."
    )
    history: list[PastAudit] | None = Field(
        default=None, description="With `report --history`: the project's audits before this one, earliest first."
    )
    timings: dict[str, float] | None = None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the result JSON."""
    schema = Result.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "aiaudit result"
    # a result without timings, and one that nothing came before, is complete
    schema["required"] = [name for name in schema["required"] if name not in ("timings", "comparison", "history")]
    return schema


def check(data: Any) -> dict[str, Any]:
    """The result itself where it has the shape of one. Fields of an older or newer version may be missing or more.

    Raises:
        ResultError: it has not; the message names the first departures.
    """
    if not isinstance(data, dict):
        raise ResultError("not a result JSON of aiaudit: expected an object")
    if data.get("schema_version") != 1:
        if "schema_version" not in data:
            raise ResultError("not a result JSON of aiaudit; give a file of `aiaudit run -o result.json`")
        raise ResultError(f"not a result JSON of aiaudit: schema_version is {data['schema_version']!r}, not 1")
    try:
        Result.model_validate(data)
    except ValidationError as error:
        wrong = [e for e in error.errors(include_url=False, include_input=False) if not _tolerable(e)]
        if wrong:
            places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg'].lower()}" for e in wrong[:3])
            more = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
            raise ResultError(f"not a result JSON of aiaudit: {places}{more}") from None
    return data


_NEEDED = frozenset({"as_of", "tool", "score", "coverage", "packs", "checks"})


def _tolerable(error: ErrorDetails) -> bool:
    missing = error["type"] == "missing" and not (len(error["loc"]) == 1 and error["loc"][0] in _NEEDED)
    return missing or error["type"] == "extra_forbidden"
