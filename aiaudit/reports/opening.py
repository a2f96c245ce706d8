"""The beginning of a report: what it is about, its figures, the level, and what page one says.

`Opening` reads a result JSON for showing; `document.Report` adds the parts that follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from aiaudit.reports import brand, comparison_view, data, frameworks, headings, page_one, plan, words
from aiaudit.reports.history import History
from aiaudit.reports.plan import ON_PAGE_ONE
from aiaudit.reports.reading import read_packs
from aiaudit.reports.record import Record
from aiaudit.reports.rows import Gate, gates_of, rests_on_trials, unseen_of
from aiaudit.reports.strings import current, say
from aiaudit.reports.text import clean, figure, full_stop, lower_first, shorten, upper_first
from aiaudit.reports.view import Check, Pack
from aiaudit.scoring.comparison import from_json


class Opening:
    """A result JSON, read for showing. Everything in it is clean text; escaping for the format comes later."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self.brand: brand.Brand = brand.of(result.get("brand"))
        self.result = Record(clean({key: value for key, value in result.items() if key != "brand"}))
        upcoming = self.result.record("next_level")
        self.next_key = upcoming.text("name")
        self.next_name = words.LEVEL[self.next_key].name if self.next_key in words.LEVEL else ""
        self.next_days = upcoming.whole("effort_days")
        self.packs: tuple[Pack, ...] = read_packs(self.result, upcoming.texts("missing"))
        self.checks: tuple[Check, ...] = tuple(check for pack in self.packs for check in pack.checks)
        self.project = self.result.record("project")
        self.declared = self.project.record("declared")
        self.tool = self.result.record("tool")

    # --- what it is about

    @cached_property
    def name(self) -> str:
        return (
            self.brand.system
            or self.project.text("name")
            or (say("cover.project_at", commit=self.commit) if self.commit else say("cover.unnamed"))
        )

    @property
    def commit_beside(self) -> str:
        """The commit, to stand beside the name; empty where the name tells it."""
        return "" if self.commit and self.commit in self.name else self.commit

    @property
    def language(self) -> str:
        """Of the words on the page: that of the brand where there are words in it."""
        spoken = current().language
        return self.brand.language if self.brand.language.lower().partition("-")[0] == spoken else spoken

    @property
    def language_note(self) -> str:
        """What of the page is not in the brand's language; empty where all of it is."""
        spoken = current()
        if spoken.missing:
            return say("report.untranslated", spoken.missing)
        wanted = self.brand.language.lower()
        known = spoken.language in (wanted, wanted.partition("-")[0])
        return "" if known else say("report.no_words", language=self.brand.language)

    @property
    def confidentiality(self) -> str:
        return self.brand.confidentiality or say("report.confidentiality")

    @property
    def disclaimer(self) -> str:
        return self.brand.disclaimer or say("report.disclaimer")

    @cached_property
    def as_of(self) -> str:
        return words.day(self.result.text("as_of"))

    @cached_property
    def commit(self) -> str:
        return self.project.text("commit")[:12]

    @property
    def around(self) -> str:
        """What is said behind the commit where it is that of a repository of which the project is one folder."""
        return say("cover.of_around") if self.commit and self.project.text("within") else ""

    @cached_property
    def owner(self) -> str:
        return self.declared.text("owner")

    @cached_property
    def stage(self) -> str:
        stage = self.project.text("stage") or self.declared.text("stage")
        return words.LEVEL[stage].name if stage in words.LEVEL else stage

    @cached_property
    def purpose(self) -> str:
        return shorten(self.declared.text("purpose"), 240)

    # --- figures

    @property
    def score(self) -> float | None:
        return self.result.percent("score") if "score" in self.result else None

    @property
    def low(self) -> float:
        return self.result.percent("score_low")

    @property
    def high(self) -> float:
        return self.result.percent("score_high")

    @property
    def coverage(self) -> float:
        return self.result.percent("coverage")

    @cached_property
    def data(self) -> data.DataPage | None:
        """The profile of the audited data, where there is one."""
        return data.read(self.result)

    @cached_property
    def comparison(self) -> comparison_view.View | None:
        """What changed since the audit that this one was compared with."""
        made = from_json(self.result.data.get("comparison"))
        titles = {pack.id: pack.title for pack in self.packs}
        return comparison_view.view(made, self.name, titles) if made else None

    @property
    def comparison_day(self) -> str:
        """The day of the audit that this one was compared with."""
        return words.day(self.result.record("comparison").record("before").text("as_of"))

    @property
    def comparison_moved(self) -> str:
        """How the score moved since, and what changed, in short."""
        view = self.comparison
        return (view.warning or f"{view.moved} {view.changes}") if view else ""

    @cached_property
    def history(self) -> History:
        """The audits before this one; false where there is none."""
        return History(self.result)

    @cached_property
    def frameworks(self) -> tuple[frameworks.Table, ...]:
        return frameworks.read(self.result)

    @property
    def score_phrase(self) -> str:
        return words.score_phrase(self.score, self.low, self.high, self.coverage)

    @property
    def score_parts(self) -> tuple[str, str]:
        """The score, printed large, and the rest of the phrase."""
        first, bracket, rest = self.score_phrase.partition(" (")
        return first, (bracket + rest).strip()

    @property
    def score_outside(self) -> bool:
        """Whether the score, of the areas with enough evidence, lies outside the range of all of them."""
        return words.lies_outside(self.score, self.low, self.high)

    @property
    def range_note(self) -> str:
        if self.score_outside:
            return say("summary.range_all_packs", low=figure(self.low), high=figure(self.high))
        if self.high - self.low < 0.5:
            return say("summary.range_seen")
        return say("summary.range_unscored" if self.score is None else "summary.range_hatched")

    @property
    def range_remark(self) -> str:
        """Why the score lies outside its range, in a sentence; see `score_outside`."""
        return full_stop(words.range_remark(self.score, self.low, self.high, len(self.result.texts("unnumbered"))))

    @property
    def few_areas(self) -> str:
        """Where the score is that of one or two areas, a sentence that says so."""
        numbered = sum(pack.number("score") is not None for pack in self.result.records("packs"))
        return words.few_areas(numbered, len(self.result.texts("unnumbered")))

    @property
    def strength(self) -> float | None:
        """Share of the judged weight on evidence level E3 or better."""
        return self.result.percent("evidence_strength") if "evidence_strength" in self.result else None

    @property
    def counts_sentence(self) -> str:
        """Such as "Of 159 checks, 60 pass, 47 are partial …"."""
        counts = {**self.counts, "unknown": self.unseen}
        said = ("pass", "partial", "fail", "unknown", "not_applicable")
        parts = [say(f"counts.{key}", counts[key]) for key in said if counts.get(key)]
        if not parts:
            return ""
        return say("counts.of", checks=words.digits(len(self.checks), "check"), list=words.listed(parts))

    @property
    def counts_in_short(self) -> str:
        """Such as "60 in place, 47 in part, 12 missing, 30 not judged": the checks that apply."""
        counts = {**self.counts, "unknown": self.unseen}
        said = ("pass", "partial", "fail", "unknown")
        return words.joined(*(say(f"counts.short.{key}", counts[key]) for key in said if counts.get(key)))

    @cached_property
    def accepted_score(self) -> float | None:
        """The score by the project's own settings, where it differs from the score."""
        own = self.result.number("score_accepted")
        return None if own is None or self.score is None or abs(own - self.score) < 0.05 else own

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return Counter(check.status for check in self.checks)

    @cached_property
    def unseen(self) -> int:
        return sum(check.is_unseen for check in self.checks)

    @cached_property
    def applicable(self) -> int:
        return sum(check.status != "not_applicable" for check in self.checks)

    @cached_property
    def no_use(self) -> tuple[Pack, ...]:
        """Areas of which no check applies."""
        return tuple(pack for pack in self.packs if pack.checks and not pack.applicable)

    @cached_property
    def weakest(self) -> Pack | None:
        name = self.result.text("weakest_core")
        return next((pack for pack in self.packs if pack.id == name), None)

    @property
    def lowest(self) -> Pack | None:
        """For page one: the area with the lowest score; where none has one, the core area that has the least seen."""
        return page_one.weakest(self.packs) or self.weakest

    # --- level

    @cached_property
    def level(self) -> words.Level | None:
        return words.LEVEL.get(self.result.text("readiness"))

    @cached_property
    def level_by_shipped(self) -> str:
        """The level by the gates whose checks exist so far, where it is another one."""
        by_shipped = self.result.text("readiness_shipped")
        known = by_shipped in words.LEVEL and self.level and by_shipped != self.level.key
        return words.LEVEL[by_shipped].name if known else ""

    @cached_property
    def path(self) -> tuple[plan.Step, ...]:
        return plan.path_to_next(self.checks)

    @cached_property
    def next_gates(self) -> tuple[Gate, ...]:
        """The conditions of the next level, those not met first."""
        levels = (level for level in self.result.records("levels") if level.text("id") == self.next_key)
        gates = [gate for level in levels for gate in gates_of(level, {check.id: check.title for check in self.checks})]
        return tuple(sorted(gates, key=lambda gate: (gate.status == "pass", gate.shown == "pass")))

    @property
    def open_conditions(self) -> tuple[Gate, ...]:
        """For page one, where no path of single checks leads on: what the next level still asks for."""
        if self.path:
            return ()
        return tuple(gate for gate in self.next_gates if gate.status != "pass")[:ON_PAGE_ONE]

    @cached_property
    def ladder(self) -> tuple[page_one.Rung, ...]:
        """The levels, highest first."""
        checks = {check.id: check for check in self.checks}
        packs = {pack.id: pack for pack in self.packs}
        levels = self.result.records("levels")
        told = {level.text("id"): page_one.conditions(level, checks, packs) for level in levels}
        open_ones = {level.text("id"): sum(map(bool, map(unseen_of, level.records("gates")))) for level in levels}
        return page_one.ladder(self.level, self.level_not_shown, self.next_key, told, open_ones)

    @cached_property
    def next_counts(self) -> str:
        """How the conditions of the next level stand, such as "4 met, 1 not contradicted, 3 not seen"."""
        return next((rung.distance for rung in self.ladder if rung.state == "next"), "")

    # --- page one

    @cached_property
    def verdict(self) -> str:
        if not self.level:
            return headings.summary(None, False, "", 0, 0, 0)
        if not self.path and self.next_gates and not any(gate.status == "fail" for gate in self.next_gates):
            return headings.cannot_tell(self.level.key, self.next_name)
        counts = page_one.path_counts(self.path)
        return headings.summary(self.level.key, not self.level_not_shown, self.next_name, *counts)

    @property
    def headline(self) -> str:
        """The verdict with the project's name before it."""
        named = self.brand.system or self.project.text("name")
        if not named or not self.level:
            return self.verdict
        name = shorten(named, page_one.LONGEST_NAME)
        return say("heading.summary.named", name=name, verdict=lower_first(self.verdict))

    @cached_property
    def standing(self) -> str:
        """Why the verdict is what it is, in one sentence for a reader who knows nothing of levels."""
        if not self.level:
            return ""
        if self.level_not_shown:
            asked = sum(step.asks for step in self.path)
            beside = "besides" if self.graves else "alone"
            if self.path and asked == len(self.path):
                why = words.told(f"standing.asked.{beside}", asked, next=self.next_name)
            else:
                why = say(f"standing.not_shown.{beside}", next=self.next_name)
            return f"{self.graves} {why}" if self.graves else why
        if self.level.key == "not_ready":
            return self.graves
        shown = "standing.reached_open" if self._reached_unseen else "standing.reached"
        reached = words.told(shown, self._reached_unseen, level=self.level.name)
        if self.graves:
            return f"{reached} {self.graves}"
        return f"{reached} {say('standing.more', next=self.next_name)}" if self.next_name else reached

    @cached_property
    def graves(self) -> str:
        """What was found that rules out any use, or any use by others; see `page_one.graves`."""
        first = self.level is not None and self.level.key == "not_ready"
        ruling = {check.id for check in self.checks if first and check.status == "fail" and check.blocks_next}
        critical = [check for check in self.checks if check.is_danger and check.id not in ruling]
        only_explored = first or self.level_name == words.LEVEL["prototype"].name
        return page_one.graves(len(ruling), len(critical), sum(c.accepted for c in critical), only_explored)

    @property
    def _reached_unseen(self) -> int:
        """Conditions of the levels reached that hold only as nothing was seen to fail."""
        reached = [level for level in self.result.records("levels") if level.flag("reached")]
        return sum(bool(unseen_of(gate)) for level in reached for gate in level.records("gates"))

    @cached_property
    def level_not_shown(self) -> bool:
        """Below the first level although nothing failed that it asks for: its conditions could not be shown."""
        blocking = any(check.status == "fail" and check.blocks_next for check in self.checks)
        return self.level is not None and self.level.key == "not_ready" and not blocking

    @property
    def level_name(self) -> str:
        return self.level.name if self.level else ""

    @property
    def level_reached(self) -> bool:
        """Whether there is a level to name; else the verdict says all."""
        return self.level is not None and self.level.key != "not_ready"

    @property
    def verdict_stop(self) -> str:
        return full_stop(self.verdict)

    @cached_property
    def decision(self) -> str:
        key = self.level.key if self.level else None
        counts = page_one.path_counts(self.path)
        asked = headings.decision(key, not self.level_not_shown, self.next_key, *counts, self.next_days)
        after = page_one.must_haves(self.checks, self.three_risks) if self.next_key == "prototype" else ""
        return " ".join(part for part in (asked, page_one.on_risks(self.three_risks, self.path), after) if part)

    @cached_property
    def three_risks(self) -> tuple[plan.Point, ...]:
        return plan.three_risks(self.checks)

    @cached_property
    def three_strengths(self) -> tuple[plan.Point, ...]:
        facts = self.result.record("facts")
        return plan.three_strengths(check for check in self.checks if not rests_on_trials(check, facts))

    @property
    def risks_title(self) -> str:
        """How many there are; where nothing failed, what is not known takes their place."""
        unseen = all(point.status == "unknown" for point in self.three_risks)
        return _titled(len(self.three_risks), "open_question" if self.three_risks and unseen else "risk")

    @property
    def strengths_title(self) -> str:
        return _titled(len(self.three_strengths), "strength")

    @cached_property
    def actions(self) -> tuple[plan.Action, ...]:
        """What gains most per effort, as the audit found by simulation."""
        by_id = {check.id: check for check in self.checks}
        return tuple(
            plan.Action(check, plan.step_text(check), record.number("score_before"), record.number("score_after"))
            for record in self.result.records("actions")
            if (check := by_id.get(record.text("check")))
        )

    @property
    def dangers(self) -> tuple[plan.Action, ...]:
        """Those of the actions that are critical faults: mended first, whatever level is aimed at."""
        return tuple(action for action in self.actions if action.check.is_danger)

    @property
    def gains(self) -> tuple[plan.Action, ...]:
        """The other actions."""
        return tuple(action for action in self.actions if not action.check.is_danger)

    @cached_property
    def first_steps(self) -> tuple[plan.Step, ...]:
        """The path as far as page one has room; one further step would cost the same line as its announcement.

        Where no path of single checks is known: what gains most.
        """
        if not self.path:
            actions = enumerate(self.actions[:ON_PAGE_ONE], start=1)
            return tuple(plan.Step(position, action.check, action.text) for position, action in actions)
        most = plan.MOST_STEPS_ON_PAGE_ONE
        return self.path if len(self.path) == most + 1 else self.path[:most]

    @property
    def asks_people(self) -> bool:
        """Whether a step on page one is a statement that only people can give."""
        return any(step.asks for step in self.first_steps)

    @property
    def has_room(self) -> bool:
        """Whether page one has a line to spare: nothing unusual has to be told beside the ladder of levels."""
        return self.accepted_score is None and not self.level_by_shipped

    @property
    def room(self) -> int:
        """Characters of one step on page one."""
        return plan.LONGEST_OF_FEW if len(self.first_steps) <= ON_PAGE_ONE else plan.LONGEST_STEP

    @property
    def further_steps(self) -> int:
        return max(len(self.path) - len(self.first_steps), 0)

    @property
    def further_days(self) -> int:
        return max(self.next_days - sum(step.check.days for step in self.first_steps), 0)


def _titled(count: int, thing: str) -> str:
    return upper_first(words.counted(count, thing)) if count else say(f"summary.{thing}s")
