"""Whether a JSON file holds rows of data, or says something of them: settings, counts, the figures of a run."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.project.entry import Entry
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

MAX_READ: Final = 2_000_000  # bytes: what is larger holds rows of some kind
_DEPTH: Final = 2  # levels below the top at which rows are looked for, as in `{"data": {"train": [...]}}`
_ROWS: Final = 10  # records in one list that are more than parts of a setting
_KEYED: Final = 20  # records under names of their own
_SIBLINGS: Final = 10  # files of one folder that are a set together: an annotation for each picture
_CALLED_DATA: Final = lazy.regex(
    r"(?i)(?:^|[/_.-])(?:train(?:ing)?|test|val(?:id(?:ation)?)?|dev|evals?|golden|gold|data_?sets?|corpus|annotations?"
    r"|labels?|samples?|examples?|questions?|qa|conversations?)(?:[/_.-]|$)"
)


def tells_only(context: Context, entry: Entry) -> bool:
    """Whether a JSON file is one object without rows. What cannot be read, or is large, may hold some."""
    if entry.suffix != ".json" or entry.size > MAX_READ or _beside(context)[posixpath.dirname(entry.path)] >= _SIBLINGS:
        return False
    try:
        value = context.project.json(entry.path)
    except (Malformed, Unreadable):
        return False
    least = 2 if _CALLED_DATA.search(posixpath.basename(entry.path)) else _ROWS
    return isinstance(value, Mapping) and not _rows(value, least, _DEPTH)


def _beside(context: Context) -> Counter[str]:
    key = "datasets.json beside"
    found = context.memo.get(key)
    if not isinstance(found, Counter):
        found = Counter(posixpath.dirname(one.path) for one in context.project.files if one.suffix == ".json")
        context.memo[key] = found
    return found


def _rows(value: Mapping[str, Any], least: int, depth: int) -> bool:
    parts = list(value.values())
    if any(_list_of_rows(part, least) or _is_chat(part) for part in parts):
        return True
    inner = [part for part in parts if isinstance(part, Mapping)]
    if len(inner) >= _KEYED and _alike(inner):
        return True
    # columns, as pandas writes them
    even = len(inner) > 1 and len(inner) == len(parts) and len({len(one) for one in inner}) == 1
    if even and len(inner[0]) >= least and all(key.isdigit() for key in inner[0]):
        return True
    columns = [len(part) for part in parts if isinstance(part, list)]
    if len(columns) > 1 and len(columns) == len(parts) and len(set(columns)) == 1 and columns[0] >= least:
        return True
    return depth > 0 and any(_rows(one, least, depth - 1) for one in inner[:50])


def _list_of_rows(part: Any, least: int) -> bool:
    if not isinstance(part, list) or len(part) < least:
        return False
    return (
        sum(isinstance(one, (Mapping, list)) or (isinstance(one, str) and len(one) > 40) for one in part)
        > len(part) // 2
    )


def _is_chat(part: Any) -> bool:
    """Whether it is what was said in turn, however little."""
    return (
        isinstance(part, list)
        and bool(part)
        and all(isinstance(one, Mapping) and {"role", "content"} <= set(one) for one in part)
    )


def _alike(records: list[Mapping[str, Any]]) -> bool:
    """Whether most of them have the keys of the first."""
    wanted = set(records[0])
    return sum(len(wanted & set(one)) * 2 > len(wanted | set(one)) for one in records) > len(records) // 2
