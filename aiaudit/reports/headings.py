"""What heads each part of a report: the finding, not the topic, built from figures, one pattern a part.

Unknown is "could not look", absent is "looked, not there", and no heading praises or alarms.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiaudit.reports.strings import say
from aiaudit.reports.text import figure, thousands, upper_first
from aiaudit.reports.words import LEVEL, counted, days, digits, listed, number, sentence, told


def summary(level: str | None, shown: bool, next_name: str, to_fix: int, to_give: int, to_show: int) -> str:
    """The verdict and what the next level waits for. `shown`: a gate failed, rather than was not shown to hold.

    `to_fix` gaps were found; `to_give` statements only people can make; `to_show` conditions could not be seen.
    """
    if level is None or level not in LEVEL:
        return say("heading.summary.nothing")
    verdict = _verdict(level, shown)
    if not next_name:
        return verdict
    waits = [
        told("heading.summary.gaps", to_fix) if to_fix else "",
        told("heading.summary.statements", to_give) if to_give else "",
        told("heading.summary.points", to_show) if to_show else "",
    ]
    work = [part for part in waits if part]
    if not work:
        return say("heading.summary.evidence", verdict=verdict, next=next_name)
    return say("heading.summary.waits", verdict=verdict, next=next_name, list=listed(work))


def cannot_tell(level: str, next_name: str) -> str:
    """The verdict where the next level asks only for what could not be checked."""
    return say("heading.summary.cannot_tell", verdict=_verdict(level, shown=False), next=next_name)


def _verdict(level: str, shown: bool) -> str:
    return LEVEL[level].verdict if level != "not_ready" or shown else say("not_shown")


def decision(
    level: str | None, shown: bool, next_key: str, to_fix: int, to_give: int, to_show: int, effort_days: int
) -> str:
    """What the client is asked to decide, from the level and the path to the next one; see `summary`."""
    if level is None or level not in LEVEL:
        return say("decision.no_access")
    if next_key not in LEVEL:
        return say("decision.nothing_held")
    hold = LEVEL[level].hold if level != "not_ready" or shown else say("hold_not_shown")
    parts = [
        told("decision.fix", to_fix) if to_fix else "",
        told("decision.give", to_give) if to_give else "",
        told("decision.show", to_show) if to_show else "",
    ]
    work = listed([part for part in parts if part])
    if not work:
        return upper_first(say("decision.shown", hold=hold, next=LEVEL[next_key].name))
    steps = say("decision.release", days=days(effort_days), work=work) if effort_days else work
    return upper_first(say("decision.steps", steps=steps, hold=upper_first(hold)))


def scope(unseen: int, applicable: int, files_left_out: int, unknown_facts: int, trusted: int) -> str:
    """How much was not seen: `unseen` of `applicable` checks; where all were judged, the files and facts left open."""
    left_open = [
        told("heading.scope.files", files_left_out) if files_left_out else "",
        told("heading.scope.facts", unknown_facts) if unknown_facts else "",
    ]
    if unseen:
        left_open = [told("heading.scope.checks", unseen, all=str(applicable))]
    first = listed([part for part in left_open if part]) or say("heading.scope.all")
    return sentence(first, told("heading.scope.trust", trusted) if trusted else "")


def heat(counts: Mapping[str, int], critical: Mapping[str, int]) -> str:
    failed, unseen = critical.get("fail", 0), critical.get("unknown", 0)
    parts = [told("heading.heat.fails", failed)] if failed else []
    if unseen:
        parts.append(told("heading.heat.unseen_too" if failed else "heading.heat.unseen", unseen))
    first = listed(parts) or say("heading.heat.none")
    ends = ("pass", "partial", "fail")
    if not any(counts.get(key, 0) for key in ends):
        return say("heading.heat.nothing")
    others = {key: counts.get(key, 0) - critical.get(key, 0) for key in ends}
    judged = sum(others.values())
    if not judged:
        return sentence(first)
    rest = max(ends, key=lambda key: (others[key], key == "fail"))
    share = "most" if others[rest] / judged > 0.5 else "largest"
    return sentence(first, say(f"heading.heat.{share}.{rest}"))


def packs(capped: int, unnumbered: int, weakest: str, weakest_score: float | None, total: int) -> str:
    parts = [
        told("heading.packs.capped", capped) if capped else "",
        told("heading.packs.unnumbered", unnumbered) if unnumbered else "",
    ]
    if not any(parts) and weakest and weakest_score is not None:
        parts.append(say("heading.packs.weakest", pack=weakest, score=figure(weakest_score)))
    return sentence(*parts) or upper_first(told("heading.packs.plain", total))


def risks(risks: int, causes: int, blocking: int, next_name: str) -> str:
    if not risks:
        return say("heading.risks.none")
    first = say("heading.risks.count", risks=counted(risks, "risk"), areas=counted(causes, "area"))
    if not blocking or not next_name:
        return sentence(first)
    if blocking == risks:
        return sentence(first, say("heading.risks.it" if risks == 1 else "heading.risks.all", next=next_name))
    return sentence(first, told("heading.risks.some", blocking, next=next_name))


def roadmap(now: int, later: int, to_next: int, next_name: str) -> str:
    if not now and not later:
        return say("heading.roadmap.done")
    if not now:
        return sentence(say("heading.roadmap.later_only", days=days(later)))
    if to_next == now and next_name:
        first = say("heading.roadmap.now_all", days=days(now), next=next_name)
    elif 0 < to_next < now and next_name:
        first = say("heading.roadmap.now_some", days=days(now), n=number(to_next), next=next_name)
    else:
        first = say("heading.roadmap.now", days=days(now))
    return sentence(first, say("heading.roadmap.later", n=thousands(later)) if later else "")


def pack(counts: Mapping[str, int], critical_failed: int) -> str:
    """What a pack's part opens with; `counts` by status."""
    applicable = sum(n for status, n in counts.items() if status != "not_applicable")
    unseen = sum(counts.get(key, 0) for key in ("unknown", "blocked", "error"))
    failed, partial, passed = (counts.get(key, 0) for key in ("fail", "partial", "pass"))
    if not applicable:
        return say("heading.pack.none")
    if unseen == applicable:
        return say("heading.pack.unseen")
    total, second = number(applicable), ""
    if failed:
        key = "heading.pack.fail_critical" if critical_failed else "heading.pack.fail"
        first = told(key, failed, total=total, critical=number(critical_failed))
        second = told("heading.pack.half", partial) if partial else ""
    elif partial:
        first = told("heading.pack.only_half", partial, total=total)
    elif unseen:
        first = told("heading.pack.pass", passed, total=total)
    else:
        first = told("heading.pack.all", passed)
    return sentence(first, second, told("heading.pack.not_judged", unseen) if unseen else "")


def accepted(valid: int, expired: int) -> str:
    return sentence(
        told("heading.accepted.valid", valid) if valid else "",
        told("heading.accepted.expired", expired) if expired else "",
    )


def relaxations(count: int) -> str:
    return upper_first(told("heading.accepted.settings", count))


def attestations(answered: int, asked: int, lapsed: int) -> str:
    first = told("heading.attestations.answered", answered, total=digits(asked, "question"))
    return sentence(first, told("heading.attestations.lapsed", lapsed) if lapsed else "")


def comparison(day_before: str, fixed: int, new: int, moved: float | None) -> str:
    """What happened since the last audit."""
    parts = [told("heading.comparison.closed", fixed)] if fixed else []
    parts += [told("heading.comparison.new", new)] if new else []
    what = listed(parts) or say("heading.comparison.nothing")
    first = say("heading.comparison.since", day=day_before, what=what)
    if moved is None:
        return sentence(first)
    if not round(moved):
        return sentence(first, say("heading.comparison.stands"))
    key = "heading.comparison.rose" if moved > 0 else "heading.comparison.fell"
    return sentence(first, told(key, abs(round(moved))))


def history(audits: int, since: str, first: float | None, last: float | None) -> str:
    """Where the score comes from."""
    many = counted(audits, "audit")
    if first is None or last is None:
        return upper_first(say("heading.history.plain", audits=many, day=since))
    if round(first) == round(last):
        return say("heading.history.stands", audits=many, day=since, score=figure(last))
    return say("heading.history.went", audits=many, day=since, first=figure(first), score=figure(last))


def data(sets: int, problems: int, serious: int) -> str:
    """What the profile of the data found."""
    first = told("heading.data.measured", sets)
    if not problems:
        return sentence(first, told("heading.data.nothing", sets))
    key = "heading.data.serious" if serious else "heading.data.problems"
    return sentence(first, told(key, problems, serious=number(serious)))


def gate(failed: int, total: int) -> str:
    if not failed:
        return upper_first(told("heading.gate.none_failed", total))
    if total == 1:
        return upper_first(say("heading.gate.the_one"))
    return upper_first(told("heading.gate.failed", failed, total=number(total)))
