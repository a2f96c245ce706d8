"""The result JSON itself as a report: the saved result that `report`, `compare` and `--baseline` read again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import as_json
from aiaudit.plain_json import encode, encode_lines

# Written as escapes, which mean the same: whoever looks at the file sees what is there, in its order.
# U+007F to U+009F, and the marks that turn the direction of writing: U+061C, U+200E, U+200F, U+202A–E, U+2066–9.
_UNSEEN: Final = lazy.regex(b"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
_INNER: Final = b"\n    "
_ON_ONE_LINE: Final = ("facts",)  # some four thousand, most of them short: the file has three quarters of the size


def render(result: dict[str, Any]) -> bytes:
    """The result as text: two spaces, UTF-8, keys in the order of the schema."""
    return b"".join(pieces(result))


def pieces(result: dict[str, Any]) -> Iterator[bytes]:
    """The text as `json.dumps(result, indent=2)`, but with each fact on a line of its own; encoded member by member of
    the two outer levels, so that it need not be in memory as a whole."""
    lead = b"{\n  "
    for key, value in result.items():
        yield _shown(lead + encode(key) + b": ")
        lead = b",\n  "
        if type(value) is dict and value:
            written = _on_a_line if key in _ON_ONE_LINE else _inside
            start = b"{" + _INNER
            for name, one in value.items():
                yield _shown(start + encode(name) + b": ")
                yield _shown(written(one))
                start = b"," + _INNER
            yield b"\n  }"
        elif type(value) is list and value:
            start = b"[" + _INNER
            for one in value:
                yield start
                yield _shown(_inside(one))
                start = b"," + _INNER
            yield b"\n  ]"
        else:
            yield _shown(_text(value, b"\n  "))
    yield b"\n}\n"


def _on_a_line(value: Any) -> bytes:
    return encode(value, as_json)


def _inside(value: Any) -> bytes:
    return _text(value, _INNER)


def _text(value: Any, start: bytes) -> bytes:
    """The value on lines that begin with `start`: in JSON, texts hold no line breaks."""
    return encode_lines(value, as_json).replace(b"\n", start)


def _shown(text: bytes) -> bytes:
    return text if text.isascii() and b"\x7f" not in text else _UNSEEN.sub(_escaped, text)


def _escaped(found: re.Match[bytes]) -> bytes:
    return f"\\u{ord(found[0].decode()):04x}".encode()
