"""`.gitignore` rules, read as data: they mark files, and never hide them.

The known walkers that honour ignore files open them unguarded (a FIFO called `.gitignore` would block them for ever,
and hostile patterns cost time in a backtracking engine). Here the walk supplies the bytes, and RE2 matches them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from re2 import Set

MAX_BYTES: Final = 256 * 1024
MAX_PATTERNS: Final = 4_000
MAX_PATTERN: Final = 1_024
_SPECIAL: Final = frozenset(b".+()|{}^$\\[]*?")


class IgnoreFile:
    """One `.gitignore`. `verdict(path, is_dir)` takes a path relative to the folder in which the file stands."""

    __slots__ = ("_dir_only", "_negated", "_set")

    def __init__(self, data: bytes) -> None:
        self._set: Set | None = None
        self._negated: list[bool] = []
        self._dir_only: list[bool] = []
        patterns: list[bytes] = []
        for line in data[:MAX_BYTES].split(b"\n")[:MAX_PATTERNS]:
            parsed = _parse(line)
            if parsed is not None:
                patterns.append(parsed[0])
                self._negated.append(parsed[1])
                self._dir_only.append(parsed[2])
        if patterns:
            self._compile(patterns)

    def _compile(self, patterns: list[bytes]) -> None:
        import re2

        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.dot_nl = True
        options.log_errors = False
        compiled = re2.Set.FullMatchSet(options)
        negated, dir_only = self._negated, self._dir_only
        self._negated, self._dir_only = [], []
        for pattern, is_negated, is_dir_only in zip(patterns, negated, dir_only, strict=True):
            try:
                compiled.Add(pattern)
            except re2.error:
                continue  # git ignores a pattern it cannot read
            self._negated.append(is_negated)
            self._dir_only.append(is_dir_only)
        if self._negated:
            compiled.Compile()
            self._set = compiled

    def verdict(self, path: bytes, is_dir: bool) -> bool | None:
        """True: ignored. False: taken back by a `!` rule. None: this file says nothing about the path."""
        if self._set is None:
            return None
        matched = self._set.Match(path)
        if not matched:
            return None
        for index in sorted(matched, reverse=True):  # the last rule that matches wins
            if is_dir or not self._dir_only[index]:
                return not self._negated[index]
        return None


def _parse(line: bytes) -> tuple[bytes, bool, bool] | None:
    """One line as (regular expression, negated, directories only), or None where it holds no rule."""
    line = line.rstrip(b"\r")
    while line.endswith(b" ") and not line.endswith(b"\\ "):
        line = line[:-1]
    if not line or line.startswith(b"#") or len(line) > MAX_PATTERN:
        return None
    negated = line.startswith(b"!")
    if negated:
        line = line[1:]
    dir_only = line.endswith(b"/")
    line = line.rstrip(b"/") if dir_only else line
    if not line:
        return None
    anchored = b"/" in line
    body = _translate(line.removeprefix(b"/"))
    return (body if anchored else b"(?:.*/)?" + body), negated, dir_only


def _translate(glob: bytes) -> bytes:
    out = bytearray()
    i, end = 0, len(glob)
    while i < end:
        char = glob[i : i + 1]
        at_start = i == 0 or glob[i - 1 : i] == b"/"
        if at_start and glob.startswith(b"**/", i):
            out += b"(?:.*/)?"
            i += 3
        elif at_start and glob[i:] == b"**":
            out += b".+"
            i += 2
        elif char == b"*":
            while glob.startswith(b"*", i):
                i += 1
            out += b"[^/]*"
        elif char == b"?":
            out += b"[^/]"
            i += 1
        elif char == b"[" and (closed := _close(glob, i)) > 0:
            out += _bracket(glob[i + 1 : closed])
            i = closed + 1
        else:
            if char == b"\\" and i + 1 < end:
                i += 1
                char = glob[i : i + 1]
            out += (b"\\" + char) if char[0] in _SPECIAL else char
            i += 1
    return bytes(out)


def _close(glob: bytes, opened: int) -> int:
    """Where the bracket that opens at `opened` closes, or -1."""
    i = opened + 1
    if glob[i : i + 1] in (b"!", b"^"):
        i += 1
    if glob[i : i + 1] == b"]":
        i += 1
    while i < len(glob) and glob[i : i + 1] != b"]":
        i += 2 if glob[i : i + 1] == b"\\" else 1
    return i if i < len(glob) else -1


def _bracket(body: bytes) -> bytes:
    """A set in RE2's syntax. Single characters may be escaped; a range that runs backwards holds nothing."""
    negated = body[:1] in (b"!", b"^")
    rest = body[1:] if negated else body
    members = bytearray(b"/" if negated else b"")  # no set matches a slash
    i = 0
    while i < len(rest):
        if rest.startswith(b"[:", i) and (closed := rest.find(b":]", i + 2)) > 0:
            members += rest[i : closed + 2]
            i = closed + 2
            continue
        low, i = _member(rest, i)
        if rest[i : i + 1] == b"-" and i + 1 < len(rest):
            high, i = _member(rest, i + 1)
            if low <= high:
                members += b"\\x%02x-\\x%02x" % (low, high)
        else:
            members += b"\\x%02x" % low
    if not members:
        return b"[^\\x00-\\xff]"
    return (b"[^" if negated else b"[") + bytes(members) + b"]"


def _member(rest: bytes, i: int) -> tuple[int, int]:
    """The character at `i`, without the backslash that may escape it, and where the next one stands."""
    if rest[i : i + 1] == b"\\" and i + 1 < len(rest):
        i += 1
    return rest[i], i + 1
