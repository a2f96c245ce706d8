"""The facts that packs declare: queries checked against their probe, expressions compiled, each with its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from pydantic import ValidationError

from aiaudit.model.check import FactSpec
from aiaudit.model.types import DYN, STRING, Type
from aiaudit.packs import attested
from aiaudit.packs.document import Document, Path_
from aiaudit.packs.problems import Problem, did_you_mean
from aiaudit.packs.schema import FACT_KEYS, FactPart
from aiaudit.packs.values import DECLARED
from aiaudit.project.nodes import plain_data
from aiaudit.rules import RuleError, compile

if TYPE_CHECKING:
    from aiaudit.probes.base import Probe

Probes = Mapping[str, "Probe[Any]"]
RESERVED = frozenset({"params", "project", attested.NAME})
PROJECT_NAMES: Mapping[str, Type] = {f"project.{key}": STRING for key in DECLARED}


class Declaration(Struct, frozen=True):
    """A fact as written, before it is checked. `names` are those its expression may use."""

    id: str
    document: Document
    path: Path_
    part: FactPart
    names: Mapping[str, str]


class Facts:
    """All declared facts by full id.

    A fact is checked when it is first asked for, so that derived facts may come in any order. Mistakes are added to
    `problems`; a broken fact has the type `dyn`, so that one mistake is told once.
    """

    def __init__(self, probes: Probes, problems: list[Problem]) -> None:
        self.probes = probes
        self._problems = problems
        self._declared: dict[str, Declaration] = {}
        self._specs: dict[str, FactSpec] = {}
        self._working: list[str] = []

    def add(self, declaration: Declaration) -> None:
        """Take a declaration; its id must be new."""
        other = self._declared.get(declaration.id)
        place = declaration.document.place(*declaration.path)
        if other is not None:
            before = other.document.place(*other.path)
            self._problems.append(Problem(place, f"the fact '{declaration.id}' is declared already, at {before}"))
            return
        name = str(declaration.path[-1] if declaration.path else declaration.id).split(".")[0]
        if name in RESERVED:
            self._problems.append(Problem(place, f"'{name}' is a reserved name; call the fact otherwise"))
            return
        self._declared[declaration.id] = declaration

    def add_attestation(self, check_id: str, document: Document, path: Path_) -> None:
        """Declare the fact that holds a check's attestation."""
        if attested.PROBE in self.probes:
            part = FactPart.model_validate({"probe": attested.PROBE, "check": check_id})
            fact_id = attested.fact_id(check_id)
            self._declared[fact_id] = Declaration(fact_id, document, path, part, {})

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._declared

    def all(self) -> dict[str, FactSpec]:
        """Every fact, checked, in the order of declaration."""
        return {fact_id: self.spec(fact_id) for fact_id in self._declared}

    def spec(self, fact_id: str) -> FactSpec:
        """The checked fact."""
        known = self._specs.get(fact_id)
        if known is not None:
            return known
        declared = self._declared[fact_id]
        if fact_id in self._working:
            circle = " → ".join([*self._working[self._working.index(fact_id) :], fact_id])
            self._complain(declared, f"a fact cannot be derived from itself: {circle}", "derive")
            return self._broken(declared)
        self._working.append(fact_id)
        try:
            spec = self._check(declared)
        finally:
            self._working.pop()
        return self._specs.setdefault(fact_id, spec)

    def _check(self, declared: Declaration) -> FactSpec:
        part = declared.part
        if (part.probe is None) == (part.derive is None):
            self._complain(declared, f"the fact '{declared.path[-1]}' needs either `probe` or `derive`")
            return self._broken(declared)
        return self._query(declared, part.probe) if part.probe is not None else self._derived(declared)

    def _query(self, declared: Declaration, name: str) -> FactSpec:
        extra: dict[str, Any] = plain_data(dict(declared.part.model_extra or {}))
        try:
            probe = self.probes.get(name)
        except RuntimeError as error:  # a probe that is named but cannot be imported
            self._complain(declared, str(error), "probe")
            return self._broken(declared)
        if probe is None:
            self._complain(declared, f"no probe '{name}'{did_you_mean(name, self.probes)}", "probe")
            return self._broken(declared)
        if declared.part.sees:
            self._complain(declared, "`sees` is for derived facts", "sees")
        try:
            query = probe.query.model_validate(extra)
            of = probe.value_type(query)
        except ValidationError as error:
            self._problems += declared.document.complaints(error, lambda path: _all_keys(probe), declared.path)
            return self._broken(declared)
        title = declared.part.title or ""
        return FactSpec(declared.id, self._place(declared), name, extra, title=title, type=of)

    def _derived(self, declared: Declaration) -> FactSpec:
        source, extra = declared.part.derive or "", declared.part.model_extra or {}
        for key, value in extra.items():
            broken = value is None and ("(" in key or ")" in key)  # `{derive: a(b, c)}`: YAML ends a value at the comma
            way = ": inside braces a text that holds a comma needs quotes" if broken else did_you_mean(key, FACT_KEYS)
            self._complain(declared, f"unknown key '{key}'{way}", key)
        scope = Scope(self, declared.names, PROJECT_NAMES)
        try:
            expression = compile(source, scope)
        except RuleError as error:
            path = (*declared.path, "derive")
            self._problems.append(Problem(declared.document.source_place(path, source, error), told(error)))
            return self._broken(declared)
        sees = []
        for index, name in enumerate(declared.part.sees):
            if name in declared.names:
                sees.append(declared.names[name])
            else:
                place = declared.document.place(*declared.path, "sees", index)
                self._problems.append(Problem(place, f"no fact '{name}'{did_you_mean(name, declared.names)}"))
        return FactSpec(
            declared.id,
            self._place(declared),
            derive=expression,
            sees=tuple(sees),
            title=declared.part.title or "",
            type=expression.type,
            names={name: declared.names[name] for name in sorted(expression.names) if name in declared.names},
        )

    def _place(self, declared: Declaration) -> Any:
        return declared.document.place(*declared.path)

    def _broken(self, declared: Declaration) -> FactSpec:
        return FactSpec(declared.id, self._place(declared), type=DYN)

    def _complain(self, declared: Declaration, message: str, *key: str) -> None:
        self._problems.append(Problem(declared.document.place(*declared.path, *key), message))


class Scope(Mapping[str, Type]):
    """The names an expression may use, with their types. A fact is checked when its type is first asked for."""

    def __init__(self, facts: Facts, ids: Mapping[str, str], plain: Mapping[str, Type]) -> None:
        self._facts = facts
        self._ids = ids
        self._plain = plain

    def __getitem__(self, name: str) -> Type:
        if name in self._plain:
            return self._plain[name]
        return self._facts.spec(self._ids[name]).type

    def __contains__(self, name: object) -> bool:
        return name in self._plain or name in self._ids

    def __iter__(self) -> Iterator[str]:
        yield from self._plain
        yield from self._ids

    def __len__(self) -> int:
        return len(self._plain) + len(self._ids)


def told(error: RuleError) -> str:
    """A rule's mistake without its place in the rule: the place in the file is told beside it."""
    return error.message + (f"; did you mean {error.suggestion}?" if error.suggestion else "")


def _all_keys(probe: Probe[Any]) -> set[str]:
    """Every key that a probe's query knows, at any depth."""
    schema = probe.query.model_json_schema(by_alias=True)
    parts = [schema, *schema.get("$defs", {}).values()]
    return {key for part in parts for key in part.get("properties", {})} | {"probe", "title"}
