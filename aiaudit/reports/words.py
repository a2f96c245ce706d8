"""The words of the reports: names of statuses, levels and efforts, and the sentences that head each part.

A heading says the finding, not the topic; it is built here from figures, one pattern a part, with a plain fallback.
Unknown is "could not look", absent is "looked, not there", and no word praises or alarms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from aiaudit.reports.text import MINUS, NBSP, figure, lower_first, thousands, upper_first

STATUS: Final[Mapping[str, str]] = {
    "pass": "Pass",
    "partial": "Partial",
    "fail": "Fail",
    "unknown": "Unknown",
    "not_applicable": "Not applicable",
    "blocked": "Blocked",
    "error": "Error",
}
STATUS_MEANING: Final[Mapping[str, str]] = {
    "pass": "The condition holds, with evidence at the level asked for",
    "partial": "Half in place, or shown only by a statement",
    "fail": "Looked everywhere in scope; the condition does not hold",
    "unknown": "Could not look, or nobody has answered yet; never counted as passed",
    "blocked": "Its precondition failed; reported once, at the cause",
    "error": "The check itself broke; counted as unknown",
    "not_applicable": "Does not apply, with the fact that makes it so",
}
SEVERITIES: Final = ("critical", "high", "medium", "low")
WEIGHT: Final[Mapping[str, int]] = {"critical": 8, "high": 4, "medium": 2, "low": 1}
EFFORT: Final[Mapping[str, str]] = {"S": "under a day", "M": "under a week", "L": "more than a week"}
EFFORT_DAYS: Final[Mapping[str, int]] = {"S": 1, "M": 3, "L": 10}
KIND: Final[Mapping[str, str]] = {
    "automatic": "read by the tool",
    "measured": "measured",
    "attested": "answered by people",
}
EVIDENCE_LEVEL: Final[Mapping[str, str]] = {
    "E0": "a claim",
    "E1": "a file, a dependency or a statement exists",
    "E2": "its content was judged",
    "E3": "wired into CI or production",
    "E4": "a dated result of running it is there",
    "E5": "measured by this tool",
}
FACT_STATE: Final[Mapping[str, str]] = {
    "known": "seen",
    "absent": "looked for, not there",
    "unknown": "could not look",
    "error": "reading it failed",
}
SCHEMES: Final[Mapping[str, str]] = {
    "MLTS": "ML Test Score",
    "NIST": "NIST AI RMF",
    "GAI": "NIST AI 600-1",
    "EU": "EU AI Act",
    "ISO": "ISO/IEC 42001",
    "LLM": "OWASP LLM",
    "ML": "OWASP ML",
    "ASI": "OWASP Agentic",
    "TH": "OWASP agentic threats",
    "ATLAS": "MITRE ATLAS",
    "AIV": "AI Verify",
    "12F": "Twelve-factor",
    "SC": "OpenSSF Scorecard",
}


class Level(NamedTuple):
    """A readiness level: its question to the client, and what is said of a system that stands there."""

    key: str
    name: str
    question: str
    verdict: str
    hold: str  # what is asked for until the next level is shown
    opens: str  # what reaching this level opens
    gates: str


LEVELS: Final = (
    Level(
        "not_ready",
        "Not ready",
        "Should we stop?",
        "Not ready to be used",
        "do not use the system outside development",
        "",
        "A live secret, an unsafe load, a harmful model file or a prohibited practice",
    ),
    Level(
        "prototype",
        "Prototype",
        "May we explore it?",
        "Fit to explore, not yet fit to open to users",
        "keep the system within the team",
        "anyone explores it",
        "Purpose, owner and risk tier are written; no undeclared personal data",
    ),
    Level(
        "pilot",
        "Pilot",
        "May a limited group use it?",
        "Fit for a limited group, not yet fit to run the business",
        "keep the system with the limited group",
        "the pilot opens",
        "No failed critical check, 60 % of the evidence, core packs at 50, a way back and limits in place",
    ),
    Level(
        "production",
        "Production",
        "May it run the business?",
        "Fit to run the business, not yet shown to grow",
        "keep the load where it is",
        "the business depends on it",
        "Every critical check passed, 80 % of the evidence, core packs at 70, alerts and rollback exercised",
    ),
    Level(
        "scale",
        "Scale",
        "May we grow ten times?",
        "Fit to run the business and to grow",
        "",
        "the load grows",
        "Core packs at 85, measured at ten times the load, second audit in a row at Production",
    ),
)
LEVEL: Final[Mapping[str, Level]] = {level.key: level for level in LEVELS}

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def number(count: int) -> str:
    """Twelve and less in words, more in digits; zero is "no"."""
    return _NUMBERS[count] if 0 <= count <= 12 else thousands(count)


def counted(count: int, thing: str, things: str = "") -> str:
    """Such as "three checks", "one check", "no check"."""
    return f"{number(count)} {thing if count in (0, 1) else things or thing + 's'}"


def digits(count: int, thing: str, things: str = "") -> str:
    """Such as "3 checks", "1 check": for labels, where figures are compared."""
    return f"{thousands(count)} {thing if count == 1 else things or thing + 's'}"


def days(count: int) -> str:
    return counted(count, "person-day")


def listed(parts: Sequence[str]) -> str:
    """Such as "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def joined(*parts: str) -> str:
    """Parts that are not empty, with commas."""
    return ", ".join(part for part in parts if part)


def sentence(*parts: str) -> str:
    """Parts that are not empty, joined by semicolons, with a capital at the start."""
    return upper_first("; ".join(part for part in parts if part))


def day(iso: str) -> str:
    """`2026-12-04` as `4 Dec 2026`; anything else as it stands."""
    try:
        when = date.fromisoformat(iso[:10])
    except ValueError:
        return iso
    return f"{when.day}{NBSP}{_MONTHS[when.month - 1]}{NBSP}{when.year}"


def score_phrase(score: float | None, low: float, high: float, coverage: float) -> str:
    """`66 (56–72), 83 % of the evidence seen`: never one figure without the others."""
    seen = f"{figure(coverage)}{NBSP}% of the evidence seen"
    if score is None:
        return f"no score ({figure(low)}–{figure(high)}), {seen}"
    return f"{figure(score)} ({figure(low)}–{figure(high)}), {seen}"


def summary_heading(level: str | None, shown: bool, next_name: str, gaps: int, effort_days: int) -> str:
    """The verdict and what stands before the next level. `shown`: a gate failed, rather than was not shown to hold."""
    if level is None or level not in LEVEL:
        return "Nothing could be judged, so nothing is claimed"
    verdict = LEVEL[level].verdict if level != "not_ready" or shown else "Not shown to be ready for use"
    if not next_name:
        return verdict
    if not gaps:
        return f"{verdict}. What stands before {next_name} is a matter of evidence, not of single checks."
    effort = f", about {days(effort_days)}," if effort_days else ""
    stand = "stands" if gaps == 1 else "stand"
    return f"{verdict}. {upper_first(counted(gaps, 'gap'))}{effort} {stand} before {next_name}."


def cannot_tell_heading(level: str, next_name: str) -> str:
    """The verdict where the next level asks only for what could not be checked."""
    verdict = LEVEL[level].verdict if level != "not_ready" else "Not shown to be ready for use"
    return f"{verdict}. Not all that {next_name} asks for could be checked."


def decision(
    level: str | None,
    next_key: str,
    to_fix: int,
    to_show: int,
    effort_days: int,
    critical: int = 0,
    critical_days: int = 0,
) -> str:
    """What the client is asked to decide, from the level and the path to the next one.

    `critical`: failed critical checks that the next level does not ask for; the level after it does, where that is
    Pilot or above.
    """
    if level is None or level not in LEVEL:
        return "Give access to the project's files and repeat the audit; nothing can be decided on this one."
    if next_key not in LEVEL:
        return "No release is held back by this audit. Repeat it before the next large change, or within six months."
    work = []
    if to_fix:
        work.append(f"close {counted(to_fix, 'gap')}")
    if to_show:
        work.append(f"hand over the evidence for {counted(to_show, 'check')} that could not be judged")
    steps = upper_first(listed(work)) + "; " if work else ""
    if work and effort_days:
        steps = f"Release about {days(effort_days)} to {listed(work)}; "
    until = "until the steps are verified" if work else f"until the conditions of {LEVEL[next_key].name} are shown"
    asked = upper_first(f"{steps}{LEVEL[level].hold} {until}, and audit again before {LEVEL[next_key].opens}.")
    if not critical or next_key != "prototype":
        return asked
    further = "further critical" if to_fix else "critical"
    failing = counted(critical, f"{further} check that fails", f"{further} checks that fail")
    return f"{asked} Plan about {days(critical_days)} more for {failing}: no pilot before."


def scope_heading(files_left_out: int, unknown_facts: int, trusted: int) -> str:
    seen = []
    if files_left_out:
        seen.append(f"{counted(files_left_out, 'file')} could not be read")
    if unknown_facts:
        seen.append(f"{counted(unknown_facts, 'fact')} could not be determined")
    first = listed(seen) if seen else "everything in scope could be read"
    return sentence(first, f"{counted(trusted, 'statement')} {_is(trusted)} taken on trust" if trusted else "")


def heat_heading(counts: Mapping[str, int], critical: Mapping[str, int]) -> str:
    failed, unseen = critical.get("fail", 0), critical.get("unknown", 0)
    parts = []
    if failed:
        parts.append(f"{counted(failed, 'critical check')} {'fails' if failed == 1 else 'fail'}")
    if unseen:
        parts.append(f"{number(unseen)} {'' if failed else 'critical ' + _s(unseen, 'check') + ' '}could not be judged")
    first = " and ".join(parts) if parts else "no critical check fails"
    judged = sum(counts.get(key, 0) for key in ("pass", "partial", "fail"))
    if not judged:
        return "No check could be judged"
    rest = max(("pass", "partial", "fail"), key=lambda key: (counts.get(key, 0), key == "fail"))
    most = {"pass": "is in place", "partial": "is half done, not missing", "fail": "is missing"}[rest]
    share = counts.get(rest, 0) / judged
    return sentence(first, f"{'most' if share > 0.5 else 'the largest part'} of the rest {most}")


def packs_heading(capped: int, unnumbered: int, weakest: str, weakest_score: float | None, total: int) -> str:
    parts = []
    if capped:
        parts.append(f"{counted(capped, 'pack')} {_is(capped)} held down by a critical check")
    if unnumbered:
        verb = "has" if unnumbered == 1 else "have"
        parts.append(f"{counted(unnumbered, 'pack')} {verb} too little evidence for a number")
    if not parts and weakest and weakest_score is not None:
        parts.append(f"{weakest} is the weakest core pack, at {figure(weakest_score)} of 100")
    return sentence(*parts) if parts else f"{upper_first(counted(total, 'pack'))}, each with its range"


def risks_heading(risks: int, causes: int, blocking: int, next_name: str) -> str:
    if not risks:
        return "No failed or partial check, so no risk to rank"
    first = f"{counted(risks, 'risk')} in {counted(causes, 'area')}"
    if blocking and next_name:
        stands = "stands" if blocking == 1 else "stand"
        who = "it" if risks == blocking == 1 else number(blocking) + ("" if blocking == risks else " of them")
        who = "all of them" if blocking == risks > 1 else who
        return sentence(first, f"{who} {stands} before {next_name}")
    return sentence(first)


def roadmap_heading(now: int, later: int, to_next: int, next_name: str) -> str:
    if not now and not later:
        return "Nothing is left to be done by this catalogue"
    if not now:
        return sentence(f"nothing is urgent; {days(later)} would close the rest")
    lead = f", {number(to_next)} of them towards {next_name}" if 0 < to_next < now and next_name else ""
    if to_next == now and next_name:
        lead = f" lead towards {next_name}"
    return sentence(f"{days(now)} now{lead}", f"about {thousands(later)} more close the rest" if later else "")


def pack_heading(counts: Mapping[str, int], critical_failed: int) -> str:
    """What a pack's part opens with; `counts` by status."""
    applicable = sum(n for status, n in counts.items() if status != "not_applicable")
    unseen = sum(counts.get(key, 0) for key in ("unknown", "blocked", "error"))
    failed, partial = counts.get("fail", 0), counts.get("partial", 0)
    if not applicable:
        return "None of its checks applies to this project"
    if unseen == applicable:
        return "Nothing here could be judged yet"
    if failed:
        worst = f", {number(critical_failed)} of them critical" if critical_failed and failed > 1 else ""
        worst = ", a critical one" if critical_failed and failed == 1 else worst
        first = f"{number(failed)} of {number(applicable)} checks {'fails' if failed == 1 else 'fail'}{worst}"
        second = f"{number(partial)} {_is(partial)} half done" if partial else ""
    elif partial:
        first, second = f"nothing fails, {number(partial)} of {number(applicable)} checks {_is(partial)} half done", ""
    else:
        passed = counts.get("pass", 0)
        first, second = f"{number(passed)} of {number(applicable)} checks {'passes' if passed == 1 else 'pass'}", ""
        if not unseen:
            many = f"all {number(passed)} checks that apply pass"
            first = many if passed > 1 else "the one check that applies passes"
    return sentence(first, second, f"{number(unseen)} could not be judged" if unseen else "")


def accepted_heading(valid: int, expired: int) -> str:
    first = f"{counted(valid, 'acceptance')} {_is(valid)} valid" if valid else ""
    has = "has" if expired == 1 else "have"
    second = f"{number(expired)} {has} expired and {_s(expired, 'count', verb=True)} again"
    return sentence(first, second if expired else "")


def relaxations_heading(count: int) -> str:
    return sentence(f"{counted(count, 'setting')} of the project {_is(count)} not as shipped", "the score ignores them")


def attestations_heading(answered: int, asked: int, lapsed: int) -> str:
    was = "was" if answered == 1 else "were"
    first = f"{number(answered)} of {thousands(asked)} {_s(asked, 'question')} {was} answered"
    return sentence(first, f"{counted(lapsed, 'answer')} {'has' if lapsed == 1 else 'have'} lapsed" if lapsed else "")


def comparison_heading(day_before: str, fixed: int, new: int, moved: float | None) -> str:
    """What happened since the last audit."""
    parts = []
    if fixed:
        parts.append(f"{counted(fixed, 'gap')} {'was' if fixed == 1 else 'were'} closed")
    if new:
        parts.append(f"{number(new)} {'is' if new == 1 else 'are'} new")
    first = f"since {day_before} {listed(parts)}" if parts else f"since {day_before} no gap was closed and none is new"
    if moved is None:
        return sentence(first)
    if not round(moved):
        return sentence(first, "the score stands where it did")
    return sentence(first, f"the score {'rose' if moved > 0 else 'fell'} by {counted(abs(round(moved)), 'point')}")


def history_heading(audits: int, since: str, first: float | None, last: float | None) -> str:
    """Where the score comes from."""
    if first is None or last is None:
        return f"{upper_first(counted(audits, 'audit'))} since {since}"
    if round(first) == round(last):
        return f"Over {counted(audits, 'audit')} since {since} the score stands at {figure(last)}"
    return f"Over {counted(audits, 'audit')} since {since} the score went from {figure(first)} to {figure(last)}"


def signed(value: float, places: int = 0) -> str:
    """A difference with its sign; a minus sign, not a hyphen."""
    return f"{value:+.{places}f}".replace("-", MINUS)


def data_heading(sets: int, problems: int, serious: int) -> str:
    """What the profile of the data found."""
    first = f"{counted(sets, 'data set')} {'was' if sets == 1 else 'were'} measured"
    if not problems:
        return sentence(first, "nothing is wrong with " + ("it" if sets == 1 else "them"))
    worst = f", {number(serious)} of them serious" if serious and problems > 1 else ""
    return sentence(first, counted(problems, "problem") + (worst or (", a serious one" if serious else "")))


def capacity_heading(verdict: str, months: float | None) -> str:
    """Whether the declared model serves the declared load, and for how long; `months` None where that is not known."""
    match verdict:
        case "yes" | "tight":
            fits = "The declared hardware holds the model" + (", with little room" if verdict == "tight" else "")
        case "no":
            return "The declared hardware does not hold the model at the declared load"
        case _:
            return "Whether the model fits cannot be told from what is declared"
    if months is None:
        return fits
    if months <= 0:
        return f"{fits}, but not the load"
    return f"{fits}, for about {digits(round(months), 'month')} of growth"


def cost_heading(verdict: str, breaks: float | None) -> str:
    """Whether the projected cost fits the budget; `breaks`: the first month whose high case is above it."""
    match verdict:
        case "pass":
            return "The projected cost stays within the budget"
        case "partial":
            if breaks is not None and breaks > 1:
                return f"The cost fits the budget now; its high case is above it from month {round(breaks)}"
            return "The expected cost fits the budget now, its high case does not"
        case "fail":
            return "The declared workload costs more than the budget"
        case _:
            return "What the workload costs against the budget cannot be told yet"


def gate_heading(failed: int, total: int) -> str:
    if not failed:
        return upper_first(f"{counted(total, 'gate')} {'was' if total == 1 else 'were'} set, and none failed")
    return upper_first(f"{number(failed)} of {number(total)} gates failed" if total > 1 else "the gate failed")


def fallback_risk(title: str, status: str) -> str:
    """A risk sentence for a check whose author wrote none: the condition that should hold, and how far it does."""
    half = "Only partly shown" if status == "partial" else "Not in place"
    return f"{half}: {lower_first(title)}"


def _is(count: int) -> str:
    return "is" if count in (0, 1) else "are"


def _s(count: int, word: str, *, verb: bool = False) -> str:
    """The word for the count: nouns take the s in the plural, verbs in the singular."""
    return word + "s" if (count == 1) == verb else word
