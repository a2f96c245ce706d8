"""The probe `secrets`: where secrets stand, of which kind, never what they are."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import SURENESS, Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.git.probe import tracked_paths
from aiaudit.probes.secrets.hide import in_names
from aiaudit.probes.secrets.judge import found
from aiaudit.probes.secrets.rules import VERSION, digest, patterns, rules
from aiaudit.probes.secrets.second import Second, second
from aiaudit.probes.text.asking import hits_of, scope_of
from aiaudit.probes.text.engine import NAME
from aiaudit.probes.text.groups import PatternGroup
from aiaudit.project.entry import Entry
from aiaudit.project.roles import PRODUCTION, Role

_EVIDENCE: Final = 25
_ASIDE: Final = frozenset({Role.TEST, Role.EXAMPLE, Role.DOCS, Role.VENDORED})
_LOCKS: Final = (
    "!**/{package-lock.json,npm-shrinkwrap.json,yarn.lock,pnpm-lock.yaml,bun.lock,go.sum}",
    "!**/*.{lock,min.js,map,svg}",
)
_BARE: Final = (
    "**/.env*",
    "**/*.{env,ini,cfg,conf,properties,toml,yaml,yml,tfvars,service,dockerfile,sh,bash,zsh,envrc}",
    "**/{Dockerfile,Containerfile,docker-compose}*",
    *_LOCKS,
)
# Of documents only what stands there as it would in a file of settings or a command: what an interface answers in an
# example looks like a secret more often than it is one.
_TOLD: Final = ("**/*.{md,mdx,rst,adoc}",)
NAMED: Final = 0  # in the place of a line: the secret is the file's name, or that of a folder on the way to it
_TEST_FILE: Final = lazy.regex(
    r"test|example|sample|dummy|fake|mock|snakeoil|localhost|fixture|cassette", re.IGNORECASE
)
# Variables of the tests: what only a name and a shape make a secret opens what the tests start for themselves.
_TEST_ENV: Final = lazy.regex(r"(?:^|/)\.?env[._-](?:test|tests|testing|ci|e2e)(?:\.[\w.-]+)?$", re.IGNORECASE)
_RANK: Final = {"vendor": 0, "named": 1, "free": 2}

SECRET: Final = record(
    "secret",
    path=STRING,
    line=INT,
    rule=STRING,
    vendor=STRING,
    kind=STRING,
    prefix=STRING,
    role=STRING,
    ignored=BOOL,
    secret=INT,
    doubt=STRING,
    reach=STRING,
    confidence=STRING,
)


class SecretsQuery(Query):
    """min_confidence: leave out what is less sure. roles: purposes of files (all where empty). ignored: whether files
    that a `.gitignore` matches are looked into as well."""

    min_confidence: Confidence = Confidence.MEDIUM
    roles: list[Role] = Field(default=[])
    ignored: bool = True

    def groups(self) -> Sequence[PatternGroup]:
        judged_by = f"secrets {VERSION} {digest()}"
        return (
            PatternGroup(
                patterns("vendor", "named"), ("**/*",), ignored=self.ignored, judge=found, judged_by=judged_by
            ),
            PatternGroup(
                patterns("free"), ("**/*", *_LOCKS), PRODUCTION, ignored=self.ignored, judge=found, judged_by=judged_by
            ),
            PatternGroup(
                patterns("free", files="bare"),
                _BARE,
                PRODUCTION,
                ignored=self.ignored,
                judge=found,
                judged_by=judged_by,
            ),
            PatternGroup(
                patterns("free", files="bare"),
                _TOLD,
                frozenset({Role.DOCS}),
                ignored=self.ignored,
                judge=found,
                judged_by=judged_by,
            ),
        )


def engines(more: Second) -> str:
    """Which engines looked, with what a reader has to know of them."""
    named = f"built-in rules ({len(rules())})"
    if more.trouble:
        return f"{named}; {more.trouble}"
    return f"{named} and {more.engine}" if more.engine else named


class SecretsProbe(Probe[SecretsQuery]):
    """Secrets in text files, ignored files and notebook outputs included.

    Placeholders, examples, weak defaults, hashes, identifiers, expired web tokens and encoded data are no secrets.
    `secret` numbers the values: places with the same number hold the same one. `prefix` is the vendor's public one, at
    most four characters. Line 0: a part of the path is the secret. `ignored`: a `.gitignore` matches the file, and git
    does not track it. `kind`: vendor (the value's own shape), named (by the name beside it), free (by chance of name
    and randomness). `reach`: where the server stands that it opens (internet, inside), "" where none is named.
    Nothing of the value is kept.
    """

    name: ClassVar[str] = "secrets"
    title: ClassVar[str] = "secrets in text, configuration and notebook outputs"
    query: ClassVar[type[SecretsQuery]] = SecretsQuery
    max_level: ClassVar[Level] = Level.MEASURED
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: SecretsQuery) -> Type:
        return list_of(SECRET)

    def answer(self, fact_id: str, query: SecretsQuery, context: Context) -> Fact:
        groups = query.groups()
        found: dict[tuple[str, int], dict[str, Any]] = {}
        for group in groups:
            for entry, hits in hits_of(group, context):
                if query.roles and entry.role not in query.roles:
                    continue
                for number, line, kept in hits:
                    one = record_of(entry, line, group.patterns[number].name, kept, context.as_of)
                    if one is not None and _at_least(one["confidence"], query.min_confidence):
                        _add(found, one)
        for path, pattern, kept in in_names([entry.path for entry in context.project.entries]):
            named = context.project.entry(path)
            if named is not None and (named.role in query.roles or not query.roles):
                one = record_of(named, NAMED, pattern.name, kept, context.as_of)
                if one is not None and _at_least(one["confidence"], query.min_confidence):
                    _add(found, one)
        more = second(context)
        for entry, kept in more.found:
            if not query.roles or entry.role in query.roles:
                one = _of_second(entry, kept, context.as_of)
                if one is not None and _at_least(one["confidence"], query.min_confidence):
                    _add(found, one)
        if any(one["ignored"] for one in found.values()):
            tracked = tracked_paths(context)
            for one in found.values():
                one["ignored"] = one["ignored"] and one["path"] not in tracked
        secrets = _numbered([found[key] for key in sorted(found)])
        scope, reason = scope_of(groups[0], context)
        return _fact(fact_id, secrets, scope, reason, more)


def record_of(entry: Entry, line: int, rule_id: str, kept: dict[str, Any], as_of: dt.date) -> dict[str, Any] | None:
    """The record of a hit of the built-in rules; None where the file's place or a token's date makes it none."""
    rule = rules()[rule_id]
    if _is_over(kept, as_of):
        return None
    doubt = str(kept.get("doubt", ""))
    aside = entry.role in _ASIDE or _TEST_ENV.search(entry.path) is not None
    if aside and (doubt or (rule.check in ("pem", "jwt") and _TEST_FILE.search(entry.path))):
        return None  # a test's own key
    confidence = Confidence.STRONG if rule.shape == "vendor" and not doubt else Confidence.MEDIUM
    if aside and rule.shape != "vendor" and not (kept.get("opened") and entry.role == Role.TEST):
        confidence = Confidence.WEAK
    return {
        "path": entry.display,
        "line": line,
        "rule": rule.id,
        "vendor": rule.vendor,
        "kind": rule.shape,
        "prefix": rule.prefix,
        "role": str(entry.role),
        "ignored": entry.ignored,
        "secret": 0,
        "doubt": doubt,
        "reach": str(kept.get("reach", "")),
        "confidence": str(confidence),
        "same": kept.get("same", ""),
    }


def _of_second(entry: Entry, kept: dict[str, Any], as_of: dt.date) -> dict[str, Any] | None:
    """The record of a hit of the second engine; what stands aside from the product counts as with the own rules."""
    aside = entry.role in _ASIDE or _TEST_ENV.search(entry.path) is not None
    if _is_over(kept, as_of) or (aside and (kept["kind"] != "vendor" or _TEST_FILE.search(entry.path))):
        return None
    return {
        "path": entry.display,
        "line": kept["line"],
        "rule": kept["rule"],
        "vendor": kept["vendor"],
        "kind": kept["kind"],
        "prefix": "",
        "role": str(entry.role),
        "ignored": entry.ignored,
        "secret": 0,
        "doubt": "",
        "reach": "",
        "confidence": str(kept["confidence"]),
        "same": "",
    }


def _is_over(kept: dict[str, Any], as_of: dt.date) -> bool:
    """Whether a token's own date says that it opens nothing any more."""
    expires = kept.get("expires")
    return isinstance(expires, int) and dt.datetime.fromtimestamp(expires, dt.UTC).date() < as_of


def _add(found: dict[tuple[str, int], dict[str, Any]], one: dict[str, Any]) -> None:
    """Keep one secret a line: that of the rule which knows most."""
    key = (one["path"], one["line"])
    before = found.get(key)
    if before is None or rank(one) < rank(before):
        found[key] = one


def rank(one: dict[str, Any]) -> tuple[int, int]:
    """Orders the hits of a line: that of the rule which knows most comes first."""
    known = list(rules())  # the second engine's rules come last
    return _RANK[one["kind"]], known.index(one["rule"]) if one["rule"] in rules() else len(known)


def _at_least(confidence: str, least: Confidence) -> bool:
    return SURENESS.index(Confidence(confidence)) >= SURENESS.index(least)


def _numbered(secrets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number the values in the order of their first place, and drop what told them apart."""
    numbers: dict[str, int] = {}
    out = []
    for place, one in enumerate(secrets):
        number = numbers.setdefault(one["same"] or f"place {place}", len(numbers) + 1)
        out.append({**{key: value for key, value in one.items() if key != "same"}, "secret": number})
    return out


def _fact(fact_id: str, secrets: list[dict[str, Any]], scope: Scope, reason: str, more: Second) -> Fact:
    method = engines(more)
    if not secrets and more.trouble:
        return Fact(fact_id, State.UNKNOWN, method=method, scope=scope, reason=more.trouble)
    if not secrets and scope.files and not scope.complete:
        reason = f"{scope.files - scope.read} of {scope.files} files could not be read whole: {reason}"
        return Fact(fact_id, State.UNKNOWN, method=method, scope=scope, reason=reason)
    if not secrets:
        return Fact(fact_id, State.ABSENT, [], Level.MEASURED, method, scope=scope)
    evidence = tuple(
        Evidence(one["path"], one["line"] or None, f"{one['vendor']} ({one['rule']})") for one in secrets[:_EVIDENCE]
    )
    surest = max((Confidence(one["confidence"]) for one in secrets), key=SURENESS.index)  # each keeps its own
    return Fact(fact_id, State.KNOWN, secrets, Level.MEASURED, method, surest, evidence, scope)


class EngineQuery(Query):
    """Nothing to ask."""


class EngineProbe(Probe[EngineQuery]):
    """Which engines look for secrets in this audit, with versions, and why one of them gave no whole answer."""

    name: ClassVar[str] = "secrets.engine"
    title: ClassVar[str] = "the engines that look for secrets, with their versions"
    query: ClassVar[type[EngineQuery]] = EngineQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: EngineQuery) -> Type:
        return STRING

    def answer(self, fact_id: str, query: EngineQuery, context: Context) -> Fact:
        return Fact(fact_id, State.KNOWN, engines(second(context)), Level.MEASURED, "options of this audit")
