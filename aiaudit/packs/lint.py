"""Lint: what a pack that loads may still get wrong. One line a fault, with its place.

What makes a pack unusable (unknown facts, wrong types, ids used twice) is told when it is loaded. Here is what would
make its verdicts wrong or its report poor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.model.check import Check, FactSpec, Kind, Outcome, Pack, Place, Status
from aiaudit.model.fact import Level
from aiaudit.packs import attested, presence
from aiaudit.packs.cases import find_cases, missing_cases
from aiaudit.packs.files import SHARED, cases_of, ids_in, shipped_packs
from aiaudit.packs.library import Library, expressions
from aiaudit.packs.load import load
from aiaudit.packs.problems import Problem
from aiaudit.packs.reasons import has_default_rule

if TYPE_CHECKING:
    from aiaudit.packs.declare import Probes

TITLE_LENGTH: Final = 120
_PLAIN: Final = ("bool", "double", "int", "string")
_ORDER = lazy.regex(
    r"(?i)(add|avoid|check|checks|consider|do|does|enable|ensure|implement|is|make|missing|never use|use|verify)\b"
)
_WANTED: Final = {
    "risk": "cause, event and impact in the words of the business",
    "false_results": "what it gets wrong, and what it does not see",
    "controls": "framework -> ids that it is evidence for; a rule book of your own is one too",
}


def lint(library: Library, cases: Path | Iterable[Path] | None = None, probes: Probes | None = None) -> list[Problem]:
    """All faults of the library's packs, in the order of their places.

    Args:
        library: the packs to lint.
        cases: the folders of their cases; missing cases are not looked for where None.
        probes: the probes by name; those of aiaudit where None.
    """
    if probes is None:
        from aiaudit.probes.registry import probes as registered

        probes = registered()
    linter = _Linter(library, probes)
    problems = [problem for pack in library.packs for problem in linter.pack(pack)]
    if cases is not None:
        folders = (cases,) if isinstance(cases, Path) else cases
        found = [case for folder in folders for case in find_cases(folder)]
        problems += [Problem(None, line) for line in missing_cases(library, found)]
    return sorted(problems, key=_by_place)


def lint_files(packs: Sequence[Path], cases: Path | None = None) -> list[Problem]:
    """All faults of the packs in these files, as their author sees them: with their cases, and beside what ships.

    Args:
        packs: files or folders.
        cases: the folder of their cases; `cases` beside each pack, or in its folder, where None.

    Raises:
        PackError: one of them cannot be loaded.
    """
    library = load(packs, shipped=False)
    shipped = {one.resolve(): one for one in shipped_packs()}
    own = [pack for pack in packs if pack.resolve() not in shipped]
    folders = dict.fromkeys(cases_of(pack).resolve() for pack in own) if cases is None else (cases,)
    problems = lint(library, list(folders) if own or cases else None)
    taken = {check for one in shipped.values() for check in ids_in(one)}
    names = {one.stem for one in shipped.values() if one.parent.name != SHARED}
    for pack in library.packs:
        if Path(pack.file).resolve() in shipped:
            continue
        if pack.id in names:
            place = library.documents[pack.file].place("pack", value=True)
            problems.append(Problem(place, f"'{pack.id}' is a pack of aiaudit itself; take a name of your own"))
        for check in pack.checks:
            if check.id in taken:
                way = "is a check of aiaudit itself; take an id of your own, as TEAM-001"
                problems.append(Problem(check.place, f"{check.id} {way}"))
    return sorted(problems, key=_by_place)


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place or Place("~", 0, 0)
    return place.file, place.line, place.column, problem.message


class _Linter:
    def __init__(self, library: Library, probes: Probes) -> None:
        self.library = library
        self.probes = probes
        self.levels: dict[str, Level] = {}

    def pack(self, pack: Pack) -> Iterator[Problem]:
        used = {fact_id for check in self.library.checks for fact_id in check.names.values()}
        used |= {fact_id for check in self.library.checks for fact_id in check.evidence}
        used |= {inner for spec in self.library.facts.values() for inner in (*spec.names.values(), *spec.sees)}
        for spec in pack.facts:
            if spec.id not in used:
                yield Problem(spec.place, f"the fact '{spec.id}' is used by no check")
        prefixes = tuple(f"{pack.id}.{check.id}." for check in pack.checks)
        own = [spec for id_, spec in self.library.facts.items() if id_.startswith(prefixes)]
        for spec in own:
            if spec.id not in used:
                yield Problem(spec.place, f"the fact '{spec.id}' is not used by its check")
        for spec in (*pack.facts, *own):
            yield from _globs(spec)
            for key, value in {"title": spec.title, **spec.query}.items():
                if any(str(one).startswith("TODO") for one in (value if isinstance(value, list | tuple) else [value])):
                    yield Problem(spec.place, f"the fact '{spec.id}': `{key}` is still TODO")
        if pack.title.startswith("TODO"):
            yield Problem(self.at(pack, "title"), "`title` of the pack is still TODO")
        for check in pack.checks:
            for key, message in (*self.check(check), *_unused_names(check, self.written(pack, check)[1])):
                yield Problem(self.place(pack, check, key), f"{check.id}: {message}")

    def at(self, pack: Pack, key: str) -> Place | None:
        """Where a key of the pack itself stands."""
        document = self.library.documents.get(pack.file)
        return document.place(key) if document is not None else None

    def place(self, pack: Pack, check: Check, key: str) -> Place:
        """Where a key of a check stands; the check itself where it has no such key."""
        document = self.library.documents.get(pack.file)
        index, part = self.written(pack, check)
        path = [step for step in key.split(".") if step]
        if document is None or not path or path[0] not in part:
            return check.place
        return document.place("checks", index, *path)

    def written(self, pack: Pack, check: Check) -> tuple[int, Mapping[str, Any]]:
        """The check as its file has it, and its number there; nothing of a library that was kept."""
        document = self.library.documents.get(pack.file)
        parts = document.data["checks"] if document is not None else ()
        return next(((index, part) for index, part in enumerate(parts) if part["id"] == check.id), (0, {}))

    def check(self, check: Check) -> Iterator[tuple[str, str]]:
        """Faults of one check, each with the key it is about."""
        yield from _title(check)
        yield from _missing_texts(check)
        yield from _unwritten(check)
        yield from _ends(check)
        yield from _unused(check)
        yield from self.applicability(check)
        yield from self.level(check)
        if check.kind is not Kind.ATTESTED and attested.NAME in _rule_names(check):
            yield "rule", "the rule reads `attestation`: a claim is weighed anyway, and cannot make this kind pass"

    def applicability(self, check: Check) -> Iterator[tuple[str, str]]:
        """`applies` must not rest on what the check fails for lack of."""
        if check.applies is None:
            return
        needs = presence.demanded_below(presence.demanded(check.applies.node), self.library.facts, check.names)
        lacking: set[str] = set()
        for line in check.rule:
            if line.status is Status.FAIL and line.when is not None:
                lacking |= presence.missed(line.when.node)
            elif line.status in (Status.PASS, Status.PARTIAL) and line.when is not None and _fails_otherwise(check):
                lacking |= presence.demanded(line.when.node)
        for name in sorted(lacking):
            if check.names.get(name) in needs:
                yield (
                    "applies",
                    f"it applies only where '{name}' is there, and fails where it is not: it would never fail",
                )

    def level(self, check: Check) -> Iterator[tuple[str, str]]:
        """The least level of a pass must be one that its evidence can have."""
        if check.evidence:
            levels = [level for fact_id in check.evidence if (level := self.best(fact_id)) is not None]
            best = min(levels, default=None)
        else:
            best = self.best_of_pass(check)
        if best is not None and best < check.min_level:
            yield (
                "min_level",
                f"it can never pass: its evidence reaches {best} at best, and a pass needs {check.min_level}",
            )

    def best_of_pass(self, check: Check) -> Level | None:
        """The best level that a pass of the rule can rest on; None where the rule cannot pass or reads nothing."""

        def level_of(name: str) -> Level | None:
            return self.best(check.names[name]) if name in check.names else None

        for line in check.rule:
            if line.status is Status.PASS and line.when is not None:
                return presence.best_level(line.when.node, level_of)
            if line.status is Status.PASS:
                names = {name for before in check.rule if before.when is not None for name in before.when.names}
                levels = [level for name in names if (level := level_of(name)) is not None]
                return min(levels, default=None)
        return None

    def best(self, fact_id: str) -> Level | None:
        """The best level that a fact can have: its probe's, or for a derived one that of its strongest part."""
        if fact_id not in self.levels:
            spec = self.library.facts.get(fact_id)
            level = self._best(spec) if spec is not None else None
            if level is None:
                return None
            self.levels[fact_id] = level
        return self.levels[fact_id]

    def _best(self, spec: FactSpec) -> Level | None:
        if spec.derive is None:
            from aiaudit.probes.lifting import best_level

            probe = self.probes.get(spec.probe)
            return best_level(probe) if probe is not None else None
        parts = [level for inner in spec.names.values() if (level := self.best(inner)) is not None]
        return max(parts, default=None)


def _globs(spec: FactSpec) -> Iterator[Problem]:
    """Globs that no path of a project can fit: paths begin below its root, and their parts are joined by `/`."""
    for key in ("files", "exclude"):
        given = spec.query.get(key, ())
        for glob in (given,) if isinstance(given, str) else given:
            if str(glob).startswith(("/", "./", "../")) or "\\" in str(glob):
                way = "paths begin below the project's folder, without a `/` before them, and have `/` between parts"
                yield Problem(spec.place, f"the fact '{spec.id}': no file fits {glob!r} of `{key}`: {way}")


def _title(check: Check) -> Iterator[tuple[str, str]]:
    if check.title.endswith("?") or _ORDER.match(check.title):
        yield "title", "the title should state the condition that holds, such as 'Backups are tested'"
    if check.title.endswith(".") or len(check.title) > TITLE_LENGTH:
        yield "title", f"the title should be one line of at most {TITLE_LENGTH} characters without a full stop"


def _missing_texts(check: Check) -> Iterator[tuple[str, str]]:
    for key, meaning in _WANTED.items():
        if not getattr(check, key):
            yield "", f"`{key}` is missing: {meaning}"
    if check.findings and not check.finding_says:
        yield "findings", "`finding_says` is missing: without it a place is told by the names and values of its fields"
    if check.findings_expr is not None and (of := check.findings_expr.type.item) and of.kind in _PLAIN:
        yield (
            "findings",
            f"its elements are of type {of.kind}, so that no finding has a place: give records with `path`",
        )
    if check.kind is Kind.ATTESTED and not check.question:
        yield "", "`question` is missing: an attested check asks one"
    if has_default_rule(check):
        return
    for status in dict.fromkeys(str(line.status) for line in check.rule):
        if status in ("fail", "partial", "pass") and status not in check.says:
            yield "says" if check.says else "", f"`says.{status}` is missing: say what was seen, in one sentence"


def _unwritten(check: Check) -> Iterator[tuple[str, str]]:
    """Texts of the frame that `checks new` writes, where nobody has written one yet."""
    texts = {
        key: getattr(check, key) for key in ("title", "finding_says", "why", "risk", "remediation", "false_results")
    }
    texts |= {f"says.{status}": text for status, text in check.says.items()}
    for key, text in texts.items():
        if any(line.startswith("TODO") for line in text.splitlines()):
            yield key, f"`{key}` is still TODO"


def _ends(check: Check) -> Iterator[tuple[str, str]]:
    """How the rule can end."""
    live = [line for line in check.rule if line.source != "false"]
    for status, word in ((Status.FAIL, "fail"), (Status.PASS, "pass")):
        if all(line.status is not status for line in live):
            yield "rule", f"the rule can never {word}"
    seen: dict[str, Outcome] = {}
    for line in live:
        if line.source in seen:
            yield f"rule.{line.status}", f"it can never be reached: '{seen[line.source].status}' holds first"
        seen.setdefault(line.source, line)
    if check.applies is not None and check.applies.source == "false":
        yield "applies", "it never applies"
    if not any(name in check.names for name in _rule_names(check)):
        yield "rule", "the rule reads no fact"


def _unused(check: Check) -> Iterator[tuple[str, str]]:
    names = set(_rule_names(check)) | {n for sentence in check.templates.values() for n in sentence.names}
    for param in check.params:
        if f"params.{param.name}" not in names:
            yield f"params.{param.name}", f"the parameter '{param.name}' is used nowhere"


def _unused_names(check: Check, written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names of `let` that nothing uses."""
    texts = list(_texts({key: value for key, value in written.items() if key != "let"}))
    for name in check.lets if written else ():
        others = [source for other, source in check.lets.items() if other != name]
        if not any(re.search(rf"(?<![\w.]){name}\b", text) for text in (*texts, *others)):
            yield f"let.{name}", f"the name '{name}' is used nowhere"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _rule_names(check: Check) -> Iterator[str]:
    for _, expression in expressions(check):
        yield from sorted(expression.names)


def _fails_otherwise(check: Check) -> bool:
    return any(line.status is Status.FAIL and line.when is None for line in check.rule)
