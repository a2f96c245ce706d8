"""Why a file that something refers to is not there: nowhere, called otherwise in capitals, or kept out of git.

What may be there after all is told apart, and nothing is said of it: files that git tracks and the working tree lacks,
modules of git that were not fetched, and what was not walked. What a build makes the callers leave out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.types import BOOL, INT, STRING, record
from aiaudit.probes.base import Context
from aiaudit.probes.reading import Files
from aiaudit.project.entry import MISSING, display
from aiaudit.project.gitignore import IgnoreFile

UNRESOLVED: Final = record(
    "unresolved",
    path=STRING,
    line=INT,
    role=STRING,
    refers=STRING,
    target=STRING,
    cause=STRING,
    here=BOOL,
    near=STRING,
    rule=STRING,
    by_name=BOOL,
    started=BOOL,
)
NOWHERE: Final = "nowhere"
CAPITALS: Final = "capitals"
IGNORED: Final = "ignored"
ELSEWHERE: Final = "elsewhere"  # it is there, and not where it is looked for
_SUBMODULE: Final = lazy.regex(r"(?m)^\s*path\s*=\s*(\S+)\s*$")
_MOST_RULES: Final = 2_000


class Cause(Struct, frozen=True):
    """`kind`: one of those above. `near`: the place of the rule that ignores it, or the path that differs in
    capitals alone. `rule`: the words of that rule. `by_name`: the rule names this very file, so that it is meant to be
    made by hand."""

    kind: str
    near: str = ""
    rule: str = ""
    by_name: bool = False


class Whereabouts:
    """Which paths the tree holds, whatever their kind, and why it lacks others."""

    def __init__(self, context: Context) -> None:
        self._files = Files(context.project)
        self._paths = {entry.path for entry in context.project.entries}
        self._skipped = context.project.skipped
        self._complete = context.project.complete
        self._causes: dict[tuple[str, ...], Cause | None] = {}
        self._ignoring: dict[str, tuple[IgnoreFile, list[tuple[int, str, IgnoreFile]]]] = {}

    @cached_property
    def _folders(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self._paths:
            while (path := path.rpartition("/")[0]) and path not in found:
                found.add(path)
        return frozenset(found)

    @cached_property
    def _stems(self) -> frozenset[str]:
        """All paths without what follows the first point of the last part: `app/native` of `app/native.cpython.so`."""
        return frozenset(_stem(path) for path in self._paths)

    @cached_property
    def _lower(self) -> dict[str, str]:
        return {stem.lower(): stem for stem in sorted((*self._stems, *self._folders), reverse=True)}

    @cached_property
    def _elsewhere(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """What git tracks and is not here, without its ending; and folders that were not looked into: submodules, and
        what the walk left out."""
        missing = frozenset(_stem(path) for path, reason in self._skipped if reason == MISSING)
        submodules = _SUBMODULE.findall(self._files.text(".gitmodules") or "") if ".gitmodules" in self._paths else []
        left_out = [path for path, reason in self._skipped if reason != MISSING and "*" not in path]
        return missing, tuple(f"{one.strip('/')}/" for one in (*submodules, *left_out))

    @cached_property
    def _untold(self) -> bool:
        """Whether some of what git tracks is missing without a name, so that nothing can be said of any path."""
        return not self._complete or any(path == "**" and reason.endswith(MISSING) for path, reason in self._skipped)

    def holds(self, path: str) -> bool:
        """Whether a file or a folder of this path is there, or a file of this name with any ending."""
        return path in self._paths or path in self._folders or path in self._stems

    def holds_exactly(self, path: str) -> bool:
        """Whether a file or a folder of just this path is there, or the pointer by which DVC brings it or a folder
        above."""
        if path in self._paths or path in self._folders:
            return True
        return any(f"{one}.dvc" in self._paths for one in (path, *_above(path)) if one)

    def why_not(self, candidates: Sequence[str]) -> Cause | None:
        """Why none of these paths, likeliest first, is there; None where one may be."""
        key = tuple(candidates)
        if key not in self._causes:
            self._causes[key] = self._why_not(key)
        return self._causes[key]

    def _why_not(self, candidates: tuple[str, ...]) -> Cause | None:
        missing, left_out = self._elsewhere
        if self._untold or any(one.startswith("..") for one in candidates):
            return None
        for one in candidates:
            if _stem(one) in missing or f"{one}/".startswith(left_out) or any(m.startswith(f"{one}/") for m in missing):
                return None
        for one in candidates:
            if (real := self._lower.get(_stem(one).lower())) is not None and real != _stem(one):
                return Cause(CAPITALS, display(real))
        for one in candidates:
            if (found := self.kept_out(one)) is not None:
                return found
        return Cause(NOWHERE)

    def kept_out(self, path: str) -> Cause | None:
        """The rule of a `.gitignore` that keeps this path, or a folder above it, out of git."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            here = "/".join(parts[:depth])
            folder, _, name = here.rpartition("/")
            for home in (folder, *_above(folder)):
                file = f"{home}/.gitignore" if home else ".gitignore"
                if file not in self._paths:
                    continue
                below = folder[len(home) :].lstrip("/")
                rule = self._rule(file, f"{below}/" if below else "", name, is_dir=depth < len(parts))
                if rule is not None:
                    line, words = rule
                    by_name = depth == len(parts) and words.strip("/").rpartition("/")[2].startswith(_stem(name))
                    return Cause(IGNORED, f"{display(file)}:{line}", words, by_name)
        return None

    def _rule(self, file: str, folder: str, name: str, *, is_dir: bool) -> tuple[int, str] | None:
        """The number and the words of the last line of this file that says something of a name, where it ignores it."""
        whole, lines = self._read(file)
        if not whole.verdicts(folder, {name}, is_dir=is_dir).get(name):
            return None
        for number, words, alone in reversed(lines):  # the last one that says anything decides
            if alone.verdicts(folder, {name}, is_dir=is_dir):
                return number, display(words[:80])
        return None

    def _read(self, file: str) -> tuple[IgnoreFile, list[tuple[int, str, IgnoreFile]]]:
        """A `.gitignore`, whole and line by line, put together once however much it ignores."""
        if file not in self._ignoring:
            text = self._files.text(file) or ""
            lines = [
                (number, words, IgnoreFile(line.encode("utf-8", "surrogateescape")))
                for number, line in enumerate(text.split("\n")[:_MOST_RULES], 1)
                if (words := line.strip())
            ]
            self._ignoring[file] = IgnoreFile(text.encode("utf-8", "surrogateescape")), lines
        return self._ignoring[file]


def whereabouts(context: Context) -> Whereabouts:
    """The tree's paths, put together once for all queries."""
    made = context.memo.get("unresolved.whereabouts")
    if not isinstance(made, Whereabouts):
        made = context.memo["unresolved.whereabouts"] = Whereabouts(context)
    return made


def row_of(
    path: str,
    line: int,
    role: str,
    refers: str,
    target: str,
    cause: Cause,
    *,
    here: bool = False,
    started: bool = False,
) -> dict[str, Any]:
    """One record of what is not there. `here`: it is in this working tree, and git keeps it out of every other."""
    return {
        "path": path,
        "line": line,
        "role": role,
        "refers": display(refers),
        "target": display(target),
        "cause": cause.kind,
        "here": here,
        "near": cause.near,
        "rule": cause.rule,
        "by_name": cause.by_name,
        "started": started,
    }


def _stem(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name[:1] + name[1:].partition(".")[0])


def _above(folder: str) -> Iterable[str]:
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder
