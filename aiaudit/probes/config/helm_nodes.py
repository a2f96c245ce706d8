"""A template of a Helm chart as nodes: text, actions and blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_LONGEST: Final = 2_000  # characters of an action


class UnrenderedError(Exception):
    """A template that asks for more than is understood here."""


class Node(NamedTuple):
    """Text, an action, or a block (`if`, `with`, `range`) with what is done else."""

    kind: str
    text: str
    line: int
    inner: list[Any]
    other: list[Any]


class _Action(NamedTuple):
    """`{{ said }}`: where it begins and ends, and whether blanks before and after it are left out."""

    start: int
    end: int
    said: str
    trims_before: bool
    trims_after: bool


def _actions(text: str) -> Iterator[_Action]:
    """All actions in their order, comments left out. Raises `UnrenderedError` for one that does not end or is long."""
    at = 0
    while (start := text.find("{{", at)) >= 0:
        before = text.startswith("-", start + 2) and text[start + 3 : start + 4].isspace()
        inner = start + 3 if before else start + 2
        comment = text[inner : inner + 80].lstrip().startswith("/*")
        end = text.find("}}", text.find("*/", inner) if comment else inner)
        if end < 0 or (end - start > _LONGEST and not comment):
            raise UnrenderedError
        after = (text[end - 1] == "-" and text[end - 2].isspace()) or text.startswith("*/-", end - 3)
        at = end + 2
        yield _Action(start, at, "" if comment else text[inner : end - after].strip(), before, after)


def nodes_of(text: str, named: dict[str, list[Node]] | None = None) -> list[Node]:
    """The template as nodes. Raises `UnrenderedError`, also for blocks that are called by name, and for those that are
    defined, unless there is a place for them (`named`: by their names)."""
    top: list[Node] = []
    open_blocks: list[tuple[Node, list[Node]]] = []
    into = top
    at, line = 0, 1  # what is read, and the line on which the rest begins
    trim = False

    def add(piece: str, line: int) -> None:
        if piece:
            into.append(Node("text", piece, line, [], []))

    for action in _actions(text):
        before = text[at : action.start]
        kept = before.lstrip() if trim else before
        add(kept.rstrip() if action.trims_before else kept, line + before.count("\n", 0, len(before) - len(kept)))
        line += before.count("\n")
        here = line
        line += text.count("\n", action.start, action.end)
        trim, at = action.trims_after, action.end
        said = action.said
        word = said.partition(" ")[0]
        if not said:
            continue
        if word in ("if", "with", "range"):
            block = Node(word, said[len(word) :].strip(), here, [], [])
            into.append(block)
            open_blocks.append((block, into))
            into = block.inner
        elif word == "else":
            rest = said[4:].strip()
            if not open_blocks or (rest and not rest.startswith("if ")):
                raise UnrenderedError
            block, outer = open_blocks[-1]
            into = block.other
            if rest:
                chained = Node("if", rest[3:].strip(), here, [], [])
                into.append(chained)
                open_blocks[-1] = (chained, outer)
                into = chained.inner
        elif word == "end":
            if not open_blocks:
                raise UnrenderedError
            into = open_blocks.pop()[1]
        elif word == "define" and named is not None:
            block = Node(word, said[len(word) :].strip(), here, [], [])
            named[block.text.strip('"')] = block.inner
            open_blocks.append((block, into))
            into = block.inner
        elif word in ("define", "template", "block", "break", "continue"):
            raise UnrenderedError
        else:
            into.append(Node("action", said, here, [], []))
    rest = text[at:]
    kept = rest.lstrip() if trim else rest
    add(kept, line + rest.count("\n", 0, len(rest) - len(kept)))
    if open_blocks:
        raise UnrenderedError
    return top
