"""Commands that install dependencies, and what from: which lock or manifest, and how strictly."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from aiaudit.probes.base import Context
from aiaudit.probes.ci.inventory import inventory as ci_inventory
from aiaudit.probes.ci.resolve import Leaf, Place, Resolver
from aiaudit.probes.ci.wrappers import program_of, unwrap
from aiaudit.probes.config.docker import GLOBS as DOCKER_GLOBS
from aiaudit.probes.config.docker import is_development
from aiaudit.probes.config.dockerfile import Stage, stages
from aiaudit.probes.reading import Files
from aiaudit.probes.words import word_set

_MEMO: Final = "dependencies.installers"
_NIXPACKS: Final = re.compile(r"""(?i)\bbuilder["']?\s*[:=]\s*["']nixpacks["']""")
_INSTALLS: Final = re.compile(r"\b(?:npm|pnpm|yarn|bun)\s+(?:ci|i|install)\b|nixpacksPlan|nixpacksConfigPath")
_NPM_LOCKS: Final = {"npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "yarn": "yarn.lock", "bun": "bun.lock"}
# Options of npm, pnpm, yarn and bun whose value is a word of its own: no package.
_VALUED: Final = word_set(
    "--network-timeout --network-concurrency --cache-folder --cache --cwd --prefix --registry --loglevel --mutex",
    "--modules-folder --fetch-timeout --fetch-retries --store-dir --dir -C --filter -F --omit --include --only",
    "--workspace -w",
)


class Install(Struct, frozen=True):
    """One install command. `source`: the file it names or that its tool reads ("" where it names packages only);
    `strict`: it fails rather than leave the lock; `where`: ci or image."""

    path: str
    line: int
    command: str
    tool: str
    source: str
    strict: bool
    where: str

    def record(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "line": self.line,
            "command": self.command[:200],
            "tool": self.tool,
            "source": self.source,
            "strict": self.strict,
            "where": self.where,
        }


def installs(context: Context) -> list[Install]:
    """Every install command of CI jobs and of Dockerfiles that are not for development, computed once a run."""
    known = context.memo.get(_MEMO)
    if isinstance(known, list):
        return known
    found: list[Install] = []
    files = Files(context.project)
    dockerfiles = files.matching(DOCKER_GLOBS)
    images = {entry.path for entry in dockerfiles}
    for command in ci_inventory(context).commands:
        if not command.hook and command.runs is not False and command.leaf.path not in images:
            found.extend(_of_leaf(command.leaf, "ci"))
    for entry in dockerfiles:
        if not is_development(entry.path, entry.role):
            found.extend(_of_dockerfile(files, entry.path))
    found.extend(_of_builder(files))
    unique = list(dict.fromkeys(found))
    context.memo[_MEMO] = unique
    return unique


def _of_builder(files: Files) -> Iterator[Install]:
    """What Nixpacks does where a platform is told to build with it: `npm ci`, or the like of the lock that is there."""
    for path in ("railway.json", "railway.toml"):
        text = (files.text(path) or "") if files.exists(path) else ""
        named = _NIXPACKS.search(text)
        if named is None or files.exists("nixpacks.toml") or _INSTALLS.search(text):
            continue  # another command may be told there
        line = text.count("\n", 0, named.start()) + 1
        for tool, lock in _NPM_LOCKS.items():
            if files.exists(lock):
                yield Install(path, line, "Nixpacks", tool, lock, True, "image")


def _of_dockerfile(files: Files, path: str) -> Iterator[Install]:
    """Install commands of RUN lines. A name such as requirements.txt means the file that COPY put there."""
    text = files.text(path)
    resolver = Resolver(files)
    made = stages(text) if text else []
    folder = path.rpartition("/")[0]
    copied = {target: source for stage in made for target, source in _copies(stage, folder)}
    for leaf in resolver.image(path, Place(path, 1, "")) if made else ():
        for one in _of_leaf(leaf, "image"):
            source = copied.get(one.source.rpartition("/")[2], one.source)
            if "." in copied and folder and files.exists(f"{folder}/{source}"):
                source = f"{folder}/{source}"  # the whole context was copied, and it is the Dockerfile's folder
            yield Install(one.path, one.line, one.command, one.tool, source, one.strict, "image")


def _copies(stage: Stage, folder: str) -> Iterator[tuple[str, str]]:
    """File names inside the image and the tree's files they were copied from (the context is taken to be the root,
    or the Dockerfile's folder where the file is there)."""
    for one in stage.instructions:
        if one.name not in ("COPY", "ADD"):
            continue
        words = one.exec_form() or one.flat.split()
        if any(word.startswith("--from") for word in words):
            continue
        plain = [word for word in words if not word.startswith("--")]
        for source in plain[:-1]:
            clean = posixpath.normpath(source.removeprefix("./"))
            target = plain[-1].rpartition("/")[2] if "." in plain[-1].rpartition("/")[2] else clean.rpartition("/")[2]
            yield target, f"{folder}/{clean}" if folder and "/" not in clean else clean


def _of_leaf(leaf: Leaf, where: str) -> Iterator[Install]:
    words, _ = unwrap(leaf.words)
    folder = leaf.folder or ""
    for tool, source, strict in _sources(words):
        path = posixpath.normpath(posixpath.join(folder, source)) if source else ""
        yield Install(leaf.path, leaf.line, leaf.text, tool, "" if path == "." else path, strict, where)
    text = leaf.text
    if re.match(r"(\S+=\S* )*uv run\b", text) and not {"--no-sync", "--no-project"} & set(text.split()):
        # `uv run` brings the environment in line with the lock first, unless it is told not to.
        path = posixpath.normpath(posixpath.join(folder, "uv.lock"))
        yield Install(leaf.path, leaf.line, text, "uv", path, "--locked" in text or "--frozen" in text, where)


def _sources(words: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Tool, file and strictness of an install command."""
    if len(words) < 2 and program_of(words[0] if words else "") not in ("pip-sync", "yarn"):
        return
    program, rest = program_of(words[0]), list(words[1:])
    verb = rest[0] if rest else ""
    if program == "yarn" and (not rest or verb.startswith("--")) and verb not in ("--version", "--help"):
        rest, verb = ["install", *rest], "install"  # `yarn` alone installs
    if program == "uv" and verb == "pip":
        program, rest, verb = "pip", rest[1:], rest[1] if len(rest) > 1 else ""
    match program:
        case "pip" | "pip3" if verb in ("install", "sync"):
            files = list(_values(rest, "-r", "--requirement"))
            files += [word for word in rest[1:] if verb == "sync" and not word.startswith("-")]
            for file in files:
                yield "pip", file, "--require-hashes" in rest
            targets = [word for word in rest[1:] if word in (".", "./") or word.startswith((".[", "./["))]
            if targets:
                yield "pip", "pyproject.toml", False
        case "pip-sync":
            for file in [word for word in rest if not word.startswith("-")] or ["requirements.txt"]:
                yield "pip", file, True
        case "uv" if verb in ("sync", "export"):
            if not {"--upgrade", "-U"} & set(rest):  # the lock is made anew
                yield "uv", "uv.lock", "--locked" in rest or "--frozen" in rest
        case "poetry" if verb in ("install", "sync", "export"):
            yield "poetry", "poetry.lock", True
        case "pipenv" if verb in ("install", "sync"):
            yield "pipenv", "Pipfile.lock", verb == "sync" or "--deploy" in rest or "--ignore-pipfile" in rest
        case "pdm" if verb in ("install", "sync"):
            yield "pdm", "pdm.lock", verb == "sync" or bool({"--frozen-lockfile", "--check"} & set(rest))
        case "conda-lock" if verb == "install":
            yield "conda-lock", "conda-lock.yml", True
        case "pixi" if verb in ("install", "run"):
            yield "pixi", "pixi.lock", bool({"--locked", "--frozen"} & set(rest))
        case "conda" | "mamba" | "micromamba":
            for file in _values(rest, "-f", "--file"):
                yield "conda", file, False
        case "npm" | "pnpm" | "yarn" | "bun":
            yield from _npm(program, verb, rest)


def _npm(program: str, verb: str, rest: list[str]) -> Iterator[tuple[str, str, bool]]:
    if verb not in ("ci", "clean-install", "install", "i"):
        return
    named = [word for before, word in pairwise(rest) if not word.startswith("-") and before not in _VALUED]
    if named or {"-g", "--global"} & set(rest):  # adds packages by name: no lock is installed from
        return
    flags = {"--frozen-lockfile", "--immutable"} & set(rest)
    strict = verb in ("ci", "clean-install") or bool(flags) or program == "pnpm"  # pnpm is strict where CI is set
    yield program, _NPM_LOCKS[program], strict and "--no-frozen-lockfile" not in rest


def _values(words: Sequence[str], *names: str) -> Iterator[str]:
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names and (equals or index + 1 < len(words)):
            yield value if equals else words[index + 1]
        elif word.startswith("-r") and "-r" in names and len(word) > 2 and not word.startswith("--"):
            yield word[2:]
