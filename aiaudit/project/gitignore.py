"""`.gitignore` rules, read as data: they mark files, and never hide them.

The known walkers that honour ignore files open them unguarded (a FIFO called `.gitignore` would block them for ever,
and hostile patterns cost time in a backtracking engine). Here the walk supplies the bytes, and RE2 matches them.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import re2

MAX_BYTES: Final = 256 * 1024
MAX_PATTERNS: Final = 4_000
MAX_PATTERN: Final = 1_024
_FEW: Final = 64  # ends or beginnings that are cheaper to try than the rules themselves
_WILD: Final = frozenset(b"*?[]\\")
_SPECIAL: Final = frozenset(b".+()|{}^$\\[]*?")


class IgnoreFile:
    """One `.gitignore`, as it applies to what stands in a folder at or below its own."""

    __slots__ = ("_files", "_folders", "_negated")

    def __init__(self, data: bytes) -> None:
        lines = data[:MAX_BYTES].split(b"\n")[:MAX_PATTERNS]
        rules = [rule for line in lines if (rule := _parse(line)) is not None]
        self._negated = [rule.negated for rule in rules]
        self._folders = _Rules(enumerate(rules))
        self._files = _Rules((number, rule) for number, rule in enumerate(rules) if not rule.dir_only)

    def verdicts(self, folder: str, names: Set[str], *, is_dir: bool) -> dict[str, bool]:
        """Of those files or folders called `names` about which this file says something: True where ignored, False
        where taken back by a `!` rule. `folder`: theirs, relative to that of this file, "" or with a slash at its
        end."""
        rules = self._folders if is_dir else self._files
        return {name: not self._negated[last] for name, last in rules.last(folder, names).items()}


class _Rule(NamedTuple):
    """One line. `glob` without what is told beside it; `anchored`: for the whole path, else for its last part."""

    glob: bytes
    negated: bool
    dir_only: bool
    anchored: bool


class _Rules:
    """Numbered rules. Most are plain names, and are looked up; the others are tried only on a name that ends or begins
    as one of them does, and are compiled when there is one."""

    __slots__ = ("_able", "_ends", "_firsts", "_heads", "_lasts", "_names", "_paths", "_set", "_starts", "_wild")

    def __init__(self, rules: Iterable[tuple[int, _Rule]]) -> None:
        self._names: dict[str, int] = {}
        self._paths: dict[str, dict[str, int]] = defaultdict(dict)  # by folder, by name
        self._wild: list[tuple[int, _Rule]] = []
        ends: set[str] = set()
        starts: dict[bool, set[str]] = {True: set(), False: set()}  # of the path, of the name
        for number, rule in rules:
            if _WILD.isdisjoint(rule.glob):
                folder, slash, name = _text(rule.glob).rpartition("/")
                (self._paths[folder + slash] if rule.anchored else self._names)[name] = number
                continue
            self._wild.append((number, rule))
            start, some = _bounds(rule.glob)
            if all(some):
                ends.update(some)
            else:
                starts[rule.anchored].add(start)
        if len(ends) + len(starts[True]) + len(starts[False]) > _FEW:
            ends = {""}  # to try the rules costs less then
        self._ends, self._starts, self._heads = tuple(ends), tuple(starts[True]), tuple(starts[False])
        self._lasts = frozenset(end[-1:] for end in ends)  # most names are told apart by a character
        self._firsts = frozenset(head[:1] for head in self._heads)
        self._able: list[int] = []  # the numbers of those that could be compiled
        self._set: re2.Set | None = None

    def last(self, folder: str, names: Set[str]) -> dict[str, int]:
        """By name the number of the last rule that matches, where one does."""
        found = {name: self._names[name] for name in self._names.keys() & names}
        if (here := self._paths.get(folder)) is not None:
            for name in here.keys() & names:
                found[name] = max(found.get(name, -1), here[name])
        for name in self._worth_trying(folder, names) if self._wild else ():
            if tried := self._tried(folder + name):
                found[name] = max(found.get(name, -1), *tried)
        return found

    def _worth_trying(self, folder: str, names: Set[str]) -> list[str]:
        ends, heads, lasts, firsts = self._ends, self._heads, self._lasts, self._firsts
        if "" in lasts or "" in firsts:
            return list(names)
        likely = [
            name
            for name in names
            if (name[-1] in lasts and name.endswith(ends)) or (name[0] in firsts and name.startswith(heads))
        ]
        starts = tuple(one for one in self._starts if one.startswith(folder) or folder.startswith(one))
        if starts:
            likely += [name for name in names if (folder + name).startswith(starts)]
        return likely

    def _tried(self, path: str) -> list[int]:
        if self._set is None:
            self._set = self._compiled()
        return [self._able[index] for index in self._set.Match(_bytes(path)) or ()]

    def _compiled(self) -> re2.Set:
        import re2

        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.dot_nl = True
        options.log_errors = False
        compiled = re2.Set.FullMatchSet(options)
        self._able = []
        for number, rule in self._wild:
            with contextlib.suppress(re2.error):  # git ignores a pattern it cannot read
                compiled.Add((b"" if rule.anchored else b"(?:.*/)?") + _translate(rule.glob))
                self._able.append(number)
        compiled.Compile()
        return compiled


def _bounds(glob: bytes) -> tuple[str, list[str]]:
    """What every path of a glob begins with, and what it ends with, which may be nothing: `*.py[co]` has two ends."""
    start = next((at for at, char in enumerate(glob) if char in _WILD), len(glob))
    body, opened, few = glob.partition(b"[")
    if opened and few[-1:] == b"]" and few[:-1].isalnum() and len(few) <= _FEW and b"\\" not in body:
        return _whole(glob[:start]), [_whole(_end(body) + bytes((char,))) for char in few[:-1]]
    return _whole(glob[:start]), [_whole(_end(glob))]


def _end(glob: bytes) -> bytes:
    last = glob[glob.rfind(b"/") + 1 :]
    return last[1 + max((at for at, char in enumerate(last) if char in _WILD), default=-1) :]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _whole(raw: bytes) -> str:
    """As text, but nothing where it may hold a part of a character: no text need begin or end with that."""
    return raw.decode("ascii") if raw.isascii() else ""


def _parse(line: bytes) -> _Rule | None:
    """The rule that a line holds, if it holds one."""
    line = line.rstrip(b"\r")
    while line.endswith(b" ") and not line.endswith(b"\\ "):
        line = line[:-1]
    if not line or line.startswith(b"#") or len(line) > MAX_PATTERN:
        return None
    negated = line.startswith(b"!")
    if negated:
        line = line[1:]
    dir_only = line.endswith(b"/")
    line = line[:-1] if dir_only else line  # of two slashes one is left, and no path ends with it
    if not line:
        return None
    return _Rule(line.removeprefix(b"/"), negated, dir_only, anchored=b"/" in line)


def _translate(glob: bytes) -> bytes:
    out = bytearray()
    i, end = 0, len(glob)
    # git compares what stands before the first special character by itself, and takes the rest for a pattern of its own
    plain = next((at for at in range(end) if glob[at] in b"*?[\\"), end)
    while i < end:
        char = glob[i : i + 1]
        at_start = i in (0, plain) or glob[i - 1 : i] == b"/"
        if char == b"*":
            begun = i
            while glob.startswith(b"*", i):
                i += 1
            across = at_start and i - begun > 1  # any number of stars beyond one means the same to git
            if across and glob.startswith(b"/", i):
                out += b"(?:.*/)?"
                i += 1
            else:
                whole = b".*" if glob[begun - 1 : begun] not in (b"", b"/") else b".+"
                out += whole if across and i == end else b"[^/]*"
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
    """A set in RE2's syntax. Single characters may be escaped; of a range that runs backwards git takes the first."""
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
            members += b"\\x%02x-\\x%02x" % (low, max(low, high))
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
