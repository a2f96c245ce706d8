"""What can be read of a file that is not Python as a whole: all but the statements that are not.

A conflict of a merge, a template, a line that was left half written: the rest of such a file is code like any other.
The lines that do not parse are blanked, one by one or, where that does not mend it, with all that is indented below the
same line; a caller learns which, and asks what may stand there. A sign that no Python knows is taken out of its line,
which loses nothing.
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
_SIGN: Final = lazy.regex(r"invalid (?:non-printable )?character .*?U\+([0-9A-F]{4,6})")


class _Fault(NamedTuple):
    """A line that does not parse. `sign`: what in it no Python knows. `indented`: it stands too far to the right."""

    line: int
    sign: bytes = b""
    indented: bool = False


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
        if parsed is None or not 0 < parsed.line <= len(lines):
            return None
        at = parsed.line
        if parsed.sign and parsed.sign in lines[at - 1]:
            unseen = not parsed.sign.decode().isprintable()  # as a blank that does not break, of which there are many
            for index, line in enumerate(lines) if unseen else ((at - 1, lines[at - 1]),):
                lines[index] = line.replace(parsed.sign, b" " * len(parsed.sign))
            continue
        block = _block(lines, at)
        fallen = parsed.indented and _fallen_out(lines, block.start, at)
        if fallen:
            at = block.start
        alike = next((one for one in (_CONFLICT, _MAGIC) if one.match(lines[at - 1])), None)
        if alike is not None:
            broken = [number for number, line in enumerate(lines, 1) if alike.match(line)]
        else:
            broken = [*block] if block.start in tried else [at]
            tried.add(block.start)
        for number in broken:
            line = lines[number - 1]
            if line.strip():
                lost.add(number)
            lines[number - 1] = b""
            if broken == [at] and len(block) > 1 and line.strip() and not fallen:  # something may have to stand there
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


def _fallen_out(lines: Sequence[bytes], flush: int, at: int) -> bool:
    """Whether the statement at the left margin belongs into the body that goes on below it, and above which it was."""
    above = next((line for line in reversed(lines[: flush - 1]) if line.strip()), b"")
    return flush < at and not lines[flush - 1].rstrip().endswith(b":") and _indent(above) == _indent(lines[at - 1])


def _indent(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip())]


def _parse(data: bytes) -> ast.Module | _Fault | None:
    """The tree, or what does not parse, or None where no line is to blame."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(data, "<audited>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        if "triple-quoted" in (error.msg or ""):  # what follows may be text or code
            return None
        if opened := _OPENED_AT.search(error.msg or ""):
            return _Fault(int(opened[1]))
        sign = _SIGN.match(error.msg or "")
        return _Fault(
            error.lineno or 0, chr(int(sign[1], 16)).encode() if sign else b"", error.msg == "unexpected indent"
        )
    except (ValueError, RecursionError, MemoryError):
        return None
    assert isinstance(tree, ast.Module)
    return tree
