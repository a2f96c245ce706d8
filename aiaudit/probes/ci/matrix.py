"""What a job of a matrix runs: a script in which a word of the matrix says which task of the project is run, once for
each word that the matrix lists. `make test-${{ matrix.step }}` with `step: [static]` runs `make test-static` alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import Job, as_list, as_map

# Only where the word names a task or is the command: a version in `pip install x==${{ matrix.version }}` changes
# nothing of what is done.
_NAMES_TASK: Final = lazy.regex(
    r"(?:\b(?:g?make|just|task|poe|invoke|(?:npm|pnpm|yarn|bun|hatch|pdm|rye)\s+run)\b[^\n]{0,200}"
    r"|\b(?:tox(?:\s+run)?\s+-e|nox\s+(?:-s|--session)|python3?\s+-m|npx|(?:uv|poetry|pipenv)\s+run)\s+"
    r"|(?:^|\n)\s*(?:python)?)\$\{\{\s*matrix\.([\w-]+)\s*\}\}"
)
_MOST: Final = 20  # values of a key
_LONGEST: Final = 20_000  # characters of a script that is written out


def scripts(script: str, data: Any, job: Job) -> tuple[str, ...]:
    """The script, written out once for each value of the key that names its task; as it is where none does, or where
    the matrix is worked out elsewhere."""
    if "matrix." not in script or len(script) > _LONGEST or (named := _NAMES_TASK.search(script)) is None:
        return (script,)
    key = named.group(1)
    values = _values(as_map(as_map(as_map(data).get("jobs")).get(job.id)), key)
    pattern = re.compile(r"\$\{\{\s*matrix\." + re.escape(key) + r"\s*\}\}")
    return tuple(pattern.sub(lambda _, value=value: value, script) for value in values) or (script,)  # type: ignore[misc]


def _values(job: Mapping[str, Any], key: str) -> list[str]:
    """The texts that a matrix lists for a key, also among what it includes; empty where one is not written out."""
    matrix = as_map(as_map(job.get("strategy")).get("matrix"))
    included = [as_map(one)[key] for one in as_list(matrix.get("include")) if key in as_map(one)]
    listed = matrix.get(key)
    if listed is not None and not isinstance(listed, list):
        return []
    values = [*as_list(listed), *included]
    if any(not isinstance(one, str | int) or "${{" in str(one) for one in values) or len(values) > _MOST:
        return []
    return list(dict.fromkeys(str(one) for one in values))
