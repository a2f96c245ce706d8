"""Which parts the document has, in which order, and what each one's heading says.

A new part is one entry here and one template of its name under `templates/report/`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from aiaudit.reports import frameworks, headings, words
from aiaudit.reports.document import Report
from aiaudit.reports.strings import say
from aiaudit.reports.view import Pack
from aiaudit.scoring.comparison import from_json


class Section(Struct, frozen=True):
    """One numbered part of the document. `flow`: in print it follows on, instead of starting a page."""

    anchor: str
    number: int
    label: str
    heading: str
    template: str
    flow: bool = False
    pack: Pack | None = None


class _Part(Struct, frozen=True):
    """A part as planned: `heading` returns the finding, or nothing where the part has no content."""

    anchor: str
    heading: Callable[[Report], str]
    flow: bool = False

    @property
    def label(self) -> str:
        return say(f"section.{self.anchor.replace('-', '_')}")


def present(report: Report) -> tuple[Section, ...]:
    """The parts that this result fills, numbered as they come."""
    found: list[Section] = []
    for part in _PARTS:
        if part.anchor == "pack":
            for pack in report.packs:
                if pack.applicable:
                    found.append(
                        Section(pack.anchor, len(found) + 1, pack.title, pack.heading, "pack", flow=True, pack=pack)
                    )
        elif heading := part.heading(report):
            found.append(Section(part.anchor, len(found) + 1, part.label, heading, part.anchor, part.flow))
    return tuple(found)


def _none_applies(report: Report) -> str:
    titles = [pack.title for pack in report.no_use]
    return words.told("heading.none_applies", len(titles), list=words.listed(titles)) if titles else ""


def _scope(report: Report) -> str:
    return headings.scope(
        report.unseen, report.applicable, report.unread_files, report.unknown_facts, len(report.trusted)
    )


def _heat_map(report: Report) -> str:
    if not report.checks:
        return ""
    critical = Counter(
        "unknown" if check.is_unseen else check.status for check in report.checks if check.severity == "critical"
    )
    return headings.heat(report.counts, critical)


def _packs(report: Report) -> str:
    if not report.packs:
        return ""
    numbered = [pack for pack in report.packs if pack.score is not None]
    weakest = report.weakest
    return headings.packs(
        sum(pack.capped for pack in numbered),
        sum(pack.score is None and pack.applicable > 0 for pack in report.packs),
        weakest.title if weakest else "",
        weakest.score if weakest else None,
        len(report.packs),
    )


def _risks(report: Report) -> str:
    risks = [risk for cause in report.causes for risk in cause.risks]
    if not report.checks:
        return ""
    blocking = sum(risk.check.blocks_next for risk in risks)
    return headings.risks(len(risks), len(report.causes), blocking, report.next_name)


def _roadmap(report: Report) -> str:
    if not report.checks:
        return ""
    now = sum(horizon.days for horizon in report.roadmap if horizon.key == "now")
    return headings.roadmap(now, report.roadmap_days - now, report.next_days, report.next_name)


def _capacity(report: Report) -> str:
    plan = report.result.record("capacity")
    return words.capacity_of(plan, report.runway_months) if plan.text("verdict") else ""


def _cost(report: Report) -> str:
    budget = report.result.record("cost").record("budget")
    return words.cost_heading(budget.text("verdict"), budget.number("breaks")) if budget.text("verdict") else ""


def _data(report: Report) -> str:
    return report.data.heading if report.data else ""


def _comparison(report: Report) -> str:
    made = from_json(report.result.data.get("comparison"))
    if made is None:
        return ""
    fixed, new = len(made.fixed) + len(made.improved), len(made.new) + len(made.regressed)
    return headings.comparison(words.day(made.before.as_of), fixed, new, made.moved)


def _history(report: Report) -> str:
    return report.history.heading if report.history else ""


def _accepted(report: Report) -> str:
    if not report.waivers and not report.relaxations:
        return ""
    expired = sum(waiver.expired for waiver in report.waivers)
    if not report.waivers:
        return headings.relaxations(len(report.relaxations))
    return headings.accepted(len(report.waivers) - expired, expired)


def _gate(report: Report) -> str:
    failed = sum(not rule.flag("passed") for rule in report.gate_rules)
    return headings.gate(failed, len(report.gate_rules)) if report.gate_rules else ""


def _evidence(report: Report) -> str:
    return say("heading.evidence") if report.checks else ""


def _attestations(report: Report) -> str:
    if not report.answers:
        return ""
    answered = sum(answer.answered for answer in report.answers)
    return headings.attestations(answered, report.asked, sum(answer.lapsed for answer in report.answers))


_PARTS: Final = (
    _Part("summary", lambda report: report.headline),
    _Part("scope", _scope),
    _Part("heat-map", _heat_map, flow=True),
    _Part("packs", _packs, flow=True),
    _Part("risks", _risks, flow=True),
    _Part("roadmap", _roadmap, flow=True),
    _Part("pack", lambda report: "", flow=True),
    _Part("none-applies", _none_applies, flow=True),
    _Part("data", _data, flow=True),
    _Part("capacity", _capacity, flow=True),
    _Part("cost", _cost, flow=True),
    _Part("frameworks", lambda report: frameworks.heading(report.frameworks), flow=True),
    _Part("comparison", _comparison, flow=True),
    _Part("history", _history, flow=True),
    _Part("accepted", _accepted, flow=True),
    _Part("gate", _gate, flow=True),
    _Part("evidence", _evidence, flow=True),
    _Part("attestations", _attestations, flow=True),
    _Part("method", lambda report: say("heading.method"), flow=True),
    _Part("sign-off", lambda report: say("heading.sign_off"), flow=True),
)
