"""Rows of the report's tables, read straight from the result: facts, conditions of a level, answers, the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.project.roles import EXAMPLE_DIRS
from aiaudit.reports import words
from aiaudit.reports.places import Place
from aiaudit.reports.reading import read_places
from aiaudit.reports.record import Record, as_text, preview
from aiaudit.reports.strings import say
from aiaudit.reports.text import NBSP, figure, shorten, thousands, upper_first
from aiaudit.reports.view import UNSEEN, Check

PLACES_OF_A_FACT: Final = 3
_TRIALS: Final = EXAMPLE_DIRS | {"experiment", "experiments", "demo", "demos", "playground", "scratch", "poc"}
IDS_NAMED: Final = 6  # checks that a condition of a level names


class FactRow(Struct, frozen=True):
    """One fact of the evidence part, or several that were looked for alike and are not there."""

    ids: tuple[str, ...]
    state: str
    value: str
    level: str
    method: str
    confidence: str
    places: tuple[Place, ...]
    more_places: int


class Gate(Struct, frozen=True):
    """One condition of a readiness level. `unseen`: of one that only asks that nothing fails, what nobody judged."""

    wanted: str
    got: str
    status: str
    meaning: str
    unseen: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """pass, open, unknown or fail: what nobody judged is not contradicted (open) where it only must not fail, and
        not shown (unknown) where it must hold; neither is met."""
        if self.status == "pass":
            return "open" if self.unseen else "pass"
        return "unknown" if self.status == "fail" and self.got in _not_judged() else self.status

    @property
    def mark(self) -> str:
        """The status whose mark stands beside it: hatched is what was not seen."""
        return "unknown" if self.shown == "open" else self.shown

    @property
    def word(self) -> str:
        return say(f"roadmap.gate.{self.shown}")

    @property
    def found(self) -> str:
        """What was found; of a condition that only asks that nothing fails, what of it was not judged."""
        if self.shown != "open":
            return self.got
        if self.got in _not_judged():
            return say("roadmap.not_judged")
        return say("roadmap.not_judged_of", got=self.got, list=_first(self.unseen))

    @property
    def in_full(self) -> str:
        """The condition as the begin of a sentence."""
        return upper_first(self.wanted)


class Answer(Struct, frozen=True):
    """One attestation: what a person answered, with owner, evidence and dates."""

    check_id: str
    question: str
    answered: bool
    answer: str
    problems: str
    owner: str
    evidence: str
    reviewed: str
    valid_until: str
    lapsed: bool


def gates_of(level: Record, titles: Mapping[str, str] | None = None) -> tuple[Gate, ...]:
    """The conditions of a level that apply; `titles` says in words what the checks named in them ask for."""
    status = {"met": "pass", "unmet": "fail", "not_shipped": "unknown", "not_selected": "unknown"}
    titles = titles or {}
    return tuple(
        Gate(
            wanted=gate.text("wanted"),
            got=_got(gate.text("got")),
            status=status.get(gate.text("state"), "unknown"),
            meaning=", ".join(titles[word] for word in gate.text("wanted").split() if word in titles),
            unseen=unseen_of(gate),
        )
        for gate in level.records("gates")
        if gate.text("state") != "not_applicable"
    )


def unseen_of(gate: Record) -> tuple[str, ...]:
    """The checks that nobody judged, of a condition that holds as nothing failed; empty where it was shown to hold.

    A result of before they were listed names the one check in what it wanted.
    """
    if gate.text("state") != "met":
        return ()
    if "unseen" in gate:
        return gate.texts("unseen")
    return (gate.text("wanted").split(" ")[0],) if gate.text("got") in UNSEEN else ()


def is_danger(check: Record) -> bool:
    """Whether it is mended before all else, whatever level is aimed at: a critical check that failed."""
    return check.text("status") == "fail" and check.text("severity") == "critical"


def _not_judged() -> frozenset[str]:
    return frozenset(_got(status) for status in UNSEEN)


def _got(text: str) -> str:
    """What was found; where it is but a status, its name."""
    return words.STATUS[text].lower() if text in words.STATUS else text


def _first(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:IDS_NAMED])
    return say("and_more", list=shown, n=len(names) - IDS_NAMED) if len(names) > IDS_NAMED else shown


def fact_row(name: str, fact: Record) -> FactRow:
    state = fact.text("state")
    value = words.FACT_STATE.get(state, state)
    if state == "known":
        value = preview(fact.data.get("value"))
    elif fact.text("reason"):
        value = f"{value}: {fact.text('reason')}"
    places = read_places(fact)
    items = fact.whole("items")
    if state == "known" and items:
        value = say("value.in_all", n=thousands(items), shown=value)
    return FactRow(
        ids=(name,),
        state=state if state in words.FACT_STATE else "unknown",
        value=shorten(value, 180),
        level=fact.text("evidence_level"),
        method=_method(fact.text("method")),
        confidence=words.confidence(fact.text("confidence")).lower(),
        places=places[:PLACES_OF_A_FACT],
        more_places=max(len(places) - PLACES_OF_A_FACT, 0),
    )


def merged(rows: Iterable[FactRow]) -> tuple[FactRow, ...]:
    """The rows with those as one that say "looked for, not there", in the same way and without a place."""
    kept: list[FactRow] = []
    alike: dict[FactRow, int] = {}  # such a row without its id -> where it stands
    for row in rows:
        plain = replace(row, ids=())
        if row.state == "absent" and not row.places and plain in alike:
            where = alike[plain]
            kept[where] = replace(kept[where], ids=kept[where].ids + row.ids)
            continue
        alike[plain] = len(kept)
        kept.append(row)
    return tuple(kept)


def _method(text: str) -> str:
    """How a fact was found; the expression of a derived one is a matter of the pack."""
    return say("evidence.derived") if text.startswith("derived:") else shorten(text, 80)


def answer_of(record: Record, questions: Mapping[str, str], as_of: str) -> Answer:
    check_id = record.text("check") or record.text("id")
    until = record.text("review_by")
    code = record.text("answer")
    answered = bool(code)
    if code.lower() in ("yes", "partly", "no", "not_applicable"):
        said = say(f"answer.{code.lower()}")
    else:
        said = upper_first(preview(record.data.get("answer"), 200)) if answered else say("answer.none")
    return Answer(
        check_id=check_id,
        question=record.text("question") or questions.get(check_id, check_id),
        answered=answered,
        answer=words.joined(said, record.text("note")),
        problems=", ".join(record.texts("problems")),
        owner=record.text("owner"),
        evidence=", ".join(record.texts("evidence")),
        reviewed=words.day(record.text("reviewed")),
        valid_until=words.day(until),
        lapsed=record.flag("expired") or bool(until and as_of and until[:10] < as_of[:10]),
    )


def rests_on_trials(check: Check, facts: Record) -> bool:
    """Whether all that was seen for a check stands in folders of experiments and examples: that is no strength of what
    is run. A check that asserts an absence has no place and does not."""
    places = [place.path for name in check.facts for place in read_places(facts.record(name))]
    return bool(places) and all(not _TRIALS.isdisjoint(path.lower().split("/")[:-1]) for path in places)


def machine_of(host: Record) -> str:
    """Such as "16 cores, 128 GiB memory, 1 × NVIDIA H100": what a process on the auditing machine may use."""
    cores = host.record("cpu").number("usable") or host.record("cpu").number("threads")
    memory = host.record("memory").number("usable") or host.record("memory").number("total")
    parts = []
    if cores:
        parts.append(say("machine.cores", round(cores), n=f"{cores:g}"))
    if memory:
        parts.append(say("machine.memory", gib=figure(memory / 2**30)).replace(" GiB", f"{NBSP}GiB"))
    gpus = Counter(gpu.text("name") for gpu in host.record("gpus").records("devices"))
    parts += [f"{count} × {name}" for name, count in gpus.items() if name]
    return ", ".join(parts) or as_text(host.data.get("summary"))
