"""The result JSON itself as a report: the saved result that `report`, `compare` and `--baseline` read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from json.encoder import encode_basestring as _quoted
from typing import Any, Final

_one: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_PLAIN: Final = frozenset({str, int, bool, type(None)})


@cache
def _encoder(start: str) -> Callable[[Any], str]:
    """Writes a mapping of plain values, one a line: most of a result is such rows, and this is the fast way."""
    return json.JSONEncoder(ensure_ascii=False, separators=(f",{start}", ": ")).encode


def render(result: dict[str, Any]) -> str:
    """The result as text: two spaces, UTF-8, keys in the order of the schema."""
    return _text(result, "\n") + "\n"


def _text(value: Any, start: str) -> str:
    """As `json.dumps(value, indent=2)`, which has no fast version with an indent. All keys are texts; a line begins
    with `start`."""
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if value is None or kind is bool:
        return "null" if value is None else "true" if value else "false"
    if kind is int:
        return str(value)
    inner = start + "  "
    if kind is dict and value:
        if _PLAIN.issuperset(map(type, value.values())):
            return f"{{{inner}{_encoder(inner)(value)[1:-1]}{start}}}"
        rows = [f"{_quoted(key)}: {_text(one, inner)}" for key, one in value.items()]
        return f"{{{inner}{f',{inner}'.join(rows)}{start}}}"
    if (kind is list or kind is tuple) and value:
        return f"[{inner}{f',{inner}'.join([_text(one, inner) for one in value])}{start}]"
    return _one(value)
