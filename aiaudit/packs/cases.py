"""The case runner: small trees with an `expect.yaml` each, on which a check must end as it says.

`<folder>/<CHECK ID>/<case>/` is a tree. A check ships `pass`, `fail`, `partial` where its rule can end so, `na` where
it may not apply, and `decoy`: the right names with empty or template content, which must never pass. Further cases may
have any name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.check import Check, Status
from aiaudit.model.fact import Fact, Level, Scope, State
from aiaudit.model.result import CheckResult
from aiaudit.model.types import UNKNOWN_KEY, as_json
from aiaudit.packs.derive import derive
from aiaudit.packs.expect import FILE, Expect, laid_out, read_expect
from aiaudit.packs.files import cases_of, ids_in
from aiaudit.packs.judge import judge
from aiaudit.packs.library import Library
from aiaudit.packs.load import load
from aiaudit.packs.overrides import resolve
from aiaudit.packs.problems import PackError, Problem
from aiaudit.packs.values import declared_in

if TYPE_CHECKING:
    from aiaudit.project.config import ProjectConfig

MEANT: Final = {"pass": "pass", "partial": "partial", "fail": "fail", "na": "not_applicable"}
DECOY: Final = "decoy"


class Case(Struct, frozen=True):
    """One case folder of a check."""

    check: str
    name: str
    path: Path

    def __str__(self) -> str:
        return f"{self.check}/{self.name}"


class CaseResult(Struct, frozen=True):
    """How a case went. `problems` is empty where all was as expected."""

    case: Case
    problems: tuple[str, ...]
    result: CheckResult | None = None

    @property
    def passed(self) -> bool:
        return not self.problems


def find_cases(folder: Path) -> list[Case]:
    """Every case below a folder of cases, by check and name."""
    return [
        Case(check.name, case.name, case)
        for check in _folders(folder)
        for case in _folders(check)
        if not case.name.startswith(("_", "."))
    ]


def required_cases(check: Check) -> tuple[str, ...]:
    """The names of the cases that a check must have."""
    ends = {line.status for line in check.rule}
    wanted = [str(status) for status in (Status.PASS, Status.PARTIAL, Status.FAIL) if status in ends]
    if check.applies is not None or Status.NOT_APPLICABLE in ends:
        wanted.append("na")
    return (*wanted, DECOY)


def missing_cases(library: Library, cases: Sequence[Case]) -> list[str]:
    """One line for each case that is missing, and for each folder of cases that belongs to no check."""
    there: dict[str, set[str]] = {}
    for case in cases:
        there.setdefault(case.check, set()).add(case.name)
    lines = [
        f"{check.place}: {check.id} has no case '{name}'"
        for check in library.checks
        for name in required_cases(check)
        if name not in there.get(check.id, set())
    ]
    known = {check.id for check in library.checks} | _of_packs_beside(cases)
    return lines + [f"{check}: cases of a check that is not there" for check in sorted(there) if check not in known]


def _of_packs_beside(cases: Sequence[Case]) -> set[str]:
    """The checks of all packs that lie beside the folder of cases: several may share one."""
    folders = {case.path.resolve().parents[2] for case in cases}
    return {check for folder in folders for file in sorted(folder.glob("*.yaml")) for check in ids_in(file)}


class PackTest(Struct, frozen=True):
    """How the cases of a pack went. `problems`: missing cases and the like, one line each."""

    results: tuple[CaseResult, ...]
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.problems and all(result.passed for result in self.results)


def run_pack(pack: Path, folder: Path | None = None) -> PackTest:
    """Run all cases of one pack: what `aiaudit checks test PACK.yaml --cases DIR` does.

    Args:
        pack: the pack's file or folder.
        folder: where its cases are; `cases` beside the pack, or in its folder, where None.

    Raises:
        PackError: the pack cannot be loaded.
    """
    library = load([pack], shipped=False)
    folder = folder or cases_of(pack)
    cases = find_cases(folder)
    missing = missing_cases(library, cases)
    if not cases:
        missing.insert(
            0, f"{folder}: no cases here; one is {folder}/ID/NAME/expect.yaml, and `checks new ID` writes five"
        )
    return PackTest(tuple(run_cases(library, folder)), tuple(missing))


def run_cases(library: Library, folder: Path) -> Iterator[CaseResult]:
    """Run every case in `folder` that belongs to a check of the library."""
    known = {check.id for check in library.checks}
    cases = [case for case in find_cases(folder) if case.check in known]
    for check, some in groupby(cases, key=lambda case: case.check):
        chosen = alone(library, check)
        for case in some:
            yield run_case(chosen, case)


def alone(library: Library, check: str) -> Library:
    """The library with this check and the facts that it needs: all that a case of it asks of a library, found once for
    all its cases.

    Raises:
        PackError: the check is not there.
    """
    chosen = library.select(checks=[check])
    return replace(chosen, facts=chosen.needed())


def run_case(library: Library, case: Case) -> CaseResult:
    """Collect only what the check needs from the case's tree, judge it, and compare."""
    try:
        expect = read_expect(case.path)
        chosen = library.select(checks=[case.check])
        with laid_out(case.path, expect) as tree:
            config = _config(tree, expect, case.check)
            facts = _collect(chosen, tree, config, expect)
        overrides = resolve(chosen.checks, _own(config.params, case), _own(config.severity, case))
        (result,) = judge(
            chosen.packs, chosen.facts, facts, overrides=overrides, declared=declared_in(config), explain=True
        )
    except PackError as error:
        return CaseResult(case, tuple(map(str, error.problems)))
    names = next(iter(chosen.checks)).names
    return CaseResult(case, tuple(_differences(case, expect, result, facts, names)), result)


def _own(section: Mapping[str, Any], case: Case) -> dict[str, Any]:
    return {check: value for check, value in section.items() if check == case.check}


def _config(tree: Path, expect: Expect, check_id: str) -> ProjectConfig:
    """The tree's own `aiaudit.yaml`, with what the case adds to it."""
    from aiaudit.project.config import FILE as PROJECT_FILE
    from aiaudit.project.config import ConfigError, parse_config
    from aiaudit.project.parse import Malformed, parse_yaml

    settings: dict[str, Any] = {}
    try:
        if (tree / PROJECT_FILE).is_file():
            settings = parse_yaml((tree / PROJECT_FILE).read_bytes()) or {}
        given = expect.attestations
        entries = {check_id: given} if "answer" in given else given
        settings = {**settings, **expect.config}
        if entries:
            settings["attestations"] = {**settings.get("attestations", {}), **entries}
        return parse_config(json.dumps(settings, indent=1).encode(), "config")  # JSON is YAML
    except ConfigError as error:
        raise PackError([Problem(None, line) for line in error.problems]) from None
    except Malformed as error:
        raise PackError([Problem(None, f"{PROJECT_FILE}: {error}")]) from None


def _collect(library: Library, tree: Path, config: ProjectConfig, expect: Expect) -> dict[str, Fact]:
    """The facts of a case, in this process and without a cache: who runs a case has written it, and to start a worker
    takes longer than to look through a few short files."""
    from aiaudit.probes.collect import collect
    from aiaudit.project.tree import Project

    check = next(iter(library.checks))
    given = {check.names.get(name, name): _given(check.names.get(name, name), v) for name, v in expect.given.items()}
    specs = library.needed()
    queries = [spec for spec in specs.values() if spec.probe and spec.id not in given]
    with Project.open(tree, exclude=[FILE, *config.exclude]) as project:
        collected = collect(queries, project, config, expect.as_of, isolate=False, options=expect.options, checked=True)
    underived = {fact_id: spec for fact_id, spec in specs.items() if fact_id not in given}
    return derive(underived, {**collected, **given}, declared_in(config))


def _given(fact_id: str, value: Any) -> Fact:
    if isinstance(value, Mapping) and set(value) == {UNKNOWN_KEY}:
        return Fact(fact_id, State.UNKNOWN, reason=str(value[UNKNOWN_KEY]))
    from aiaudit.project.nodes import plain_data

    whole = Scope(1, 1)  # what a case gives stands for a look at everything
    return Fact(fact_id, State.KNOWN, plain_data(value), Level.MEASURED, "given by the case", scope=whole)


def _differences(
    case: Case, expect: Expect, result: CheckResult, facts: Mapping[str, Fact], names: Mapping[str, str]
) -> Iterator[str]:
    if case.name in MEANT and expect.status != MEANT[case.name]:
        yield f"a case named '{case.name}' should expect {MEANT[case.name]}, not {expect.status}"
    if case.name == DECOY and Status.PASS in (result.status, expect.status):
        yield "a decoy must not pass"
    if result.status != expect.status:
        yield f"expected {expect.status}, got {result.status}: {result.reason}"
    if expect.findings is not None:
        whole_files = {place for place in expect.findings if ":" not in place}
        found = sorted(_place(f.path, None if f.path in whole_files else f.line) for f in result.findings)
        if found != sorted(expect.findings):
            yield f"expected findings at {_list(sorted(expect.findings))}, got {_list(found)}"
    if expect.reason is not None and expect.reason not in result.reason:
        yield f"expected a reason with {expect.reason!r}, got {result.reason!r}"
    for name in ("risk", "remediation"):
        wanted, got = getattr(expect, name), getattr(result, name)
        if wanted is not None and wanted not in got:
            yield f"expected a {name} with {wanted!r}, got {got!r}"
    if expect.points is not None and abs((result.points or 0.0) - expect.points) > 0.005:
        yield f"expected {expect.points:g} of a pass, got {result.points}"
    for name, wanted in expect.facts.items():
        fact = facts.get(names.get(name, name))
        got = plain(fact)
        if not _fits(wanted, got):
            yield f"expected {name} to be {wanted!r}, got {got!r}"


def plain(fact: Fact | None) -> Any:
    """A fact's value as an `expect.yaml` writes it: "absent", {$unknown: why}, or the value."""
    if fact is None:
        return {UNKNOWN_KEY: "not collected"}
    match fact.state:
        case State.KNOWN:
            return as_json(fact.value)
        case State.ABSENT:
            return "absent"
        case _:
            return {UNKNOWN_KEY: fact.reason}


def _fits(wanted: Any, got: Any) -> bool:
    """Whether a value is as expected. Of a record only the fields that are named count."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        return all(key in got and _fits(value, got[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(_fits, wanted, got))
    return bool(wanted == got)


def _place(path: str | None, line: int | None) -> str:
    return f"{path}:{line}" if path and line else path or "-"


def _list(places: Sequence[str]) -> str:
    return ", ".join(places) or "none"


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
