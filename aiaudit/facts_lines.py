"""A file of saved facts read fact by fact, where it has the lines in which this program writes it.

Read whole, the facts of a tree of 120,000 files take a gigabyte: most of their rows stand in several facts. Here equal
rows are one again, as they were when they were collected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, BinaryIO, Final

import msgspec
from msgspec import Raw, Struct

from aiaudit.model.rows import row
from aiaudit.model.types import from_json
from aiaudit.plain_json import decode

BEGIN: Final = b'\n "facts": {'  # with this the last member of the outermost object begins
END: Final = b"\n }\n}\n"
_CLOSED: Final = b"\n  }"  # a fact ends: what is in it stands further right, and JSON texts hold no line breaks
_AT_ONCE: Final = 1024 * 1024
_MOST_HEAD: Final = 64 * 1024 * 1024
_LONG: Final = 100  # rows of a list that others may share
_ROWS: Final = msgspec.json.Decoder(list[Raw])
_FACT: Final = msgspec.json.Decoder(dict[str, dict[str, Raw]])


class Rows(Struct, frozen=True):
    """A list of which each element is as `from_json` makes it."""

    rows: list[Any]


class _Other(Exception):  # noqa: N818
    """The file is not as this program writes it."""


def read(stream: BinaryIO) -> dict[str, Any] | None:
    """The document, with `Rows` for the long lists; None where it has not our lines, or what msgspec refuses."""
    try:
        head, rest = _head(stream)
        data: dict[str, Any] = json.loads(head + b" {}}")
        known = _Known()
        data["facts"] = {
            fact_id: {
                key: known.value(part) if key == "value" else decode(memoryview(part)) for key, part in fact.items()
            }
            for text in _facts(stream, rest)
            for fact_id, fact in _FACT.decode(b"{" + text + b"}").items()
        }
    except (_Other, msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return None
    return data


def _head(stream: BinaryIO) -> tuple[bytes, bytearray]:
    """The text up to the facts, and what was read behind it."""
    text = bytearray()
    while (at := text.find(BEGIN)) < 0:
        some = stream.read(_AT_ONCE)
        if not some or len(text) > _MOST_HEAD:
            raise _Other
        text += some
    end = at + len(BEGIN)
    return bytes(text[: end - 1]), text[end:]


def _facts(stream: BinaryIO, text: bytearray) -> Iterator[bytes]:
    """Each fact with its id."""
    looked = 0
    first = True
    while True:
        at = text.find(_CLOSED, looked)
        if (at < 0 or len(text) < at + len(_CLOSED) + len(END)) and (some := stream.read(_AT_ONCE)):
            looked = max(0, at if at >= 0 else len(text) - len(_CLOSED))
            text += some
            continue
        if at < 0:
            break
        one, end = bytes(text[: at + len(_CLOSED)]), at + len(_CLOSED)
        if not first and not one.startswith(b","):
            raise _Other
        yield one if first else one[1:]
        first, looked = False, 0
        del text[:end]
    if text != END:
        raise _Other


class _Known:
    """Rows that were read, by a digest of their text, and texts in them."""

    def __init__(self) -> None:
        self._rows: dict[bytes, Any] = {}
        self._texts: dict[str, str] = {}

    def value(self, part: Raw) -> Any:
        """A fact's value; of a long list `Rows`."""
        text = memoryview(part)
        if bytes(text[:1]) != b"[":
            return decode(text)
        parts = _ROWS.decode(text)
        return Rows([self._row(one) for one in parts]) if len(parts) >= _LONG else decode(text)

    def _row(self, part: Raw) -> Any:
        text = memoryview(part)
        if bytes(text[:1]) != b"{":
            return from_json(decode(text))
        name = blake2b(text, digest_size=16).digest()
        known = self._rows.get(name)
        if known is None:
            made = from_json(decode(text))
            if isinstance(made, dict):
                made = row({key: self._text(item) if type(item) is str else item for key, item in made.items()})
            known = self._rows[name] = made
        return known

    def _text(self, text: str) -> str:
        return self._texts.setdefault(text, text)
