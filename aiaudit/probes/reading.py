"""Small helpers for project probes: contents or None, and evidence lists. Files that git ignores are not delivered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.project.merge import one_side
from aiaudit.project.parse import Malformed, parse_json
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import ASIDE

if TYPE_CHECKING:
    from aiaudit.project.tree import Entry, Project

EVIDENCE_LIMIT = 50
_HIDES: Final = lazy.regex(r"\\(?:x|u00)[4-7][0-9A-Fa-f]|[\0\ufffd]")  # a letter by its number; no text
MOST_FOLLOWED: Final = 2_000  # times that files take in others; a large real project does it twenty times


class Files:
    """Reads files of the project; what could not be read is None, and why stands in `problems[path]`. `of_runs`: what a
    run left may hold the marks of a merge that nobody settled, and is read as one of its sides."""

    def __init__(self, project: Project, *, of_runs: bool = False) -> None:
        self.project = project
        self._of_runs = of_runs
        self.problems: dict[str, str] = {}
        self._followed = 0

    def may_follow(self, path: str) -> bool:
        """Whether something that this file takes in (a template, a task, an action) is followed once more. Files that
        take in themselves or each other do so in powers of their number, however deep one goes: no project needs it."""
        self._followed += 1
        if self._followed <= MOST_FOLLOWED:
            return True
        self.problems.setdefault(path, f"what it takes in is followed {MOST_FOLLOWED:,} times and no further")
        return False

    def matching(self, globs: str | Iterable[str], roles: Iterable[str] | None = None) -> list[Entry]:
        """Matching files that are part of what is delivered: neither ignored by git, nor vendored, nor generated."""
        return [
            entry
            for entry in self.project.matching(globs, roles)
            if not entry.ignored and entry.role not in ("vendored", "generated")
        ]

    def running(self, globs: str | Iterable[str]) -> list[Entry]:
        """Those of them that can say what runs: neither tests, nor examples, nor documents."""
        return [entry for entry in self.matching(globs) if entry.role not in ASIDE]

    def exists(self, path: str) -> bool:
        entry = self.project.entry(path)
        return entry is not None and entry.kind == "file"

    def text(self, path: str) -> str | None:
        try:
            return self.project.text(path)
        except Unreadable as error:
            self.problems[path] = error.reason
            return None

    def yaml(self, path: str) -> Any:
        documents = self.yaml_all(path)
        return documents[0] if documents else None

    def yaml_all(self, path: str) -> list[Any]:
        return self._parsed(path, self.project.yaml_all) or []

    def json(self, path: str) -> Any:
        return self._parsed(path, partial(json_of_run, self.project) if self._of_runs else self.project.json)

    def toml(self, path: str) -> dict[str, Any] | None:
        value = self._parsed(path, self.project.toml)
        return value if isinstance(value, dict) else None

    def ini(self, path: str) -> dict[str, dict[str, str]]:
        return self._parsed(path, self.project.ini) or {}

    def _parsed(self, path: str, parse: Any) -> Any:
        try:
            return parse(path)
        except (Malformed, Unreadable) as error:
            if not self._is_blank(path):
                self.problems[path] = str(error)
            return None

    def may_hold(self, path: str, sign: re.Pattern[str]) -> bool:
        """Whether what is looked for may stand in a file that could not be parsed: where its text shows `sign`,
        spells letters by their numbers, or is none."""
        try:
            text = self.project.text(path)
        except Unreadable:
            return True
        return sign.search(text) is not None or _HIDES.search(text) is not None

    def _is_blank(self, path: str) -> bool:
        """Whether nothing stands in a file, so that nothing of it was left unread."""
        try:
            return not self.project.text(path).strip()
        except Unreadable:
            return False


def json_of_run(project: Project, path: str) -> Any:
    """The JSON document of a file that a run left; of an unsettled merge, one side. Raises as `Project.json` does."""
    try:
        return project.json(path)
    except Malformed:
        data = project.read(path)
        side = one_side(data, _is_json)
        if side is data:
            raise
        return parse_json(side)


def _is_json(data: bytes) -> bool:
    try:
        parse_json(data)
    except Malformed:
        return False
    return True


def of_a_chart(project: Project, path: str) -> bool:
    """Whether a file is a template of a Helm chart: it is no YAML before it is filled, and tells nothing of its own."""
    parts = path.split("/")
    return any(
        part == "templates" and project.entry("/".join([*parts[:index], "Chart.yaml"])) is not None
        for index, part in enumerate(parts[:-1])
    )


def scope_of(paths: Iterable[str], problems: Iterable[str]) -> Scope:
    """The scope of a query that had to look at `paths`, some of which could not be read."""
    looked, wrong = sorted(set(paths)), set(problems)
    failed = [path for path in looked if path in wrong]
    return Scope(len(looked), len(looked) - len(failed), tuple(failed[:10]))


def listed(
    fact_id: str,
    records: list[dict[str, Any]],
    *,
    method: str,
    level: Level = Level.CONTENT,
    scope: Scope | None = None,
    note: str = "",
) -> Fact:
    """A list fact: known with its records, absent where there are none, unknown where nothing was readable."""
    if not records:
        if scope is not None and scope.files and not scope.read:
            reason = f"could not be read: {', '.join(scope.unread)}"
            return Fact(fact_id, State.UNKNOWN, method=method, scope=scope, reason=reason)
        return Fact(fact_id, State.ABSENT, [], Level.CLAIM if scope is None else level, method, scope=scope)
    places: dict[tuple[Any, Any, str], None] = {}
    for one in records:
        places[one.get("path"), one.get("line"), str(one.get(note, "")) if note else ""] = None
        if len(places) == EVIDENCE_LIMIT:
            break
    evidence = tuple(Evidence(path, line, text) for path, line, text in places)
    return Fact(fact_id, State.KNOWN, records, level, method, evidence=evidence, scope=scope)
