"""How reports speak: statuses, levels and efforts by name, and the sentences that head each part.

A heading says the finding, not the topic; it is built here from figures, one pattern a part. Unknown is "could not
look", absent is "looked, not there", and no word praises or alarms. The words themselves stand in `templates/words`
(`aiaudit.reports.strings`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from aiaudit.reports.record import Record
from aiaudit.reports.strings import current, say
from aiaudit.reports.text import MINUS, NBSP, figure, lower_first, thousands, upper_first


class Names(Mapping[str, str]):
    """The names of one group of the words, such as those of the statuses, in the language of the report."""

    def __init__(self, group: str, *keys: str) -> None:
        self._group = group
        self._keys = keys  # fixed where code rests on them; their order is that of printing

    def __getitem__(self, key: str) -> str:
        if key not in self._keys:
            raise KeyError(key)
        return say(f"{self._group}.{key}")

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


_FEW: Final = 2  # areas with a number
_STATUSES: Final = ("pass", "partial", "fail", "unknown", "not_applicable", "blocked", "error")
STATUS: Final = Names("status", *_STATUSES)
STATUS_MEANING: Final = Names(
    "status_meaning", "pass", "partial", "fail", "unknown", "blocked", "error", "not_applicable"
)
SEVERITIES: Final = ("critical", "high", "medium", "low")
SEVERITY: Final = Names("severity", *SEVERITIES)
WEIGHT: Final[Mapping[str, int]] = {"critical": 8, "high": 4, "medium": 2, "low": 1}
CONFIDENCE: Final = Names("confidence", "strong", "medium", "weak")
EFFORT: Final = Names("effort", "S", "M", "L")
EFFORT_DAYS: Final[Mapping[str, int]] = {"S": 1, "M": 3, "L": 10}
KIND: Final = Names("kind", "automatic", "measured", "attested")
EVIDENCE_LEVEL: Final = Names("evidence_level", "E0", "E1", "E2", "E3", "E4", "E5")
FACT_STATE: Final = Names("fact_state", "known", "absent", "unknown", "error")
SCHEMES: Final = Names(
    "scheme",
    "MLTS",
    "NIST",
    "GAI",
    "EU",
    "ISO",
    "LLM",
    "ML",
    "ASI",
    "TH",
    "ATLAS",
    "AIV",
    "12F",
    "SC",
    "CDX",
    "SPDX",
    "CR",
    "DS",
    "MC",
    "FIN",
    "GM",
    "MS",
)


class Level(NamedTuple):
    """A readiness level: its question to the client, and what is said of a system that stands there."""

    key: str

    @property
    def name(self) -> str:
        return self._said("name")

    @property
    def question(self) -> str:
        return self._said("question")

    @property
    def verdict(self) -> str:
        return self._said("verdict")

    @property
    def hold(self) -> str:
        """What is asked for until the next level is shown."""
        return self._said("hold")

    @property
    def gates(self) -> str:
        return self._said("gates")

    def _said(self, what: str) -> str:
        return say(f"level.{self.key}.{what}")


LEVELS: Final = tuple(Level(key) for key in ("not_ready", "prototype", "pilot", "production", "scale"))
LEVEL: Final[Mapping[str, Level]] = {level.key: level for level in LEVELS}


def number(count: int) -> str:
    """Twelve and less in words, more in digits; zero is "no"."""
    names = current().listed("numbers")
    return names[count] if 0 <= count < len(names) else thousands(count)


def told(key: str, count: int, /, **values: str) -> str:
    """A counted string with the number as a word, such as "three checks fail"."""
    return say(key, count, n=number(count), **values)


def counted(count: int, thing: str) -> str:
    """Such as "three checks", "one check", "no checks": for sentences. `thing`: a key under `thing` of the words."""
    return told(f"thing.{thing}", count)


def digits(count: int, thing: str) -> str:
    """Such as "3 checks", "1 check": for labels, where figures are compared."""
    return say(f"thing.{thing}", count, n=thousands(count))


def days(count: int) -> str:
    return counted(count, "person_day")


def listed(parts: Sequence[str]) -> str:
    """Such as "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return parts[0] if parts else ""
    return ", ".join(parts[:-1]) + say("join.last") + parts[-1]


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
    month = current().listed("months")[when.month - 1]
    return say("join.day", day=when.day, month=month, year=when.year).replace(" ", NBSP)


def signed(value: float, places: int = 0) -> str:
    """A difference with its sign; a minus sign, not a hyphen."""
    return f"{value:+.{places}f}".replace("-", MINUS)


def confidence(key: str) -> str:
    return CONFIDENCE.get(key, key)


def score_phrase(score: float | None, low: float, high: float, coverage: float) -> str:
    """`66 (56–72), 83 % of the evidence seen`: never one figure without the others."""
    key = "score.none" if score is None else "score.phrase"
    told = say(key, score=figure(score), low=figure(low), high=figure(high), seen=figure(coverage))
    return told.replace(" %", f"{NBSP}%")


def summary_heading(level: str | None, shown: bool, next_name: str, to_fix: int, to_give: int, to_show: int) -> str:
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


def cannot_tell_heading(level: str, next_name: str) -> str:
    """The verdict where the next level asks only for what could not be checked."""
    return say("heading.summary.cannot_tell", verdict=_verdict(level, shown=False), next=next_name)


def _verdict(level: str, shown: bool) -> str:
    return LEVEL[level].verdict if level != "not_ready" or shown else say("not_shown")


def decision(
    level: str | None, shown: bool, next_key: str, to_fix: int, to_give: int, to_show: int, effort_days: int
) -> str:
    """What the client is asked to decide, from the level and the path to the next one; see `summary_heading`."""
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


def range_remark(score: float | None, low: float, high: float, unnumbered: int) -> str:
    """What the range takes in that the score does not; where it makes the score lie outside, why that is so."""
    if score is None:
        return say("terminal.takes_in", unnumbered)
    if round(low) <= round(score) <= round(high):  # as they are printed
        return say("terminal.also_takes_in", unnumbered)
    return say("terminal.outside_above" if score > high else "terminal.outside_below", unnumbered)


def few_areas(numbered: int, unnumbered: int) -> str:
    """Says so where the score is that of one or two areas, and more areas have no number: such scores tell projects
    apart worst (docs/calibration.md)."""
    if not 0 < numbered <= _FEW or unnumbered <= numbered:
        return ""
    return say("summary.few_areas", numbered, all=numbered + unnumbered)


def scope_heading(unseen: int, applicable: int, files_left_out: int, unknown_facts: int, trusted: int) -> str:
    """How much was not seen: `unseen` of `applicable` checks; where all were judged, the files and facts left open."""
    left_open = [
        told("heading.scope.files", files_left_out) if files_left_out else "",
        told("heading.scope.facts", unknown_facts) if unknown_facts else "",
    ]
    if unseen:
        left_open = [told("heading.scope.checks", unseen, all=str(applicable))]
    first = listed([part for part in left_open if part]) or say("heading.scope.all")
    return sentence(first, told("heading.scope.trust", trusted) if trusted else "")


def heat_heading(counts: Mapping[str, int], critical: Mapping[str, int]) -> str:
    failed, unseen = critical.get("fail", 0), critical.get("unknown", 0)
    parts = [told("heading.heat.fails", failed)] if failed else []
    if unseen:
        parts.append(told("heading.heat.unseen_too" if failed else "heading.heat.unseen", unseen))
    first = listed(parts) or say("heading.heat.none")
    judged = sum(counts.get(key, 0) for key in ("pass", "partial", "fail"))
    if not judged:
        return say("heading.heat.nothing")
    rest = max(("pass", "partial", "fail"), key=lambda key: (counts.get(key, 0), key == "fail"))
    share = "most" if counts.get(rest, 0) / judged > 0.5 else "largest"
    return sentence(first, say(f"heading.heat.{share}.{rest}"))


def packs_heading(capped: int, unnumbered: int, weakest: str, weakest_score: float | None, total: int) -> str:
    parts = [
        told("heading.packs.capped", capped) if capped else "",
        told("heading.packs.unnumbered", unnumbered) if unnumbered else "",
    ]
    if not any(parts) and weakest and weakest_score is not None:
        parts.append(say("heading.packs.weakest", pack=weakest, score=figure(weakest_score)))
    return sentence(*parts) or upper_first(told("heading.packs.plain", total))


def risks_heading(risks: int, causes: int, blocking: int, next_name: str) -> str:
    if not risks:
        return say("heading.risks.none")
    first = say("heading.risks.count", risks=counted(risks, "risk"), areas=counted(causes, "area"))
    if not blocking or not next_name:
        return sentence(first)
    if blocking == risks:
        return sentence(first, say("heading.risks.it" if risks == 1 else "heading.risks.all", next=next_name))
    return sentence(first, told("heading.risks.some", blocking, next=next_name))


def roadmap_heading(now: int, later: int, to_next: int, next_name: str) -> str:
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


def pack_heading(counts: Mapping[str, int], critical_failed: int) -> str:
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


def accepted_heading(valid: int, expired: int) -> str:
    return sentence(
        told("heading.accepted.valid", valid) if valid else "",
        told("heading.accepted.expired", expired) if expired else "",
    )


def relaxations_heading(count: int) -> str:
    return upper_first(told("heading.accepted.settings", count))


def attestations_heading(answered: int, asked: int, lapsed: int) -> str:
    first = told("heading.attestations.answered", answered, total=digits(asked, "question"))
    return sentence(first, told("heading.attestations.lapsed", lapsed) if lapsed else "")


def comparison_heading(day_before: str, fixed: int, new: int, moved: float | None) -> str:
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


def history_heading(audits: int, since: str, first: float | None, last: float | None) -> str:
    """Where the score comes from."""
    many = counted(audits, "audit")
    if first is None or last is None:
        return upper_first(say("heading.history.plain", audits=many, day=since))
    if round(first) == round(last):
        return say("heading.history.stands", audits=many, day=since, score=figure(last))
    return say("heading.history.went", audits=many, day=since, first=figure(first), score=figure(last))


def data_heading(sets: int, problems: int, serious: int) -> str:
    """What the profile of the data found."""
    first = told("heading.data.measured", sets)
    if not problems:
        return sentence(first, told("heading.data.nothing", sets))
    key = "heading.data.serious" if serious else "heading.data.problems"
    return sentence(first, told(key, problems, serious=number(serious)))


def capacity_heading(verdict: str, months: float | None, carries: str = "") -> str:
    """Whether the declared model fits in memory, whether the hardware carries the load, and for how long.

    `months` is None where that is not known. A result that does not say whether the load is carried tells it by them.
    """
    fits = say(f"heading.capacity.{verdict if verdict in ('yes', 'tight', 'no') else 'unknown'}")
    if verdict not in ("yes", "tight"):
        return fits
    if not carries:
        carries = "" if months is None else "no" if months <= 0 else "yes"
    if carries in ("no", "tight", "unknown"):
        return say(f"heading.capacity.load_{carries}", fits=fits)
    if months is None or months <= 0:
        return say("heading.capacity.load_yes", fits=fits) if carries else fits
    return say("heading.capacity.lasts", fits=fits, months=digits(round(months), "month"))


def capacity_of(plan: Record, months: float | None) -> str:
    """The heading of a plan: both answers, and whether its training fits."""
    said = capacity_heading(plan.text("verdict"), months, plan.record("carries").text("verdict"))
    cannot = any(one.text("verdict") == "no" for one in plan.records("training"))
    return say("heading.capacity.training", said=said) if cannot else said


def fits(verdict: str) -> str:
    """The answer to whether the model fits in memory."""
    return say(f"capacity.answer.{verdict if verdict in ('yes', 'tight', 'no') else 'unknown'}")


def carries(verdict: str) -> str:
    """The answer to whether what there is carries the load."""
    return say(f"capacity.carries.{verdict if verdict in ('yes', 'tight', 'no') else 'unknown'}")


def change(one: Record) -> str:
    """A change that would help, with what its GPUs cost a month where a price is known."""
    text, gpus, gpu = one.text("text"), str(one.whole("gpus")), one.text("gpu")
    amount, now = one.number("monthly"), one.number("monthly_now")
    if amount is None:
        return say("capacity.change", change=text, gpus=gpus, gpu=gpu)
    unit, cost = one.text("currency"), f"{amount:,.0f}"
    if now is None:
        priced = say("capacity.change_price", change=text, gpus=gpus, gpu=gpu, unit=unit, amount=cost)
    else:
        before = f"{now:,.0f}"
        priced = say("capacity.change_priced", change=text, gpus=gpus, gpu=gpu, unit=unit, amount=cost, now=before)
    return say("capacity.change_illustrative", change=priced) if one.flag("illustrative") else priced


def price_days(cost: Record) -> str:
    """The days of the prices by which a bill was counted: one, or the first and the last."""
    known = sorted({line.text("date") for line in cost.records("lines") if line.text("date")})
    if not known:
        return ""
    return day(known[0]) if len(known) == 1 else say("cost.price_days", first=day(known[0]), last=day(known[-1]))


def unit_cost(amount: str, name: str) -> str:
    """Such as "0.71 for a million tokens"; what is less than a cent keeps three digits."""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        value = Decimal(0)
    shown = f"{value:.3g}" if abs(value) < Decimal("0.01") else f"{value:,.2f}"
    return say("cost.for_one", amount=shown, name=name if name[:1].isdigit() else say("cost.one", name=name))


def cost_heading(verdict: str, breaks: float | None) -> str:
    """Whether the projected cost fits the budget; `breaks`: the first month whose high case is above it."""
    if verdict == "partial" and breaks is not None and breaks > 1:
        return say("heading.cost.later", month=round(breaks))
    return say(f"heading.cost.{verdict if verdict in ('pass', 'partial', 'fail') else 'unknown'}")


def gate_heading(failed: int, total: int) -> str:
    if not failed:
        return upper_first(told("heading.gate.none_failed", total))
    if total == 1:
        return upper_first(say("heading.gate.the_one"))
    return upper_first(told("heading.gate.failed", failed, total=number(total)))


def fallback_risk(title: str, status: str) -> str:
    """A risk sentence for a check whose author wrote none: the condition that should hold, and how far it does."""
    return say("risk.half" if status == "partial" else "risk.missing", title=lower_first(title))
