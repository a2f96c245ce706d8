"""Custom resource definitions of Kubernetes without what they define: the schema of other objects, often a megabyte of
it, in which nothing is set and nothing runs. An operator's repository holds them many times over."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from aiaudit import lazy

_NAME: Final = b"CustomResourceDefinition"
_BETWEEN: Final = lazy.regex(rb"(?m)^---")
_KIND: Final = lazy.regex(rb"(?m)^kind:[ \t]*[\"']?CustomResourceDefinition\b")
# A part of the outermost mapping and all below it; lists may begin in the column of their key.
_SPEC: Final = lazy.regex(rb"(?m)^spec:[ \t]*\r?\n((?:(?:[ \t#-][^\n]*)?\r?\n)*(?:[ \t#-][^\n]*)?)")


def without_definitions(data: bytes) -> bytes:
    """The same YAML with every such `spec` empty, at the same lines."""
    if _NAME not in data:
        return data
    starts = [0, *(match.start() for match in _BETWEEN.finditer(data)), len(data)]
    parts = (data[start:end] for start, end in pairwise(starts))
    return b"".join(_emptied(part) if _KIND.search(part) else part for part in parts)


def _emptied(document: bytes) -> bytes:
    found = _SPEC.search(document)
    if found is None:
        return document
    start, end = found.span(1)
    return document[:start] + b"\n" * document.count(b"\n", start, end) + document[end:]
