"""The version of this program and of its rules, known without loading a pack: `--version` answers at once.

The ruleset's hash names all that moves a figure besides project and machine. `--ruleset HASH` pins it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiaudit import __version__
from aiaudit.packs.files import shipped_files
from aiaudit.resources import path_of


def digest_of(texts: Iterable[Sequence[str]]) -> str:
    """A name for the exact text of pack files, each given by its lines."""
    made = hashlib.sha256()
    for lines in texts:
        made.update("\n".join(lines).encode() + b"\0")
    return made.hexdigest()[:16]


def ruleset_hash(digest: str, packs: Sequence[str], params: Mapping[str, Any], ladder: str) -> str:
    """The ruleset of an audit: `digest` of the pack files, the ids of the selected packs, the parameters of the profile
    and the text of the readiness gates, under this version."""
    parts = [__version__, digest, json.dumps([list(packs), params], sort_keys=True), ladder]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def shipped_ruleset() -> str:
    """The hash of the rules that ship, as an audit without options uses them.

    Raises:
        OSError: a file cannot be read.
    """
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in shipped_files()]
    packs = [found[1] for text in texts if (found := re.search(r"^pack: *(\w+)", text, re.MULTILINE))]
    ladder = (path_of("checks") / "levels" / "readiness.yaml").read_text(encoding="utf-8")
    return ruleset_hash(digest_of(text.splitlines() for text in texts), packs, {}, ladder)


def line() -> str:
    """What `aiaudit --version` prints."""
    return f"aiaudit {__version__} (ruleset {shipped_ruleset()})"
