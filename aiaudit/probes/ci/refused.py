"""Workflows of GitHub that it refuses as a whole: one names what is not known at its place, or is no YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.ci.model import as_map
from aiaudit.probes.reading import Files
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

_EXPRESSION: Final = lazy.regex(r"(?s)\$\{\{(.*?)\}\}")
_TEXT: Final = lazy.regex(r"'[^']*'")
_ENV: Final = lazy.regex(r"(?<![\w.])env\s*[.\[]")
_ENV_OR_SECRET: Final = lazy.regex(r"(?<![\w.])(?:env|secrets)\s*[.\[]")
# Within a container and a service these two may name variables and secrets; nothing else there may.
_FREE: Final = frozenset({"env", "credentials"})

# What libyaml says of a text that no parser of YAML takes. What it takes and we do not (keys twice) may run.
_NO_YAML: Final = lazy.regex(
    r"^(?:(?:mapping values|block sequence entries) are not allowed|(?:did not|could not) find expected|while scanning"
    r"|found (?:unexpected|a tab|character that))"
)


class Torn(Struct, frozen=True):
    """A workflow that is no YAML, and the line at which it is none."""

    path: str
    line: int


def torn(files: Files, path: str) -> Torn | None:
    """The place at which a workflow that could not be read is no YAML, so that GitHub runs nothing of it."""
    try:
        files.project.yaml_all(path)
    except Malformed as error:
        return Torn(path, error.line) if error.line and _NO_YAML.match(error.reason) else None
    except Unreadable:
        return None
    return None


def refused(data: Mapping[str, Any]) -> bool:
    """Whether GitHub says of it: Unrecognized named-value."""
    return any(
        _names(value, bare=key == "if", secrets=key != "env")
        for job in as_map(data.get("jobs")).values()
        for key, value in _early(as_map(job))
    )


def _early(job: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is worked out before a runner has the job, when variables of the workflow are not known yet."""
    for key in ("if", "runs-on", "strategy", "env"):
        yield key, job.get(key)
    container = job.get("container")
    for holder in (container, *as_map(job.get("services")).values()):
        if isinstance(holder, Mapping):
            yield from ((str(key), value) for key, value in holder.items() if key not in _FREE)
        else:
            yield "image", holder


def _names(value: Any, *, bare: bool, secrets: bool) -> bool:
    if isinstance(value, Mapping):
        return any(_names(one, bare=False, secrets=secrets) for one in value.values())
    if isinstance(value, list):
        return any(_names(one, bare=False, secrets=secrets) for one in value)
    if not isinstance(value, str):
        return False
    asked = _ENV_OR_SECRET if secrets else _ENV
    parts = _EXPRESSION.findall(value) or ([value] if bare else [])
    return any(asked.search(_TEXT.sub("", part)) for part in parts)
