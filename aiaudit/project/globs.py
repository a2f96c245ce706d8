"""Path globs, as packs and `aiaudit.yaml` write them.

`*` and `?` stay inside one path component, `**` crosses them, `[…]` is a set, `{a,b}` are alternatives. A glob stands
for the whole path: `README.md` is the one at the root, `**/README.md` is every one. Case does not count. A glob that
begins with `!` takes away what the others gave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, Final

from aiaudit import lazy

MAX_GLOB: Final = 512  # characters of one glob
MAX_ALTERNATIVES: Final = 64  # globs that one `{…}` may stand for
_VARIES: Final = lazy.regex(r"\{[^}]*\}|\*\*/|[*?]")  # the parts of a glob that stand for several texts
_NESTED: Final = lazy.regex(r"\{[^}]*\{")


class BadGlob(ValueError):  # noqa: N818
    """A glob that cannot be read; the message says why."""


@lru_cache(maxsize=4096)
def expand(glob: str) -> tuple[str, ...]:
    """The globs without braces that `glob` stands for."""
    if len(glob) > MAX_GLOB:
        raise BadGlob(f"glob is longer than {MAX_GLOB} characters")
    done: list[str] = []
    todo = [glob]
    while todo:
        current = todo.pop()
        opened = current.rfind("{")
        closed = current.find("}", opened)
        if opened < 0:
            done.append(current)
        elif closed < 0:
            raise BadGlob(f"{glob!r}: '{{' is not closed")
        else:
            head, tail = current[:opened], current[closed + 1 :]
            todo.extend(head + middle + tail for middle in current[opened + 1 : closed].split(","))
        if len(todo) + len(done) > MAX_ALTERNATIVES:
            raise BadGlob(f"{glob!r} stands for more than {MAX_ALTERNATIVES} globs")
    return tuple(sorted(done))


@lru_cache(maxsize=16384)
def translate(glob: str, *, in_line: bool = False) -> str:
    """The regular expression (RE2 and `re`, no look-around) of a glob without braces, unanchored at both ends.

    `in_line`: of paths that are lines of one text, nothing matches the end of a line."""
    inside = "[^/\n]" if in_line else "[^/]"
    out: list[str] = []
    i, end = 0, len(glob)
    while i < end:
        char = glob[i]
        if glob.startswith("**/", i) and (i == 0 or glob[i - 1] == "/"):
            out.append("(?:.*/)?")
            i += 3
        elif glob.startswith("**", i):
            out.append(".*")
            i += 2
        elif char == "*":
            out.append(f"{inside}*")
            i += 1
        elif char == "?":
            out.append(inside)
            i += 1
        elif char == "[" and (closed := glob.find("]", i + 2)) > 0:
            out.append(_set(glob[i + 1 : closed], in_line=in_line))
            i = closed + 1
        else:
            out.append(char if char.isalnum() or char in "/_" else re.escape(char))
            i += 1
    return "".join(out)


@lru_cache(maxsize=4096)
def literals(glob: str) -> tuple[bytes, ...]:
    """What stands in every path that `glob` matches, as `as_bytes` gives it; not all of it, and perhaps nothing."""
    if "[" in glob or _NESTED.search(glob):
        return ()
    return tuple(dict.fromkeys(map(as_bytes, filter(None, _VARIES.split(glob)))))


def _set(body: str, *, in_line: bool) -> str:
    negated = body[0] in "!^"
    members = "".join(c if c == "-" else re.escape(c) for c in (body[1:] if negated else body))
    if not negated:
        return f"[{members}]"
    return f"[^/\n{members}]" if in_line else f"[^/{members}]"


def as_bytes(path: str) -> bytes:
    """A path as it is compared: its bytes, in small letters."""
    return path.lower().encode("utf-8", "surrogateescape")


def is_plain(path: str) -> bool:
    """Whether a path that somebody wrote can stand in a glob and means itself there."""
    return len(path) < MAX_GLOB - 16 and path.isprintable() and not any(sign in path for sign in "*?[{!")


def covers(glob: str, path: str) -> bool:
    """Whether a glob of the audited project takes a path; one that cannot be read takes none."""
    try:
        return GlobSet([glob])(path)
    except ValueError:  # a bad glob, or one with letters that no UTF-8 has
        return False


class GlobSet:
    """A compiled list of globs. `GlobSet(globs)(path)` says whether the path is among them.

    Long runs of `*` would cost a backtracking engine exponential time, so the match is done by RE2.
    """

    __slots__ = ("_match", "_not", "globs")

    def __init__(self, globs: Iterable[str]) -> None:
        self.globs = tuple(globs)
        self._match = _compile(tuple(g for g in self.globs if not g.startswith("!")))
        self._not = _compile(tuple(g[1:] for g in self.globs if g.startswith("!")))

    def __call__(self, path: str) -> bool:
        return self.matches(as_bytes(path))

    def matches(self, data: bytes) -> bool:
        """The same for a path that `as_bytes` has prepared, where one path is tried against many sets."""
        if self._match is None or not _is_whole(self._match, data):
            return False
        return self._not is None or not _is_whole(self._not, data)

    def starts(self, text: bytes) -> list[int]:
        """Where those lines of a text begin that are among the globs: many paths, as `as_bytes` gives them, in one
        search."""
        plain = tuple(g for g in self.globs if not g.startswith("!"))
        if not plain:
            return []
        import re2

        anywhere = _expression(plain, in_line=True)
        some = re2.compile(f"(?m)^(?:{anywhere})$".encode(), _options(dot_nl=False)).finditer(text)
        if self._not is None:
            return [match.start() for match in some]
        return [match.start() for match in some if not _is_whole(self._not, match.group())]


def _is_whole(expression: re.Pattern[bytes], data: bytes) -> bool:
    """Whether all of `data` matches, without the objects that RE2's wrapper makes of a match: paths are many."""
    engine, anchor = getattr(expression, "_regexp", None), _anchor()
    if engine is None or anchor is None:  # pragma: no cover - another version of the wrapper
        return expression.fullmatch(data) is not None
    return bool(engine.Match(anchor, data, 0, len(data))[0][0] >= 0)


@cache
def _anchor() -> Any:
    import re2

    return getattr(getattr(re2, "_Anchor", None), "ANCHOR_BOTH", None)


@lru_cache(maxsize=4096)
def _compile(globs: tuple[str, ...]) -> re.Pattern[bytes] | None:
    """One RE2 pattern for all globs; it has the interface of `re.Pattern`."""
    if not globs:
        return None
    import re2

    try:
        compiled: re.Pattern[bytes] = re2.compile(_expression(globs).encode("utf-8"), _options())
    except re2.error as error:
        raise BadGlob(f"{', '.join(globs)}: {error}") from None
    return compiled


def _expression(globs: Iterable[str], *, in_line: bool = False) -> str:
    return "|".join(f"(?:{translate(one.lower(), in_line=in_line)})" for glob in globs for one in expand(glob))


class GlobTable:
    """Many lists of globs at once: `GlobTable(lists)(path)` gives the numbers of the lists that the path is among."""

    __slots__ = ("_match", "_not", "_owner", "_owner_not")

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        plain: list[tuple[int, str]] = []
        negated: list[tuple[int, str]] = []
        for number, globs in enumerate(lists):
            for glob in globs:
                into, text = (negated, glob[1:]) if glob.startswith("!") else (plain, glob)
                into.extend((number, one) for one in expand(text))
        self._match, self._owner = _compile_set(plain)
        self._not, self._owner_not = _compile_set(negated)

    def __call__(self, path: str) -> tuple[int, ...]:
        data = as_bytes(path)
        found = {self._owner[index] for index in (self._match.Match(data) if self._match else None) or ()}
        if found and self._not is not None:
            found -= {self._owner_not[index] for index in self._not.Match(data) or ()}
        return tuple(sorted(found))


def _compile_set(globs: list[tuple[int, str]]) -> tuple[Any, list[int]]:
    """One RE2 set of all globs, and the number of the list that each belongs to."""
    if not globs:
        return None, []
    import re2

    compiled = re2.Set.FullMatchSet(_options())
    for _, glob in globs:
        try:
            compiled.Add(translate(glob.lower()).encode("utf-8"))
        except re2.error as error:
            raise BadGlob(f"{glob}: {error}") from None
    compiled.Compile()
    return compiled, [number for number, _ in globs]


def _options(*, dot_nl: bool = True) -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # names are bytes, and need not be UTF-8
    options.dot_nl = dot_nl
    options.log_errors = False
    options.max_mem = 64 * 1024 * 1024
    return options
