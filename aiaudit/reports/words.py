"""How reports speak: statuses, levels and efforts by name, numbers and days, and what is said of a score and of a plan.

The words themselves stand in `templates/words` (`aiaudit.reports.strings`). `headings` makes of them what heads each
part. Templates of a client's own may use all that is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from aiaudit import lazy
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


_ISO_DATE: Final = lazy.regex(r"(?<![\w/.:=-])20\d\d-[01]\d-[0-3]\d(?![\w/-]|\.\w)")
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


def dated(text: str) -> str:
    """A sentence with its dates as they are written out; a date that is part of a name or a path stays."""
    return _ISO_DATE.sub(lambda hit: day(hit[0]), text)


def signed(value: float, places: int = 0) -> str:
    """A difference with its sign; a minus sign, not a hyphen."""
    return f"{value:+.{places}f}".replace("-", MINUS)


def confidence(key: str) -> str:
    return CONFIDENCE.get(key, key)


def score_phrase(score: float | None, low: float, high: float, coverage: float) -> str:
    """`66 (56–72), 83 % of the evidence seen`: never one figure without the others. Where the range takes
    in areas that the score does not, and the score lies outside it, the phrase says so."""
    if score is None and not coverage:
        return say("score.nothing")
    key = "score.none" if score is None else "score.outside" if lies_outside(score, low, high) else "score.phrase"
    told = say(key, score=figure(score), low=figure(low), high=figure(high), seen=figure(coverage))
    return told.replace(" %", f"{NBSP}%")


def lies_outside(score: float | None, low: float, high: float) -> bool:
    """Whether a score (of the areas with enough evidence) lies outside the range of all, as they are printed."""
    return score is not None and not round(low) <= round(score) <= round(high)


def range_remark(score: float | None, low: float, high: float, unnumbered: int) -> str:
    """What the range takes in that the score does not; where it makes the score lie outside, why that is so."""
    if score is None:
        return say("terminal.takes_in", unnumbered)
    if lies_outside(score, low, high):
        return say("terminal.outside", unnumbered, score=figure(score))
    return say("terminal.also_takes_in", unnumbered)


def few_areas(numbered: int, unnumbered: int) -> str:
    """Says so where the score is that of one or two areas, and more areas have no number: such scores tell projects
    apart worst (docs/calibration.md)."""
    if not 0 < numbered <= _FEW or unnumbered <= numbered:
        return ""
    return say("summary.few_areas", numbered, all=numbered + unnumbered)


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


def fallback_risk(title: str, status: str) -> str:
    """A risk sentence for a check whose author wrote none: the condition that should hold, and how far it does."""
    return say("risk.half" if status == "partial" else "risk.missing", title=lower_first(title))
