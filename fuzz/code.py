"""Whole small projects of Python and JavaScript, changed as code is changed: what a module binds moves to another one,
parts of it stand where parts of other projects stood, arguments and statements go.

What is broken by bytes (`python`, `javascript`) is one file; what follows names through several files, and what two
extractors note of one place, breaks only over code that can be parsed.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import yaml

from aiaudit.model.fact import State
from aiaudit.project.config import ProjectConfig
from fuzz.project import InMemory, engine_named, shipped_specs
from fuzz.seeds import LARGEST, ROOT

LANGUAGES: Mapping[str, str] = {
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".jsx": "javascript", ".ts": "typescript", ".tsx": "tsx",
}  # fmt: skip
_MOVABLE: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(r"^([A-Za-z_]\w*)(?:\s*:[^=\n]+)? = .+$", re.MULTILINE),
    "script": re.compile(r"^(?:export )?(?:const|let|var) ([A-Za-z_$][\w$]*)(?:\s*:[^=\n]+)? = .+;?$", re.MULTILINE),
}
_IMPORTS = re.compile(r"^(?:import|from)\b.*$|^const .*\brequire\(.*$", re.MULTILINE)
MOST = 400  # characters of a part that is put elsewhere
Files = dict[str, str]


@cache
def projects() -> tuple[list[Files], list[Files]]:
    """The trees of the checks' cases that have code, in order: those of Python, and those of JavaScript (or both)."""
    found = []
    for expect in sorted(ROOT.glob("tests/checks/*/*/expect.yaml")):
        text = expect.read_text(encoding="utf-8")
        if "files:" in text and len(text) < LARGEST and any(f"{ending}:" in text for ending in LANGUAGES):
            files = (yaml.load(text, yaml.CSafeLoader) or {}).get("files") or {}
            found.append({path: text for path, text in files.items() if isinstance(text, str)})
    script = [any(language(path) not in ("", "python") for path in files) for files in found]
    return (
        [files for files, other in zip(found, script, strict=True) if not other and any(map(language, files))],
        [files for files, other in zip(found, script, strict=True) if other],
    )


def language(path: str) -> str:
    """What a file is written in; nothing for what is not changed here."""
    return LANGUAGES.get(PurePosixPath(path).suffix, "")


def changed(files: Files, draw: random.Random) -> Files:
    """The same project with one to four changes of its code."""
    made = dict(files)
    for _ in range(draw.randint(1, 4)):
        path = draw.choice([one for one in sorted(made) if language(one)])
        draw.choice((_move, _move, _splice, _splice, _drop))(made, path, draw)
    return made


def _move(files: Files, path: str, draw: random.Random) -> None:
    """One name of a module is made in another, which has the same imports."""
    script = language(path) != "python"
    text = files[path]
    lines = list(_MOVABLE["script" if script else "python"].finditer(text))
    if not lines:
        return
    line = draw.choice(lines)
    name, folder = line[1], PurePosixPath(path).parent
    module = f"moved_{name.strip('$_').lower()}"
    imports = "\n".join(_IMPORTS.findall(text))
    if not script:
        files[str(folder / f"{module}.py")] = f"{imports}\n{line[0]}\n"
        there = f"from {draw.choice(('.', ''))}{module} import {name}"
    else:
        by_name = draw.random() < 0.5
        told = line[0].removeprefix("export ")
        files[str(folder / f"{module}{PurePosixPath(path).suffix}")] = (
            f"{imports}\nexport {told}\n" if by_name else f"{imports}\n{told}\nexport default {name};\n"
        )
        there = f"import {'{ ' + name + ' }' if by_name else name} from './{module}';"
    files[path] = f"{text[: line.start()]}{there}{text[line.end() :]}"


def _splice(files: Files, path: str, draw: random.Random) -> None:
    """A part of the file is another part of its kind, of any project."""
    donor = draw.choice(projects()[language(path) != "python"])
    texts = [text for other, text in sorted(donor.items()) if language(other) == language(path)]
    if not texts:
        return
    given = [node for node in _parts(draw.choice(texts), language(path)) if len(node[1]) <= MOST]
    taken = _parts(files[path], language(path))
    draw.shuffle(given)
    for kind, text, _, _ in given[:20]:
        places = [one for one in taken if one[0] == kind]
        if places:
            _, _, start, end = draw.choice(places)
            files[path] = files[path][:start] + text + files[path][end:]
            return


def _drop(files: Files, path: str, draw: random.Random) -> None:
    """A part of the file is gone."""
    if parts := _parts(files[path], language(path)):
        _, _, start, end = draw.choice(parts)
        files[path] = files[path][:start] + files[path][end:]


def _parts(text: str, told: str) -> list[tuple[str, str, int, int]]:
    """The named nodes of a file below its top: kind, text, start and end, in characters."""
    from ast_grep_py import SgRoot

    return [
        (node.kind(), node.text(), node.range().start.index, node.range().end.index)
        for node in _below(SgRoot(text, told).root(), 0)
    ]


def _below(node: Any, depth: int) -> Iterator[Any]:
    for inner in node.children() if depth < 40 else ():
        if inner.is_named():
            yield inner
        yield from _below(inner, depth + 1)


def run_code() -> Callable[[bytes], None]:
    """The target: no probe may break over such a project, and no part of a scanner."""
    from aiaudit.probes.collect import collect
    from aiaudit.project import pool

    specs = [spec for spec in shipped_specs() if (spec.probe or "").partition(".")[0] in ("python", "javascript")]
    pool.can_fork = lambda: False  # all in this process, which is the fuzzer's own: it wants to see what breaks
    projects()
    for name in ("python", "javascript"):
        engine_named(name)

    def run(data: bytes) -> None:
        draw = random.Random(data)
        files = changed(draw.choice(draw.choice(projects())), draw)
        broken: list[str] = []
        with InMemory({path: text.encode() for path, text in files.items()}) as project:
            facts = collect(
                specs,
                project,
                ProjectConfig(),
                dt.date(2026, 6, 1),
                jobs=1,
                engines=lambda name, _: _Watched(engine_named(name), broken),
            )
        broken += sorted({fact.reason for fact in facts.values() if fact.state is State.ERROR})
        assert not broken, f"{sorted(files)}: {broken[:3]}"

    return run


class _Watched:
    """An engine that notes which of its parts broke."""

    def __init__(self, engine: Any, broken: list[str]) -> None:
        self._engine, self._broken = engine, broken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def scan(self, data: bytes, entry: Any) -> Any:
        """The record of a file."""
        record = self._engine.scan(data, entry)
        if record.get("failed"):
            self._broken.append(f"{entry.path}: {record['failed']} {record.get('error', '')}")
        return record
