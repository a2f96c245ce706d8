"""All that can be told about one check, as plain data for `aiaudit explain ID`, a site, or a consultant's notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit import lazy, track_record
from aiaudit.model.check import Check, FactSpec, Kind, Param
from aiaudit.packs import attested
from aiaudit.packs.basis import standing
from aiaudit.packs.cases import find_cases
from aiaudit.packs.library import Library, expressions
from aiaudit.packs.reasons import LEVEL_WORDS, has_default_rule
from aiaudit.rules.outline import outlines
from aiaudit.rules.wording import words

if TYPE_CHECKING:
    from aiaudit.packs.declare import Probes
    from aiaudit.rules.nodes import Node
    from aiaudit.rules.template import Template


class Explanation(Struct, frozen=True):
    """One check in words. Every line is plain text, without markup and not wrapped."""

    check: Check
    applies: str
    outcomes: tuple[str, ...]  # how it may end: a status and what is said then, in the order of the rule
    measured: tuple[str, ...]  # one line a fact: name, what is asked of which probe
    judged: tuple[str, ...]  # one line a line of the rule, in order
    evidence: str
    params: tuple[str, ...]
    false_results: tuple[str, ...]
    track_record: tuple[str, ...]  # how often its verdicts were right where people read them
    controls: tuple[str, ...]
    required_by: tuple[str, ...]
    cases: tuple[str, ...]
    full: bool = True

    def sections(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Every title with its lines, in the order in which they are read; empty ones too. What to do comes first; the
        queries and the rule, which are long, only where all was asked for."""
        check = self.check
        yield "Why", [check.why]
        yield "Question", [check.question]
        yield "How to fix", _wordings(check, "remediation")
        yield "What settles an unknown", _wordings(check, "settles")
        outcomes = self.outcomes if self.full else _some(self.outcomes)
        places = any(re.search(r"\bN\b|…", line) for line in outcomes)
        yield "How it is judged" + (" (N is a number, … what varies)" if places else ""), outcomes
        yield "Applies", [self.applies]
        yield "Risk", _wordings(check, "risk")
        yield "Parameters, set in aiaudit.yaml", self.params
        yield "Known false results", self.false_results
        yield "Evidence", [self.evidence]
        yield "Needs first", [", ".join(check.requires)]
        yield "Mended after", [", ".join(check.after)]
        yield "Blocks where it fails", [", ".join(self.required_by)]
        yield "Track record", [" ".join(self.track_record)]
        yield "Supports evidence for", self.controls
        few = self.full or len(self.measured) <= _FEW
        yield "What is looked at", self.measured if few else [_in_one_line(self.measured)]
        if few:
            yield "The rule over it, the first line that holds", self.judged


def _some(outcomes: Sequence[str]) -> list[str]:
    """A few wordings of each status, and how many more there are."""
    by_status: dict[str, list[str]] = {}
    for line in outcomes:
        by_status.setdefault(line.partition(":")[0], []).append(line)
    told = []
    for status, lines in by_status.items():
        kept = lines if len(lines) <= _WORDINGS + 1 else lines[:_WORDINGS]
        told += kept
        if kept is not lines:
            told.append(f"{status}: {len(lines) - len(kept)} more wordings (--full)")
    return told


def _in_one_line(measured: Sequence[str]) -> str:
    """How many things are looked at, and the first of them."""
    titles = [line.partition(": ")[2].rpartition(" (")[0] or line.partition(": ")[2] for line in measured]
    first = "; ".join(title.partition("; ")[0] for title in titles[:_WORDINGS])
    return f"{len(measured)} things, among them: {first}. --full lists all, with their queries and the rule over them."


def explain(
    library: Library, check: Check, cases: Path | None = None, probes: Probes | None = None, *, full: bool = False
) -> Explanation:
    """Explain a check of the library.

    `cases`: the folder of cases whose names are listed too. `full`: the facts that many checks share, and every query
    and expression, as the packs have them; without it each fact of the check is told in a line.
    """
    if probes is None:
        from aiaudit.probes.registry import probes as registered

        probes = registered()
    return Explanation(
        check=check,
        applies=_applies(library, check, full=full),
        measured=tuple(_measured(library, check, probes)) if full else _in_short(library, check, probes),
        outcomes=tuple(_judged(check)) if has_default_rule(check) else _outcomes(library, check, full=full),
        judged=() if has_default_rule(check) else tuple(_judged(check)),
        evidence=_evidence(check),
        params=tuple(map(_param, check.params)),
        false_results=tuple(line for line in check.false_results.splitlines() if line),
        track_record=tuple(_track_record(check)),
        controls=tuple(f"{scheme}: {', '.join(ids)}" for scheme, ids in check.controls.items()),
        required_by=tuple(other.id for other in library.checks if check.id in other.requires),
        cases=tuple(case.name for case in find_cases(cases) if case.check == check.id) if cases else (),
        full=full,
    )


def _track_record(check: Check) -> Iterator[str]:
    """How often it was right, by status: on projects that were drawn by lot, as they first came."""
    read = track_record.records(check.id)
    if read:
        table = track_record.table()
        told = [f"{one} {read[one].right} of {read[one].read}" for one in ("pass", "partial", "fail") if one in read]
        yield f"Of its verdicts on {table.projects} public projects people found right: {', '.join(told)}."
        yield f"Each project was read as it first came (until {table.until})."


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


def _applies(library: Library, check: Check, *, full: bool) -> str:
    """Where the check applies: the expression, or the same with what its flags mean."""
    if check.applies is None:
        return "Always."
    source = " ".join(check.applies.source.split())
    if full:
        return f"Where {source}."

    def meaning(match: re.Match[str]) -> str:
        name, found = match.group(1), match.group(2)
        spec = library.facts.get(check.names.get(name, ""))
        if spec is None or not spec.title:
            return match.group(0)
        title = _small(spec.title)
        return f'there are "{title}"' if found else f'"{title}"'

    told = [part if number % 2 else _plain_logic(_FLAG.sub(meaning, part))
            for number, part in enumerate(_QUOTED.split(source))]  # fmt: skip
    plain = "".join(told).replace(" is not ''", " is given").replace(" is ''", " is not given")
    return f"Where {plain}." if len(plain) <= _READABLE and not _CODE.search(plain) else _depends(library, check)


def _small(title: str) -> str:
    """The title as a part of a sentence; a name or an acronym keeps its letters."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _flags_first(name: str) -> tuple[bool, str]:
    return not name.startswith("flag."), name


def _depends(library: Library, check: Check) -> str:
    """What decides whether the check applies, where the expression is nothing to read."""
    names = check.applies.names if check.applies is not None else ()
    specs = [library.facts.get(check.names.get(name, "")) for name in sorted(names, key=_flags_first)]
    titles = list(dict.fromkeys(_small(spec.title or spec.id) for spec in specs if spec is not None))
    titles = [title for title in titles if not title.startswith("those of them")] or titles
    declared = sorted({name.removeprefix("project.") for name in names if name.startswith("project.")})
    titles += [f"the declared {' and '.join(declared)}"] if declared else []
    told = "; ".join(titles[:_TITLES])
    more = f"; and {len(titles) - _TITLES} more" if len(titles) > _TITLES else ""
    return f"Whether it does depends on: {told}{more} (--full prints the expression)."


_FEW: Final = 4  # things looked at that are listed, with the rule over them, though not all was asked for
_WORDINGS: Final = 3  # of one status that are told where there are many
_READABLE: Final = 400  # characters of an expression in words that is still read
_TITLES: Final = 6
_CODE: Final = lazy.regex(r"\w\(|\.size\b| [+*/] ")
_QUOTED: Final = lazy.regex(r"('[^']*')")
# A name that stands for itself, or of which it is asked whether it has any.
_FLAG: Final = lazy.regex(r"(?<![\w.])([a-z_][\w]*(?:\.[a-z_]\w*)?)(?:(\.size\(\) > 0)|(?![\w.(\[]))")


def _plain_logic(text: str) -> str:
    text = re.sub(r"\s*&&\s*", " and ", text)
    text = re.sub(r"\s*\|\|\s*", " or ", text)
    text = re.sub(r"\s*==\s*", " is ", re.sub(r"\s*!=\s*", " is not ", text))
    return re.sub(r"!(?=[\w\"(])", "not ", text)


def _in_short(library: Library, check: Check, probes: Probes) -> tuple[str, ...]:
    """The facts by which the check is judged, each after those of its own that it is made of; each in a line."""
    read = {name for where, expression in expressions(check) if where != "applies" for name in expression.names}
    own = f"{check.pack}.{check.id}."
    told: dict[str, str] = {}
    entered: set[str] = set()

    def tell(name: str, fact_id: str) -> None:
        spec = library.facts.get(fact_id)
        if spec is None or fact_id in entered:
            return
        entered.add(fact_id)
        for inner, inner_id in spec.names.items():
            if inner_id.startswith(own):
                tell(inner, inner_id)
        told[fact_id] = f"{name}: {_one_line(library, spec, probes)}"

    for name, fact_id in check.names.items():
        if name in read or fact_id in check.evidence:
            tell(name, fact_id)
    return tuple(told.values())


def _one_line(library: Library, spec: FactSpec, probes: Probes) -> str:
    """What a fact says, and which probe looks; without the query."""
    if spec.probe == attested.PROBE:
        return "what the owner attests, with evidence and date"
    if spec.derive is not None:
        if spec.title:
            return standing(spec.id, lambda one: library.facts[one].title, lambda one: library.facts[one].sees)
        return f"worked out from {', '.join(spec.names) or 'parameters'}"
    probe = probes.get(spec.probe)
    about = probe.title if probe is not None else spec.probe
    return f"{spec.title or about} ({spec.probe})"


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


def _wordings(check: Check, name: str) -> Sequence[str]:
    """A text of the check; where it depends on what was found, each of its wordings."""
    sentence = check.templates.get(name)
    return outlines(sentence, values=_values(check)) if sentence is not None else [getattr(check, name)]


def _values(check: Check) -> dict[str, str]:
    """The parameters as sentences name them, with what they are where nobody sets them."""
    attested = {"attestation.note": "the reason that the owner gives"}
    return attested | {f"params.{param.name}": words(param.default) for param in check.params}


def _outcomes(library: Library, check: Check, *, full: bool) -> tuple[str, ...]:
    """What is said for each status that the rule can give, as the pack words it. Unless `full`, what is said where no
    other sentence fits comes first: it is what most people read."""

    def made(name: str) -> Node | None:
        spec = library.facts.get(check.names.get(name, name))
        return spec.derive.node if spec is not None and spec.derive is not None else None

    told = []
    ends = dict.fromkeys(str(line.status) for line in check.rule)
    for status in (*ends, *(one for one in ("unknown",) if one not in ends)):
        sentence = check.templates.get(f"says.{status}")
        if sentence is not None:
            said = [outlines(one, values=_values(check), made=made) for one in _sentences(sentence)]
            said = said if full else [said[-1], *said[:-1]]
            every = dict.fromkeys(text for one in said for text in one)
            told += [f"{status.replace('_', ' ')}: {text}" for text in every]
    return tuple(told)


def _sentences(template: Template) -> Sequence[Template]:
    return [text for _, text in template.choices] or [template]


def _judged(check: Check) -> Iterator[str]:
    if has_default_rule(check):
        yield 'pass: the owner answers "yes", with evidence and a review date that has not passed'
        yield 'partial: "partly", or a "yes" that lacks one of these'
        yield 'fail: "no"'
        yield 'not applicable: "not_applicable" with a reason'
        yield "unknown: no answer"
        return
    if check.kind is Kind.ATTESTED:
        yield "an answer counts with an owner, evidence that is there (links are not opened) and a date that holds"
    for line in check.rule:
        yield f"{str(line.status).replace('_', ' ')}: {line.source}"
    for name, source in check.lets.items():
        yield f"where {name} is {' '.join(source.split())}"
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
    told = ", ".join([*bounds, *stricter])
    if not param.title:
        return f"{param.name} = {words(param.default)}" + (f" ({told})" if told else "")
    title = f"{param.title[:1].upper()}{param.title[1:]}"
    return f"{title}: {words(param.default)} ({param.name}{'; ' if told else ''}{told})"
