"""What is kept of a hit. Runs where the text is; the value itself never leaves this function."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.secrets import checks
from aiaudit.probes.secrets.reach import reach_of
from aiaudit.probes.secrets.rules import Rule, rules
from aiaudit.probes.secrets.surroundings import (
    is_example_of_a_schema,
    is_of_a_test_run,
    is_opened,
    lives_for_one_run,
    names_a_server,
    told_in_base64,
)
from aiaudit.probes.text.groups import Pattern

_TEMPORARY: Final = lazy.regex(rb"\bASIA[A-Z2-7]{16}\b")  # AWS STS: a session lasts 36 hours at most
# Of Firebase: every page that uses it shows it, and every copy of an app carries it. Rules guard what it leads to
# (firebase.google.com/docs/projects/api-keys).
_OF_A_PAGE: Final = lazy.regex(
    rb"\bauthDomain\b|\.firebaseapp\.com|\bmessagingSenderId\b|\bmobilesdk_app_id\b|\"current_key\"|\b(?:GOOGLE_APP_ID|GCM_SENDER_ID)\b"
    rb"|\bFirebaseOptions\("
)
_BESIDE: Final = 300  # bytes around a secret in which the ID that belongs to it stands
_LONGEST: Final = 4096  # characters of a value that are looked at
_KEY: Final = b"aiaudit: which of these are the same"


def judge(pattern: Pattern, match: Any, text: bytes) -> dict[str, Any] | None:
    """What may be kept of a hit, or None where it is no secret.

    `same`: a short keyed digest by which equal values in several files are known as one. It is made only of values that
    cannot be guessed from it (a vendor's random keys), stays in the cache, and never comes into a fact.
    """
    rule = rules()[pattern.name]
    assigned, group = rule.check == "assigned", _group(rule)
    raw = secret_of(pattern, match)
    value = raw.decode("utf-8", "replace").strip()
    if len(value) < rule.length or checks.entropy(value) < rule.entropy or checks.is_placeholder(value[:400]):
        return None
    start, end = match.span(group)
    if rule.id != "private-key" and checks.inside_data(text, start, end):
        return None
    if checks.inside_a_token(text, start) if rule.shape == "vendor" else checks.beside_a_hash(text, start):
        return None
    if rule.check == "connection" and not names_a_server(text, start, end):
        return None
    kept: dict[str, Any] | None = {}
    if assigned and (told := told_in_base64(text, start, value)):
        if len(told) < rule.length or checks.is_placeholder(told[:400]):
            return None
        value = told
    if assigned:
        kept = checks.assigned(match.group(1).decode("utf-8", "replace"), value)
    elif rule.check:
        kept = _CHECKS[rule.check](value)
    opened = rule.check in ("password", "hosted_password") and is_opened(text, start, end)
    if kept is None and opened:  # what is dialled so is judged as the password of a hosted database is
        kept = checks.hosted_password(value)
    if kept is None:
        return None
    if opened:
        kept["opened"] = True
    if value.startswith("AIza") and _OF_A_PAGE.search(text[max(start - _BESIDE, 0) : end + _BESIDE]):
        return None
    if rule.id == "aws-secret-key" and _TEMPORARY.search(text[max(start - _BESIDE, 0) : end + _BESIDE]):
        kept["doubt"] = "its key ID begins with ASIA, so it is temporary and void within 36 hours"
    if rule.shape != "vendor" and (reach := reach_of(text, start, end)):
        kept["reach"] = reach
    if rule.shape == "vendor":
        kept["same"] = hmac.new(_KEY, raw, hashlib.sha256).hexdigest()[:12]
    return kept


def found(pattern: Pattern, match: Any, text: bytes) -> dict[str, Any] | None:
    """The same for what is told as a finding: what is hidden in quotes all the same, but worth nothing to whoever reads
    it where it stands, is None too."""
    kept = judge(pattern, match, text)
    rule = rules()[pattern.name]
    if kept is not None and (rule.check == "assigned" or rule.id == "fernet"):  # whoever runs it makes such a key
        kept = None if is_of_a_test_run(text, match.start(_group(rule))) else kept
    if kept is None or rule.check != "assigned":
        return kept
    start, value = match.start(_group(rule)), secret_of(pattern, match)
    return None if lives_for_one_run(text, start, value) or is_example_of_a_schema(text, start) else kept


def secret_of(pattern: Pattern, match: Any) -> bytes:
    """The value of a hit. It must not leave this process."""
    value: bytes = match.group(_group(rules()[pattern.name]))[:_LONGEST]
    return value


def _group(rule: Rule) -> int:
    """The group of the rule's pattern that is the value; the rule `assigned` has the name before it."""
    return 2 if rule.check == "assigned" else 1


_CHECKS: Final = {
    "github": checks.github,
    "pem": checks.pem,
    "jwt": checks.jwt,
    "password": checks.password,
    "chosen": checks.chosen,
    "hosted_password": checks.hosted_password,
    "connection": checks.connection,
    "keylike": checks.keylike,
    "random": checks.random,
    "letters": checks.letters,
}
