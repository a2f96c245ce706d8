"""Many audits side by side: ranking, levels, commonest gaps, and the fixes that help most projects.

Results are read by DuckDB, which takes only the parts that are needed: thousands of them in seconds, in little memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiaudit.model.check import Severity

LEVELS: Final = ("scale", "production", "pilot", "prototype", "not_ready")
MAX_BYTES: Final = 256 * 1024 * 1024  # of one result
_SMALLEST_BUFFER: Final = 16 * 1024 * 1024
_MEMORY: Final = "512MB"
_COLUMNS: Final = {
    "schema_version": "VARCHAR",
    "as_of": "VARCHAR",
    "tool": "STRUCT(version VARCHAR, ruleset_hash VARCHAR)",
    "project": 'STRUCT(name VARCHAR, "commit" VARCHAR, declared STRUCT(owner VARCHAR))',
    "score": "DOUBLE",
    "score_low": "DOUBLE",
    "score_high": "DOUBLE",
    "coverage": "DOUBLE",
    "readiness": "VARCHAR",
    "weakest_core": "VARCHAR",
    "next_level": 'STRUCT("name" VARCHAR, effort_days DOUBLE, missing VARCHAR[])',
    "packs": "STRUCT(id VARCHAR, title VARCHAR, score DOUBLE)[]",
    "checks": "STRUCT(id VARCHAR, title VARCHAR, severity VARCHAR, status VARCHAR, remediation VARCHAR, "
    "effort_days DOUBLE)[]",
}


_HEADLINE: Final = "SELECT * EXCLUDE (checks)"
_STATUSES: Final = "list_transform(checks, lambda c: concat(c.status, ' ', c.id)) AS statuses"
_DETAILS: Final = (
    "SELECT c.id, c.title, c.severity, c.effort_days, c.remediation FROM (SELECT unnest(checks) AS c {source})"
)


class PortfolioError(ValueError):
    """The results cannot be read together; the message says why."""


@dataclass(frozen=True, slots=True)
class Project:
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


@dataclass(frozen=True, slots=True)
class Gap:
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


@dataclass(frozen=True, slots=True)
class Outlier:
    """A project whose score lies far below that of its peers (Tukey's fence), or that was seen least."""

    project: str
    why: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything over all projects, projects in the order of their rank."""

    projects: tuple[Project, ...]
    packs: tuple[tuple[str, str], ...]
    levels: Mapping[str, int]
    gaps: tuple[Gap, ...]
    fixes: tuple[Gap, ...]
    outliers: tuple[Outlier, ...]
    owners: tuple[tuple[str, int, float | None], ...]
    notes: tuple[str, ...]


def build(files: Sequence[Path]) -> Portfolio:
    """Read the results and add them up. Raises `PortfolioError` where none can be read."""
    rows, details, unread = _read(files)
    projects = sorted((_project(row) for row in rows), key=_rank)
    if not projects:
        raise PortfolioError("none of the files is a result JSON of aiaudit")
    found = _gaps(rows, details)
    common = [gap for gap in found if gap.failed + gap.partial > 1 or len(projects) == 1]
    packs = dict.fromkeys((pack["id"], pack["title"]) for row in rows for pack in row["packs"] or ())
    rules = {project.ruleset for project in projects}
    notes = [f"{path}: not a result JSON of aiaudit; left out" for path in unread]
    if len(rules) > 1:
        notes.append(
            f"The projects were judged by {len(rules)} different rulesets: judge saved facts again by one of them "
            "before you compare scores."
        )
    counts = Counter(project.readiness or "" for project in projects)
    return Portfolio(
        tuple(projects),
        tuple(packs),
        {level: counts[level] for level in (*LEVELS, "")},
        tuple(sorted(common, key=lambda g: (-(g.failed + g.partial / 2), -_weight(g), g.id))),
        tuple(sorted((g for g in found if g.lifts), key=lambda g: (-g.lifts / max(g.days, 0.5), g.id))),
        tuple(_outliers(projects)),
        tuple(_owners(projects)),
        tuple(notes),
    )


def headlines(files: Sequence[Path]) -> tuple[tuple[str, Project], ...]:
    """Every result among the files, by its day: the name that it gives to its project (or none), and its headline.

    What is no result is passed over. Raises `PortfolioError` where a file is too large.
    """
    rows = _read(files, with_checks=False)[0] if files else []
    told = ((str((row["project"] or {}).get("name") or ""), _project(row)) for row in rows)
    return tuple(sorted(told, key=lambda one: (one[1].as_of, one[1].file)))


def _read(
    files: Sequence[Path], *, with_checks: bool = True
) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]], list[str]]:
    """Headlines with the status of each check; what each check is, once; and the files that hold no result.

    Every file is read once: what a check is comes from the first file that has it.
    """
    import duckdb

    paths = sorted({str(file) for file in files})
    largest = max((Path(path).stat().st_size for path in paths), default=0)
    if largest > MAX_BYTES:
        raise PortfolioError(f"a result is larger than {MAX_BYTES // 1024**2} MB")
    connection = duckdb.connect(
        config={
            "memory_limit": _MEMORY,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items())
    source = (
        f"FROM read_json(?, columns={{{columns}}}, format='unstructured', filename=true, "
        f"maximum_object_size={max(_SMALLEST_BUFFER, largest + 1024)}) "
        "WHERE schema_version IS NOT NULL AND len(checks) > 0"
    )

    def ask(query: str, some: list[str]) -> Any:
        return connection.execute(query, [some])

    def reads(path: str) -> bool:
        try:
            ask(f"SELECT count(*) {source}", [path]).fetchall()
        except duckdb.Error:
            return False
        return True

    query = f"{_HEADLINE}, {_STATUSES} {source}" if with_checks else f"{_HEADLINE} {source}"
    try:
        try:
            rows = _rows(ask(query, paths))
        except duckdb.Error:  # one file that is no JSON ends the reading of all: find it
            readable = [path for path in paths if reads(path)]
            rows = _rows(ask(query, readable)) if readable else []
        rows.sort(key=lambda row: str(row["filename"]))
        first = _first_files(rows) if with_checks else []
        details = ask(_DETAILS.format(source=source), first).fetchall() if first else []
    except duckdb.Error as error:
        raise PortfolioError(str(error).splitlines()[0][:200]) from None
    finally:
        connection.close()
    kept = {row["filename"] for row in rows}
    return rows, details, [path for path in paths if path not in kept]


def _first_files(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The files that together have every check: usually one, or one for each ruleset."""
    seen: set[str] = set()
    first = []
    for row in rows:
        own = {status.partition(" ")[2] for status in row["statuses"]}
        if own - seen:
            seen |= own
            first.append(str(row["filename"]))
    return first


def _rows(cursor: Any) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _project(row: Mapping[str, Any]) -> Project:
    project, following = row["project"] or {}, row["next_level"] or {}
    file = str(row["filename"])
    return Project(
        name=project.get("name") or Path(file).name.removesuffix(".json"),
        file=file,
        owner=(project.get("declared") or {}).get("owner") or "",
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
    )


def _rank(project: Project) -> tuple[int, float, str, str]:
    """By level, then by the low end of the score: that is what is certain."""
    level = LEVELS.index(project.readiness) if project.readiness in LEVELS else len(LEVELS)
    return level, -project.low, project.name, project.file


def _gaps(rows: Sequence[Mapping[str, Any]], details: Sequence[tuple[Any, ...]]) -> list[Gap]:
    """Every check that fails, is partly shown or stands before a next level somewhere, counted, in the order of ids."""
    counts = {status: Counter[str]() for status in ("fail", "partial")}
    applies: Counter[str] = Counter()
    lifts: Counter[str] = Counter()
    for row in rows:
        own = set()
        for status, _, check_id in (text.partition(" ") for text in row["statuses"]):
            own.add(check_id)
            if status != "not_applicable":
                applies[check_id] += 1
            if status in counts:
                counts[status][check_id] += 1
        lifts.update(own & set((row["next_level"] or {}).get("missing") or ()))
    known = {row[0]: row for row in reversed(details)}
    found = []
    for check_id in sorted(known.keys() & (counts["fail"] | counts["partial"] | lifts).keys()):
        _, title, severity, days, remediation = known[check_id]
        failed, partial = counts["fail"][check_id], counts["partial"][check_id]
        found.append(
            Gap(
                check_id,
                title or check_id,
                severity or "",
                failed,
                partial,
                applies[check_id],
                lifts[check_id],
                float(days or 3),
                remediation or "",
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
                found.append(Outlier(project.name, f"score {project.score:.0f}, far below the others"))
    for project in projects:
        if project.coverage < 50:
            found.append(Outlier(project.name, f"only {project.coverage:.0f} % of the evidence was seen"))
    return found


def _owners(projects: Sequence[Project]) -> list[tuple[str, int, float | None]]:
    """Owners with the number of their projects and the mean of those that have a score."""
    grouped: dict[str, list[float]] = {}
    counts: Counter[str] = Counter()
    for project in projects:
        owner = project.owner or "nobody named"
        counts[owner] += 1
        grouped.setdefault(owner, [])
        if project.score is not None:
            grouped[owner].append(project.score)
    means = {owner: round(sum(scores) / len(scores), 1) if scores else None for owner, scores in grouped.items()}
    return sorted(((owner, count, means[owner]) for owner, count in counts.items()), key=lambda o: (-o[1], o[0]))
