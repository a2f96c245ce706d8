"""Probe `config.docker`: one record for each Dockerfile, about the image its last stage makes, and one for each other
stage of which a compose file makes an image."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config import images
from aiaudit.probes.config.build_targets import targets
from aiaudit.probes.config.dockerfile import Instruction, Stage, environment, resolve, stages
from aiaudit.probes.config.redact import redact
from aiaudit.probes.config.secret_names import is_placeholder, is_secret_name
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.roles import Role

GLOBS: Final = (
    "**/*Dockerfile",
    "**/*dockerfile",
    "**/{Dockerfile,dockerfile}.*",
    "**/Dockerfile-*",
    "**/Dockerfile_*",
    "**/Containerfile",
    "**/Containerfile.*",
    "!**/*.dockerignore",
    "!**/*.md",
)
_DEVELOPMENT: Final = lazy.regex(
    r"(^|/)\.(?:devcontainer|codesandbox|gitpod|cursor)[./]|(^|[/._-])(dev|devel|test|tests|ci|lint|docs)([._-]|$)",
    re.IGNORECASE,
)
_TESTS: Final = lazy.regex(  # what an image starts that was made to run tests and linters
    r"^\s*(?:\S{0,40}python[\d.]*\s+-m\s+)?(?:pytest|unittest|tox|nox|flake8|pylint|ruff|black|mypy|coverage\s+run)(?:\s|$)"
)
_SHELL: Final = lazy.regex(r"^(?:/bin/)?(?:ba)?sh\s+-l?e?c\s+['\"]?|['\"]$")
_COMPOSE: Final = ("**/*compose*.{yml,yaml}",)
_INSTALL: Final = lazy.regex(r"\b(pip3?|uv|poetry|pdm|pipenv|npm|pnpm|yarn|conda|mamba|apt-get|apk|bun)\b")

BASE = record("base", image=STRING, line=INT, pin=STRING)
NAMED = record("named", name=STRING, path=STRING, line=INT, instruction=STRING)
LINES = record("lines", start=INT, end=INT)
IMAGE = record(
    "image",
    path=STRING,
    line=INT,
    role=STRING,
    development=BOOL,
    stages=INT,
    left=list_of(LINES),
    base=STRING,
    pin=STRING,
    bases=list_of(BASE),
    borrowed=list_of(BASE),
    user=STRING,
    user_line=INT,
    root=BOOL,
    root_known=BOOL,
    healthcheck=BOOL,
    command=STRING,
    command_line=INT,
    expose=list_of(STRING),
    secrets=list_of(NAMED),
    workdir=STRING,
    installs=BOOL,
    carries=BOOL,
    python=STRING,
)


class DockerQuery(Query):
    """`development`: also Dockerfiles for development, tests, documentation and examples."""

    development: bool = False


class ConfigDocker(Probe[DockerQuery]):
    """Base image and how it is pinned, user, health check, start command, and secrets baked in (their names only)."""

    name: ClassVar[str] = "config.docker"
    title: ClassVar[str] = "Dockerfiles: base image and pin, user, health check, command, secrets in ENV or ARG"
    query: ClassVar[type[Query]] = DockerQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: DockerQuery) -> Type:
        return list_of(IMAGE)

    def answer(self, fact_id: str, query: DockerQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = files.matching(GLOBS)
        found: list[dict[str, Any]] = []
        told = bool(files.matching(_COMPOSE))  # a service may start something else in it
        others = targets(files) if entries and told else {}
        for entry in entries:
            text = files.text(entry.path)
            for target in ("", *others.get(entry.path, ())):
                made = image_record(entry.path, text, target) if text else None
                if made is None:
                    continue
                aside = is_development(entry.path, entry.role) or (not told and runs_tests(made["command"]))
                made |= {"role": str(entry.role), "development": aside}
                if query.development or not made["development"]:
                    found.append(made)
        scope = scope_of([entry.path for entry in entries], files.problems)
        return listed(fact_id, found, method="Dockerfiles split into instructions", scope=scope, note="base")


def is_development(path: str, role: Role) -> bool:
    """Whether a container file is for developers, tests, documents or examples, by its place and name."""
    return role in (Role.TEST, Role.DOCS, Role.EXAMPLE) or bool(_DEVELOPMENT.search(path.replace("Dockerfile", "")))


def runs_tests(command: str) -> bool:
    """Whether all that a container starts are tests and linters: `flake8 src && pytest tests`."""
    parts = [one for one in re.split(r"&&|;", _SHELL.sub("", command)) if one.strip()]
    return bool(parts) and all(_TESTS.search(one) for one in parts)


def image_record(path: str, text: str, target: str = "") -> dict[str, Any] | None:
    """What a Dockerfile says of the image it makes, or of the one that its stage `target` makes; None where it has no
    `FROM`, or no such stage but the last."""
    made = stages(text)
    if target:
        made = next((made[: at + 1] for at, one in enumerate(made[:-1]) if one.name.lower() == target), [])
    if not made:
        return None
    final = made[-1]
    chain = ancestry(made, final)
    bases = [_base(stage) for stage in made if _parent(made, stage) is None]
    outer = chain[-1]
    user, user_line = _user(chain)
    entry, command = _last(chain, "ENTRYPOINT"), _last(chain, "CMD")
    start = entry or command
    reference = images.parse(outer.base) if outer.base is not None else None
    kept = entry is None and reference is not None and reference.steps_down  # the entrypoint of a database
    root = False if kept and user is None else _root(user, reference, outer)
    return {
        "path": path,
        "line": final.line,
        "role": "",
        "development": False,
        "stages": len(made),
        "left": [  # stages of which the image keeps only what is copied out of them
            {"start": stage.line, "end": after - 1}
            for stage, after in zip(made, [one.line for one in made[1:]], strict=False)
            if stage not in chain
        ],
        "base": outer.base if outer.base is not None else Unknown(f"{outer.written} has no default"),
        "pin": _pin(outer),
        "bases": bases,
        "borrowed": _borrowed(made),
        "user": user if user is not None else "",
        "user_line": user_line,
        "root": root,
        "root_known": not isinstance(root, Unknown),
        "healthcheck": (check := _last(chain, "HEALTHCHECK")) is not None and check.flat.upper() != "NONE",
        "command": redact(start_command(entry, command)),
        "command_line": start.line if start else 0,
        "expose": [
            port for stage in chain for one in stage.instructions if one.name == "EXPOSE" for port in one.flat.split()
        ],
        "secrets": [
            {"name": name, "path": path, "line": one.line, "instruction": one.name}
            for stage in made
            for one in stage.instructions
            if one.name in ("ENV", "ARG")
            for name, value in environment(one)
            if is_secret_name(name) and not is_placeholder(value)
        ],
        "workdir": workdir.flat if (workdir := _last(chain, "WORKDIR")) else "",
        "installs": any(
            one.name == "RUN" and _INSTALL.search(one.value) for stage in made for one in stage.instructions
        ),
        "carries": any(_carries(one) for stage in made for one in stage.instructions),
        "python": _python_of(reference),
    }


_MANIFEST: Final = lazy.regex(
    r"(?i)(?:^|/)(?:[\w.-]*requirements[\w.-]*\.(?:txt|in)|constraints[\w.-]*\.txt|environment\.ya?ml|conda[\w.-]*\.ya?ml"
    r"|pyproject\.toml|poetry\.lock\*?|uv\.lock|pipfile(?:\.lock)?|package(?:-lock|\*)?\.json|yarn\.lock|pnpm-lock\.yaml)$"
)  # what only tells what to install


def _carries(one: Instruction) -> bool:
    """Whether files of the project get into the image: an image without them is a box of tools."""
    if one.name == "RUN":
        return "git clone" in one.value
    if one.name not in ("COPY", "ADD") or "--from=" in one.value or "://" in one.value:
        return False
    sources = [word for word in one.flat.split() if not word.startswith("--")][:-1]
    return not sources or not all(_MANIFEST.search(source) for source in sources)


def ancestry(made: list[Stage], stage: Stage) -> list[Stage]:
    """The stage and the stages it stands on, itself first; the last one stands on an image from elsewhere."""
    chain = [stage]
    while (parent := _parent(made, chain[-1])) is not None and parent not in chain:
        chain.append(parent)
    return chain


def start_of(made: list[Stage]) -> tuple[int, str] | None:
    """The line and the command line that a container of the last stage starts with; None where no stage tells it."""
    chain = ancestry(made, made[-1]) if made else []
    entry, command = _last(chain, "ENTRYPOINT"), _last(chain, "CMD")
    first = entry or command
    return (first.line, start_command(entry, command)) if first is not None else None


def start_command(entry: Instruction | None, command: Instruction | None) -> str:
    """The command line that a container starts with: the entry point, and CMD as its arguments or alone."""
    parts = []
    for one in (entry, command):
        if one is None:
            continue
        words = one.exec_form()
        parts.append(" ".join(quoted(word) for word in words) if words is not None else one.flat)
        if one is entry and words is None:  # the shell form of ENTRYPOINT takes no arguments
            break
    return " ".join(parts)


def quoted(word: str) -> str:
    """A word as a shell would need it."""
    return word if re.fullmatch(r"[\w@%+=:,./${}-]+", word) else "'" + word.replace("'", "'\\''") + "'"


def _parent(made: list[Stage], stage: Stage) -> Stage | None:
    name = stage.base or ""
    earlier = [one for one in made[: stage.index] if one.name and one.name.lower() == name.lower()]
    return earlier[-1] if earlier else None


def _last(chain: list[Stage], name: str) -> Instruction | None:
    return next((found for stage in chain if (found := stage.last(name)) is not None), None)


def _base(stage: Stage) -> dict[str, Any]:
    base = stage.base if stage.base is not None else Unknown(f"{stage.written} has no default")
    return {"image": base, "line": stage.line, "pin": _pin(stage)}


def _pin(stage: Stage) -> str | Unknown:
    if stage.base is None:
        return Unknown(f"{stage.written} has no default")
    if stage.base == "scratch":
        return "digest"
    reference = images.parse(stage.base)
    return reference.pin if reference else Unknown(f"{stage.base} is not an image reference")


def _borrowed(made: list[Stage]) -> list[dict[str, Any]]:
    """Images that files are copied from and that no stage of this file makes."""
    stages_here = {one.name.lower() for one in made if one.name} | {str(one.index) for one in made}
    found = []
    for stage in made:
        for one in stage.instructions:
            source = next((word[7:] for word in one.flat.split() if word.startswith("--from=")), "")
            if one.name != "COPY" or not source or source.lower() in stages_here or source.isdigit():
                continue
            image = resolve(source, stage.variables)
            reference = images.parse(image) if image is not None else None
            if reference is not None:
                found.append({"image": image, "line": one.line, "pin": reference.pin})
    return found


def _user(chain: list[Stage]) -> tuple[str | None, int]:
    for stage in chain:
        if (one := stage.last("USER")) is not None:
            value = resolve(one.flat, stage.variables)
            return (value if value is not None else one.flat), one.line
    return None, chain[0].line


def _root(user: str | None, reference: images.Image | None, outer: Stage) -> bool | Unknown:
    if user is not None:
        return Unknown(f"USER {user} has no default") if "$" in user else images.is_root(user)
    default = reference.default_root() if reference else None
    return default if default is not None else Unknown(f"the default user of {outer.written} is not known")


def _python_of(reference: images.Image | None) -> str:
    if reference is None or reference.short.rpartition("/")[2] not in ("python", "pypy"):
        return ""
    match = re.match(r"\d+(\.\d+)*", reference.tag)
    return match.group(0) if match else ""
