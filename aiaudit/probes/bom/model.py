"""What a bill of materials says, whatever its format."""

from __future__ import annotations

import re
import urllib.parse
from typing import Final, Literal

from msgspec import Struct, field

from aiaudit import lazy

Kind = Literal["model", "data", "library", "other"]

_PLACEHOLDER: Final = lazy.regex(
    r"(?i)^(?:[<{\[(].*|todo\b.*|tbd|xxx+|foo|bar|acme[\w-]*|example[\w-]*|sample[\w-]*|your[-_ ].*|name|string|"
    r"my[-_ ](?:model|dataset|app|project|component|library)|"
    r"(?:model|dataset|component|library|package)(?:[-_ ]?(?:name|id|\d+|[a-c]))?)$"
)


class Component(Struct, frozen=True):
    """One entry. `keys` are the names under which it may be meant, in small letters; `identified`: it has a version or
    a hash, so that it can be told from another of its name."""

    name: str
    kind: Kind
    version: str = ""
    keys: tuple[str, ...] = ()
    identified: bool = False


class Document(Struct, frozen=True):
    """A bill of materials. `created` is its own date (ISO, the day only); `problem` says why nothing was read."""

    format: Literal["cyclonedx", "spdx"]
    version: str
    created: str = ""
    components: tuple[Component, ...] = field(default=())
    problem: str = ""

    @property
    def template(self) -> bool:
        """Whether nothing in it is filled in: no entries, or only names that stand for a name."""
        return all(_PLACEHOLDER.match(one.name.strip()) for one in self.components)


def component(
    name: str, kind: Kind, *, group: str = "", version: str = "", hashed: bool = False, references: tuple[str, ...] = ()
) -> Component:
    """An entry with the names under which it may be meant: its own, with its group, and those in its references."""
    full = f"{group}/{name}" if group else name
    keys = {name, full, *filter(None, map(_name_in, references))}
    return Component(full, kind, version, tuple(sorted(key.strip().lower() for key in keys)), hashed or bool(version))


def _name_in(reference: str) -> str:
    """The name in a package URL (`pkg:huggingface/org/name@rev`) or in the address of a model hub."""
    text = urllib.parse.unquote(reference.partition("?")[0].partition("#")[0]).strip()
    if text.startswith("pkg:"):
        path = text.split("/", 1)[1] if "/" in text else ""
        return path.rpartition("@")[0] if "@" in path[1:] else path
    match = re.match(r"^https?://huggingface\.co/(?:datasets/)?([\w.-]+/[\w.-]+)", text)
    return match.group(1) if match else ""
