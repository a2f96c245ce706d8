"""The sentence that says why a check ended as it did: the pack's own, or one made from what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiaudit.model.check import Check, Outcome, Status
from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.sentence import as_words
from aiaudit.packs.attested import DEFAULT_RULE

if TYPE_CHECKING:
    from aiaudit.packs.findings import Gathered

# What they say is of the probes, not of the project: that its code could be read is no reason of its own.
_OF_READING = frozenset(
    {"code.readable", "code.readable_js", "code.models_readable", "flag.other_code", "flag.script_code"}
)
LEVEL_WORDS = {
    Level.CLAIM: "a claim without evidence",
    Level.EXISTS: "a file, a dependency or an attestation",
    Level.CONTENT: "content that was judged",
    Level.WIRED: "that it is wired into CI or production",
    Level.RESULT: "a dated result",
    Level.MEASURED: "a measurement",
}


def from_pack(check: Check, status: Status, seen: Mapping[str, Any], once: Mapping[str, Any] | None = None) -> str:
    """The pack's own sentence for a status, or nothing; one that could not be told is none. `once`: what was seen
    without what stands in copies as well."""
    sentence = check.templates.get(f"says.{status}")
    return sentence.told(seen, once) if sentence is not None else ""


def text_of(check: Check, name: str, seen: Mapping[str, Any], once: Mapping[str, Any] | None = None) -> str:
    """A text of the check (`risk`, `remediation`, `settles`), its places filled with what was seen."""
    sentence = check.templates.get(name)
    text: str = getattr(check, name)
    return sentence.told(seen, once) if sentence is not None else text


def said_once(
    check: Check, status: Status, seen: Mapping[str, Any], once: Mapping[str, Any] | None, copied: int
) -> tuple[str, str]:
    """The pack's own sentence for a status, which counts what stands in copies once, and what it adds of these.

    Args:
        once: what was seen without what stands in copies as well; None where there are none.
        copied: how many findings stand in copies.
    """
    own = from_pack(check, status, seen, once)
    if once is None or own == from_pack(check, status, seen):
        return own, ""
    more = "one more place" if copied == 1 else f"{copied:,} more places"
    return own, f" Copies of these files hold {more}." if copied else " What stands again in copies is not counted."


def has_default_rule(check: Check) -> bool:
    """Whether the check is judged by its attestation alone."""
    return tuple(line.source for line in check.rule) == tuple(DEFAULT_RULE.values())


def below_level(level: Level, wanted: Level) -> str:
    """Why a rule that says pass ends as partial."""
    return f"The evidence is {LEVEL_WORDS[level]} ({level}); a pass needs {LEVEL_WORDS[wanted]} ({wanted})."


def holds(check: Check, facts: Sequence[Fact]) -> str:
    """What a pass rests on."""
    if check.asserts_absence:
        scopes = [fact.scope for fact in facts if fact.scope is not None]
        read = max((scope.read for scope in scopes), default=0)
        return f"None found in {read} {'file' if read == 1 else 'files'}." if read else "None found."
    places = _places(facts)
    return f"Seen in {places}." if places else "It holds."


def not_applicable(check: Check, seen: Mapping[str, Any], deciding: Mapping[str, str]) -> str:
    """What makes a check not applicable: what was not seen, what was, and what is there but not what it asks for.

    `deciding`: the titles of the facts that decided, by their ids.
    """
    assert check.applies is not None
    missing, none, there, other = [], [], [], []
    about = [name for name in sorted(check.applies.names) if check.names.get(name, "") in deciding]
    of_project = [name for name in about if check.names[name] not in _OF_READING]
    for name in of_project or about:
        called = deciding.get(check.names.get(name, ""))
        if called is None or name not in seen:
            continue
        value = seen[name]
        if value is True:
            there.append(_statement(called))
        elif value is False and _is_predicate(called):
            none.append(called)
        elif value is False:
            missing.append(f"that {called}")
        elif not value:
            missing.append(called)
        else:
            other.append(f"{called} ({_short(value)})")
    said = [f"Nothing seen here {'; '.join(none)}."] if none else []
    said += [f"Not seen here: {'; '.join(missing)}."] if missing else []
    others = f"Seen, but none that the check asks about: {'; '.join(other)}."
    said += [] if said or not other else [others]
    said += [f"Seen: {'; '.join(there)}."] if there else []
    return " ".join(said) or _as_declared(check, seen)


def _statement(title: str) -> str:
    """The title of a fact that is true or false as a statement: "serves a model" is said of the project."""
    return f"it {title}" if _is_predicate(title) else title


def _is_predicate(title: str) -> bool:
    """Whether a title is what is said of the project, such as "serves a model"."""
    first, _, rest = title.partition(" ")
    return first.endswith("s") and bool(rest) and not rest.startswith("are ")


def _as_declared(check: Check, seen: Mapping[str, Any]) -> str:
    """What aiaudit.yaml declares, or not, that makes a check not applicable."""
    assert check.applies is not None
    told = [
        f"{name.removeprefix('project.').replace('_', ' ')} {seen.get(name) or '(not declared)'}"
        for name in sorted(check.applies.names)
        if name.startswith("project.")
    ]
    return f"As declared: {', '.join(told)}." if told else f"It does not apply: not {check.applies.source}."


def generated(
    check: Check,
    status: Status,
    line: Outcome | None,
    facts: Sequence[Fact],
    gathered: Gathered,
    titles: Mapping[str, str],
) -> str:
    """A sentence for a check whose pack has none for this status. `titles`: what the facts are called, by their ids."""
    if status is Status.PASS:
        return holds(check, facts)
    if gathered.count:
        first = next((finding for finding in gathered.findings if finding.path), None)
        where = f", the first at {first.path}" + (f":{first.line}" if first.line else "") if first else ""
        return f"{gathered.count} found{where}."
    unknown = [one for one in facts if one.state is State.UNKNOWN and one.reason]
    unseen = list(dict.fromkeys(f"{titles[one.id]} ({as_words(one.reason)})" for one in unknown))
    if status in (Status.FAIL, Status.PARTIAL):
        missing = [titles[fact.id] for fact in facts if fact.state is State.ABSENT]
        there = [titles[fact.id] for fact in facts if fact.state is State.KNOWN and fact.value and _places([fact])]
        parts = [f"Seen: {'; '.join(dict.fromkeys(there))}."] if there else []
        parts += [f"Not found: {'; '.join(dict.fromkeys(missing))}."] if missing else []
        parts += [f"Could not be determined: {'; '.join(unseen)}."] if unseen and parts else []
        if parts:
            return " ".join(parts)
        empty = [titles[fact.id] for fact in facts if fact.state is State.KNOWN and fact.value in ([], False)]
        if empty:
            return f"Not found: {'; '.join(dict.fromkeys(empty))}."
    if status is Status.UNKNOWN:
        return f"Could not be determined: {'; '.join(unseen)}." if unseen else "Nothing that was read settles it."
    if line is not None and line.when is not None:
        return f"The rule's line for {str(status).replace('_', ' ')} holds: {line.source}."
    return f"No other line of the rule holds, so it is {str(status).replace('_', ' ')}."


def title(fact: Fact) -> str:
    """What a fact is called in a sentence: the last part of its id in words."""
    return fact.id.rpartition(".")[2].replace("_", " ")


def called(fact: Fact, given: str) -> str:
    """The title that its pack gives to a fact, as part of a sentence; else the last part of its id in words."""
    if not given:
        return title(fact)
    return given if given[1:2].isupper() else given[0].lower() + given[1:]


def _places(facts: Sequence[Fact]) -> str:
    places = dict.fromkeys(
        f"{place.path}:{place.line}" if place.line else place.path
        for fact in facts
        if fact.state is State.KNOWN
        for place in fact.evidence
        if place.path
    )
    shown = [place for place in places if place][:3]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _short(value: Any) -> str:
    from aiaudit.rules.wording import words

    text = words(value)
    return text if len(text) <= 80 else text[:79] + "…"
