"""The scripts of `package.json`, and those that an image is told to run and that none of them has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.shell import commands
from aiaudit.probes.config.dockerfile import Instruction, Stage
from aiaudit.probes.reading import Files
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable
from aiaudit.project.tree import Project

# yarn and bun run programs of packages and files as well: of them, names that only scripts have.
RUN: Final = lazy.regex(
    r"^(?:npm|pnpm) run(?:-script)? (\w[\w:.-]*)"
    r"|^(?:yarn|bun) run ([a-z][\w-]*:[\w:-]+"
    r"|(?:start|build|dev|serve|preview|test|lint|format|typecheck|check-types)(?![\w.:-]))"
    r"|^npm (start)\b"
)
"""A command that runs a script of `package.json`; the script is the one group that there is."""
_SHORT: Final = lazy.regex(r"^(?:pnpm|yarn) (start|build)(?:\s|$)")
_RUNS: Final = frozenset({"RUN", "CMD", "ENTRYPOINT"})
_FLAGS: Final = lazy.regex(r"^(?:--\w[\w-]*=\S+\s+)+")  # `RUN --mount=type=cache,target=/root/.npm …`
_SHELLS: Final = frozenset({"sh", "bash", "/bin/sh", "/bin/bash"})
# What brings a package of its own.
_BRINGS: Final = lazy.regex(
    r"\b(?:git\s+clone|curl|wget|tar\s+-?x|unzip)\b|\bnpx\s|\b(?:npm|yarn|pnpm|bun)\s+(?:create|init)\b|\bnpm\s+pkg\s+set\b"
    r"|ADD\s+https?:|package\.json\s*<<|>\s*\S*package\.json"
)


def package_scripts(files: Files, project: Project) -> dict[str, frozenset[str]] | None:
    """The names of the scripts of each `package.json`, by its folder; None where one cannot be read."""
    found: dict[str, frozenset[str]] = {}
    for entry in files.matching("**/package.json"):
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
    """Commands of an image that run a script of which no `package.json` of the tree has the name, and without which it
    fails: the instruction, the command and the script. `names`: those of all files of the tree."""
    if not packages or _BRINGS.search(text):
        return
    there = frozenset[str]().union(*packages.values())
    for one in (one for stage in made for one in stage.instructions if one.name in _RUNS):
        for command in _commands(one):
            task = RUN.match(command) or _SHORT.match(command)
            name = task.group(task.lastindex or 0) if task is not None else ""
            if not name or name in there or "--if-present" in command:
                continue
            if name != "start" or "server.js" not in names:  # which npm starts by itself
                yield one, command, name


def _commands(one: Instruction) -> Iterator[str]:
    """The commands whose failure the instruction does not outlive."""
    words = one.exec_form()
    if words is not None and not (len(words) == 3 and words[0] in _SHELLS and words[1] == "-c"):
        yield " ".join(words)
    elif not one.bodies:
        script = words[2] if words is not None else _FLAGS.sub("", one.flat)
        yield from (command.text for command in commands(script) if command.fatal)
