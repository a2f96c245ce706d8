"""Task runners: which tasks of the tree a command line of make, tox, npm, poetry, dvc or another of them names."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from aiaudit.probes.ci import makefile, python_tasks, script_tasks
from aiaudit.probes.ci.task import Piece, Task, join
from aiaudit.probes.reading import Files
from aiaudit.probes.words import word_set

_NPM: Final = frozenset({"npm", "pnpm", "yarn", "bun"})
_NPM_OWN: Final = word_set(
    "add audit cache ci config create dedupe dlx exec i import info init install link list ls outdated",
    "pack patch publish rebuild remove rm root run-script set store unlink up update upgrade version view",
    "why workspaces help login logout bin",
)

# What tells each of them to run a script in every package, and options that take a word behind them.
_EACH: Final = {
    "npm": frozenset({"--workspaces", "-ws"}),
    "pnpm": frozenset({"-r", "--recursive", "recursive", "multi", "m"}),
    "yarn": frozenset({"workspaces"}),
    "bun": frozenset[str](),
}
_VALUED: Final = frozenset(
    {"--filter", "-F", "--prefix", "-C", "--dir", "--cwd", "--from", "--include", "--exclude", "-j", "--jobs"}
    | {"--workspace-concurrency", "--loglevel", "--reporter"}
)

_TURBO_OWN: Final = word_set("prune login logout link unlink gen generate daemon ls query scan bin info telemetry")


def named_tasks(
    files: Files, program: str, arguments: Sequence[str], folder: str | None
) -> tuple[list[Task] | None, str] | None:
    """The tasks that a runner's command line names, None where they are not in the tree, and their name; None where the
    program is no task runner."""
    plain = tuple(word for word in arguments if not word.startswith("-") and "=" not in word)
    first = plain[0] if plain else ""
    match program:
        case "make" | "gmake":
            call = makefile.parse_call(tuple(arguments), folder)
            made = makefile.load(files, call.folder, call.file)
            return (makefile.tasks(made, call) if made else None), " ".join(call.targets)
        case "tox":
            names = option(arguments, "-e", "--env") or (option(arguments, "-e") if first == "run" else ())
            return python_tasks.tox(files, folder, names), "test"
        case "nox":
            return python_tasks.nox(files, folder, option(arguments, "-s", "--session", "--sessions", "-e")), "test"
        case "invoke" | "inv" if plain:
            return python_tasks.invoke(files, folder, plain), first
        case "kar" if first:
            return script_tasks.kar(files, folder, first), first
        case "just":
            return script_tasks.just(files, folder, plain), first
        case "task" | "go-task":
            found = script_tasks.taskfile(files, folder, plain) or script_tasks.pyproject(files, folder, "task", first)
            return found, first
        case "poe" | "poethepoet" if first:
            return script_tasks.pyproject(files, folder, "poe", first), first
        case "poetry" if first == "poe" and len(plain) > 1:  # the plug-in of poe
            return script_tasks.pyproject(files, folder, "poe", plain[1]), plain[1]
        case "hatch" | "pdm" | "pixi" | "rye" if first == "run" and len(plain) > 1:
            return _project_script(files, program, arguments, folder)
        case "dvc" if first == "repro" or plain[:2] == ("exp", "run"):
            return script_tasks.dvc(files, folder, plain[1:] if first == "repro" else ()), "train"
        case "mlflow" if first == "run":
            entry = (option(arguments, "-e", "--entry-point") or ("main",))[0]
            return script_tasks.mlproject(files, join(folder, plain[1] if len(plain) > 1 else "."), entry), "train"
        case "turbo" if first and first not in _TURBO_OWN:
            named = arguments[: arguments.index("--")] if "--" in arguments else arguments
            names = tuple(word for word in named if word in plain and word != "run")
            return script_tasks.npm_everywhere(files, folder, names), " ".join(names)
        case "lerna" if first == "run" and len(plain) > 1:
            return script_tasks.npm_everywhere(files, folder, plain[1:2]), plain[1]
        case "anyscale" if plain[:2] in (("job", "submit"), ("jobs", "submit")) and len(plain) > 2:
            return script_tasks.entrypoint(files, join(folder, plain[2])), plain[2]
        case _ if program in _NPM:
            return _npm(files, program, arguments, folder)
    return None


def _project_script(
    files: Files, program: str, arguments: Sequence[str], folder: str | None
) -> tuple[list[Task] | None, str]:
    """What `hatch run`, `pdm run` and their like run: a script of pyproject.toml, else a program."""
    rest = list(arguments[arguments.index("run") + 1 :])
    while rest and rest[0].startswith("-") and len(rest) > 1:
        rest = rest[1:]
    found = script_tasks.pyproject(files, folder, program, rest[0])
    if found:
        return found, rest[0]
    words = (rest[0].rpartition(":")[2], *rest[1:]) if program == "hatch" else tuple(rest)
    return [Task(rest[0], "", 0, (Piece("", 0, words=words),), folder=folder)], rest[0]


def _npm(
    files: Files, program: str, arguments: Sequence[str], folder: str | None
) -> tuple[list[Task] | None, str] | None:
    """The script of package.json that npm or one of its kin runs; None where it does something else."""
    everywhere, only = _everywhere(program, arguments)
    if everywhere:
        return script_tasks.npm_everywhere(files, folder, (everywhere,), only), everywhere
    rest = list(arguments)
    name = ""
    while rest:
        word = rest.pop(0)
        if word in ("--prefix", "-C", "--dir", "--cwd") and rest:
            folder = join(folder, rest.pop(0))
        elif word in ("-w", "--workspace", "--filter", "-F", "workspace") and rest:
            folder = script_tasks.workspace_folder(files, rest.pop(0).strip(".{}").strip("/")) or folder
        elif word in ("run", "run-script"):
            name = next((w for w in rest if not w.startswith("-")), "")
            break
        elif word.startswith("-"):
            continue
        elif word in ("test", "t", "tst", "start", "stop") and not (program == "bun" and word == "test"):
            name = "test" if word in ("t", "tst") else word
            break
        elif program in ("yarn", "pnpm", "bun") and word not in _NPM_OWN:
            name = word
            found = script_tasks.npm(files, folder, name)
            # Without `run` these also start a program of that name.
            return (
                (_handed(found, name, rest), name)
                if found
                else ([Task(name, "", 0, (Piece("", 0, words=(name, *rest)),), folder=folder)], name)
            )
        else:
            return None
    if name and program == "npm":
        folder = _told_behind(files, rest, folder)
    return (script_tasks.npm(files, folder, name), name) if name else None


def _everywhere(program: str, arguments: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The script that is run in every package of a workspace (`pnpm -r test`, `npm test --workspaces`), "" where the
    command is none for all of them, and the patterns of the packages where it names some."""
    own = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    filters = option(own, "--filter", "-F") if program in ("pnpm", "bun") else ()
    only = tuple(one for one in filters if "*" in one or "?" in one)
    each = any(word in _EACH[program] for word in own) or bool(only)
    if not each or len(only) < len(filters):
        return "", ()
    valued = {index + 1 for index, word in enumerate(own) if word in _VALUED}
    words = [word for index, word in enumerate(own) if not word.startswith("-") and index not in valued]
    words = [word for word in words if word not in _EACH[program] and word not in ("foreach", "run", "run-script")]
    name = words[0] if words and words[0] not in _NPM_OWN else ""
    return {"t": "test", "tst": "test"}.get(name, name), only


def _told_behind(files: Files, rest: Sequence[str], folder: str | None) -> str | None:
    """npm takes its own options behind the script's name too, up to `--`: `npm run build --prefix client`."""
    words = list(rest[: rest.index("--")] if "--" in rest else rest)
    prefixes, spaces = option(words, "--prefix", "-C"), option(words, "--workspace", "-w")
    if prefixes:
        return join(folder, prefixes[0])
    if len(spaces) == 1:
        return script_tasks.workspace_folder(files, spaces[0].strip("/")) or folder
    return folder


def _handed(tasks: list[Task], name: str, rest: list[str]) -> list[Task]:
    """A script that ends at `--`, such as `dotenv -e .env --`, runs the words that stand behind its name."""

    def piece(one: Piece) -> Piece:
        return replace(one, script=f"{one.script} {shlex.join(rest)}") if one.script.endswith(" --") else one

    return [replace(task, pieces=tuple(map(piece, task.pieces))) if task.name == name else task for task in tasks]


def option(arguments: Sequence[str], *names: str) -> tuple[str, ...]:
    """The comma-separated values of an option given as `-e a,b` or `--env=a`."""
    values: list[str] = []
    for index, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in names:
            values.extend((value if equals else next(iter(arguments[index + 1 : index + 2]), "")).split(","))
    return tuple(value for value in values if value)
