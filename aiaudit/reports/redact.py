"""Paths of the audited project without their folders, for a report that leaves the house (`paths: names` of a brand).

Every string of the result is looked at, so that nothing that is made of it holds a folder: `src/app/serve.py` becomes
`…/serve.py` in findings, evidence, messages and facts alike. A path is what the result itself uses as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy

HIDDEN: Final = "…/"

_KEYS: Final = frozenset({"path", "paths", "file", "files", "subject", "source"})
_WHOLE: Final = lazy.regex(r"[^\s:*?\"<>|]+/[^\s:*?\"<>|/]+\.\w{1,10}")
_TOKEN: Final = lazy.regex(r"[^\s\"'`(),:;\[\]{}<>|=]*/[^\s\"'`(),:;\[\]{}<>|=]*")
_BRANDED: Final = frozenset({"brand", "frameworks"})  # the auditor's own words, and public ones


def without_folders(result: dict[str, Any]) -> dict[str, Any]:
    """The result with every path of the project reduced to its name."""
    paths = {path for key, value in result.items() if key not in _BRANDED for path in _paths(value, key)}
    known = {path: HIDDEN + path.rstrip("/").rpartition("/")[2] for path in paths | _folders(paths)}
    spaced = sorted((path for path in known if re.search(r"[\s\"'`(),:;\[\]{}<>|=]", path)), key=len, reverse=True)

    def told(hit: re.Match[str]) -> str:
        token = hit[0]
        bare = token.rstrip("./")
        return known[bare] + token[len(bare) :] if bare in known else known.get(token, token)

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            if "/" not in value:
                return value
            for path in spaced:
                value = value.replace(path, known[path])
            return known.get(value) or _TOKEN.sub(told, value)
        if isinstance(value, dict):
            return {clean(key): clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [clean(item) for item in value]
        return value

    return {key: value if key in _BRANDED else clean(value) for key, value in result.items()}


def _paths(value: Any, key: str = "") -> Iterator[str]:
    """What stands where paths stand, and every string that is nothing but one."""
    if isinstance(value, str):
        if "/" in value and "://" not in value and (key in _KEYS or _WHOLE.fullmatch(value)):
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(name, str):
                yield from _paths(name)
            yield from _paths(item, name if isinstance(name, str) else "")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _paths(item, key)


def _folders(paths: set[str]) -> set[str]:
    """Folders of the paths, from the second level down: a name without a slash tells no more than a file's."""
    found = set()
    for path in paths:
        while "/" in (path := path.rpartition("/")[0]):
            if path in found:
                break
            found.add(path)
    return found - {""}
