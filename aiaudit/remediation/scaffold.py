"""What `aiaudit fix` can begin, and how it is shown: as a patch first, and never over something that is there.

A builder gets a result JSON and the texts of the project's files, and gives a `Scaffold`. It writes down what was found
and leaves TODO where it was not: a figure that nobody measured, a purpose that nobody said, is never made up.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from aiaudit.reports.text import visible
from aiaudit.reports.writing import OutputError, write_below

TODO: Final = "TODO"


class ScaffoldError(Exception):
    """Nothing can be begun here; the message says why, and what else to do."""


class Scaffold(Struct, frozen=True):
    """`new`: path → text of files that are not there. `changed`: path → text before and after, shown as a patch only.
    `commands`: what to run instead or besides. `notes`: what a person has to know."""

    new: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def todos(self) -> int:
        """Lines that a person must fill in."""
        texts = [*self.new.values(), *(after for _, after in self.changed.values())]
        return sum(TODO in line for text in texts for line in text.splitlines())

    def patch(self) -> str:
        """A unified diff that `patch -p1` and `git apply` take."""
        parts = [_diff("/dev/null", path, "", text) for path, text in self.new.items()]
        parts += [_diff(f"a/{path}", path, before, after) for path, (before, after) in self.changed.items()]
        return "".join(parts)

    def write(self, root: Path) -> list[str]:
        """Write the new files; those that must be changed are left to the patch. The paths written.

        Raises:
            ScaffoldError: a file is there already or cannot be written; nothing before it is taken back.
        """
        written = []
        for path, text in self.new.items():
            try:
                write_below(root, path, text.encode("utf-8", "backslashreplace"), new=True)
            except OutputError as error:
                raise ScaffoldError(str(error)) from None
            written.append(path)
        return written


class Project(Struct, frozen=True):
    """What a builder may look at: the result of an audit, and the texts of files in the project."""

    result: Mapping[str, Any]
    paths: frozenset[str]
    read: Callable[[str], str]

    def fact(self, fact_id: str) -> Any:
        """The value of a fact; None where it is not known."""
        fact = self.result["facts"].get(fact_id)
        return fact["value"] if fact and fact["state"] == "known" else None

    def rows(self, fact_id: str) -> list[dict[str, Any]]:
        """The records of a fact."""
        value = self.fact(fact_id)
        return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []

    def declared(self, key: str) -> str:
        """What aiaudit.yaml says of the project, or TODO."""
        return str(self.result["project"]["declared"].get(key) or TODO)

    @property
    def name(self) -> str:
        return str(self.result["project"]["name"] or TODO)

    @property
    def day(self) -> str:
        return str(self.result["as_of"])


Builder = Callable[[Project], Scaffold]


def build(topic: str, project: Project) -> Scaffold:
    """Begin what is called `topic`: the name of a scaffold, or the id of a check that one is for.

    Raises:
        ScaffoldError: there is none, or what it would make is there already.
    """
    made = find(topic)(project)
    for path in made.new:
        if path in project.paths:
            raise ScaffoldError(
                f"{path} is there already and stays as it is; `aiaudit explain` says what the check asks"
            )
    return made


def find(topic: str) -> Builder:
    """The builder for a name or a check id. Raises `ScaffoldError`."""
    builders = catalogue()
    wanted = topic.casefold()
    for name, (checks, builder) in builders.items():
        if wanted == name or topic.upper() in checks:
            return builder
    if near := difflib.get_close_matches(wanted, builders, n=1):
        raise ScaffoldError(f"{topic}: nothing that can be begun is called so; did you mean '{near[0]}'?")
    known = ", ".join(f"{name}{f' ({checks[0]})' if checks else ''}" for name, (checks, _) in builders.items())
    if not re.fullmatch(r"[A-Za-z]{2,8}-\d+", topic):  # no id of a check: those that are none were told before
        raise ScaffoldError(f"{topic}: neither a check nor anything that can be begun; there are: {known}")
    raise ScaffoldError(
        f"{topic}: nothing can be generated honestly for it (`aiaudit explain {topic}` says how to mend it); "
        f"there are: {known}"
    )


def catalogue() -> dict[str, tuple[tuple[str, ...], Builder]]:
    """What can be begun, by name, with the checks it is for."""
    from aiaudit.remediation import configuration, documents

    return {
        "model-card": (("GOV-006",), documents.model_card),
        "datasheet": (("DATA-010",), documents.datasheet),
        "value-sheet": (("ORG-005",), documents.value_sheet),
        "risk-register": (("GOV-005",), documents.risk_register),
        "security-policy": (("SEC-020",), documents.security_policy),
        "pre-commit": ((), configuration.pre_commit),
        "ci": (("OPS-006",), configuration.ci),
        "docker-user": (("SEC-011",), configuration.docker_user),
        "lock": (("INF-001",), configuration.lock),
    }


def plain(value: Any) -> str:
    """A text of the audited project as it may stand in a document: one line, no markup, nothing invisible."""
    text = " ".join(visible(str(value)).split())
    for sign, instead in (("\\", "\\\\"), ("`", "'"), ("|", "\\|"), ("<", "&lt;"), ("[", "\\["), ("]", "\\]")):
        text = text.replace(sign, instead)
    return text[:300]


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table; texts are made plain."""
    columns = list(head)
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _diff(source: str, path: str, before: str, after: str) -> str:
    lines = list(
        difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), source, f"b/{path}")
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
