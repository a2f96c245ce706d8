"""The text of a Word document as Markdown lines: headings, paragraphs, lists and tables.

Only the main part is read (`word/document.xml`, ECMA-376-1, 17.2 and 17.4), out of the zip in memory and within
budgets; XML with a document type is refused, so that no entity is ever expanded. Replaces python-docx, which brings
lxml (10 MB) and opens every part.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Any, Final
from xml.parsers import expat

from msgspec import Struct, field

from aiaudit import lazy

MAX_XML: Final = 16 * 1024 * 1024  # bytes of the main part once inflated
MAX_MEMBERS: Final = 5_000
MAX_LINES: Final = 20_000
_PART: Final = "word/document.xml"
_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_STRICT: Final = "http://purl.oclc.org/ooxml/wordprocessingml/main "
_HEADING: Final = lazy.regex(r"^(?:heading|[uü]?berschrift|titre|kop|titolo)[ _-]?([1-6])$", re.IGNORECASE)
_OLE: Final = b"\xd0\xcf\x11\xe0"  # a Word document with a password is an OLE file


def docx_lines(data: bytes) -> list[str] | str:
    """The document as Markdown lines, or in a few words why it cannot be read."""
    if data.startswith(_OLE):
        return "encrypted, or the format of Word before 2007"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MAX_MEMBERS:
                return "not a Word document: too many parts"
            info = archive.getinfo(_PART)
            if info.flag_bits & 1:
                return "encrypted"
            with archive.open(info) as part:
                xml = part.read(MAX_XML + 1)
    except KeyError:
        return "not a Word document: it has no main part"
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, ValueError, EOFError, RuntimeError):
        return "not a Word document, or a broken one"
    if len(xml) > MAX_XML:
        return f"its text is larger than {MAX_XML // 1024**2} MB"
    return _Reader().read(xml)


class _Reader(Struct):
    """Turns the events of the main part into lines. Text that was deleted in tracked changes does not count."""

    lines: list[str] = field(default_factory=list)
    refused: str = ""
    text: list[str] = field(default_factory=list)
    style: str = ""
    listed: bool = False
    bold: list[bool] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    depth: int = 0  # of nested tables: the inner ones are text of a cell
    in_text: bool = False
    deleted: int = 0

    def read(self, xml: bytes) -> list[str] | str:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._chars
        parser.StartDoctypeDeclHandler = self._doctype
        parser.buffer_text = True
        try:
            parser.Parse(xml, True)
        except expat.ExpatError:
            return self.refused or "its XML is broken"
        except _Enough:
            return self.refused or self.lines
        return self.lines

    def _doctype(self, *_: Any) -> None:
        self.refused = "its XML has a document type, which no Word document needs"
        raise _Enough

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _tag(name)
        if tag == "p":
            if not self.depth:
                self.text = []
            self.style, self.listed, self.bold = "", False, []
        elif tag == "pStyle":
            self.style = _attribute(attributes, "val")
        elif tag == "numPr":
            self.listed = True
        elif tag == "b":
            self.bold.append(_attribute(attributes, "val") not in ("0", "false"))
        elif tag == "t":
            self.in_text = True
        elif tag in ("tab", "br", "cr"):
            self.text.append(" ")
        elif tag == "del":
            self.deleted += 1
        elif tag == "tbl":
            self.depth += 1
            if self.depth == 1:
                self.rows = []
        elif tag == "tr" and self.depth == 1:
            self.rows.append([])
        elif tag == "tc" and self.depth == 1:
            self.text = []

    def _end(self, name: str) -> None:
        tag = _tag(name)
        if tag == "t":
            self.in_text = False
        elif tag == "del":
            self.deleted -= 1
        elif tag == "p":
            if self.depth:
                self.text.append(" ")
            else:
                self._paragraph()
        elif tag == "tc" and self.depth == 1 and self.rows:
            self.rows[-1].append(" ".join("".join(self.text).split()).replace("|", "/"))
        elif tag == "tbl":
            self.depth -= 1
            if not self.depth:
                self._table()

    def _chars(self, data: str) -> None:
        if self.in_text and not self.deleted:
            self.text.append(data)

    def _paragraph(self) -> None:
        line = " ".join("".join(self.text).split())
        if not line:
            return
        heading = _HEADING.match(self.style)
        if heading or self.style.lower() in ("title", "titel", "subtitle"):
            self._add(f"{'#' * (int(heading.group(1)) if heading else 1)} {line}", "")
        elif self.listed:
            self._add(f"- {line}")
        elif self.bold and all(self.bold) and len(line) <= 80 and not line.endswith((".", ";", ",")):
            self._add(f"**{line}**", "")
        else:
            self._add(line, "")

    def _table(self) -> None:
        rows = [row for row in self.rows if any(row)]
        if not rows:
            return
        width = max(map(len, rows))
        made = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        self._add("", made[0], f"|{'---|' * width}", *made[1:], "")

    def _add(self, *lines: str) -> None:
        self.lines.extend(lines)
        if len(self.lines) > MAX_LINES:
            raise _Enough


class _Enough(Exception):  # noqa: N818
    """No more is read."""


def _tag(name: str) -> str:
    """The local name of an element of the two namespaces of WordprocessingML; "" for any other."""
    for space in (_WORD, _STRICT):
        if name.startswith(space):
            return name[len(space) :]
    return ""


def _attribute(attributes: dict[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if key.rpartition(" ")[2] == name), "")
