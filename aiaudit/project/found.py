"""What an engine found in the files of a project: kept as the bytes in which it came, read when somebody asks.

Read, the answers about a large tree take three to eight times the memory, and of most files little is asked once.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final

from aiaudit.plain_json import decode, encode

Result = dict[str, Any]

_STAYS: Final = 20 * 1024 * 1024  # bytes of answers that stay read, about: all of them, in nearly all projects
_RECENT: Final = 2 * 1024 * 1024  # bytes of others that were asked for last
_READ: Final = 4  # times the memory that an answer takes when it was read
_EACH: Final = 400  # bytes that even an empty one takes then
_SHORT: Final = 256  # bytes of an answer that many files may have
_SHARED: Final = 2_000  # of these, how many stay read
_ALIKE: Final = 20_000  # different short answers of which equal ones are found


class Found(Mapping[str, Result]):
    """The answers of one engine by path, in path order. One about a file that could not be looked through is
    `{"error": reason}`. `alike`: nobody changes an answer, so that equal ones may be one."""

    def __init__(self, paths: Iterable[str] = (), *, alike: bool = False) -> None:
        self.errors: dict[str, str] = {}
        self.truncated: set[str] = set()  # of these only the head was looked through
        self._alike = alike
        self._bodies: dict[str, bytes] = dict.fromkeys(paths, b"")
        self._same: dict[bytes, bytes] = {}
        self._read: dict[str, Result] = {}
        self._recent: dict[str, Result] = {}
        self._large: tuple[str, Result] | None = None  # larger than all that is kept a while, the last
        self._stays, self._lasts = _STAYS, _RECENT
        self._shared: dict[bytes, Result] = {}

    def put(self, path: str, body: bytes) -> None:
        """An answer as JSON, in place of one that is there."""
        if b'"error":' in body or b'"truncated":' in body:
            self._note(path, decode(body))
        if len(body) <= _SHORT:
            body = self._same.setdefault(body, body) if len(self._same) < _ALIKE else self._same.get(body, body)
        self._bodies[path] = body
        self._forget(path)

    def _note(self, path: str, found: Result) -> None:
        if "error" in found:
            self.errors[path] = str(found["error"])
        if "truncated" in found:
            self.truncated.add(path)

    def fail(self, path: str, reason: str) -> None:
        """Why there is no answer."""
        self.errors[path] = reason
        self._bodies[path] = b""
        self._forget(path)

    def whole(self) -> Found:
        """The same, where each file has an answer or a reason why there is none. Raises `KeyError` where one lacks."""
        for path, body in self._bodies.items():
            if not body and path not in self.errors:
                raise KeyError(path)
        if not self._alike:
            self._same.clear()  # of no more use
        return self

    def without(self, paths: Container[str]) -> Found:
        """These answers but for those about some files."""
        if all(path not in paths for path in self._bodies):
            return self
        some = Found((path for path in self._bodies if path not in paths), alike=self._alike)
        for path in some:
            some.put(path, self._bodies[path])
        return some

    def drop(self, path: str, part: str) -> None:
        """Let go of a part of an answer that somebody has taken to himself. It becomes None, so that who asks again
        fails rather than find nothing."""
        found = {} if self._alike or path in self.errors else self[path]
        if found.get(part) is None:
            return
        found[part] = None
        body = encode(found)
        if path in self._recent:  # the less will come back when it goes
            self._lasts += (len(self._bodies[path]) - len(body)) * _READ
        self._bodies[path] = body

    def forget(self) -> None:
        """Let go of what was read: who asks for some of it has it read again."""
        self._read.clear()
        self._recent.clear()
        self._large = None
        self._shared.clear()
        self._lasts = _RECENT

    def __getitem__(self, path: str) -> Result:
        known = self._read.get(path)
        if known is None:
            known = self._recent.get(path)
        if known is not None:
            return known
        if self._large is not None and self._large[0] == path:
            return self._large[1]
        body = self._bodies[path]
        if not body:
            return {"error": self.errors[path]}
        if self._alike and body in self._same:
            return self._of_many(body)
        found: Result = decode(body)
        takes = len(body) * _READ + _EACH
        if self._stays >= takes:
            self._stays -= takes
            self._read[path] = found
        else:
            self._keep_a_while(path, found, takes)
        return found

    def _of_many(self, body: bytes) -> Result:
        found = self._shared.get(body)
        if found is None:
            found = decode(body)
            if len(self._shared) < _SHARED:
                self._shared[body] = found
        return found

    def _keep_a_while(self, path: str, found: Result, takes: int) -> None:
        if takes > _RECENT:
            self._large = path, found
            return
        self._lasts -= takes
        while self._lasts < 0 and self._recent:
            oldest = next(iter(self._recent))
            del self._recent[oldest]
            self._lasts += len(self._bodies[oldest]) * _READ + _EACH
        self._recent[path] = found

    def _forget(self, path: str) -> None:
        if self._large is not None and self._large[0] == path:
            self._large = None
        if (self._read or self._recent) and self._read.pop(path, None) is None:
            self._recent.pop(path, None)

    def __contains__(self, path: object) -> bool:
        return path in self._bodies

    def __iter__(self) -> Iterator[str]:
        return iter(self._bodies)

    def __len__(self) -> int:
        return len(self._bodies)


def errors_in(found: Mapping[str, Result]) -> dict[str, str]:
    """The files that could not be looked through, and why."""
    if isinstance(found, Found):
        return {path: found.errors[path] for path in found if path in found.errors} if found.errors else {}
    return {path: str(record["error"]) for path, record in found.items() if "error" in record}


def truncated_in(found: Mapping[str, Result]) -> list[str]:
    """The files of which only the head was looked through."""
    if isinstance(found, Found):
        return sorted(found.truncated & found.keys(), key=os.fsencode)
    return [path for path, record in found.items() if record.get("truncated")]


def without(found: Mapping[str, Result], paths: Container[str]) -> Mapping[str, Result]:
    """The answers about all other files."""
    return found.without(paths) if isinstance(found, Found) else {p: r for p, r in found.items() if p not in paths}


def let_go(found: Mapping[str, Result], path: str, part: str) -> None:
    """Let go of a part of an answer that the caller has taken to himself, where answers are kept as bytes."""
    if isinstance(found, Found):
        found.drop(path, part)
