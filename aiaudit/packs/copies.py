"""What stands in copies of one file is told once: a project that holds a file three times has no three faults there.

Rules see every place, and so does the result. Sentences count what stands in copies once, and a finding says of which
other one it is the copy, so that reports can fold them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from aiaudit.model.fact import Evidence, Fact, State
from aiaudit.model.result import Finding

FACT: Final = "code.copies"
Place = tuple[str, int]


class Copies:
    """The files of an audit that are copies of others, by the fact that knows them."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        fact = facts.get(FACT)
        rows = fact.value if fact is not None and fact.state is State.KNOWN else []
        self._of: dict[str, str] = {row["path"]: row["of"] for row in rows}
        self._blocks: dict[str, list[list[int]]] = {row["path"]: row["blocks"] for row in rows}
        self._folded: dict[int, tuple[list[Any], list[Any]]] = {}  # by the id of the list, which is kept

    def original(self, path: str | None, line: int | None) -> Place | None:
        """Where the same stands that stands here; None of what is no copy. Line 0: the file as a whole."""
        if path is None or (of := self._of.get(path)) is None:
            return None
        blocks, line = self._blocks[path], line or 0
        if not blocks:
            return of, line
        found = (there + line - here for here, there, size in blocks if here <= line < here + size)
        return next(((of, at) for at in found), None)

    def folded(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values of facts with each list without what stands in a copy and in its original as well; None where the
        project holds no copies."""
        if not self._of:
            return None
        return {name: self._list(value) if type(value) is list else value for name, value in values.items()}

    def _list(self, value: list[Any]) -> list[Any]:
        known = self._folded.get(id(value))
        if known is None:
            known = self._folded[id(value)] = (value, self._without(value))
        return known[1]

    def _without(self, value: list[Any]) -> list[Any]:
        copied = [one for one in value if isinstance(one, dict) and one.get("path") in self._of]
        if not copied:
            return value
        there = {_key(one, one["path"], one.get("line")) for one in value if isinstance(one, dict) and "path" in one}
        left_out = set()
        for one in copied:
            original = self.original(one["path"], _line(one.get("line")))
            if original is not None and _key(one, original[0], original[1]) in there:
                left_out.add(id(one))
        return [one for one in value if id(one) not in left_out] if left_out else value

    def places(self, places: Sequence[Evidence]) -> list[Evidence]:
        """Those that do not stand in a copy of one of the others."""
        there = {(place.path, place.line or 0) for place in places}
        return [place for place in places if self.original(place.path, place.line) not in there]

    def marked(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings, those in copies behind the others and with the place of which each is one."""
        findings = list(findings)
        if not any(finding.path in self._of for finding in findings):
            return findings
        there = {(f.path, f.line or 0, _plain(f.message, f.path)) for f in findings}
        own, copied = [], []
        for finding in findings:
            original = self.original(finding.path, finding.line)
            if original is not None and (*original, _plain(finding.message, finding.path)) in there:
                of, line = original
                copied.append(replace(finding, copy_of=f"{of}:{line}" if line else of))
            else:
                own.append(finding)
        return own + copied


def _line(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _key(element: Mapping[str, Any], path: str, line: Any) -> tuple[Any, ...]:
    """What an element is told by: its place, its texts and truth values, without the path that it stands at."""
    own = element["path"]
    told = tuple(
        (name, _plain(value, own) if isinstance(value, str) else value)
        for name, value in sorted(element.items())
        if name not in ("path", "line") and isinstance(value, str | bool)
    )
    return path, line or 0, told


def _plain(text: str, path: str | None) -> str:
    """A text without the path, and without the folder of it."""
    if not path:
        return text
    folder = path.rpartition("/")[0]
    text = text.replace(path, "·")
    return text.replace(f"{folder}/", "·/") if folder else text
