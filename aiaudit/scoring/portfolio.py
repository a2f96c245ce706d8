"""Many audits side by side: ranking, levels, commonest gaps, and the fixes that help most projects.

Results are read by their heads (`aiaudit.scoring.heads`): thousands of them in seconds, in little memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.check import Severity
from aiaudit.scoring import heads

LEVELS: Final = ("scale", "production", "pilot", "prototype", "not_ready")


class PortfolioError(ValueError):
    """The results cannot be read together; the message says why."""


class Project(Struct, frozen=True):
    """One audit's headline. `packs` maps a pack to its score; None: no number, or nothing applies."""

    name: str
    file: str
    owner: str
    as_of: str
    ruleset: str
    score: float | None
    low: float
    high: float
    coverage: float
    readiness: str | None
    weakest: str | None
    next_name: str | None
    next_days: float | None
    next_checks: int
    packs: Mapping[str, float | None]
    not_shown: bool = False
    """Below the first level, though nothing that was found rules it out."""


class Gap(Struct, frozen=True):
    """A check that fails or is partly shown in several projects. `lifts`: projects whose next level waits for it."""

    id: str
    title: str
    severity: str
    failed: int
    partial: int
    applies: int
    lifts: int
    days: float
    remediation: str


class Outlier(Struct, frozen=True):
    """A project whose score lies far below that of its peers (Tukey's fence), or that was seen least."""

    project: str
    why: str  # far_below or little_seen
    figure: float  # the score, or the share of the evidence


class Portfolio(Struct, frozen=True):
    """Everything over all projects, projects in the order of their rank."""

    projects: tuple[Project, ...]
    packs: tuple[tuple[str, str], ...]
    levels: Mapping[str, int]
    gaps: tuple[Gap, ...]
    fixes: tuple[Gap, ...]
    outliers: tuple[Outlier, ...]
    owners: tuple[tuple[str, int, float | None], ...]
    unread: tuple[str, ...]
    rulesets: int
    older: int = 0  # results that a later one of the same project takes the place of


def build(files: Sequence[Path]) -> Portfolio:
    """Read the results and add them up: of each project the latest. Raises `PortfolioError` where none can be read."""
    try:
        every = heads.statuses(files)
        rows = _latest(every)
        details = heads.details(_first_files(rows))
    except heads.HeadsError as error:
        raise PortfolioError(str(error)) from None
    read = {row["filename"] for row in every}
    unread = [path for path in sorted({str(file) for file in files}) if path not in read]
    projects = sorted(_told_apart([_project(row) for row in rows]), key=_rank)
    if not projects:
        raise PortfolioError("none of the files is a result JSON of aiaudit")
    found = _gaps(rows, details)
    common = [gap for gap in found if gap.failed + gap.partial > 1 or len(projects) == 1]
    packs = dict.fromkeys((pack["id"], pack["title"]) for row in rows for pack in row["packs"] or ())
    rules = {project.ruleset for project in projects}
    counts = Counter(project.readiness or "" for project in projects)
    return Portfolio(
        tuple(projects),
        tuple(packs),
        {level: counts[level] for level in (*LEVELS, "")},
        tuple(sorted(common, key=lambda g: (-(g.failed + g.partial / 2), -_weight(g), g.id))),
        tuple(sorted((g for g in found if g.lifts), key=lambda g: (-g.lifts / max(g.days, 0.5), g.id))),
        tuple(_outliers(projects)),
        tuple(_owners(projects)),
        tuple(unread),
        len(rules),
        len(every) - len(rows),
    )


def _latest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows without those that have a later one of the same project: of the same name, and of the same owner where
    both name one. Results of one day are different projects with one name, and so are those without a name."""
    newest: dict[tuple[str, str | None], str] = {}  # by name and owner; owner None: any
    for row in rows:
        for owner in (_owner(row), None):
            key = (_name(row), owner)
            newest[key] = max(newest.get(key, ""), row["as_of"] or "")

    def replaced(row: Mapping[str, Any]) -> bool:
        name, owner = _name(row), _owner(row)
        later = max(newest[name, owner], newest.get((name, ""), "")) if owner else newest[name, None]
        return bool(name) and (row["as_of"] or "") < later

    return [row for row in rows if not replaced(row)]


def _name(row: Mapping[str, Any]) -> str:
    return (row["project"] or {}).get("name") or ""


def _owner(row: Mapping[str, Any]) -> str:
    return ((row["project"] or {}).get("declared") or {}).get("owner") or ""


def headlines(files: Sequence[Path]) -> tuple[tuple[str, Project], ...]:
    """Every result among the files, by its day: the name that it gives to its project (or none), and its headline.

    What is no result is passed over. Raises `PortfolioError` where a file is too large.
    """
    try:
        rows = heads.headlines(files) if files else []
    except heads.HeadsError as error:
        raise PortfolioError(str(error)) from None
    told = ((str((row["project"] or {}).get("name") or ""), _project(row)) for row in rows)
    return tuple(sorted(told, key=lambda one: (one[1].as_of, one[1].file)))


def _first_files(rows: Sequence[Mapping[str, Any]]) -> list[Path]:
    """The files that together have every check: usually one, or one for each ruleset."""
    seen: set[str] = set()
    first = []
    for row in rows:
        own = {ended.partition(" ")[2] for ended in row["checks"]}
        if own - seen:
            seen |= own
            first.append(Path(row["filename"]))
    return first


def _project(row: Mapping[str, Any]) -> Project:
    project, following = row["project"] or {}, row["next_level"] or {}
    file = str(row["filename"])
    return Project(
        name=project.get("name") or Path(file).name.removesuffix(".json"),
        file=file,
        owner=_owner(row),
        as_of=row["as_of"] or "",
        ruleset=(row["tool"] or {}).get("ruleset_hash") or "",
        score=row["score"],
        low=row["score_low"] or 0.0,
        high=row["score_high"] if row["score_high"] is not None else 100.0,
        coverage=row["coverage"] or 0.0,
        readiness=row["readiness"],
        weakest=row["weakest_core"],
        next_name=following.get("name"),
        next_days=following.get("effort_days"),
        next_checks=len(following.get("missing") or ()),
        packs={pack["id"]: pack["score"] for pack in row["packs"] or ()},
        not_shown=row["readiness"] == "not_ready"
        and not any(f"fail {check}" in row["checks"] for check in following.get("missing") or ()),
    )


def _told_apart(projects: Sequence[Project]) -> list[Project]:
    """Projects of one owner that are called alike, each with the folder and the file of its result behind its name."""
    alike = Counter((project.name, project.owner) for project in projects)
    return [
        replace(one, name=f"{one.name} ({'/'.join(Path(one.file).parts[-2:])})")
        if alike[one.name, one.owner] > 1
        else one
        for one in projects
    ]


def _rank(project: Project) -> tuple[int, bool, float, str, str]:
    """By level (below the first, what nothing rules out goes before what a finding does), then by the low end of the
    score: that is what is certain."""
    level = LEVELS.index(project.readiness) if project.readiness in LEVELS else len(LEVELS)
    return level, project.readiness == "not_ready" and not project.not_shown, -project.low, project.name, project.file


def _gaps(rows: Sequence[Mapping[str, Any]], details: Sequence[Mapping[str, Any]]) -> list[Gap]:
    """Every check that fails, is partly shown or stands before a next level somewhere, counted, in the order of ids."""
    counts = {status: Counter[str]() for status in ("fail", "partial")}
    applies: Counter[str] = Counter()
    lifts: Counter[str] = Counter()
    for row in rows:
        own = set()
        for status, _, check_id in (ended.partition(" ") for ended in row["checks"]):
            own.add(check_id)
            if status != "not_applicable":
                applies[check_id] += 1
            if status in counts:
                counts[status][check_id] += 1
        lifts.update(own & set((row["next_level"] or {}).get("missing") or ()))
    known = {check["id"]: check for check in reversed(details)}
    found = []
    for check_id in sorted(known.keys() & (counts["fail"] | counts["partial"] | lifts).keys()):
        check = known[check_id]
        failed, partial = counts["fail"][check_id], counts["partial"][check_id]
        found.append(
            Gap(
                check_id,
                check["title"] or check_id,
                check["severity"] or "",
                failed,
                partial,
                applies[check_id],
                lifts[check_id],
                float(check["effort_days"] or 3),
                check["remediation"] or "",
            )
        )
    return found


def _weight(gap: Gap) -> int:
    return Severity(gap.severity).weight if gap.severity in set(Severity) else 0


def _outliers(projects: Sequence[Project]) -> list[Outlier]:
    scores = sorted(project.score for project in projects if project.score is not None)
    found = []
    if len(scores) >= 4:
        first, third = scores[len(scores) // 4], scores[(3 * len(scores)) // 4]
        fence = first - 1.5 * (third - first)
        for project in projects:
            if project.score is not None and project.score < fence:
                found.append(Outlier(project.name, "far_below", project.score))
    for project in projects:
        if project.coverage < 50:
            found.append(Outlier(project.name, "little_seen", project.coverage))
    return found


def _owners(projects: Sequence[Project]) -> list[tuple[str, int, float | None]]:
    """Owners with the number of their projects and the mean of those that have a score."""
    grouped: dict[str, list[float]] = {}
    counts: Counter[str] = Counter()
    for project in projects:
        owner = project.owner
        counts[owner] += 1
        grouped.setdefault(owner, [])
        if project.score is not None:
            grouped[owner].append(project.score)
    means = {owner: round(sum(scores) / len(scores), 1) if scores else None for owner, scores in grouped.items()}
    return sorted(((owner, count, means[owner]) for owner, count in counts.items()), key=lambda o: (-o[1], o[0]))
