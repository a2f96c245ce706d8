"""The scripts of `package.json`, and those that an image is told to run and that none of them has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.config.dockerfile import Instruction, Stage
from aiaudit.probes.reading import Files
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable
from aiaudit.project.tree import Project

GLOB: Final = "**/package.json"
_RUNS: Final = frozenset({"RUN", "CMD", "ENTRYPOINT"})
_COMMANDS: Final = lazy.regex(r"&&|;")
# Without `run`, yarn, pnpm and bun look among the programs of packages too, of which none is called so.
_TASK: Final = lazy.regex(r"^(?:npm|pnpm|yarn|bun) run(?:-script)? (\w[\w:.-]*)$|^(?:npm|pnpm|yarn) (start|build)$")
# What brings a package of its own, or lets a command fail.
_OTHERWISE: Final = lazy.regex(
    r"\b(?:git\s+clone|curl|wget|tar\s+-?x|unzip)\b|\bnpx\s|\b(?:npm|yarn|pnpm|bun)\s+(?:create|init)\b|\bnpm\s+pkg\s+set\b|ADD\s+https?:"
    r"|package\.json\s*<<|>\s*\S*package\.json"
)


def package_scripts(files: Files, project: Project) -> dict[str, frozenset[str]] | None:
    """The names of the scripts of each `package.json`, by its folder; None where one cannot be read."""
    found: dict[str, frozenset[str]] = {}
    for entry in files.matching(GLOB):
        try:
            value: Any = project.json(entry.path)
        except (Malformed, Unreadable):
            return None
        scripts = value.get("scripts") if isinstance(value, dict) else None
        found[entry.path.rpartition("/")[0]] = frozenset(scripts if isinstance(scripts, dict) else ())
    return found


def lacking_scripts(
    text: str, made: list[Stage], packages: dict[str, frozenset[str]] | None, names: set[str]
) -> Iterator[tuple[Instruction, str, str]]:
    """Commands of an image that run a script of which no `package.json` of the tree has the name: the instruction, the
    command and the script. `names`: those of all files of the tree."""
    if not packages or _OTHERWISE.search(text):
        return
    there = frozenset[str]().union(*packages.values())
    for stage in made:
        for one in stage.instructions:
            for command in _commands(one) if one.name in _RUNS else ():
                task = _TASK.match(command)
                name = (task.group(1) or task.group(2)) if task is not None else ""
                if name and name not in there and not (name == "start" and "server.js" in names):  # npm's own default
                    yield one, command, name


def _commands(one: Instruction) -> Iterator[str]:
    words = one.exec_form()
    if words is not None:
        yield " ".join(words)
    elif "||" not in one.flat and not one.bodies:
        yield from (command.strip() for command in _COMMANDS.split(one.flat))
