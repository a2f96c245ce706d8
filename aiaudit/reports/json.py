"""The result JSON itself as a report: the saved result that `report`, `compare` and `--baseline` read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from json.encoder import encode_basestring as _quoted
from typing import Any, Final

from aiaudit import lazy

_one: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
# Written as escapes, which mean the same: whoever looks at the file sees what is there, in its order.
_UNSEEN: Final = lazy.regex("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INNER: Final = "\n    "
_PLAIN: Final = frozenset({str, int, bool, type(None)})


@cache
def _encoder(start: str) -> Callable[[Any], str]:
    """Writes a mapping of plain values, one a line: most of a result is such rows, and this is the fast way."""
    return json.JSONEncoder(ensure_ascii=False, separators=(f",{start}", ": ")).encode


def render(result: dict[str, Any]) -> bytes:
    """The result as text: two spaces, UTF-8, keys in the order of the schema."""
    return b"".join(pieces(result))


def pieces(result: dict[str, Any]) -> Iterator[bytes]:
    """The text, encoded member by member of the two outer levels: one rare character makes a text of all of it take
    four bytes for each."""
    lead = "{\n  "
    for key, value in result.items():
        head = f"{lead}{_quoted(key)}: "
        lead = ",\n  "
        if type(value) is dict and value:
            rows = (f"{_quoted(name)}: {_text(one, _INNER)}" for name, one in value.items())
            brackets = "{}"
        elif type(value) is list and value:
            rows = (_text(one, _INNER) for one in value)
            brackets = "[]"
        else:
            yield _encoded(head + _text(value, "\n  "))
            continue
        yield _encoded(f"{head}{brackets[0]}{_INNER}{next(rows)}")
        for row in rows:
            yield _encoded(f",{_INNER}{row}")
        yield _encoded(f"\n  {brackets[1]}")
    yield b"\n}\n"


def _encoded(text: str) -> bytes:
    if not text.isascii():
        text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.encode("utf-8", "backslashreplace")


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
