"""OSCAL assessment results (NIST, JSON): every check an observation, every judged control a finding.

OSCAL knows two states of a finding. `satisfied` here says that all mapped checks that apply pass, and its remarks say
that this is evidence supporting the control and no statement of conformity. A control that could not be judged gets no
finding: it stands among the excluded controls, and its state in a property of the result. Ids are UUIDs made of the
content (version 5), so that the same result gives the same bytes.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.reports.failed import cleaned, message_of
from aiaudit.reports.frameworks import STATE, STATE_MEANING
from aiaudit.reports.record import Record

OSCAL_VERSION: Final = "1.0.6"
"""The version whose schema the tests validate against; the form is the same in 1.1 and 1.2."""

NAMESPACE: Final = "https://aiaudit.invalid/oscal"  # of our properties; names nothing on the network
_ROOT: Final = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
_SATISFIED: Final[Mapping[str, str]] = {"supported": "satisfied", "partly": "not-satisfied", "gap": "not-satisfied"}
_MOST_EVIDENCE: Final = 50  # places of one check; the result JSON holds all of them
_REMARK: Final = "Evidence supporting the control; no statement of conformity."


def render(result: Mapping[str, Any]) -> str:
    """The assessment results as JSON. The same result gives the same text."""
    content = json.dumps(result, sort_keys=True, ensure_ascii=True, default=str)
    return json.dumps(_Document(cleaned(result), content).build(), indent=1, ensure_ascii=True) + "\n"


def control_id(framework: str, control: str) -> str:
    """A control's id as an OSCAL token: the framework's id, a dot, and the control's id without signs."""
    return f"{framework}.{re.sub(r'[^A-Za-z0-9.]+', '-', control).strip('-').lower()}"


class _Document:
    """The document of one result; `content` is what its UUIDs are made of."""

    def __init__(self, result: Record, content: str) -> None:
        self.result = result
        self.root = uuid.uuid5(_ROOT, content)
        self.when = f"{result.text('as_of')}T00:00:00Z"
        self.seen = {check.text("id") for check in result.records("checks")}

    def build(self) -> dict[str, Any]:
        tool = self.result.record("tool")
        name = self.result.record("project").text("name") or "unnamed project"
        return {
            "assessment-results": {
                "uuid": str(self.root),
                "metadata": {
                    "title": f"Production readiness audit of {name}",
                    "last-modified": self.when,
                    "version": self.result.text("as_of"),
                    "oscal-version": OSCAL_VERSION,
                    "remarks": _REMARK,
                },
                "import-ap": {"href": f"#{self._id('plan')}", "remarks": "The rules are the plan: see the resource."},
                "results": [self._result(name)],
                "back-matter": {
                    "resources": [
                        {
                            "uuid": self._id("plan"),
                            "title": f"{tool.text('name')} {tool.text('version')}, rules {tool.text('ruleset_hash')}",
                            "description": "The checks and rules that judged this project.",
                        }
                    ]
                },
            }
        }

    def _id(self, *parts: str) -> str:
        return str(uuid.uuid5(self.root, "\0".join(parts)))

    def _result(self, name: str) -> dict[str, Any]:
        frameworks = self.result.records("frameworks")
        selections = [self._selection(one) for one in frameworks]
        found: dict[str, Any] = {
            "uuid": self._id("result"),
            "title": f"Audit of {name}",
            "description": "Checks of an AI project's readiness for production, and the controls that they bear on.",
            "start": self.when,
            "end": self.when,
            "reviewed-controls": {
                "control-selections": selections or [{"description": "No framework in this result."}]
            },
        }
        if props := [prop for one in frameworks for prop in self._unjudged(one)]:
            found["props"] = props
        if observations := [self._observation(check) for check in self.result.records("checks")]:
            found["observations"] = observations
        if findings := [finding for one in frameworks for finding in self._findings(one)]:
            found["findings"] = findings
        return found

    def _selection(self, framework: Record) -> dict[str, Any]:
        name = framework.text("id")
        judged: list[dict[str, str]] = []
        rest: list[dict[str, str]] = []
        for control in framework.records("controls"):
            item = {"control-id": control_id(name, control.text("id"))}
            (judged if control.text("state") in _SATISFIED else rest).append(item)
        selection: dict[str, Any] = {
            "description": f"{framework.text('title')} ({framework.text('edition')})",
            "links": [{"href": framework.text("source"), "rel": "reference"}],
        }
        if judged:
            selection["include-controls"] = judged
        if rest:
            selection["exclude-controls"] = rest
        return selection

    def _unjudged(self, framework: Record) -> Iterator[dict[str, str]]:
        """The state of every control that has no finding."""
        for control in framework.records("controls"):
            if (state := control.text("state")) not in _SATISFIED:
                yield {
                    "name": "control-state",
                    "ns": NAMESPACE,
                    "value": state.replace("_", "-") or "unknown",
                    "class": control_id(framework.text("id"), control.text("id")),
                    "remarks": f"{STATE.get(state, state)}: {STATE_MEANING.get(state, 'unknown')}.",
                }

    def _observation(self, check: Record) -> dict[str, Any]:
        evidence = [
            {"href": f"#{self._id('plan')}", "description": _place(finding)}
            for finding in check.records("findings")[:_MOST_EVIDENCE]
        ]
        observation: dict[str, Any] = {
            "uuid": self._id("check", check.text("id")),
            "title": f"{check.text('id')}: {check.text('title')}",
            "description": check.text("reason") or check.text("title") or check.text("id"),
            "props": [
                {"name": "check-id", "ns": NAMESPACE, "value": check.text("id")},
                {"name": "status", "ns": NAMESPACE, "value": check.text("status")},
                {"name": "evidence-level", "ns": NAMESPACE, "value": check.text("evidence_level", "none")},
            ],
            "methods": ["INTERVIEW" if check.text("kind") == "attested" else "TEST"],
            "collected": self.when,
        }
        if evidence:
            observation["relevant-evidence"] = evidence
        return observation

    def _findings(self, framework: Record) -> Iterator[dict[str, Any]]:
        name = framework.text("id")
        for control in framework.records("controls"):
            state = control.text("state")
            if state not in _SATISFIED:
                continue
            checks = [check.text("id") for check in control.records("checks")]
            yield {
                "uuid": self._id("control", name, control.text("id")),
                "title": f"{framework.text('title')}, {control.text('id')}: {control.text('title')}",
                "description": f"{STATE[state]}: {STATE_MEANING[state]}. {control.text('reason')}",
                "target": {
                    "type": "objective-id",
                    "target-id": control_id(name, control.text("id")),
                    "status": {
                        "state": _SATISFIED[state],
                        "reason": {"supported": "pass", "gap": "fail"}.get(state, "other"),
                        "remarks": _REMARK,
                    },
                },
                "related-observations": [
                    {"observation-uuid": self._id("check", check)} for check in checks if check in self.seen
                ],
            }


def _place(finding: Record) -> str:
    place = ":".join(part for part in (finding.text("path"), str(finding.whole("line") or "")) if part)
    return " ".join(part for part in (place, message_of(finding)) if part) or "See the result JSON."
