"""The rules of `rules.yaml` beside this file, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct

from aiaudit.probes.text.groups import Pattern

_FILE: Final = Path(__file__).with_suffix(".yaml")
VERSION: Final = 21  # of how hits are judged; with the rules' digest it is part of the cache key
PUBLIC_PREFIX: Final = 4  # characters of a vendor's public prefix that a report may show

# NAME(words) in a rule: an assignment to a name that holds one of the words and then speaks of a key; NAMED(words): to
# a name that ends in one of the words. Both reach up to and with the opening quote, or the `:-` of a default in shells.
_KEY: Final = r"[A-Za-z0-9_.-]{0,24}(?:key|token|secret|auth|passw)[A-Za-z0-9_.-]{0,16}"
_ASSIGNED: Final = r"\\?[\"']?\]?\s*(?::\s*str\s*=|:=|=>|:-|[:=,])\s*\\?[\"']?"

Shape = Literal["vendor", "named", "free"]


class Rule(Struct, frozen=True):
    """One kind of secret. See the head of the data file for what the fields mean."""

    id: str
    vendor: str
    regex: str
    shape: Shape
    entropy: float
    prefix: str = ""
    length: int = 1
    check: str = ""
    files: str = ""


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by id, in the order of the file."""
    import yaml

    found: dict[str, Rule] = {}
    data = yaml.load(_FILE.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
    for entry in data["rules"]:
        rule = _rule(entry)
        if rule.id in found:
            raise ValueError(f"secret rule {rule.id} stands twice")
        found[rule.id] = rule
    return found


def _rule(entry: dict[str, Any]) -> Rule:
    regex = re.sub(r"NAME\(([^()]+)\)", lambda at: f"(?i:(?:{at.group(1)}){_KEY}){_ASSIGNED}", entry["regex"])
    regex = re.sub(r"NAMED\(([^()]+)\)", lambda at: f"(?i:{at.group(1)}){_ASSIGNED}", regex)
    return Rule(
        id=entry["id"],
        vendor=entry["vendor"],
        regex=regex,
        shape=entry["shape"],
        entropy=float(entry["entropy"]),
        prefix=str(entry.get("prefix", ""))[:PUBLIC_PREFIX],
        length=int(entry.get("length", 1)),
        check=entry.get("check", ""),
        files=entry.get("files", ""),
    )


def patterns(*shapes: Shape, files: str = "") -> tuple[Pattern, ...]:
    """The patterns of the rules of some shapes that are meant for `files`."""
    return tuple(
        Pattern(rule.id, rule.regex) for rule in rules().values() if rule.shape in shapes and rule.files == files
    )


@cache
def digest() -> str:
    """Changes with any rule."""
    import hashlib

    return hashlib.blake2b(_FILE.read_bytes(), digest_size=8).hexdigest()
