"""Splits Dockerfiles into instructions and stages, after the published Dockerfile grammar. Any text gives a result.

Handled: parser directives (`escape`), continuations with comments and blank lines inside, here-documents, the exec
(JSON) form, `ARG` defaults in `FROM`, build stages and stages that stand on earlier stages.
"""

from __future__ import annotations

import json
import re
from typing import Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.words import word_set

_DIRECTIVE: Final = lazy.regex(r"^#\s*(\w+)\s*=\s*(\S+)\s*$")
_HEREDOC: Final = lazy.regex(r"<<-?\s*([\"']?)([A-Za-z_][\w.-]*)\1")
_VARIABLE: Final = lazy.regex(r"\$(?:\{(\w+)(?::?([-+])([^}]*))?\}|(\w+))")
_FROM: Final = lazy.regex(r"^(?:--platform=\S+\s+)?(\S+)(?:\s+[Aa][Ss]\s+(\S+))?")
_INSTRUCTIONS: Final = word_set(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL",
    "STOPSIGNAL USER VOLUME WORKDIR",
)
MAX_LINES: Final = 20_000


class Instruction(Struct, frozen=True):
    """`name` in capitals; `value` with its continuations joined by newlines; `line` of its first line, from 1."""

    name: str
    value: str
    line: int
    bodies: tuple[tuple[int, str], ...] = ()  # here-documents: line and text

    @property
    def flat(self) -> str:
        return " ".join(self.value.split())

    def exec_form(self) -> list[str] | None:
        """The words of a JSON array such as `["python", "app.py"]`; None for the shell form."""
        text = self.flat
        if not text.startswith("["):
            return None
        try:
            words = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


class Stage(Struct, frozen=True):
    """One `FROM` and what follows it. `base` is None where a variable in it has no default."""

    index: int
    name: str
    written: str
    base: str | None
    line: int
    instructions: tuple[Instruction, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def last(self, name: str) -> Instruction | None:
        return next((i for i in reversed(self.instructions) if i.name == name), None)


def instructions(text: str) -> list[Instruction]:
    """All instructions in order; lines that are none are left out."""
    lines = text.splitlines()[:MAX_LINES]
    escape, start = _directives(lines)
    found: list[Instruction] = []
    at = start
    while at < len(lines):
        stripped = lines[at].strip()
        if not stripped or stripped.startswith("#"):
            at += 1
            continue
        first = at
        parts, at = _joined(lines, at, escape)
        bodies, at = _heredocs(lines, at, "\n".join(parts))
        word, _, rest = "\n".join(parts).lstrip().partition(" ") if " " in parts[0] else (parts[0].strip(), "", "")
        name = word.strip().upper()
        if name in _INSTRUCTIONS:
            found.append(Instruction(name, rest.strip(), first + 1, bodies))
    return found


def stages(text: str) -> list[Stage]:
    """The build stages in order. Instructions before the first `FROM` are global arguments."""
    defaults: dict[str, str] = {}
    done: list[Stage] = []
    current: Stage | None = None
    held: list[Instruction] = []
    variables: dict[str, str] = {}

    def close() -> None:
        if current is not None:
            done.append(
                Stage(
                    current.index,
                    current.name,
                    current.written,
                    current.base,
                    current.line,
                    tuple(held),
                    dict(variables),
                )
            )

    for one in instructions(text):
        if one.name == "FROM":
            close()
            match = _FROM.match(one.flat)
            written = match.group(1) if match else one.flat
            name = (match.group(2) or "") if match else ""
            current = Stage(len(done), name, written, resolve(written, defaults), one.line)
            held, variables = [], {}
        elif current is None:
            if one.name == "ARG":
                defaults.update(_arguments(one.flat, defaults))
        else:
            held.append(one)
            if one.name == "ARG":
                declared = _arguments(one.flat, {**defaults, **variables})
                bare = {key: defaults[key] for key in one.flat.split() if key in defaults}
                variables.update({**bare, **declared})
            elif one.name == "ENV":
                variables.update(environment(one))
    close()
    return done


def environment(one: Instruction) -> list[tuple[str, str]]:
    """The pairs of an `ENV` or `ARG` instruction, in both forms: `K=v K2="v 2"` and the older `K v`."""
    text = one.flat
    if not re.match(r"^[A-Za-z_][\w.-]*=", text):
        key, _, value = text.partition(" ")
        return [(key, value.strip())] if key else []
    pairs = re.findall(r'([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|\'[^\']*\'|\S*)', text)
    return [(key, value[1:-1] if value[:1] in "\"'" and len(value) > 1 else value) for key, value in pairs]


def resolve(text: str, variables: dict[str, str]) -> str | None:
    """`text` with its variables replaced; None where one has neither a value nor a default."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name = match.group(1) or match.group(4)
        known = variables.get(name)
        match match.group(2):
            case "-":
                return known or match.group(3)
            case "+":
                return match.group(3) if known else ""
            case _:
                missing = missing or known is None
                return known or ""

    resolved = _VARIABLE.sub(value, text)
    return None if missing else resolved


def _directives(lines: list[str]) -> tuple[str, int]:
    """The escape character, and the index of the first line behind the parser directives."""
    escape = "\\"
    for index, line in enumerate(lines):
        match = _DIRECTIVE.match(line.strip())
        if match is None:
            return escape, index
        if match.group(1).lower() == "escape" and match.group(2) in ("\\", "`"):
            escape = match.group(2)
    return escape, len(lines)


def _joined(lines: list[str], at: int, escape: str) -> tuple[list[str], int]:
    parts: list[str] = []
    while at < len(lines):
        line = lines[at]
        at += 1
        if parts and (not line.strip() or line.lstrip().startswith("#")):
            continue
        trimmed = line.rstrip()
        if trimmed.endswith(escape):
            parts.append(trimmed[:-1])
            continue
        parts.append(line)
        break
    return parts, at


def _heredocs(lines: list[str], at: int, value: str) -> tuple[tuple[tuple[int, str], ...], int]:
    if not re.match(r"\s*(?:RUN|COPY|ADD|ONBUILD)\b", value, re.IGNORECASE):
        return (), at
    bodies: list[tuple[int, str]] = []
    for _, delimiter in _HEREDOC.findall(value):
        end = next((i for i in range(at, len(lines)) if lines[i].strip() == delimiter), None)
        if end is None:
            return (), at
        bodies.append((at + 1, "\n".join(lines[at:end])))
        at = end + 1
    return tuple(bodies), at


def _arguments(text: str, known: dict[str, str]) -> dict[str, str]:
    """The defaults that an `ARG` instruction gives."""
    found: dict[str, str] = {}
    for key, value in environment(Instruction("ARG", text, 0)) if "=" in text else []:
        resolved = resolve(value, {**known, **found})
        if resolved is not None:
            found[key] = resolved
    return found
