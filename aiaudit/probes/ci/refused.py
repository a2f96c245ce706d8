"""Workflows of GitHub that it refuses as a whole, since an expression names what is not known at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import as_map

_EXPRESSION: Final = lazy.regex(r"(?s)\$\{\{(.*?)\}\}")
_TEXT: Final = lazy.regex(r"'[^']*'")
_ENV: Final = lazy.regex(r"(?<![\w.])env\s*[.\[]")
_ENV_OR_SECRET: Final = lazy.regex(r"(?<![\w.])(?:env|secrets)\s*[.\[]")
# Within a container and a service these two may name variables and secrets; nothing else there may.
_FREE: Final = frozenset({"env", "credentials"})


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
