"""What can be read of a file that is not Python as a whole: all but the statements that are not.

A conflict of a merge, a template, a line that was left half written: the rest of such a file is code like any other.
The lines that do not parse are blanked, one by one or, where that does not mend it, with all that is indented below the
same line; a caller learns which, and asks what may stand there.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from typing import Final, NamedTuple

from aiaudit import lazy

MOST_TRIES: Final = 12  # parses of one file
LARGEST: Final = 256 * 1024  # bytes; a parse of them takes 30 ms

_CONFLICT: Final = lazy.regex(rb"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")
_MAGIC: Final = lazy.regex(rb"[!%][A-Za-z]")  # what only a notebook understands, in one that was written down as Python
_FLUSH: Final = lazy.regex(rb"[^\s#)\]}]")  # the beginning of a statement that is not indented
_OPENED_AT: Final = lazy.regex(r"expected an indented block after .* on line (\d+)")


class Salvaged(NamedTuple):
    """The tree of what could be parsed, and the lines that could not, rising."""

    tree: ast.Module
    lost: list[int]


def salvage(data: bytes) -> Salvaged | None:
    """Parse what can be parsed; None where too much is broken, or the file is too large to try."""
    if len(data) > LARGEST:
        return None
    lines = data.split(b"\n")
    lost: set[int] = set()
    tried: set[int] = set()  # the blocks of which single lines were blanked
    for _ in range(MOST_TRIES):
        parsed = _parse(b"\n".join(lines))
        if isinstance(parsed, ast.Module):
            return Salvaged(parsed, sorted(lost))
        if parsed is None or not 0 < parsed <= len(lines):
            return None
        block = _block(lines, parsed)
        alike = next((one for one in (_CONFLICT, _MAGIC) if one.match(lines[parsed - 1])), None)
        if alike is not None:
            broken = [number for number, line in enumerate(lines, 1) if alike.match(line)]
        else:
            broken = [*block] if block.start in tried else [parsed]
            tried.add(block.start)
        for number in broken:
            line = lines[number - 1]
            if line.strip():
                lost.add(number)
            lines[number - 1] = b""
            if broken == [parsed] and len(block) > 1 and line.strip():  # something may have to stand there
                lines[number - 1] = line[: len(line) - len(line.lstrip())] + b"pass"
    return None


def _block(lines: Sequence[bytes], at: int) -> range:
    """The lines of the statement at the left margin to which a line belongs."""
    first = at
    while first > 1 and not _FLUSH.match(lines[first - 1]):
        first -= 1
    last = at
    while last < len(lines) and not _FLUSH.match(lines[last]):
        last += 1
    return range(first, last + 1)


def _parse(data: bytes) -> ast.Module | int | None:
    """The tree, or the line that does not parse, or None where no line is to blame."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(data, "<audited>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        if "triple-quoted" in (error.msg or ""):  # what follows may be text or code
            return None
        opened = _OPENED_AT.search(error.msg or "")
        return int(opened[1]) if opened else error.lineno
    except (ValueError, RecursionError, MemoryError):
        return None
    assert isinstance(tree, ast.Module)
    return tree
