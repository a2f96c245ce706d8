"""From a file's bytes to a syntax tree, or to the reason why there is none. Nothing is imported or executed."""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from bisect import bisect_right
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.python.in_threads import as_calls
from aiaudit.probes.python.letters import folded
from aiaudit.probes.python.newer import in_older_words
from aiaudit.probes.python.notebook import MAX_CODE, Cell, NotNotebook, parses, python_code, read_notebook
from aiaudit.probes.python.outline import Outline
from aiaudit.probes.python.python_2 import in_words_of_python_3
from aiaudit.probes.python.salvage import salvage
from aiaudit.probes.python.trim import Region, trim
from aiaudit.probes.text.plain_python import by_name, with_constants
from aiaudit.project.merge import one_side, opened_at
from aiaudit.project.reader import WIDE_MARKS, decode

MAX_SOURCE: Final = 2 * 1024 * 1024  # bytes of a .py file

_PYTHON_2: Final = lazy.regex(
    rb"^[ \t]*(?:print[ \t]+[^\s(=]|exec[ \t]+[\"']|raise[ \t]+\w+,|except[ \t]+[\w.]+,[ \t]*\w+:)", re.MULTILINE
)
_ENCODING: Final = lazy.regex(
    rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n)){0,1}[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]{1,40})"
)
_AS_WRITTEN: Final = bytes(one for one in range(0x20, 0x7F) if one != 0x5C) + rb"\x41\u0041"  # printable, and escapes


class Unparsed(Exception):  # noqa: N818
    """There is no tree; `str()` is the reason in a few words."""


class Hits(NamedTuple):
    """Offsets of what matters in a file, rising. `words`: by which calls are looked for. `marked`: what each extractor
    needs. `whole`: marks that stand in decorators and signatures too, whose functions are needed whole. `traced`: marks
    from which data is followed into other functions. `entire`: nothing may be left out of the file. `outline`: where
    its functions and classes begin. `needed`: what else must be parsed."""

    words: list[int]
    marked: list[list[int]]
    whole: list[int]
    traced: list[int]
    entire: bool = False
    outline: Outline | None = None
    needed: Sequence[int] = ()


NO_HITS: Final = Hits([], [], [], [])


class Source(Struct):
    """A parsed file. `data` is its text with `\\n` line ends; of a notebook, its Python cells one after the other.

    `idle`: function bodies that were blanked before the parse. `places` (notebooks): for each line of `data`, the line
    of the file and the cell's number. `broken`: the cells that are not valid Python and were left out. `lost`: the
    lines of a .py file that were left out since they are not, and `why`.
    """

    tree: ast.Module
    data: bytes
    hits: Hits = NO_HITS
    idle: list[Region] = field(default_factory=list)
    cells: tuple[Cell, ...] = ()
    places: list[tuple[int, int]] = field(default_factory=list)
    broken: list[tuple[int, int]] = field(default_factory=list)  # (cell, line of the file)
    lost: list[int] = field(default_factory=list)
    why: str = ""
    merged: int = 0  # the line of the first mark of a merge that nobody resolved; one side was read

    def line(self, line: int) -> int:
        """The line of the file that an editor should open for line `line` of `data`."""
        return self.places[min(line, len(self.places)) - 1][0] if self.places else line

    def cell(self, line: int) -> int | None:
        """The number of the notebook cell in which line `line` of `data` stands; None in a .py file."""
        return self.places[min(line, len(self.places)) - 1][1] if self.places else None

    def lines_at(self, offsets: Sequence[int]) -> list[int]:
        """The lines of `data` at rising offsets, each once."""
        lines: list[int] = []
        line, last = 1, 0
        for at in offsets:
            line += self.data.count(b"\n", last, at)
            last = at
            if not lines or lines[-1] != line:
                lines.append(line)
        return lines

    def blanked(self) -> dict[int, int]:
        """Of the bodies that were not parsed: the last line, and an offset in it."""
        found: dict[int, int] = {}
        line, last = 1, 0
        for end in sorted(region.end - 1 for region in self.idle):
            line += self.data.count(b"\n", last, end)
            found[line] = last = end
        return found

    def hides_such(self, expression: re.Pattern[bytes]) -> bool:
        """Whether something of this shape stands in a body that was not parsed."""
        return any(expression.search(self.data, region.start, region.end) for region in self.idle)

    def hides(self, offsets: Sequence[int]) -> bool:
        """Whether one of the offsets lies in a body that was not parsed."""
        starts = [region.start for region in self.idle]
        for at in offsets if starts else ():
            index = bisect_right(starts, at) - 1
            if index >= 0 and at < self.idle[index].end:
                return True
        return False


def read_source(
    data: bytes,
    suffix: str,
    find: Callable[[bytes], Hits] | None = None,
    *,
    whole: bool = True,
) -> Source:
    """Parse a .py or .ipynb file. `find` gives the offsets of what matters in it; unless `whole`, functions that hold
    none of that are left out (see `trim`). Raises `Unparsed`."""
    if suffix == ".ipynb":
        source = _notebook(data) if data.strip() else Source(ast.Module([], []), b"", places=[(1, 0)])
        source.hits = find(source.data) if find is not None else NO_HITS
        return source
    if len(data) > MAX_SOURCE:
        raise Unparsed(f"larger than {MAX_SOURCE // (1024 * 1024)} MB")
    if encoding := hiding_encoding(data):
        raise Unparsed(f"in the encoding {encoding}, which hides its text")
    given, data = data, as_read(data)
    source = _parsed(data, find, whole)
    source.merged = opened_at(given, data)
    return source


def _parsed(data: bytes, find: Callable[[bytes], Hits] | None, whole: bool) -> Source:
    hits = find(data) if find is not None else NO_HITS
    if not whole and not hits.entire:
        every = sorted({*hits.words, *hits.needed, *(at for offsets in hits.marked for at in offsets)})
        text, idle = trim(data, every, hits.whole, hits.traced, hits.outline)
        with contextlib.suppress(Unparsed):
            return Source(_parse(text), data, hits, idle)
    try:
        return Source(_parse(data), data, hits)
    except Unparsed as error:
        saved = salvage(data)
        if saved is None:
            raise
        return Source(saved.tree, data, hits, lost=saved.lost, why=str(error))


def as_read(data: bytes) -> bytes:
    """The bytes as Python takes them, so that a search finds what the parse shows: no byte order mark, one kind of line
    ends, one side of a merge that was not resolved, names in plain letters, and numbers where calls are given them by a
    name of the module. The same object where nothing had to be changed."""
    # As PowerShell saves it: Python refuses it, and it is the author's code all the same.
    if data.startswith(WIDE_MARKS):
        data = decode(data).encode("utf-8", "replace")
    if data.startswith(BOM_UTF8):
        data = data[len(BOM_UTF8) :]
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    data = one_side(data, parses)
    return with_constants(by_name(folded(data)), models=True)


def hiding_encoding(data: bytes) -> str:
    """The encoding that the first lines declare (PEP 263), where a letter may stand there as other bytes than its own,
    as in UTF-7: a search of the bytes would pass over what the parse shows. Else ""."""
    declared = _ENCODING.match(data)
    if declared is None:
        return ""
    name = declared[1].decode()
    try:
        return "" if _AS_WRITTEN.decode(name) == _AS_WRITTEN.decode() else name
    except LookupError:
        return ""  # Python does not know it either
    except UnicodeError:
        return name


def _parse(data: bytes) -> ast.Module:
    """The tree; where the text does not parse, that of the same program in older or newer words."""
    try:
        return _tree(data)
    except Unparsed:
        told = in_words_of_python_3(data) if _PYTHON_2.search(data) else in_older_words(data)
        if told == data:
            raise
    return _tree(told)


def _tree(data: bytes) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(data, "<audited>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except RecursionError:
        raise Unparsed("nested too deeply") from None
    except MemoryError:
        raise Unparsed("too complex to parse") from None
    except SyntaxError as error:
        if b"\0" in data:
            raise Unparsed("holds NUL bytes") from None
        if _PYTHON_2.search(data):
            raise Unparsed("Python 2 syntax") from None
        at = f" at line {error.lineno}" if error.lineno else ""
        raise Unparsed(f"not Python 3{at}") from None
    except ValueError:
        raise Unparsed("holds NUL bytes" if b"\0" in data else "cannot be decoded") from None
    assert isinstance(tree, ast.Module)
    return as_calls(tree, data)


def _notebook(data: bytes) -> Source:
    """All Python cells share one namespace, so they are parsed as one module; a broken cell costs no other."""
    try:
        notebook = read_notebook(data)
    except NotNotebook as error:
        raise Unparsed(str(error)) from None
    if not notebook.is_python:
        raise Unparsed(f"a notebook in {notebook.language[:30]}")
    codes = [python_code(cell) for cell in notebook.cells]
    if sum(len(text) for code in codes for text in code) > MAX_CODE:
        raise Unparsed(f"more than {MAX_CODE // (1024 * 1024)} MB of code")
    broken: list[tuple[int, int]] = []
    try:
        tree = _parse(_joined(codes))
    except Unparsed:
        for index, cell in enumerate(notebook.cells):
            if not parses("\n".join(codes[index])):
                codes[index] = [""] * len(codes[index])
                broken.append((cell.number, cell.line))
        tree = _parse(_joined(codes))
    places = [(line, cell.number) for cell in notebook.cells for _, line in cell.lines]
    return Source(tree, folded(_joined(codes)), NO_HITS, [], notebook.cells, places or [(1, 0)], broken)


def _joined(codes: list[list[str]]) -> bytes:
    text = "\n".join(line for code in codes for line in code)
    return text.encode("utf-8", "replace")
