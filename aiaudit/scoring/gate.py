"""The gate: what the caller asked for (`--fail-under`, `--fail-on`, `--level`…), and whether it holds.

Gates look at the accepted view: the project's own parameters and severities, waived checks left out. Coverage and the
readiness level are not moved by either, so a waiver cannot stand in for evidence.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from aiaudit.model.check import Severity, Status
from aiaudit.model.check_id import full_id
from aiaudit.model.result import CheckResult, GateRule
from aiaudit.scoring.baseline import Baseline, new_failures
from aiaudit.scoring.levels import HOLDS, NOT_READY, GateResult, Ladder
from aiaudit.scoring.score import JUDGED, MIN_COVERAGE, Figures

SEVERITIES: Final = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)  # the worst first


class GateError(ValueError):
    """A gate option that cannot be understood; the message says which and what is allowed."""


class GateOptions(Struct, frozen=True):
    """What was asked for. `fail_under` maps a pack id, or "" for the whole, to the least score that passes."""

    fail_under: Mapping[str, float] = field(default_factory=dict)
    min_coverage: float | None = None
    fail_on: tuple[str, ...] = ()  # severities and check ids
    fail_on_new: Severity | None = None
    level: str | None = None

    @property
    def asked(self) -> bool:
        return bool(self.fail_under or self.min_coverage is not None or self.fail_on or self.fail_on_new or self.level)


class GateCase(Struct, frozen=True):
    """What the gate looks at: the accepted results and figures, the coverage and readiness of the shipped view."""

    results: Sequence[CheckResult]
    figures: Figures
    coverage: float
    readiness: str | None
    ladder: Ladder
    level_gates: Sequence[GateResult] = ()  # of every readiness level
    baseline: Baseline | None = None


def parse_fail_under(values: Iterable[str], packs: Collection[str]) -> dict[str, float]:
    """Read `N` and `PACK=N`."""
    wanted: dict[str, float] = {}
    for value in values:
        pack, separator, number = value.rpartition("=")
        if separator and pack not in packs:
            raise GateError(f"--fail-under {value}: no pack is called {pack!r}; there are: {', '.join(packs)}")
        wanted[pack] = _percent(number, f"--fail-under {value}")
    return wanted


def parse_fail_on(values: Iterable[str], checks: Collection[str]) -> tuple[str, ...]:
    """Read severities and check ids; both may be separated by commas."""
    typed = [word.strip() for value in values for word in value.split(",") if word.strip()]
    severities = {s.value for s in SEVERITIES}
    words = [full if (full := full_id(word)) in checks else word for word in typed]
    words = [word.lower() if word.lower() in severities else word for word in words]
    for word in words:
        if word not in severities and word not in checks:
            of_area = any(check.startswith(f"{full_id(word).partition('-')[0]}-") for check in checks)
            close = [] if of_area else difflib.get_close_matches(word, [*severities, *checks], n=1)  # none is nearer
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise GateError(
                f"--fail-on {word}: neither a severity ({', '.join(SEVERITIES)}) nor a check of this audit{hint}"
            )
    return tuple(dict.fromkeys(words))


def judge(options: GateOptions, case: GateCase) -> tuple[GateRule, ...]:
    """Judge every rule that was asked for, in a fixed order."""
    rules = [_score(pack, least, case) for pack, least in options.fail_under.items()]
    least = MIN_COVERAGE if options.min_coverage is None and options.fail_under else options.min_coverage
    if least is not None:
        rules.append(_coverage(least, case, implied=options.min_coverage is None))
    rules += [_fail_on(word, case) for word in options.fail_on]
    if options.fail_on_new:
        rules.append(_fail_on_new(options.fail_on_new, case))
    if options.level:
        rules.append(_level(options.level, case))
    return tuple(rules)


def _score(pack: str, least: float, case: GateCase) -> GateRule:
    figures = case.figures.pack(pack) if pack else case.figures
    got = figures.score if figures else None
    name = f"--fail-under {pack}={least:g}" if pack else f"--fail-under {least:g}"
    wanted = f"{pack or 'accepted score'} at least {least:g}"
    if got is None:
        return GateRule(
            name, wanted, "no number: too little evidence", False, "show more evidence, see the unknown checks"
        )
    if got >= least:
        return GateRule(name, wanted, f"{got:g}", True)
    gap = math.ceil(10 * (least - got) - 1e-9) / 10
    passing = math.floor(got)
    hint = f"{gap:g} points short; passes at {name.rpartition(f'{least:g}')[0]}{passing}"
    return GateRule(name, wanted, f"{got:g}", False, hint)


def _coverage(least: float, case: GateCase, implied: bool) -> GateRule:
    name = f"--min-coverage {least:g}" + (" (implied by --fail-under)" if implied else "")
    wanted, got = f"at least {least:g} % of the evidence seen", f"{case.coverage:g} %"
    if case.coverage >= least:
        return GateRule(name, wanted, got, True)
    hint = f"{least - case.coverage:.1f} points short; answer or show the unknown checks"
    return GateRule(name, wanted, got, False, hint)


def _fail_on(word: str, case: GateCase) -> GateRule:
    """A severity fails on failed checks. A check asked for by its id must not be unknown either."""
    name = f"--fail-on {word}"
    if word in {s.value for s in SEVERITIES}:
        worst = SEVERITIES[: SEVERITIES.index(Severity(word)) + 1]
        graded = [r for r in case.results if r.severity in worst and r.status is not Status.NOT_APPLICABLE]
        failed = sorted(r.id for r in graded if r.status is Status.FAIL)
        unseen = sum(1 for r in graded if r.status not in JUDGED)
        wanted = f"no failed check of severity {word}" + ("" if word == "critical" else " or worse")
        got = f"{len(failed)} failed" + (f" ({unseen} could not be judged)" if unseen else "")
        hint = f"fix or waive {_listed(failed)}" if failed else ""
        return GateRule(name, wanted, got, not failed, hint, tuple(failed))
    result = next((r for r in case.results if r.id == word), None)
    if result is None:
        return GateRule(name, f"{word} not failed", "waived", True)
    passed = result.status in (Status.PASS, Status.PARTIAL, Status.NOT_APPLICABLE)
    verb = "fix or waive" if result.status is Status.FAIL else "show the evidence for"
    hint = "" if passed else f"{verb} {word}"
    named = (word,) if result.status is Status.FAIL else ()
    return GateRule(name, f"{word} judged and not failed", result.status.value, passed, hint, named)


def _fail_on_new(severity: Severity, case: GateCase) -> GateRule:
    name, wanted = f"--fail-on-new {severity}", f"no new failure of severity {severity} or worse"
    if case.baseline is None:
        raise GateError(f"{name} needs --baseline FILE, an earlier result JSON to compare with")
    worst = SEVERITIES[: SEVERITIES.index(severity) + 1]
    new = new_failures((r for r in case.results if r.severity in worst), case.baseline)
    got = f"{sum(new.values())} new since {case.baseline.as_of}"
    hint = f"fix or waive {_listed(sorted(new))}" if new else ""
    return GateRule(name, wanted, got, not new, hint, tuple(sorted(new)))


def _level(level: str, case: GateCase) -> GateRule:
    passed = case.ladder.rank(case.readiness) >= case.ladder.rank(level)
    got = "no level yet" if case.readiness == NOT_READY else case.readiness or "nothing judged"
    upto = case.ladder.rank(level)
    unmet = [g for g in case.level_gates if case.ladder.rank(g.level) <= upto and g.state not in HOLDS]
    hint = "" if passed else f"not met: {_listed([f'{g.wanted} ({g.got})' for g in unmet], 3)}"
    return GateRule(f"--level {level}", f"readiness level {level} or above", got, passed, hint)


def _percent(text: str, option: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 100:
        raise GateError(f"{option}: expected a number from 0 to 100, not {text!r}")
    return number


def _listed(ids: Sequence[str], most: int = 5) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more
