"""Probe `config.environment`: names of the variables in .env files. Values are never kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config.secret_names import is_placeholder, is_secret_name
from aiaudit.probes.reading import Files, listed, scope_of

GLOBS: Final = ("**/.env", "**/.env.*", "**/*.env", "**/env.example", "**/env.sample", "**/env.template", "**/dotenv*")
_EXAMPLE: Final = lazy.regex(r"(example|sample|template|dist|default|tmpl)", re.IGNORECASE)
_ASSIGNMENT: Final = lazy.regex(r"^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$")
_IN_YAML: Final = lazy.regex(r"^([A-Z][A-Z0-9_]*):[ \t]++(.*?)\s*$")  # as `gcloud --env-vars-file` takes them

VARIABLE = record(
    "variable",
    path=STRING,
    line=INT,
    name=STRING,
    example=BOOL,
    empty=BOOL,
    placeholder=BOOL,
    secret=BOOL,
    ignored=BOOL,
)


class EnvironmentQuery(Query):
    """`ignored`: also files that git ignores (a local .env)."""

    ignored: bool = False


class ConfigEnvironment(Probe[EnvironmentQuery]):
    """One record a variable: its name, whether its file is an example, whether a value is there."""

    name: ClassVar[str] = "config.environment"
    title: ClassVar[str] = "Names of variables in .env files and their examples (never values)"
    query: ClassVar[type[Query]] = EnvironmentQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: EnvironmentQuery) -> Type:
        return list_of(VARIABLE)

    def answer(self, fact_id: str, query: EnvironmentQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = [e for e in context.project.matching(GLOBS) if query.ignored or not e.ignored]
        found = [
            {
                "path": entry.path,
                "line": line,
                "name": name,
                "example": bool(_EXAMPLE.search(entry.name)),
                "empty": not value.strip("\"'"),
                "placeholder": is_placeholder(value),
                "secret": is_secret_name(name),
                "ignored": entry.ignored,
            }
            for entry in entries
            for name, value, line in assignments(files.text(entry.path) or "")
        ]
        scope = scope_of([entry.path for entry in entries], files.problems)
        return listed(fact_id, found, method="names of variables read", scope=scope, note="name")


def assignments(text: str) -> Iterator[tuple[str, str, int]]:
    """Names, values and lines of a .env file, also of one in YAML (`.env.gcp.yaml`)."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith("#") and (match := _ASSIGNMENT.match(line) or _IN_YAML.match(line)):
            yield match.group(1), match.group(2), number
