"""Follows a command to what it runs in the tree: task runners, scripts, Python files, images, hooks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.ci import compose_runs, precommit
from aiaudit.probes.ci.classify import kind_of, name_kind
from aiaudit.probes.ci.kinds import Kind
from aiaudit.probes.ci.model import Maybe, Shell, as_map, both
from aiaudit.probes.ci.modules import file_of_module, file_of_script
from aiaudit.probes.ci.named_files import NamedFiles
from aiaudit.probes.ci.own import in_tree
from aiaudit.probes.ci.runners import named_tasks, option
from aiaudit.probes.ci.shell import HERE, ShellCommand, commands
from aiaudit.probes.ci.task import Piece, Task, join
from aiaudit.probes.ci.wrappers import program_of, unwrap
from aiaudit.probes.config.dockerfile import stages
from aiaudit.probes.reading import Files
from aiaudit.probes.words import word_set

MAX_DEPTH: Final = 12
MAX_LEAVES: Final = 2_000  # of one step
MOST_MET: Final = 10_000  # commands of one project; a large real one has a thousand
_SHELLS: Final = frozenset({"bash", "sh", "zsh", "dash", "ash"})
_SCRIPT: Final = lazy.regex(r"\.(sh|bash|zsh)$")
# `script/test`: a script whose first line says what runs it. Wrappers of build tools are known by themselves.
_PLAIN_SCRIPT: Final = lazy.regex(
    r"^(?:\./|(?:\./)?(?:[\w-]+/)+)(?!(?:gradlew|mvnw|sbt|pants|bazel|bazelisk|waf|configure)$)[\w-]+$"
)
_OLD_SCRIPT: Final = lazy.regex(r"(?m)^[ \t]{0,20}([\w.-]{1,80})[ \t]*=[ \t]*([\w.]{1,200}):")
_WRITTEN_SCRIPT: Final = lazy.regex(r"[\"']([\w.-]{1,80})\s{0,9}=\s{0,9}([a-zA-Z_][\w.]{0,200}):\w{1,100}[\"']")
# `COPY docker/start.sh /app/start.sh`
_COPIED: Final = lazy.regex(r"(?im)^[ \t]{0,20}(?:COPY|ADD)[ \t]([^\n\[]{1,500})$")
_IN_AN_IMAGE: Final = lazy.regex(r"(?:\.\./)+|\$\{?\w{1,40}\}?/")
_HANDED_ON: Final = lazy.regex(
    r"""^[ \t]*exec[ \t]+(?:[\w./-]+[ \t]+)*["']?\$(?:@|\{@\}|\*)["']?[ \t]*(?:#.*)?$""", re.MULTILINE
)
"""The end of a script that stands before the command that it is given: `exec "$@"`, `exec tini -- "$@"`."""
_HELD_OPTIONS: Final = lazy.regex(r"\$\{?\w{0,40}(?i:opts|options|args|flags)\}?$")  # `docker run $DOCKER_OPTS image`
_DOCKER_VALUES: Final = word_set(
    "-v --volume -p --publish -e --env --name --network --net -w --workdir --env-file -u --user",
    "--entrypoint --gpus --mount --shm-size --platform --add-host --cpus -m --memory --hostname -h --ipc",
    "--label -l --link --log-driver --pull --restart --runtime --ulimit --volumes-from -f --file",
    "--profile --project-name --project-directory --progress --target --tag -t --build-arg --cache-from",
    "--cache-to --output -o --secret --ssh --builder --cidfile --tmpfs --device --cap-add --security-opt",
)
_LET_GO: Final = frozenset(
    {"-d", "--detach", "--entrypoint"}
)  # its end is not waited for, or it starts another program
_FOLLOWED_IN_IMAGES: Final = frozenset({"test", "lint", "train", "evaluate", "validate_data", "scan", "install"})


class Leaf(Struct, frozen=True):
    """A command at the end of its chain. `via`: the places (`path:line command`) it was reached through, in order.

    `module`: the file of the tree whose Python code it runs, or the Dockerfile it builds. `resolved` is False where a
    task or script it names is not in the tree. `halts`: nothing of its step is run behind it where it fails, as far as
    the shells around it tell. `starts`: whether the files that it is to run are there; a program of
    tests runs none where one of them is not.
    """

    words: tuple[str, ...]
    text: str
    path: str
    line: int
    blocking: Maybe
    kind: Kind
    folder: str | None = ""
    via: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    module: str = ""
    resolved: bool = True
    starts: Maybe = True
    halts: bool = True


class Place(Struct, frozen=True):
    """Where a script stands, and what is known about running it. `copies`: see `own.copies`."""

    path: str
    line: int
    folder: str | None
    blocking: Maybe = True
    via: tuple[str, ...] = ()
    depth: int = 0
    copies: frozenset[str] = frozenset()
    halts: bool = True
    here: str | None = None  # the folder of the shell script that it is


class Resolver:
    """Follows commands through the tree. Cycles end at `MAX_DEPTH`."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._hooks: list[precommit.Hook] | None = None
        self._scripts: dict[str, str] | None = None
        self._met = 0  # commands
        self._named = NamedFiles(files)

    def script(self, script: str, place: Place, shell: Shell) -> Iterator[Leaf]:
        """All leaves of a script whose first line stands at `place`."""
        for count, command in enumerate(commands(script, errexit=shell.errexit, pipefail=shell.pipefail)):
            if count > MAX_LEAVES:
                return
            folder = in_tree(_joined(place, command), place.copies)
            blocking = both(place.blocking, command.fatal)
            halts = place.halts and command.halts and not shell.goes_on
            at = replace(place, line=place.line + command.line - 1, folder=folder, blocking=blocking, halts=halts)
            yield from self.command(command.words, command.text, at)

    def command(self, written: Sequence[str], text: str, place: Place) -> Iterator[Leaf]:
        """The leaves of one command."""
        words, wrappers = unwrap(written)
        self._met += 1
        if not words or self._met > MOST_MET:
            return
        if place.depth < MAX_DEPTH:
            followed = self._follow(words, text, place)
            if followed is not None and self.files.may_follow(place.path):
                for leaf in followed:
                    yield replace(leaf, wrappers=(*wrappers, *leaf.wrappers))
                return
        yield self._leaf(words, wrappers, text, place)

    def _leaf(
        self, words: tuple[str, ...], wrappers: tuple[str, ...], text: str, place: Place, *, resolved: bool = True
    ) -> Leaf:
        module = self._module(words, place.folder)
        kind = kind_of(words, module)
        if kind == "other" and module:  # what a console script does is told by the file that it begins in
            kind = name_kind(module.rpartition("/")[2].removesuffix(".py"))
        return Leaf(
            words,
            text,
            place.path,
            place.line,
            place.blocking,
            kind,
            place.folder,
            place.via,
            wrappers,
            module,
            resolved,
            self._named.there(words, kind, place.folder, (place.path, *place.via)),
            place.halts,
        )

    def _module(self, words: tuple[str, ...], folder: str | None) -> str:
        """The Python file of the tree that a `python` command or a console script of the project runs."""
        if program_of(words[0]) == "dagster" and "execute" in words[2:3]:  # a job or assets of the module it names
            told = dict(pairwise(words))
            named, file = told.get("-m") or told.get("--module-name"), told.get("-f") or told.get("--python-file")
            return (
                file_of_module(self.files, named, folder) if named else file_of_script(self.files, file or "", folder)
            ) or ""
        if program_of(words[0]) != "python" or len(words) < 2:
            folder_of, _, name = words[0].rpartition("/")
            return self._console_scripts().get(name if folder_of.endswith("bin") else words[0], "")
        if words[1] == "-m" and len(words) > 2:
            return file_of_module(self.files, words[2], folder) or ""
        return file_of_script(self.files, words[1], folder) or "" if not words[1].startswith("-") else ""

    def _console_scripts(self) -> dict[str, str]:
        """The files that console scripts of `pyproject.toml`, `setup.cfg` and `setup.py` begin in, by their names."""
        if self._scripts is None:
            data = as_map(self.files.toml("pyproject.toml") if self.files.exists("pyproject.toml") else None)
            poetry = as_map(as_map(data.get("tool")).get("poetry"))
            named = {**as_map(poetry.get("scripts")), **as_map(as_map(data.get("project")).get("scripts"))}
            starts = {str(name): target.partition(":")[0] for name, target in named.items() if isinstance(target, str)}
            text = self.files.text("setup.cfg") or "" if self.files.exists("setup.cfg") else ""
            for match in _OLD_SCRIPT.finditer(text.partition("console_scripts")[2].partition("\n[")[0]):
                starts.setdefault(match[1], match[2])
            text = self.files.text("setup.py") or "" if self.files.exists("setup.py") else ""
            for match in _WRITTEN_SCRIPT.finditer(text.partition("console_scripts")[2]):
                starts.setdefault(match[1], match[2])
            self._scripts = {name: file_of_module(self.files, target) or "" for name, target in starts.items()}
        return self._scripts

    def _follow(self, words: tuple[str, ...], text: str, place: Place) -> Iterator[Leaf] | None:
        """The leaves behind a command that runs other commands; None where it is the end of its chain."""
        program = program_of(words[0])
        inner = replace(place, via=(*place.via, f"{place.path}:{place.line} {text[:120]}"), depth=place.depth + 1)
        if program in _SHELLS or words[0] in ("source", ".") or _is_script(words[0]):
            return self._shell(words, inner)
        if program in ("docker", "podman", "docker-compose"):
            return self._docker(words, text, place, inner)
        if program == "pre-commit" and words[1:2] == ("run",):
            return self._pre_commit(words[2:], inner)
        found = named_tasks(self.files, program, words[1:], place.folder)
        if found is None:
            return None
        tasks, name = found
        if tasks is None:
            leaf = self._leaf(words, (), text, place, resolved=False)
            lacking = self._named.lacks_script(words, place.folder, (place.path, *place.via))
            kind = name_kind(name) if leaf.kind == "other" else leaf.kind
            return iter([replace(leaf, kind=kind, starts=False if lacking else leaf.starts)])
        return self._run_tasks(tasks, words, inner)

    def _run_tasks(self, tasks: list[Task], words: tuple[str, ...], place: Place) -> Iterator[Leaf]:
        for task in tasks:
            if not task.path:  # the runner starts a program itself: the command stays where it is written
                for piece in task.pieces:
                    yield from self._piece(piece, replace(place, via=place.via[:-1]))
                continue
            at = replace(place, path=task.path, line=task.line, folder=task.folder, here=None)
            if task.module:
                yield Leaf(
                    (words[0], task.name), f"{words[0]} {task.name}", task.path, task.line, place.blocking,
                    name_kind(task.name), task.folder, place.via, module=task.module, halts=place.halts,
                )  # fmt: skip
            for piece in task.pieces:
                yield from self._piece(piece, replace(at, line=piece.line))

    def _piece(self, piece: Piece, place: Place) -> Iterator[Leaf]:
        at = replace(place, blocking=False, halts=False) if piece.ignored else place
        if piece.words:
            yield from self.command(piece.words, " ".join(piece.words), at)
        else:
            yield from self.script(piece.script, at, Shell(errexit=piece.errexit))

    def _shell(self, words: tuple[str, ...], place: Place) -> Iterator[Leaf] | None:
        """`bash -c '…'`, `bash script.sh`, `./script.sh`, `source script.sh`."""
        rest = list(words)
        errexit = False
        plain = _PLAIN_SCRIPT.search(rest[0]) is not None
        if not _is_script(rest[0]):
            rest = rest[1:]
        while rest and rest[0].startswith("-") and len(rest[0]) > 1:
            flags = rest.pop(0)
            errexit = errexit or (not flags.startswith("--") and "e" in flags)
            if "c" in flags and not flags.startswith("--") and rest:
                return self.script(rest[0], place, Shell(errexit=errexit))
        path = self._script_file(rest[0], place) if rest else None
        text = self.files.text(path) if path is not None else None
        if path is None or text is None:
            return None
        head = text.partition("\n")[0]
        if not re.search(r"sh\b", head) if head.startswith("#!") else plain:
            return None
        errexit = errexit or bool(re.search(r"^#!.*\s-\w*e", head))
        at = replace(place, path=path, line=1, here=path.rpartition("/")[0])
        leaves = self.script(text, at, Shell(errexit=errexit))
        if len(rest) < 2 or not _HANDED_ON.search(text):
            return leaves
        own = (one for one in leaves if one.words[0] != "$@")
        return chain(own, self.command(rest[1:], " ".join(rest[1:]), place))

    def _script_file(self, script: str, place: Place) -> str | None:
        """The file of the tree that a script is; of an absolute path, which is one of an image, as much of its end as
        the tree has, from the root or beside the Dockerfile; else what the Dockerfile copies under that name."""
        folder = place.folder
        path = join(folder, script)
        if path is not None and self.files.exists(path):
            return path
        parts = script.strip("/").split("/") if script.startswith("/") else []
        ends = ["/".join(parts[start:]) for start in range(len(parts))]
        if "dockerfile" in place.path.lower():
            name = script.rpartition("/")[2]
            if own := _IN_AN_IMAGE.match(script):  # `../docker/start.sh`, `$APP_ROOT/start.sh`: below the image's root
                ends.append(script[own.end() :])
            for line in _COPIED.findall(self.files.text(place.path) or ""):
                *sources, to = [word for word in line.split() if not word.startswith("--")] or [""]
                ends.extend(one for one in sources if name in (one.rpartition("/")[2], to.rpartition("/")[2]))
        return next((one for end in ends for one in (end, join(folder, end)) if one and self.files.exists(one)), None)

    def _docker(self, words: tuple[str, ...], text: str, place: Place, inner: Place) -> Iterator[Leaf] | None:
        """`docker build`: the image, and what it tests or installs. `docker run image cmd`: also the command.
        `docker compose run service`: what the service starts."""
        rest = list(words[1:])
        compose = program_of(words[0]) == "docker-compose"
        if not compose and rest[:1] == ["compose"]:
            compose, rest = True, rest[1:]
        written = rest
        while rest and rest[0].startswith("-"):
            rest = rest[2:] if rest[0] in _DOCKER_VALUES else rest[1:]
        verb = rest[0] if rest else ""
        options = written[: len(written) - len(rest)]
        if compose and verb == "up" and (waited := option(rest[1:], "--exit-code-from")):
            return self._service(words, text, place, inner, options, waited[0])
        if not compose and (verb == "build" or rest[:2] in (["buildx", "build"], ["image", "build"])):
            arguments = rest[1:] if verb == "build" else rest[2:]
            return self._build(words, text, place, inner, arguments)
        if verb in ("run", "exec"):
            arguments = given = rest[1:]
            while arguments and (arguments[0].startswith("-") or _HELD_OPTIONS.match(arguments[0])):
                arguments = arguments[2:] if arguments[0] in _DOCKER_VALUES else arguments[1:]
            own = given[: len(given) - len(arguments)]
            if compose and verb == "run" and len(arguments) == 1 and not _LET_GO.intersection(own):
                return self._service(words, text, place, inner, options, arguments[0])
            if len(arguments) > 1:
                at = replace(inner, folder="")
                return iter(
                    [self._leaf(words, (), text, place), *self.command(arguments[1:], " ".join(arguments[1:]), at)]
                )
        return None

    def _service(
        self, words: tuple[str, ...], text: str, place: Place, inner: Place, options: list[str], service: str
    ) -> Iterator[Leaf]:
        """The command, and what a service starts whose end is its end."""
        yield self._leaf(words, (), text, place)
        start = compose_runs.started(self.files, options, place.folder, service)
        if start is not None:
            at = replace(inner, path=start.path, line=start.line, folder=start.folder)
            for leaf in self.script(start.command, at, Shell(errexit=False)):
                yield replace(leaf, line=start.line) if leaf.path == start.path else leaf

    def _build(
        self, words: tuple[str, ...], text: str, place: Place, inner: Place, arguments: list[str]
    ) -> Iterator[Leaf]:
        leaf = self._leaf(words, (), text, place)
        file, context = dockerfile_of(arguments, place.folder)
        exists = file is not None and self.files.exists(file)
        yield replace(leaf, module=file if exists and file else "", kind="build_image", resolved=exists)
        if file is not None:
            yield from self.image(file, replace(inner, folder=context))

    def image(self, path: str, place: Place) -> Iterator[Leaf]:
        """What the RUN lines of a Dockerfile test, train or install when the image is built."""
        text = self.files.text(path) if self.files.exists(path) else None
        for stage in stages(text) if text else ():
            for one in stage.instructions:
                if one.name != "RUN":
                    continue
                script = re.sub(r"^(?:--\w+(?:=\S+)?\s+)+", "", one.value)
                at = replace(place, path=path, line=one.line)
                pieces = [(script, one.line)] if not one.bodies else [(body, line) for line, body in one.bodies]
                for piece, line in pieces:
                    for leaf in self.script(piece, replace(at, line=line), Shell(errexit=False)):
                        if leaf.kind in _FOLLOWED_IN_IMAGES:
                            yield leaf

    def _pre_commit(self, arguments: Sequence[str], place: Place) -> Iterator[Leaf] | None:
        wanted = {word for word in arguments if not word.startswith("-")}
        chosen = [hook for hook in self.hooks() if not wanted & {h.id for h in self.hooks()} or hook.id in wanted]
        automatic = [
            hook
            for hook in chosen
            if not hook.stages or set(hook.stages) & {"commit", "pre-commit", "push", "pre-push"}
        ]
        if not automatic:
            return None
        return (
            leaf
            for hook in automatic
            for leaf in self.command(
                hook.words, " ".join(hook.words), replace(place, path=hook.path, line=hook.line, folder="")
            )
        )

    def hooks(self) -> list[precommit.Hook]:
        if self._hooks is None:
            self._hooks = precommit.hooks(self.files)
        return self._hooks


def dockerfile_of(arguments: Sequence[str], folder: str | None) -> tuple[str | None, str | None]:
    """The Dockerfile and the context that the words behind `docker build` name."""
    rest, file, context = list(arguments), "", "."
    while rest:
        word = rest.pop(0)
        if word in ("-f", "--file") and rest:
            file = rest.pop(0)
        elif word.startswith("--file="):
            file = word.partition("=")[2]
        elif word in _DOCKER_VALUES and rest:
            rest.pop(0)
        elif not word.startswith("-"):
            context = word
    where = join(folder, context)
    return (join(folder, file) if file else join(where, "Dockerfile")), where


def _joined(place: Place, command: ShellCommand) -> str | None:
    if command.folder is not None and command.folder.startswith(HERE):
        return join(place.here, command.folder[len(HERE) :].lstrip("/") or ".")
    if not command.folder:
        return place.folder if command.folder == "" else None
    return join(place.folder, command.folder)


def _is_script(word: str) -> bool:
    """Whether a command is a file of shell commands by its name, or may be one by its place."""
    return _SCRIPT.search(word) is not None or _PLAIN_SCRIPT.search(word) is not None
