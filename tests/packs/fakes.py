"""Small own probes and facts, so that packs can be tested without a project."""

from __future__ import annotations

from typing import Any, ClassVar

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.result import CheckResult
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.packs.derive import derive
from aiaudit.packs.document import Document
from aiaudit.packs.judge import judge
from aiaudit.packs.load import Library, load_documents
from aiaudit.packs.overrides import Overrides
from aiaudit.probes.base import Context, Probe, Query

CALL = record("call", path=STRING, line=INT, name=STRING, source=STRING, safe=BOOL)
ATTESTATION = record(
    "attestation",
    answered=BOOL,
    answer=STRING,
    owner=STRING,
    evidence=STRING,
    evidence_form=STRING,
    reviewed=STRING,
    review_by=STRING,
    valid=BOOL,
    expired=BOOL,
    problems=list_of(STRING),
    note=STRING,
)


class CallsQuery(Query):
    any: list[str]
    paths: tuple[str, ...] = ()


class Calls(Probe[CallsQuery]):
    name: ClassVar[str] = "calls"
    title: ClassVar[str] = "calls of functions"
    query: ClassVar[type[Query]] = CallsQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: CallsQuery) -> Type:
        return list_of(CALL)

    def answer(self, fact_id: str, query: CallsQuery, context: Context) -> Fact:
        raise NotImplementedError


class FlagQuery(Query):
    name: str


class Flag(Probe[FlagQuery]):
    name: ClassVar[str] = "flag"
    title: ClassVar[str] = "a thing that is there or not"
    query: ClassVar[type[Query]] = FlagQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: FlagQuery) -> Type:
        return BOOL

    def answer(self, fact_id: str, query: FlagQuery, context: Context) -> Fact:
        raise NotImplementedError


class AttestationQuery(Query):
    check: str


class Attestations(Probe[AttestationQuery]):
    name: ClassVar[str] = "attestations"
    title: ClassVar[str] = "what people answer for"
    query: ClassVar[type[Query]] = AttestationQuery
    max_level: ClassVar[Level] = Level.EXISTS

    def value_type(self, query: AttestationQuery) -> Type:
        return ATTESTATION

    def answer(self, fact_id: str, query: AttestationQuery, context: Context) -> Fact:
        raise NotImplementedError


PROBES: dict[str, Probe[Any]] = {"calls": Calls(), "flag": Flag(), "attestations": Attestations()}

HEAD = """\
schema: 1
pack: own
title: Own checks
facts:
  loads: {probe: calls, any: [pickle.load]}
  uses: {probe: flag, name: uses}
  tested: {probe: flag, name: tested}
checks:
"""


def load_texts(**texts: str) -> Library:
    """A library from YAML texts by file name (without its suffix)."""
    documents = [Document.parse(text.encode(), f"{name}.yaml") for name, text in texts.items()]
    return load_documents(documents, (), PROBES)


def one_check(**fields: str) -> Library:
    """A pack of one automatic check with the given keys, each a line of YAML."""
    keys = {
        "id": "OWN-001",
        "title": "Loads are safe",
        "severity": "high",
        "kind": "automatic",
        "min_level": "E2",
        "rule": '{fail: "loads.size() > 0", pass: otherwise}',
        "why": "It matters.",
        "remediation": "Mend it.",
    } | fields
    lines = [f"{key}: {value}" for key, value in keys.items() if value]
    return load_texts(own=HEAD + "- " + "\n  ".join(lines) + "\n")


def known(fact_id: str, value: Any, level: Level = Level.WIRED, **rest: Any) -> Fact:
    return Fact(fact_id, State.KNOWN, value, level, **rest)


def absent(fact_id: str, files: int = 10, read: int | None = None) -> Fact:
    return Fact(fact_id, State.ABSENT, scope=Scope(files, files if read is None else read, ()))


def unknown(fact_id: str, reason: str = "it is too large") -> Fact:
    return Fact(fact_id, State.UNKNOWN, reason=reason)


def call(path: str = "a.py", line: int = 1, **rest: Any) -> dict[str, Any]:
    return {"path": path, "line": line, "name": "pickle.load", "source": "network", "safe": False, **rest}


def claim(check: str, answer: str, **rest: Any) -> Fact:
    value = {
        "answered": True,
        "answer": answer,
        "owner": "Ada",
        "evidence": "docs/x.md",
        "evidence_form": "path",
        "reviewed": "2026-01-01",
        "review_by": "2027-01-01",
        "valid": True,
        "expired": False,
        "problems": [],
        "note": "",
        **rest,
    }
    return Fact(f"attestation.{check}", State.KNOWN, value, Level.EXISTS if value["valid"] else Level.CLAIM)


def place(path: str, line: int | None = None) -> Evidence:
    return Evidence(path, line)


LOADS, USES, TESTED = "own.loads", "own.uses", "own.tested"


def ended(library: Library, *facts: Fact, overrides: Overrides | None = None, **declared: str) -> CheckResult:
    """The result of the library's only check."""
    given = derive(library.facts, {fact.id: fact for fact in facts}, declared)
    (result,) = judge(library.packs, library.facts, given, overrides=overrides, declared=declared, explain=True)
    return result
