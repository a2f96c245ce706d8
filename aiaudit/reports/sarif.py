"""SARIF 2.1.0: findings in code for code scanning (GitHub, Azure DevOps, editors).

Written by hand: the libraries are stale or slow to import. Only findings with a place are results; what has no place in
a file belongs in the report. Paths are relative URIs, no line of the project is quoted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from aiaudit.reports.failed import Problem, cleaned, problems
from aiaudit.reports.record import Record
from aiaudit.track_record import FEW

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST: Final = 25_000  # results that GitHub takes of a run
_LEVEL: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# GitHub sorts by this number: above 9.0 critical, above 7.0 high, above 4.0 medium.
_SECURITY: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}

# How often a rule's results are true, in GitHub's words; the shares are ours.
_PRECISION: Final = ((0.95, "very-high"), (0.85, "high"), (0.7, "medium"), (0.0, "low"))


def render(result: Mapping[str, Any]) -> str:
    """One run with the rules that found something and their results."""
    told = cleaned(result)
    found = [problem for problem in problems(told) if problem.path][:MOST]
    rules = list({problem.check.text("id"): problem.check for problem in found}.values())
    number = {rule.text("id"): index for index, rule in enumerate(rules)}
    tool = told.record("tool")
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": tool.text("name", "aiaudit"),
                "semanticVersion": tool.text("version"),
                "rules": [_rule(rule) for rule in rules],
                "properties": {"ruleset": tool.text("ruleset_hash")},
            }
        },
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"PROJECT": {"description": {"text": "The folder that was audited."}}},
        "results": [_result(problem, number) for problem in found],
        "automationDetails": {"id": "aiaudit/"},
    }
    commit = told.record("project").text("commit")
    if commit:
        run["properties"] = {"commit": commit}  # versionControlProvenance wants the repository's address too
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(check: Record) -> dict[str, Any]:
    severity = check.text("severity")
    rule: dict[str, Any] = {
        "id": check.text("id"),
        "name": _name(check.text("title")),
        "shortDescription": {"text": check.text("title")},
        "fullDescription": {"text": check.text("why") or check.text("title")},
        "help": {"text": check.text("remediation") or check.text("title")},
        "defaultConfiguration": {"level": _LEVEL.get(severity, "warning")},
        "properties": {"tags": [check.text("pack"), severity], "problem.severity": _LEVEL.get(severity, "warning")},
    }
    if check.text("pack") == "security":  # the tag of this name is what makes GitHub read the number
        rule["properties"]["security-severity"] = _SECURITY.get(severity, "5.5")
    read = check.record("track_record")
    if read.whole("read") >= FEW:
        share = read.whole("right") / read.whole("read")
        rule["properties"]["precision"] = next(word for least, word in _PRECISION if share >= least)
    return rule


def _result(problem: Problem, number: Mapping[str, int]) -> dict[str, Any]:
    check = problem.check
    level = _LEVEL.get(check.text("severity"), "warning")
    location: dict[str, Any] = {
        "artifactLocation": {"uri": quote(problem.path, safe="/"), "uriBaseId": "PROJECT"},
    }
    if problem.line:
        location["region"] = {"startLine": problem.line}
    result: dict[str, Any] = {
        "ruleId": check.text("id"),
        "ruleIndex": number[check.text("id")],
        "level": "note" if check.text("status") == "partial" and level == "warning" else level,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"aiaudit/v1": problem.fingerprint},
        "properties": {"status": check.text("status"), "confidence": problem.confidence},
    }
    if problem.waived:
        waiver = check.record("waiver")
        justification = waiver.text("reason") or "accepted by the project"
        kind = "inSource" if waiver.text("at") else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": justification}]
    return result


def _name(title: str) -> str:
    """A rule's name for machines: the words of its title joined."""
    words = ("".join(c for c in word if c.isalnum()) for word in title.title().split())
    return "".join(words)[:120] or "Check"
