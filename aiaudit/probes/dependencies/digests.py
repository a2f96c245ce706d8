"""Integrity hashes as lock files write them, as `algorithm:hex` with the algorithm's name as hashlib has it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_LENGTHS: Final = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
_STRONG: Final = ("sha512", "sha384", "sha256", "sha1", "md5")


def plain(text: Any) -> str:
    """`sha256:ab12…` or `sha256=ab12…` as `sha256:ab12…`; "" for what is no hash of a known kind."""
    match = (
        re.match(r"^\s*(md5|sha1|sha256|sha384|sha512)[:=]\s*([0-9a-fA-F]+)\s*$", text)
        if isinstance(text, str)
        else None
    )
    if match is None or len(match.group(2)) != _LENGTHS[match.group(1)]:
        return ""
    return f"{match.group(1)}:{match.group(2).lower()}"


def sri(text: Any) -> str:
    """The strongest hash of a Subresource Integrity text (`sha512-BASE64== sha1-…`); "" where there is none."""
    found: dict[str, str] = {}
    for part in text.split() if isinstance(text, str) else ():
        kind, _, encoded = part.partition("-")
        try:
            raw = base64.b64decode(encoded.partition("?")[0], validate=True).hex()
        except (binascii.Error, ValueError):
            continue
        if len(raw) == _LENGTHS.get(kind, -1):
            found[kind] = raw
    return next((f"{kind}:{found[kind]}" for kind in _STRONG if kind in found), "")


def artefact(files: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """The hash of one file of a release, and the file's name.

    A release has a file a platform. The one that every platform can install is named: the pure wheel, else the source
    archive, else the first.
    """
    known: list[tuple[int, str, str]] = []
    for position, one in enumerate(files):
        digest = plain(one.get("hash")) or _of_table(one.get("hashes"))
        if digest:
            name = str(one.get("file") or one.get("name") or one.get("url") or one.get("path") or "")
            name = name.partition("#")[0].partition("?")[0].rpartition("/")[2]
            rank = 0 if name.endswith("-none-any.whl") else 1 if name.endswith((".tar.gz", ".zip")) else 2
            known.append((rank * 10_000 + position, digest, name))
    _, digest, name = min(known, default=(0, "", ""))
    return digest, name


def _of_table(hashes: Any) -> str:
    if not isinstance(hashes, Mapping):
        return ""
    return next((found for kind in _STRONG if (found := plain(f"{kind}:{hashes.get(kind, '')}"))), "")
