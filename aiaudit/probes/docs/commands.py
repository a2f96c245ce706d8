"""Commands that a document tells its reader to type: which install the project, which run it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.docs.document import CodeBlock, Document, Section

_MAX_COMMAND: Final = 400  # characters of a command line that are looked at


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SHELLS: Final = _words(
    "bash sh shell zsh fish console terminal powershell ps1 cmd bat text txt plaintext shell-session shellscript none"
) | {""}
_CODE: Final = _words("python py python3 pycon javascript js typescript ts jsx tsx r")

_PROMPT: Final = lazy.regex(
    r"^\s*(?:\([\w.-]{1,40}\)\s*)?(?:[\w.-]{1,40}@[\w.-]{1,40}[:~\w/.-]{0,80}#|[\w@:~/.-]{0,120}[$%>])\s+"
    r"|^\s*[!%](?=pip|conda|python)"
)
_ENVIRONMENT: Final = lazy.regex(r"^(?:[A-Z_][A-Z0-9_]*=\S*\s+)+")
_PREFIX: Final = lazy.regex(
    r"^(?:sudo(?:\s+-\w+)*|time|nohup|env|uv\s+run(?:\s+--?[\w-]+(?:=\S+)?)*|poetry\s+run|pipenv\s+run|pdm\s+run"
    r"|hatch\s+run|rye\s+run|conda\s+run\s+-n\s+\S+|xvfb-run)\s+"
)

_BOTH: Final = (  # these fetch what they need and start it
    r"npx\ | pnpm\ dlx\ | bunx\ | uvx\ | pipx\ run | docker\ run | podman\ run"
    r" | docker(?:-|\ )compose\ (?:-\S+\ \S+\ )*up"
)
_INSTALL: Final = lazy.regex(
    rf"""^(?: {_BOTH}
    | (?:python[\d.]*|py)\ -m\ pip\ install | pip[\d.]*\ install | pipx\ install | easy_install
    | uv\ (?:sync|add|tool\ install|pip\ (?:install|sync)) | poetry\ (?:install|add|sync) | pipenv\ (?:install|sync)
    | pdm\ (?:install|sync|add) | hatch\ env\ create | rye\ sync | pixi\ install
    | (?:conda|mamba|micromamba)\ (?:env\ (?:create|update)|install|create|update)
    | npm\ (?:i|install|ci)\b | pnpm\ (?:i|install|add)\b | yarn(?:\ install)?\s*$ | yarn\ add\b
    | bun\ (?:i|install|add)\b | deno\ install
    | brew\ install | apt(?:-get)?\ install | (?:choco|scoop|winget)\ install
    | cargo\ (?:install|build) | go\ (?:install|get|build)
    | (?:docker|podman)\ (?:pull|build) | docker(?:-|\ )compose\ (?:build|pull) | helm\ (?:install|upgrade)
    | python[\d.]*\ setup\.py\ (?:install|develop|build)
    | make\ (?:install|setup|deps|dependencies|init|env|environment|venv|requirements|bootstrap|build|dev-install)\b
    | make\ (?:install|setup)-\S+ | (?:just|task|inv(?:oke)?)\ (?:install|setup|bootstrap|init)\b
    | (?:bash|sh|source|\.)\ \S*(?:install|setup|bootstrap)\S*\.sh
    | \.?/?\S*(?:install|setup|bootstrap)\.(?:sh|ps1|bat)
    | curl\ [^|]*\|\s*(?:sudo\ )?(?:ba|z)?sh
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_TOOL_MODULES: Final = r"pip|venv|virtualenv|pytest|unittest|build|twine|ensurepip|ipykernel|pre_commit"
_RUN: Final = lazy.regex(
    rf"""^(?: {_BOTH}
    | (?:python[\d.]*|py)\ (?:-[uBOPIX]\ )*(?:(?!setup\.py)\S+\.py | -m\ (?!(?:{_TOOL_MODULES})\b)\S+)
    | (?:uvicorn|gunicorn|hypercorn|waitress-serve|daphne)\ \S+ | fastapi\ (?:dev|run) | flask\ (?:--\S+\ \S+\ )?run
    | (?:streamlit|chainlit|reflex|litestar)\ run | gradio\ \S+ | (?:panel|bentoml|vllm)\ serve
    | ray\ (?:job|serve)\b
    | npm\ (?:start|run\ (?!build|lint|test|format)\S+)
    | (?:pnpm|yarn|bun)\ (?:run\ )?(?:start|dev|serve|preview)\b | node\ \S+ | tsx\ \S+ | deno\ (?:run|task)
    | make\ (?:run|start|serve|up|dev|demo|train|app|api|all|evaluate|eval|predict|pipeline)\b
    | make\ (?:run|train|serve|start)-\S+ | (?:just|task|inv(?:oke)?)\ (?:run|start|serve|dev|train)\b
    | (?:bash|sh)\ \S+\.sh | \.{{1,2}}/\S+ | cargo\ run | go\ run | Rscript\ | ollama\ run
    | dvc\ (?:repro|exp\ run) | mlflow\ run | snakemake\b | kedro\ run | dagster\ dev
    | prefect\ (?:server|deployment) | airflow\ (?:standalone|dags) | langgraph\ (?:dev|up)
    | torchrun\ | accelerate\ launch | deepspeed\ | mpirun\ | jupyter(?:-|\ )(?:lab|notebook)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_NOT_OWN_SCRIPT: Final = lazy.regex(
    r"(?:install|setup|bootstrap|activate|download\w*)\.(?:sh|ps1|bat)$|/activate$", re.IGNORECASE
)
_PACKAGE: Final = lazy.regex(
    r"^(?:pip[\d.]*|uv|uv\s+pip|pipx|uv\s+tool|brew)\s+(?:install|add)\s+(?:-\S+\s+)*['\"]?([A-Za-z0-9][\w.-]*)(?!\+|\S*://)"
)
_IMPORT: Final = lazy.regex(r"^\s*(?:from|import)\s+[\w.@{'\"*]", re.MULTILINE)
_RUN_HEADING: Final = lazy.regex(
    r"\b(?:usage|use|using|run|running|quick ?start|getting started|examples?|how to|demo|start|inference|train"
    r"|training|first|basic|api|launch|evaluat\w*|serv\w*|tutorial)\b",
    re.IGNORECASE,
)


class Command(Struct, frozen=True):
    """One command line of a document."""

    line: int
    text: str


class Steps(Struct, frozen=True):
    """The commands that install, and those (or code examples) that run."""

    install: tuple[Command, ...]
    run: tuple[Command, ...]


def steps(document: Document, own_names: frozenset[str]) -> Steps:
    """Sort a document's commands. `own_names`: the project's console scripts and package names, lower case."""
    install: list[Command] = []
    run: list[Command] = []
    commands = list(_commands(document))
    programs = own_names | {found.group(1).lower() for found in (_PACKAGE.match(c.text) for c in commands) if found}
    for command in commands:
        text = bare(command.text)
        installs = _INSTALL.match(text) is not None
        if installs:
            install.append(command)
        if _runs(text) or (not installs and " " in text and text.split(" ")[0].lower() in programs):
            run.append(command)
    run.extend(_examples(document))
    return Steps(tuple(install), tuple(run))


def _runs(text: str) -> bool:
    return _RUN.match(text) is not None and not any(_NOT_OWN_SCRIPT.search(word) for word in text.split(" ")[:2])


def _commands(document: Document) -> Iterator[Command]:
    for section in document.sections:
        for block in section.code:
            yield from typed(block)
        yield from _inline(section)


def typed(block: CodeBlock) -> Iterator[Command]:
    """The command lines of a block of code that is meant for a shell; none of another."""
    if block.language not in _SHELLS:
        return
    carried = ""
    for number, line in enumerate(block.lines, block.line):
        text = (carried + _PROMPT.sub("", line[:_MAX_COMMAND]).strip())[:_MAX_COMMAND]
        carried = ""
        if text.endswith("\\"):
            carried = text[:-1].rstrip() + " "
        elif text and not text.startswith(("#", "//", "REM ")):
            yield from (Command(number, part.strip()) for part in re.split(r" ?(?:&&|;) ", text))


def _inline(section: Section) -> Iterator[Command]:
    """Commands in backticks in the prose."""
    for number, line in section.lines:
        for text in re.findall(r"`([^`]{3,200})`", line):
            if " " in text.strip():
                yield Command(number, _PROMPT.sub("", text).strip())


def bare(text: str) -> str:
    """The command without variables, sudo and runners that stand before it."""
    while True:
        shorter = _PREFIX.sub("", _ENVIRONMENT.sub("", text))
        if shorter == text:
            return " ".join(text.split())
        text = shorter


def _examples(document: Document) -> Iterator[Command]:
    """Code that imports something, below a heading that speaks of use: how a library is run."""
    for section in document.sections:
        if not _RUN_HEADING.search(section.title):
            continue
        for block in section.code:
            if block.language in _CODE and _IMPORT.search("\n".join(block.lines)):
                yield Command(block.line, f"{block.language} example")
