"""What the document probes share: finding, reading and parsing documents, and matching headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Struct
from pydantic import AfterValidator, ValidationInfo

from aiaudit.model.fact import Scope
from aiaudit.probes.base import Context, was_checked
from aiaudit.probes.docs.document import Document, Section, parse_document
from aiaudit.probes.docs.office import MAX_BYTES, SUFFIXES, office_document
from aiaudit.project.entry import Entry
from aiaudit.project.globs import BadGlob, GlobSet
from aiaudit.project.reader import Unreadable, is_binary
from aiaudit.project.roles import Role

OWN_ROLES: Final[tuple[Role, ...]] = tuple(role for role in Role if role not in (Role.VENDORED, Role.GENERATED))
TOLD_ROLES: Final[tuple[Role, ...]] = tuple(role for role in OWN_ROLES if role not in (Role.TEST, Role.EXAMPLE))
"""Of files that say something of the project: a card beside an example is the example's."""


def _readable(globs: list[str], info: ValidationInfo) -> list[str]:
    if was_checked(info):
        return globs
    try:
        GlobSet(globs)
    except BadGlob as error:
        raise ValueError(str(error)) from None
    return globs


Globs = Annotated[list[str], AfterValidator(_readable)]
"""Globs of a query: one that cannot be read is a mistake in the pack, told at its place."""


class Library(Struct, frozen=True):
    """The documents that some globs name: those that could be read, and why others could not."""

    documents: tuple[Document, ...]
    unread: tuple[tuple[str, str], ...]  # path, reason

    @property
    def scope(self) -> Scope:
        read = len(self.documents)
        return Scope(read + len(self.unread), read, tuple(path for path, _ in self.unread[:10]))

    @property
    def reason(self) -> str:
        return "; ".join(f"{path}: {reason}" for path, reason in self.unread[:3])


def library(context: Context, globs: Sequence[str], roles: Iterable[str] = TOLD_ROLES) -> Library:
    """Read all documents that `globs` name, shallow paths first, each parsed once however many facts ask for it."""
    documents: list[Document] = []
    unread: list[tuple[str, str]] = []
    for entry in sorted(context.project.matching(globs, roles), key=lambda e: (e.path.count("/"), e.path)):
        found = read(context, entry)
        if isinstance(found, Document):
            documents.append(found)
        else:
            unread.append((entry.display, found))
    return Library(tuple(documents), tuple(unread))


def read(context: Context, entry: Entry) -> Document | str:
    """The parsed document, or the reason that it cannot be read."""
    key = f"document:{entry.path}"
    found = context.memo.get(key)
    if not isinstance(found, (Document, str)):
        try:
            if entry.path.lower().endswith(SUFFIXES):
                found = office_document(entry.display, context.project.head(entry.path, MAX_BYTES + 1))
                context.memo[key] = found
                return found
            data = context.project.read(entry.path)
            text = context.project.text(entry.path)
            found = "not a text" if is_binary(data) else parse_document(entry.display, text)
        except Unreadable as error:
            found = error.reason
        context.memo[key] = found
    return found


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A heading as lower-case words: no numbering, signs or emoji."""
    words = re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("’", ""))
    while words and re.fullmatch(r"\d+|[ivx]{1,4}", words[0]) and len(words) > 1:
        words = words[1:]
    return " ".join(words)


def names(heading: str, synonym: str) -> bool:
    """Whether the synonym's words stand together in the heading. `limit*` is the beginning of a word; `=Data` asks for
    the whole heading."""
    title, words = plain(heading), plain(synonym)
    if not title:
        return False
    if synonym.startswith("="):
        return title == words
    return f" {words}" + " " * (not synonym.endswith("*")) in f" {title} "


def prose(sections: Iterable[Section]) -> list[str]:
    """The lines of prose of some sections."""
    return [line for section in sections for _, line in section.lines]


def paragraphs(sections: Iterable[Section]) -> list[str]:
    """The same with each paragraph on one line: what says that a thing was not done may begin on the line above."""
    return [line for section in sections for _, line in section.paragraphs]
