"""Findings of a check: one for each element of its list, with a place, a sentence and a stable fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.check import Check
from aiaudit.model.fact import SURENESS, Confidence
from aiaudit.model.result import Finding
from aiaudit.model.types import Unknown
from aiaudit.packs.cells import Cells
from aiaudit.packs.copies import Copies
from aiaudit.rules import evaluate
from aiaudit.rules.language import Expression
from aiaudit.rules.nodes import Binary, Node

MAX_LISTED = 100
MOST_TOLD: Final = 5_000  # elements of a list that are looked at for being said twice
ITEM = "item"  # what a finding's sentence calls its element
_PLACE_KEYS = frozenset({"path", "line", "column", "end_line", "end_column", "cell", "excerpt", "note", "confidence"})
_SUBJECT_KEYS = ("symbol", "name", "function", "key")


def fingerprint(check_id: str, element: Any, fact_key: str) -> str:
    """A digest that names the same fault in the next audit, without line numbers.

    Made of the check, the subject (path and symbol, or the fact where there is no path) and the element's other texts
    and truth values. Numbers are left out: ages, counts and lines move from day to day.
    """
    fields: Mapping[str, Any] = element if isinstance(element, Mapping) else {"item": element}
    path = fields.get("path")
    symbol = next((fields[key] for key in _SUBJECT_KEYS if isinstance(fields.get(key), str)), "")
    subject = [path, symbol] if isinstance(path, str) and path else [fact_key, symbol]
    stable = {key: _stable(value) for key, value in sorted(fields.items()) if key not in _PLACE_KEYS}
    text = json.dumps([check_id, subject, stable], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _stable(value: Any) -> Any:
    """The parts of a value that do not move: texts with plain spacing, truth values, and structure around them."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Mapping):
        return {str(key): _stable(inner) for key, inner in sorted(value.items()) if key not in _PLACE_KEYS}
    if isinstance(value, list | tuple):
        return [_stable(inner) for inner in value]
    return None


_SMALL: Final = lazy.regex(r"^(?:the|an?|nothing|no|none|this|it|some|every|all) ")
"""How a sentence begins that does not begin with a name (`requests.get has …`): with a capital."""


def place(element: Any) -> tuple[str | None, int | None]:
    """Path and line of an element, where it has them."""
    if not isinstance(element, Mapping):
        return None, None
    path, line = element.get("path"), element.get("line")
    known_path = path if isinstance(path, str) and path else None
    return known_path, line if known_path and isinstance(line, int) and line > 0 else None


def number_equal_ones(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Give the second and later of equal fingerprints a number, in the order of their places; the findings stay in
    theirs."""
    ordered = sorted(
        range(len(findings)),
        key=lambda n: (findings[n].path or "", findings[n].line or 0, findings[n].message),
    )
    seen: Counter[str] = Counter()
    result = list(findings)
    for n in ordered:
        plain = findings[n].fingerprint
        seen[plain] += 1
        if seen[plain] > 1:
            result[n] = replace(findings[n], fingerprint=f"{plain}-{seen[plain]}")
    return tuple(result)


def confidence_of(element: Any, default: Confidence) -> Confidence:
    """The element's own confidence where it names one, never above the default."""
    own = element.get("confidence") if isinstance(element, Mapping) else None
    if isinstance(own, str) and own in tuple(Confidence):
        return min(Confidence(own), default, key=SURENESS.index)
    return default


def plain_sentence(element: Any) -> str:
    """What is said of an element where the check has no `finding_says`: its telling fields."""
    if isinstance(element, Unknown):
        return f"could not be resolved: {element.reason}" if element.reason else "could not be resolved"
    if not isinstance(element, Mapping):
        return str(element)
    told = [
        f"{key} {value}"
        for key, value in element.items()
        if key not in _PLACE_KEYS
        and isinstance(value, str | int | float)
        and not isinstance(value, bool)
        and value != ""
    ]
    return ", ".join(told[:4]) or "found here"


class Gathered(Struct, frozen=True):
    """The findings of one check: those listed, how many there are in all, and what the reason adds about the rest.
    `copied`: those of all that say again what another one says, in a copy of its file."""

    findings: tuple[Finding, ...] = ()
    count: int = 0
    remark: str = ""
    copied: int = 0


def gather(check: Check, seen: Mapping[str, Any], confidence: Confidence, copies: Copies, cells: Cells) -> Gathered:
    """The findings of a check that did not pass, in the order of its list: a pack puts the gravest first (`sortBy`, or
    the parts of a sum). Those that say the same of one line again are one.

    Args:
        check: names the list (`findings_expr`) and the sentences.
        seen: the values that the check's rule saw.
        confidence: how sure the facts are that decided; no finding is surer.
        copies: the files that are copies of others; what stands there comes behind the rest.
        cells: of findings in notebooks, where they stand.
    """
    if check.findings_expr is None:
        return Gathered()
    outcome = evaluate(check.findings_expr, seen)
    elements = outcome.value
    if outcome.incomplete is not None:
        elements = outcome.incomplete.sure
    if not isinstance(elements, list):
        elements = _known_parts(check.findings_expr, seen)
    if check.finding_confidence:
        confidence = min(confidence, Confidence(check.finding_confidence), key=SURENESS.index)
    around = {name: value for name, value in seen.items() if name.startswith(("params.", "project."))}
    told = copies.marked(
        _once([_finding(check, element, around, confidence, cells) for element in elements[:MOST_TOLD]])
    )
    count = max(len(told), len(elements) if len(elements) > MOST_TOLD else 0)
    remark = _not_listed(count - MAX_LISTED)
    return Gathered(number_equal_ones(told[:MAX_LISTED]), count, remark, sum(bool(one.copy_of) for one in told))


def _not_listed(more: int) -> str:
    """What a report says of places beyond those that it lists: a number that the sentence before it has not."""
    return (
        "" if more <= 0 else " One more place is not listed." if more == 1 else f" {more:,} more places are not listed."
    )


def _known_parts(expression: Expression, seen: Mapping[str, Any]) -> list[Any]:
    """Of a sum (`privileged + as_root + open_stores`) of which one part is not known, the elements that are."""
    found: list[Any] = []
    todo: list[Node] = [expression.node]
    while todo:
        node = todo.pop()
        if isinstance(node, Binary) and node.op == "+":
            todo += [node.right, node.left]
            continue
        part = Expression(
            expression.source, expression.type, expression.names, node, expression.slots, expression.expect
        )
        outcome = evaluate(part, seen)
        value = outcome.value if outcome.incomplete is None else outcome.incomplete.sure
        if isinstance(value, list):
            found += value
    return found


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Without those that say the same of the same line again: a template of a pipeline that is used six times, say."""
    told: dict[tuple[str | None, int | None, str], Finding] = {}
    for number, finding in enumerate(findings):
        placed = finding.path is not None and finding.line is not None
        told.setdefault(
            (finding.path, finding.line, finding.message if placed else f"{number} {finding.message}"), finding
        )
    return list(told.values())


def _finding(check: Check, element: Any, around: Mapping[str, Any], confidence: Confidence, cells: Cells) -> Finding:
    path, line = place(element)
    fields = dict(element) if isinstance(element, Mapping) else {}
    values = {**fields, **around, ITEM: element}

    def said(part: str) -> str:
        sentence = check.templates.get(f"finding.{part}")
        return sentence.render(values) if sentence is not None else ""

    return Finding(
        message=_SMALL.sub(lambda hit: hit[0].capitalize(), said("says") or plain_sentence(element)),
        path=path,
        line=line,
        measured=said("measured"),
        limit=said("limit"),
        confidence=confidence_of(element, confidence),
        fingerprint=fingerprint(check.id, element, check.findings),
        cell=cells.of(element, path, line),
    )
