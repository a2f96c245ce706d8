"""Jupyter notebooks: code cells with the line of the file on which every line of code stands.

An editor opens `path:line` of the JSON file, so lines are those of the file. The JSON is parsed by the standard
decoder with one change: strings remember where they began. Where a whole cell is one JSON string, all its lines are
on one line of the file, and that line is given.
"""

from __future__ import annotations

import ast
import json
import json.decoder
import json.scanner
import re
import warnings
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy

MAX_NOTEBOOK: Final = 20 * 1024 * 1024  # bytes; outputs may hold images
MAX_CODE: Final = 2 * 1024 * 1024  # bytes of code in all cells together

_LINE_MAGIC: Final = lazy.regex(r"^(\s*)(?:[%!?].*|[\w.]+\?{1,2}\s*|(?P<name>[\w, ]+)=\s*[!%].*)$")
_WHOLE_CELL_MAGICS: Final = frozenset(("time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "wandb"))


class NotNotebook(Exception):  # noqa: N818
    """The bytes are not a notebook; `str()` says why."""


class _Located(str):
    """A JSON string that knows the offset of its opening quote."""

    __slots__ = ("at",)
    at: int


class _Decoder(json.JSONDecoder):
    def __init__(self) -> None:
        super().__init__()
        self.parse_string = self._string
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]

    @staticmethod
    def _string(text: str, end: int, strict: bool) -> tuple[str, int]:
        value, after = json.decoder.scanstring(text, end, strict)  # type: ignore[attr-defined]
        located = _Located(value)
        located.at = end - 1
        return located, after


class Cell(Struct, frozen=True):
    """One code cell. `number` counts code and text cells from 1; `lines` are (code, line of the file)."""

    number: int
    line: int
    lines: tuple[tuple[str, int], ...]
    execution_count: int | None
    outputs: tuple[str, ...]  # output types: stream, execute_result, display_data, error
    error: str  # the name of the exception that a stored output shows; "" where none

    @property
    def code(self) -> str:
        return "\n".join(text for text, _ in self.lines)


class Notebook(Struct, frozen=True):
    language: str
    cells: tuple[Cell, ...]

    @property
    def is_python(self) -> bool:
        return self.language in ("", "python", "python3", "ipython")


def read_notebook(data: bytes) -> Notebook:
    """The notebook's code cells in file order. Raises `NotNotebook`."""
    if len(data) > MAX_NOTEBOOK:
        raise NotNotebook(f"larger than {MAX_NOTEBOOK // (1024 * 1024)} MB")
    try:
        text = data.decode("utf-8-sig")
        tree = _Decoder().decode(text)
    except UnicodeDecodeError:
        raise NotNotebook("not UTF-8") from None
    except RecursionError:
        raise NotNotebook("nested too deeply") from None
    except ValueError as error:
        raise NotNotebook(f"not JSON: {str(error)[:80]}") from None
    cells = _raw_cells(tree)
    if cells is None:
        raise NotNotebook("no cells: not a notebook")
    line_of = _Lines(text)
    found: list[Cell] = []
    for number, raw in enumerate(cells, 1):
        if raw.get("cell_type") != "code":
            continue
        lines = tuple(_source_lines(raw.get("source", raw.get("input", "")), line_of))
        outputs = [out for out in _list(raw.get("outputs")) if isinstance(out, dict)]
        errors = [str(out.get("ename", "error"))[:80] for out in outputs if out.get("output_type") == "error"]
        count = raw.get("execution_count", raw.get("prompt_number"))
        found.append(
            Cell(
                number,
                lines[0][1] if lines else line_of(_first_offset(raw)),
                lines,
                count if isinstance(count, int) and not isinstance(count, bool) else None,
                tuple(str(out.get("output_type", ""))[:40] for out in outputs),
                errors[0] if errors else "",
            )
        )
    return Notebook(_language(tree), tuple(found))


def _raw_cells(tree: Any) -> list[dict[str, Any]] | None:
    """The cells of nbformat 4, or of all worksheets of nbformat 3."""
    if not isinstance(tree, dict):
        return None
    if isinstance(tree.get("cells"), list):
        return [cell for cell in tree["cells"] if isinstance(cell, dict)]
    sheets = tree.get("worksheets")
    if not isinstance(sheets, list):
        return None
    return [
        cell
        for sheet in sheets
        if isinstance(sheet, dict)
        for cell in _list(sheet.get("cells"))
        if isinstance(cell, dict)
    ]


def _language(tree: dict[str, Any]) -> str:
    metadata = tree.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key)
        if isinstance(part, dict) and isinstance(part.get(name), str):
            return str(part[name]).lower()
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class _Lines:
    """The line of an offset; cheap where offsets come in rising order, as they do."""

    def __init__(self, text: str) -> None:
        self.text, self.last, self.line = text, 0, 1

    def __call__(self, offset: int) -> int:
        if offset < self.last:
            self.last, self.line = 0, 1
        self.line += self.text.count("\n", self.last, offset)
        self.last = offset
        return self.line


def _first_offset(raw: dict[str, Any]) -> int:
    return min((value.at for value in raw.values() if isinstance(value, _Located)), default=0)


def _source_lines(source: Any, line_of: _Lines) -> Iterator[tuple[str, int]]:
    """(line of code, line of the file) of a cell; `source` is a list of strings, normally one a line, or one string."""
    open_line: tuple[str, int] | None = None
    for part in source if isinstance(source, list) else [source]:
        if not isinstance(part, str):
            continue
        at = line_of(part.at) if isinstance(part, _Located) else 1
        pieces = part.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for index, piece in enumerate(pieces):
            if index == 0 and open_line is not None:
                open_line = (open_line[0] + piece, open_line[1])
            else:
                if open_line is not None:
                    yield open_line
                open_line = (piece, at)
        if open_line == ("", at) and len(pieces) > 1:
            open_line = None  # the part ended its line: what comes next stands on its own line of the file
    if open_line is not None:
        yield open_line


def python_code(cell: Cell) -> list[str]:
    """The cell's lines as Python: magics and shell lines blanked, line count kept."""
    lines = [text for text, _ in cell.lines]
    first = next((text for text in lines if text.strip()), "").lstrip()
    if first.startswith("%%"):
        name = re.split(r"[^\w]", first[2:], maxsplit=1)[0]
        if name not in _WHOLE_CELL_MAGICS:
            return [""] * len(lines)  # another language, or text for a file
        lines[lines.index(next(text for text in lines if text.strip()))] = ""
    if not any(_LINE_MAGIC.match(text) for text in lines) or parses("\n".join(lines)):
        return lines  # a line may begin with `%` because a long expression goes on there
    out: list[str] = []
    goes_on = False
    for text in lines:
        magic = _LINE_MAGIC.match(text)
        if goes_on:
            out.append("")
        elif magic:
            name = magic.group("name")
            out.append(f"{magic.group(1)}{name.strip()} = None" if name else f"{magic.group(1)}pass")
        else:
            out.append(text)
        goes_on = (goes_on or bool(magic)) and text.rstrip().endswith("\\")
    return out


def parses(code: str | bytes) -> bool:
    """Whether the code is Python by this interpreter's grammar."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "<cell>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
