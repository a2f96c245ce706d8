"""What makes an alert one that somebody can act on: a runbook that is there, a threshold, a test in which it fires."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.reading import Files

_COMPARES: Final = lazy.regex(r"[<>]=?|[!=]=|\babsent(?:_over_time)?\s*\(|\bchanges\s*\(")
_ALWAYS: Final = lazy.regex(r"^[^<>=!]*>=\s*-?0+(?:\.0+)?\s*$")
_TO_DO: Final = lazy.regex(r"(?i)\b(?:todo|tbd|fixme|to be (?:written|done|defined)|coming soon|lorem ipsum)\b")
_LEAST_WORDS: Final = 8  # of a page that tells what to do
_LABELS: Final = lazy.regex(r"\{[^{}]*\}|\"[^\"]*\"")
# A file in the web view of a code host: `https://github.com/org/repo/blob/main/docs/runbook.md`.
_BLOB: Final = lazy.regex(r"/(?:blob|raw|tree|src/branch)/[^/]+/(.+)$")
_FILE: Final = lazy.regex(r"\.(?:md|rst|txt|adoc|html|pdf)$", re.IGNORECASE)


def found(files: Files, path: str, runbook: str) -> bool | Unknown:
    """Whether a runbook is a file of the tree, by its path or its address on a code host; Unknown where it is on a
    site that cannot be looked at, and for a name that holds a template."""
    text = runbook.strip()
    if not text or re.search(r"(?i)\b(?:todo|tbd|example\.(?:com|org|net))\b|^(?:none|n/a|-)$", text):
        return False
    if "{{" in text or "${" in text:
        return Unknown("the address of the runbook is a template")
    parts = urlsplit(text)
    if parts.scheme:
        blob = _BLOB.search(parts.path)
        if blob is None:
            return Unknown("the runbook is on a site that is not looked at")
        return files.exists(unquote(blob.group(1))) or Unknown("the runbook may be in another repository")
    if not _FILE.search(parts.path):
        return Unknown("the runbook is named by words, not by a file")
    name = parts.path.lstrip("/")
    near = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    there = next((one for one in (name, near) if files.exists(one)), "")
    return bool(there) and _says_something(files.text(there), there)


def _says_something(text: str | None, name: str) -> bool:
    """Whether a page has more than headings and words that say it is still to be written."""
    if text is None or not name.lower().endswith((".md", ".rst", ".txt", ".adoc")):
        return True
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "=", "---"))]
    words = [word for line in lines if not _TO_DO.search(line) for word in line.split() if any(map(str.isalpha, word))]
    return len(words) >= _LEAST_WORDS


def has_threshold(source: str, expression: str, metrics: list[str]) -> bool | Unknown:
    """Whether the expression of a rule says from when on it fires; Grafana and clouds keep that beside it. What
    compares numbers alone, or asks whether something is at least nothing, fires always or never."""
    if source != "prometheus":
        return True
    compares = bool(_COMPARES.search(_LABELS.sub(" ", expression)))
    if compares and (not metrics or _ALWAYS.search(expression)):
        return False
    return compares or Unknown("the expression compares nothing itself")


def tested_alerts(document: Any) -> set[str]:
    """The alerts that a unit test of Prometheus rules (`promtool test rules`) expects to fire."""
    tests = document.get("tests") if isinstance(document, Mapping) else None
    names: set[str] = set()
    for test in tests if isinstance(tests, list) else ():
        cases = test.get("alert_rule_test") if isinstance(test, Mapping) else None
        for case in cases if isinstance(cases, list) else ():
            if isinstance(case, Mapping) and case.get("exp_alerts"):
                names.add(str(case.get("alertname")))
    return names
