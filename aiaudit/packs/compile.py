"""One check from its YAML part: names resolved, expressions and sentences compiled against the facts' types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, field

from aiaudit.model.check import Check, Effort, Kind, Outcome, Param, Severity, Status
from aiaudit.model.fact import Level
from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of
from aiaudit.packs import attested
from aiaudit.packs.declare import PROJECT_NAMES, RESERVED, Facts, Scope, told
from aiaudit.packs.document import Document, Path_
from aiaudit.packs.findings import ITEM
from aiaudit.packs.levels import default_min_level
from aiaudit.packs.overrides import misfit
from aiaudit.packs.problems import Problem, did_you_mean
from aiaudit.packs.schema import OTHERWISE, CheckPart, FindingsPart, ParamPart, SayingPart
from aiaudit.rules import Expression, RuleError, Template, choice, compile, template
from aiaudit.rules.definitions import Definitions
from aiaudit.rules.parser import MACROS

TEXTS: Final = ("risk", "remediation", "settles")
"""Texts of a check that are the same whatever was found, unless they hold places."""


class CheckCompiler(Struct):
    """Compiles one check. Mistakes are added to `problems`; what is broken is left out of the check."""

    document: Document
    path: Path_
    part: CheckPart
    pack: str
    facts: Facts
    ids: Mapping[str, str]  # names of facts that the check may use -> full ids
    problems: list[Problem]
    used: set[str] = field(default_factory=set)
    plain: dict[str, Type] = field(default_factory=dict)  # names that are no facts: params.<name>, project.<key>
    lets: Definitions = field(default_factory=Definitions)

    def check(self) -> Check:
        """The check, as far as it can be made."""
        part = self.part
        kind = Kind(part.kind)
        params = self.params()
        self.plain = {**PROJECT_NAMES, **{f"params.{param.name}": _type_of(param.default) for param in params}}
        self.definitions()
        rule = self.rule(kind)
        applies = None if part.applies is True else self.expression(_source(part.applies), BOOL, "applies")
        urgent = None if part.urgent is None else self.expression(_source(part.urgent), BOOL, "urgent")
        points = None if part.points is None else self.expression(_source(part.points), DOUBLE, "points")
        if isinstance(part.points, int | float) and not 0 <= part.points <= 1:
            say = f"a partial result earns between 0 and 1 of a pass, not {part.points:g}"
            self.complain(say, "points", value=True)
        finding = part.findings if isinstance(part.findings, FindingsPart) else None
        findings, element = self.findings(finding)
        templates = self.sentences(finding, element)
        evidence = self.evidence()
        absence = part.asserts == "absence"
        false_results = part.false_results or ""
        return Check(
            id=part.id,
            pack=self.pack,
            title=part.title,
            severity=Severity(part.severity),
            kind=kind,
            place=self.document.place(*self.path, "id"),
            applies=applies,
            requires=tuple(part.requires),
            after=tuple(part.after),
            params=params,
            lets=dict(part.let),
            rule=rule,
            points=points,
            findings=findings.source if findings else "",
            findings_expr=findings,
            finding_says=_written(part.finding_says or (finding.says if finding else None) or ""),
            finding_confidence=(finding.confidence if finding else None) or "",
            says={str(status): _written(text) for status, text in part.says.items()},
            min_level=Level(part.min_level) if part.min_level else default_min_level(kind, absence),
            evidence=evidence,
            asserts_absence=absence,
            why=part.why,
            remediation=part.remediation,
            effort=Effort(part.effort),
            risk=part.risk or "",
            settles=part.settles or "",
            question=part.question or "",
            false_results=false_results if isinstance(false_results, str) else "\n".join(false_results),
            controls={scheme: tuple(ids) for scheme, ids in part.controls.items()},
            names={name: self.ids[name] for name in sorted(self.used) if name in self.ids},
            templates=templates,
            urgent=urgent,
        )

    def complain(self, message: str, *key: str | int, value: bool = False) -> None:
        self.problems.append(Problem(self.document.place(*self.path, *key, value=value), message))

    def params(self) -> tuple[Param, ...]:
        """Parameters with their bounds; a bare number that is not negative must stay so."""
        params = []
        for name, written in self.part.params.items():
            if isinstance(written, ParamPart):
                bounds = (written.min, written.max, written.title or "", written.stricter or "")
                param = Param(name, written.default, *bounds)
            else:
                number = isinstance(written, int | float) and not isinstance(written, bool)
                param = Param(name, written, 0 if number and written >= 0 else None)  # type: ignore[operator]
            number = isinstance(param.default, int | float) and not isinstance(param.default, bool)
            if not number and (param.minimum, param.maximum, param.stricter) != (None, None, ""):
                self.complain(f"'{name}' is no number: it has no bounds and no stricter side", "params", name)
            elif trouble := misfit(param, param.default):
                self.complain(f"the default of '{name}' {trouble}", "params", name, value=True)
            params.append(param)
        return tuple(params)

    def definitions(self) -> None:
        """Take the names of `let`, each checked by itself."""
        first_parts = {name.partition(".")[0] for name in (*self.ids, *self.plain)}
        for name, source in self.part.let.items():
            if name in first_parts or name in RESERVED or name in MACROS:
                by = next((f" by {one}" for one in sorted((*self.ids, *self.plain)) if one.startswith(f"{name}.")), "")
                self.complain(f"'{name}' is taken{by}: give what `let` names a name of its own", "let", name)
                continue
            made = self.expression(source, None, "let", name)
            self.plain[name] = made.type if made else DYN
            try:
                self.lets.add(name, source)
            except RuleError:  # told above
                self.lets.add(name, "null")

    def lets_in(self, names: Mapping[str, Type]) -> Definitions:
        """The names of `let` that a sentence may use: in one of a finding, names are fields of its element."""
        return self.lets if isinstance(names, Scope) else Definitions()

    def rule(self, kind: Kind) -> tuple[Outcome, ...]:
        """The lines of the rule, in the order written."""
        written: dict[str, str | bool]
        if self.part.rule is not None:
            written = {str(status): source for status, source in self.part.rule.items()}
        elif kind is Kind.ATTESTED:
            written = dict(attested.DEFAULT_RULE)
        else:
            self.complain("the key 'rule' is missing (only attested checks have one by default)")
            return ()
        lines: list[Outcome] = []
        closed = ""
        for status, source in written.items():
            if closed:
                self.complain(f"'{status}' can never be reached: '{closed}' before it always holds", "rule", status)
            if source is True or (isinstance(source, str) and source.strip() in (OTHERWISE, "true")):
                lines.append(Outcome(Status(status), None, OTHERWISE))
                closed = status
            else:
                text = _source(source)
                when = self.expression(text, BOOL, "rule", status)
                if when is not None:
                    lines.append(Outcome(Status(status), when, text))
        return tuple(lines)

    def expression(self, source: str, expect: Type | None, *key: str) -> Expression | None:
        """A compiled expression, or None after a complaint."""
        try:
            full = self.lets.expanded(source)
            expression = compile(full, Scope(self.facts, self.ids, self.plain), expect=expect)
        except RuleError as error:
            self.rule_error(source, error, *key)
            return None
        self.used.update(expression.names)
        return expression

    def rule_error(self, source: str, error: RuleError, *key: str | int) -> None:
        path = (*self.path, *key)
        self.problems.append(Problem(self.document.source_place(path, source, error), told(error)))

    def findings(self, part: FindingsPart | None) -> tuple[Expression | None, Type]:
        """The list whose elements become findings, and the type of an element."""
        if self.part.findings is None:
            return None, DYN
        key = ("findings", "of") if part else ("findings",)
        source = part.of if part else str(self.part.findings)
        expression = self.expression(source, None, *key)
        if expression is None:
            return None, DYN
        if expression.type.kind not in ("list", "dyn"):
            self.complain(f"findings must be a list, not {_article(expression.type)}", *key, value=True)
            return None, DYN
        return expression, expression.type.item or DYN

    def sentences(self, finding: FindingsPart | None, element: Type) -> dict[str, Template]:
        """All sentences with places, compiled."""
        compiled: dict[str, Template] = {}
        for status, text in self.part.says.items():
            self.sentence(compiled, f"says.{status}", text, Scope(self.facts, self.ids, self.plain), "says", status)
        for name in TEXTS:
            if "{" in (text := getattr(self.part, name) or ""):
                self.sentence(compiled, name, text, Scope(self.facts, self.ids, self.plain), name)
        if self.part.finding_says and finding and finding.says:
            self.complain("`finding_says` and `findings.says` say the same thing: keep one", "finding_says")
        says: dict[tuple[str, ...], str | list[SayingPart] | None] = {("finding_says",): self.part.finding_says}
        if finding is not None:
            says |= {("findings", key): getattr(finding, key) for key in ("says", "measured", "limit")}
        fields = dict(element.fields) if element.kind == "record" else {}
        names: Mapping[str, Type] = {**self.plain, **fields, ITEM: element}
        if element.kind in ("dyn", "map"):
            names = AnyName(names)
        for key, sentence in says.items():
            if sentence:
                self.sentence(compiled, f"finding.{key[-1].removeprefix('finding_')}", sentence, names, *key)
                if self.part.findings is None:
                    self.complain("there are no `findings` that this could be said of", *key)
        return compiled

    def sentence(
        self, into: dict[str, Template], name: str, text: str | list[SayingPart], names: Mapping[str, Type], *key: str
    ) -> None:
        """Compile one sentence; the facts it uses become names of the check."""
        made = self.template(text, names, *key) if isinstance(text, str) else self.choice(text, names, *key)
        if made is not None:
            into[name] = made
            self.used.update(made.names)

    def template(self, text: str, names: Mapping[str, Type], *key: str | int) -> Template | None:
        """A compiled sentence, or None after a complaint."""
        try:
            return template(self.lets_in(names).expanded_places(text), names)
        except RuleError as error:
            self.rule_error(text, error, *key)
            return None

    def choice(self, parts: list[SayingPart], names: Mapping[str, Type], *key: str) -> Template | None:
        """Sentences with their conditions, or None after a complaint."""
        sentences: list[tuple[Expression | None, Template]] = []
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            if last and part.when is not None:
                self.complain("the last sentence is said where no other is: it has no `when`", *key, number, "when")
            elif not last and part.when is None:
                self.complain("only the last of several sentences has no `when`", *key, number)
            when = None
            if part.when is not None:
                source = _source(part.when)
                try:
                    when = compile(self.lets_in(names).expanded(source), names, expect=BOOL)
                except RuleError as error:
                    self.rule_error(source, error, *key, number, "when")
            text = self.template(part.say, names, *key, number, "say")
            if text is not None:
                sentences.append((when, text))
        return choice(sentences) if len(sentences) == len(parts) else None

    def evidence(self) -> tuple[str, ...]:
        """Full ids of the facts whose level stands for the check."""
        found = []
        for index, name in enumerate(self.part.evidence):
            if name in self.ids:
                found.append(self.ids[name])
                self.used.add(name)
            else:
                self.complain(f"no fact '{name}'{did_you_mean(name, self.ids)}", "evidence", index)
        return tuple(found)


class AnyName(dict[str, Type]):
    """Names for elements whose fields nobody declares: every plain name is one, of any type."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or "." not in str(name)

    def __missing__(self, name: str) -> Type:
        return DYN


def _written(text: str | list[SayingPart]) -> str:
    """A sentence as the pack has it; of several, one a line."""
    return text if isinstance(text, str) else "\n".join(part.say for part in text)


def _source(written: str | bool | float) -> str:
    """What was written as an expression: YAML has made truth values and numbers of some."""
    return str(written).lower() if isinstance(written, bool) else str(written)


def _type_of(value: Any) -> Type:
    """The type that rules see of a parameter."""
    if isinstance(value, list):
        kinds = {_type_of(item) for item in value}
        return list_of(kinds.pop() if len(kinds) == 1 else DYN if kinds else STRING)
    return {bool: BOOL, int: INT, float: DOUBLE}.get(type(value), STRING)


def _article(of: Type) -> str:
    return f"{'an' if str(of)[:1] in 'aeiou' else 'a'} {of}"
