"""The report as a document: its parts in order, each with the heading that says what was found.

`read` turns a result JSON into a `Report`; the templates of every format read that and nothing else. Parts whose data
is null are left out, and the numbers follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from aiaudit import track_record
from aiaudit.model.sentence import as_words, begun
from aiaudit.project.entry import not_own
from aiaudit.reports import plan, words
from aiaudit.reports.opening import Opening
from aiaudit.reports.reading import read_waiver
from aiaudit.reports.record import Record, absent_data, misnamed_columns, preview, unread_files
from aiaudit.reports.rows import Answer, FactRow, answer_of, fact_row, machine_of, merged
from aiaudit.reports.strings import say
from aiaudit.reports.text import figure, full_stop, thousands
from aiaudit.reports.view import Check, Waiver
from aiaudit.subject import CAPACITY_TAKES, COST_TAKES, TAKEN

REASONS_NAMED: Final = 10
"""Reasons why facts could not be determined that the scope part names; the evidence part holds every fact."""
ABSENT_NAMED: Final = 10
"""Data sets that are declared and not here, as the scope part names them."""


class Report(Opening):
    """A result JSON, read for showing, with all parts of the document."""

    # --- scope

    @property
    def skipped_files(self) -> int:
        """Files and folders that were left out for any reason."""
        return self.result.record("skipped").whole("files")

    @property
    def unread_files(self) -> int:
        """Those that are the project's own: gaps in what was seen."""
        return unread_files(self.result.record("skipped"))

    @cached_property
    def seen(self) -> tuple[tuple[str, str], ...]:
        states = Counter(fact.text("state") for _, fact in self._facts())
        judged = sum(self.counts.get(key, 0) for key in ("pass", "partial", "fail"))
        rows = [
            ("project", self._version),
            ("checks", say("scope.judged", n=judged, checks=words.digits(self.applicable, "applicable"))),
            ("facts", self._looked_for(states["known"], states["absent"])),
            ("machine", machine_of(self.result.record("host"))),
            ("people", self._answered()),
            ("execution", say("scope.off")),
        ]
        return tuple((say(f"scope.row.{label}"), text) for label, text in rows if text)

    def _looked_for(self, seen: int, absent: int) -> str:
        return say("scope.facts_seen", all=thousands(seen + absent), seen=thousands(seen), absent=thousands(absent))

    @cached_property
    def not_seen(self) -> tuple[tuple[str, str], ...]:
        skipped = self.result.record("skipped")
        rows = [
            (words.digits(skipped.record("reasons").whole(reason), "path"), reason)
            for reason in sorted(skipped.record("reasons").data, key=lambda r: -skipped.record("reasons").whole(r))
            if not not_own(reason)
        ]
        named = sum(skipped.record("reasons").whole(reason) for reason in skipped.record("reasons").data)
        if skipped.whole("files") > named:
            rows.append((words.digits(skipped.whole("files") - named, "path"), say("scope.left_out")))
        if self.unseen:
            rows.append((words.digits(self.unseen, "check"), say("scope.not_judged")))
        absent = absent_data(self.result.record("data"))
        rows += [(say("scope.row.data"), say("scope.absent", path=path, by=by)) for path, by in absent[:ABSENT_NAMED]]
        if len(absent) > ABSENT_NAMED:
            rows.append((say("scope.row.data"), say("scope.absent_more", len(absent) - ABSENT_NAMED)))
        wrong = misnamed_columns(self.result.record("data"))[:ABSENT_NAMED]
        rows += [(say("scope.row.data"), say("scope.misnamed", note=note)) for note in wrong]
        rows += [(say("scope.row.project_file"), problem) for problem in self.result.texts("problems")]
        return tuple(rows)

    @cached_property
    def skipped_paths(self) -> tuple[tuple[str, str], ...]:
        paths = self.result.record("skipped").records("paths")
        return tuple((path.text("path"), path.text("reason")) for path in paths[:20])

    @cached_property
    def unknown_facts(self) -> int:
        """How many facts that a check asked for could not be determined."""
        return sum(len(names) for _, names, _ in self.unknown_reasons)

    @cached_property
    def unknown_reasons(self) -> tuple[tuple[str, tuple[str, ...], tuple[Check, ...]], ...]:
        """Why facts could not be determined: the reason, the facts, and the checks that asked for them."""
        asked: dict[str, list[Check]] = {}
        for check in self.checks:
            for fact in check.facts:
                asked.setdefault(fact, []).append(check)
        reasons: dict[str, list[str]] = {}
        for name, record in self._facts():
            if record.text("state") in ("unknown", "error") and name in asked:
                reasons.setdefault(as_words(record.text("reason")) or say("check.no_reason"), []).append(name)
        rows = [
            (begun(reason), tuple(names), tuple({c.id: c for name in names for c in asked[name]}.values()))
            for reason, names in reasons.items()
        ]
        return tuple(sorted(rows, key=lambda row: (-len(row[2]), row[0])))

    @property
    def reasons_named(self) -> int:
        return REASONS_NAMED

    @cached_property
    def trusted(self) -> tuple[tuple[str, str], ...]:
        """What the project file declares and nothing else shows."""
        rows = [(key.replace("_", " "), preview(value, 200)) for key, value in self.declared.items() if value]
        return tuple(rows[:20])

    @cached_property
    def runway_months(self) -> float | None:
        """Months until growth ends speed or memory; None where it does not, or that is not known."""
        growth = self.result.record("capacity").records("growth")
        ends = [one.number("expected") for one in growth if one.text("what") != "budget"]
        return min((end for end in ends if end is not None), default=None)

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What was assumed; what the project file declares stands in a table of its own, and the figures that capacity
        and cost take stand in their parts."""
        said = [text for text in self.result.texts("assumptions") if not text.endswith(TAKEN)]
        kept = [full_stop(text) for text in said if not text.startswith((CAPACITY_TAKES, COST_TAKES))]
        return tuple([*kept, say("scope.figures_assumed")] if len(kept) < len(said) else kept)

    # --- risks and plan

    @cached_property
    def causes(self) -> tuple[plan.Cause, ...]:
        return plan.causes(plan.top_risks(self.checks), self.packs)

    @cached_property
    def open_checks(self) -> int:
        return sum(check.is_open and not check.accepted for check in self.checks)

    @cached_property
    def roadmap(self) -> tuple[plan.Horizon, ...]:
        return plan.roadmap(self.checks, self.next_name)

    @cached_property
    def roadmap_days(self) -> int:
        return sum(horizon.days for horizon in self.roadmap)

    @cached_property
    def failed(self) -> tuple[Check, ...]:
        """Failed checks, the severest first, in the order of every form; what is accepted keeps its place."""
        return tuple(sorted((check for check in self.checks if check.status == "fail"), key=lambda c: c.rank))

    @cached_property
    def accepted(self) -> tuple[Check, ...]:
        """Checks that failed or are met in part, and whose risk somebody has accepted."""
        return tuple(sorted((c for c in self.checks if c.is_open and c.accepted), key=lambda c: c.rank))

    @cached_property
    def passed(self) -> tuple[Check, ...]:
        """Checks that passed, the heaviest first."""
        passed = (check for check in self.checks if check.status == "pass")
        return tuple(sorted(passed, key=lambda c: (-c.weight, not c.core, c.id)))

    @cached_property
    def critical_unseen(self) -> tuple[tuple[str, tuple[Check, ...]], ...]:
        """Critical checks that could not be judged, and that no answer of a person settles; those for which one and
        the same reason is given stand together behind it."""
        unseen = (check for pack in self.packs for check in pack.not_assessed if check.severity == "critical")
        by_reason: dict[str, list[Check]] = {}
        for check in sorted(unseen, key=lambda c: (not c.core, c.id)):
            by_reason.setdefault(check.why_unseen, []).append(check)
        return tuple((reason, tuple(checks)) for reason, checks in by_reason.items())

    @property
    def not_contradicted(self) -> tuple[str, ...]:
        """Conditions of the next level that only ask that nothing fails, and that nobody could judge."""
        told = []
        for gate in (one for one in self.next_gates if one.shown == "open"):
            meaning = f" ({gate.meaning})" if gate.meaning else ""
            found = "" if gate.found == say("roadmap.not_judged") else f": {gate.found}"
            told.append(f"{gate.wanted}{meaning}{found}")
        return tuple(told)

    @cached_property
    def track_record(self) -> Mapping[str, str]:
        """How often verdicts were right where people read them on other projects, as it is printed; empty where no
        table says so, and where none of these checks was ever read. `but`: packs of which none was."""
        read = {status: track_record.overall(status) for status in ("fail", "partial", "pass")}
        unread = [pack.title for pack in self.packs if not any(track_record.records(check.id) for check in pack.checks)]
        if not all(one.read for one in read.values()) or len(unread) == len(self.packs):
            return {}
        shares = {status: figure(100 * one.right / one.read) for status, one in read.items()}
        judged = thousands(sum(one.read for one in read.values()))
        but = f" {say('method.never_read', packs=words.listed(unread))}" if unread else ""
        return {"judged": judged, "projects": thousands(track_record.table().projects), **shares, "but": but}

    @cached_property
    def half_met(self) -> tuple[Check, ...]:
        """Critical checks that are met in part, the heaviest first."""
        partial = (check for check in self.checks if check.status == "partial" and check.severity == "critical")
        return tuple(sorted(partial, key=lambda c: (c.accepted, -c.gain, -c.weight, not c.core, c.id)))

    @cached_property
    def to_attest(self) -> int:
        return sum(len(pack.to_attest) for pack in self.packs)

    def matrix(self, severity: str, effort: str) -> tuple[plan.Step, ...]:
        """The numbered steps of one cell of the effort and impact matrix."""
        steps = (step for horizon in self.roadmap for step in horizon.steps)
        return tuple(s for s in steps if s.check.severity == severity and s.check.effort == effort)

    def matrix_more(self, severity: str, effort: str) -> int:
        """How many checks of the cell the roadmap counts and does not list."""
        others = (check for horizon in self.roadmap for check in horizon.others)
        return sum(check.severity == severity and check.effort == effort for check in others)

    # --- registers

    @cached_property
    def waivers(self) -> tuple[Waiver, ...]:
        titles = {check.id: check.title for check in self.checks}
        records = self.result.records("waivers")
        return tuple(read_waiver(record, record.text("id"), titles.get(record.text("id"), "")) for record in records)

    @cached_property
    def relaxations(self) -> tuple[tuple[str, str, str, str, bool], ...]:
        """The project's own settings: check, setting, shipped, used, and whether it loosens the check."""
        return tuple(
            (r.text("check"), r.text("name").replace("_", " "), preview(r.data.get("shipped"), 60),
             preview(r.data.get("used"), 60), r.flag("relaxes"))
            for r in self.result.records("relaxations")
        )  # fmt: skip

    @cached_property
    def gate_rules(self) -> tuple[Record, ...]:
        return tuple(self.result.record("gate").records("rules"))

    @cached_property
    def gate_passed(self) -> bool:
        return all(rule.flag("passed") for rule in self.gate_rules)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        questions = {check.id: check.question or check.title for check in self.checks}
        as_of = self.result.text("as_of")
        return tuple(answer_of(record, questions, as_of) for record in self.result.records("attestations"))

    @cached_property
    def asked(self) -> int:
        """Questions to people that apply: answered or not."""
        open_ones = sum(c.kind == "attested" and c.status == "unknown" for c in self.checks)
        return max(len(self.answers) + open_ones, len(self.answers))

    def evidence(self, check: Check) -> tuple[FactRow, ...]:
        """The facts that a check rests on."""
        facts = self.result.record("facts")
        return merged(fact_row(name, facts.record(name)) for name in check.facts if name in facts)

    def _facts(self) -> list[tuple[str, Record]]:
        return [(fact_id, Record(fact)) for fact_id, fact in self.result.record("facts").items()]

    @property
    def _version(self) -> str:
        if not self.commit:
            return say("cover.no_commit_of", name=self.name)
        at = self.name if self.commit in self.name else say("cover.at", name=self.name, commit=self.commit)
        return f"{at} {self.around}".rstrip()

    def _answered(self) -> str:
        if not self.asked:
            return ""
        questions = words.digits(self.asked, "question")
        return say("scope.answered", n=thousands(len(self.answers)), questions=questions)


def read(result: Mapping[str, Any]) -> Report:
    """The report of a result JSON."""
    return Report(result)
