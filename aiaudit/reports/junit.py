"""JUnit XML: one suite a pack, one case a check, for every CI server's test page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.reports.failed import cleaned, is_waived, message_of
from aiaudit.reports.record import Record

_ILLEGAL: Final = lazy.regex("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_MOST_PLACES: Final = 50


def render(result: Mapping[str, Any]) -> bytes:
    """`fail` is a failure, `error` an error; what could not be judged or does not apply is skipped with its reason."""
    told = cleaned(result)
    day = told.text("as_of")
    root = ET.Element("testsuites", name="aiaudit")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for pack in told.records("packs"):
        checks = [check for check in told.records("checks") if check.text("pack") == pack.text("id")]
        suite = ET.SubElement(root, "testsuite", name=_xml(pack.text("title")), timestamp=f"{day}T00:00:00", time="0")
        counts = {"tests": len(checks), "failures": 0, "errors": 0, "skipped": 0}
        for check in checks:
            kind = _case(suite, pack, check)
            if kind:
                counts[kind] += 1
        for name, value in counts.items():
            suite.set(name, str(value))
            totals[name] += value
    for name in ("tests", "failures", "errors"):  # the schema has no sum of what was skipped
        root.set(name, str(totals[name]))
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _case(suite: ET.Element, pack: Record, check: Record) -> str:
    name = f"{check.text('id')} {check.text('title')}"
    case = ET.SubElement(suite, "testcase", name=_xml(name), classname=f"aiaudit.{_xml(pack.text('id'))}", time="0")
    status, reason = check.text("status"), _xml(check.text("reason"))
    if status in ("pass", "partial"):
        if status == "partial":
            ET.SubElement(case, "system-out").text = f"partly shown: {reason}"
        return ""
    if status == "fail":
        if is_waived(check):
            waiver = check.record("waiver")
            ET.SubElement(case, "skipped", message=_xml(f"waived: {waiver.text('reason')}"))
            return "skipped"
        failure = ET.SubElement(case, "failure", message=reason, type=_xml(check.text("severity")))
        failure.text = _xml("\n".join([*_places(check), check.text("remediation")]))
        return "failures"
    if status == "error":
        ET.SubElement(case, "error", message=reason, type="error").text = reason
        return "errors"
    ET.SubElement(case, "skipped", message=f"{status.replace('_', ' ')}: {reason}")
    return "skipped"


def _places(check: Record) -> list[str]:
    findings = check.records("findings")
    lines = []
    for finding in findings[:_MOST_PLACES]:
        path, line = finding.text("path"), finding.whole("line")
        place = f"{path}:{line}: " if path and line else f"{path}: " if path else ""
        lines.append(f"{place}{message_of(finding)}")
    if len(findings) > _MOST_PLACES:
        lines.append(f"and {len(findings) - _MOST_PLACES:,} more")
    return lines


def _xml(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
