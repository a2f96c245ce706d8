"""All that can be told about one check, as plain data for `aiaudit explain ID`, a site, or a consultant's notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiaudit.model.check import Check, FactSpec, Kind, Param
from aiaudit.packs import attested
from aiaudit.packs.cases import find_cases
from aiaudit.packs.library import Library, expressions
from aiaudit.packs.reasons import LEVEL_WORDS, has_default_rule
from aiaudit.rules.wording import words

if TYPE_CHECKING:
    from aiaudit.packs.declare import Probes


@dataclass(frozen=True, slots=True)
class Explanation:
    """One check in words. Every line is plain text, without markup and not wrapped."""

    check: Check
    applies: str
    measured: tuple[str, ...]  # one line a fact: name, what is asked of which probe
    judged: tuple[str, ...]  # one line a line of the rule, in order
    evidence: str
    params: tuple[str, ...]
    false_results: tuple[str, ...]
    controls: tuple[str, ...]
    required_by: tuple[str, ...]
    cases: tuple[str, ...]


def explain(library: Library, check: Check, cases: Path | None = None, probes: Probes | None = None) -> Explanation:
    """Explain a check of the library. `cases`: the folder of cases whose names are listed too."""
    if probes is None:
        from aiaudit.probes.registry import probes as registered

        probes = registered()
    return Explanation(
        check=check,
        applies="Always." if check.applies is None else f"Where {check.applies.source}.",
        measured=tuple(_measured(library, check, probes)),
        judged=tuple(_judged(check)),
        evidence=_evidence(check),
        params=tuple(map(_param, check.params)),
        false_results=tuple(line for line in check.false_results.splitlines() if line),
        controls=tuple(f"{scheme}: {', '.join(ids)}" for scheme, ids in check.controls.items()),
        required_by=tuple(other.id for other in library.checks if check.id in other.requires),
        cases=tuple(case.name for case in find_cases(cases) if case.check == check.id) if cases else (),
    )


def _measured(library: Library, check: Check, probes: Probes) -> Iterator[str]:
    """The facts that the check reads, then those that derived ones among them are made of."""
    read = {name for _, expression in expressions(check) for name in expression.names}
    todo = [(name, check.names[name]) for name in check.names if name in read or check.names[name] in check.evidence]
    told: set[str] = set()
    while todo:
        name, fact_id = todo.pop(0)
        spec = library.facts.get(fact_id)
        if spec is None or fact_id in told:
            continue
        told.add(fact_id)
        yield f"{name}: {fact_in_words(spec, probes)}"
        todo += [(inner, spec.names[inner]) for inner in spec.names]


def fact_in_words(spec: FactSpec, probes: Probes) -> str:
    """What a fact says: its title, and the query or expression behind it."""
    title = f"{spec.title}; " if spec.title else ""
    if spec.derive is not None:
        return f"{title}from {' '.join(spec.derive.source.split())}"
    if spec.probe == attested.PROBE:
        return f"{title}what the owner attests, with evidence and date"
    probe = probes.get(spec.probe)
    about = probe.title if probe is not None else spec.probe
    asked = ", ".join(f"{key} {_value(value)}" for key, value in spec.query.items())
    return f"{title}{about} ({spec.probe})" + (f": {asked}" if asked else "")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return words(value)


def _judged(check: Check) -> Iterator[str]:
    if has_default_rule(check):
        yield 'pass: the owner answers "yes", with evidence and a review date that has not passed'
        yield 'partial: "partly", or a "yes" that lacks one of these'
        yield 'fail: "no"'
        yield 'not applicable: "not_applicable" with a reason'
        yield "unknown: no answer"
        return
    for line in check.rule:
        yield f"{str(line.status).replace('_', ' ')}: {line.source}"
    if check.points is not None:
        yield f"partial earns {check.points.source} of a pass"


def _evidence(check: Check) -> str:
    needs = f"A pass needs {LEVEL_WORDS[check.min_level]} ({check.min_level}) or better"
    named = [name for name, fact_id in check.names.items() if fact_id in check.evidence]
    of = f", of {', '.join(named)}" if named else ""
    scope = "; and at least 95 % of the files in scope must have been read" if check.asserts_absence else ""
    claim = "" if check.kind is Kind.ATTESTED else " An attestation alone earns at most half."
    return f"{needs}{of}{scope}.{claim}"


def _param(param: Param) -> str:
    bounds = [
        f"{word} {limit:g}"
        for word, limit in (("at least", param.minimum), ("at most", param.maximum))
        if limit is not None
    ]
    stricter = [f"{param.stricter} is stricter"] if param.stricter else []
    told = "; ".join([", ".join([*bounds, *stricter])] * bool(bounds or stricter) + [param.title] * bool(param.title))
    return f"{param.name} = {words(param.default)}" + (f" ({told})" if told else "")
