"""A document as sections: Markdown, reStructuredText, plain text, and cards written as YAML or JSON.

Prose and code are kept apart: the lines of a section are its prose; fenced and indented code are its code blocks.
Comments are neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.paragraphs import joined
from aiaudit.project.parse import Malformed, line_of, parse_json, parse_yaml

LABEL_LEVEL: Final = 8  # a bold label opens a section below every real heading
_MAX_SECTIONS: Final = 2000
_MAX_CARD_DEPTH: Final = 5
_MAX_LINE: Final = 4000  # characters of a line that are looked at; every pattern here is bounded too


class CodeBlock(Struct, frozen=True):
    """Code in a document. `language` is the fence's first word, "" where there is none."""

    line: int
    language: str
    lines: tuple[str, ...]


class Section(Struct):
    """A heading and what follows it up to the next one. `lines` are (line number, prose)."""

    title: str
    level: int
    line: int
    lines: list[tuple[int, str]] = field(default_factory=list)
    code: list[CodeBlock] = field(default_factory=list)

    @property
    def paragraphs(self) -> list[tuple[int, str]]:
        """The lines with each paragraph on its first, for what asks for sentences."""
        return joined(self.lines)


class Document(Struct):
    """`sections[0]` is what stands before the first heading. `front`: the metadata block of a Markdown card."""

    path: str
    sections: list[Section]
    front: Mapping[str, Any] = field(default_factory=dict)

    def with_children(self, index: int) -> list[Section]:
        """The section at `index` and the deeper ones that follow it."""
        first = self.sections[index]
        found = [first]
        for section in self.sections[index + 1 :]:
            if section.level <= first.level:
                break
            found.append(section)
        return found


def parse_document(path: str, text: str) -> Document:
    """Parse by the suffix of `path`. A YAML or JSON card that does not parse is read as plain text."""
    lower = path.lower()
    if lower.endswith((".yaml", ".yml", ".json", ".jsonld")):
        card = _card(path, text)
        if card is not None:
            return card
    lines = [line[:_MAX_LINE] for line in text.splitlines()]
    if lower.endswith((".rst", ".txt")) or "." not in lower.rpartition("/")[2]:
        return Document(path, _underlined(lines))
    return _markdown(path, lines)


def parse_lines(path: str, lines: list[str]) -> Document:
    """The sections of Markdown lines that were made of another format."""
    return _markdown(path, [line[:_MAX_LINE] for line in lines])


# --- Markdown -------------------------------------------------------------------------------------------------------

_FENCE: Final = lazy.regex(r"^[ \t>]*(`{3,}|~{3,})[ \t]*([^\s`{]*)")
_ATX: Final = lazy.regex(r"^ {0,3}(#{1,6})[ \t]++(.*?)[ \t]*+(?:#++[ \t]*+)?$")
_SETEXT: Final = lazy.regex(r"^ {0,3}(=+|-+)[ \t]*$")
_HTML_HEADING: Final = lazy.regex(r"<h([1-6])\b[^<>]{0,200}>(.{0,200}?)</h\1>", re.IGNORECASE)
_SUMMARY: Final = lazy.regex(r"<summary\b[^<>]{0,200}>(.{0,200}?)</summary>", re.IGNORECASE)
_BOLD_LINE: Final = lazy.regex(r"^\s*(?:\*\*|__)([^*_]{2,80}?):?(?:\*\*|__):?\s*$")
_BOLD_LABEL: Final = lazy.regex(
    r"^\s*(?:[-*+]\s+|\d+\.\s+)?(?:\*\*|__)([^*_]{2,80}?)(?::(?:\*\*|__)|(?:\*\*|__)\s*[:–—-])\s*(\S.*)$"
)
# `**License** A custom one …`: without a colon it is a label only where it begins a paragraph and reads like a title.
_BOLD_LEAD: Final = lazy.regex(
    r"^(?:\*\*|__)([A-Z][\w/-]*(?:[ ](?:[A-Z&][\w/-]*|of|and|the|to|for)){0,5})(?:\*\*|__)[ \t]+([A-Z\[(\d].*)$"
)
_TAG: Final = lazy.regex(r"<[^<>]{1,300}>")


def _markdown(path: str, lines: list[str]) -> Document:
    front, start = _front_matter(lines)
    lines = _without_comments(lines)
    sections = [Section("", 0, 1)]
    fence: str | None = None
    block: list[str] = []
    block_line, language = 0, ""
    code_may_begin = True  # indented code follows a blank line, a heading or more of itself
    for number, line in enumerate(lines[start:], start + 1):
        marker = _FENCE.match(line)
        if fence is not None:
            if marker and marker.group(1).startswith(fence) and not marker.group(2):
                sections[-1].code.append(CodeBlock(block_line, language, tuple(block)))
                fence, block = None, []
            else:
                block.append(line)
            continue
        if marker:
            fence, language, block_line = marker.group(1), marker.group(2).lower(), number + 1
            continue
        if code_may_begin and re.match(r"^(?: {4}|\t)\S", line) and not _in_list(sections[-1]):
            sections[-1].code.append(CodeBlock(number, "", (line.strip(),)))
            continue
        before = len(sections)
        _markdown_line(sections, number, line)
        code_may_begin = not line.strip() or len(sections) > before
        if len(sections) > _MAX_SECTIONS:
            break
    if fence is not None and block:  # a fence that is never closed runs to the end
        sections[-1].code.append(CodeBlock(block_line, language, tuple(block)))
    return Document(path, sections, front)


def _markdown_line(sections: list[Section], number: int, line: str) -> None:
    current = sections[-1]
    atx = _ATX.match(line)
    if atx:
        sections.append(Section(_title(atx.group(2)), len(atx.group(1)), number))
        return
    if _SETEXT.match(line) and current.lines and current.lines[-1][0] == number - 1:
        above = current.lines[-1][1].strip()
        if above and "|" not in above and not above.startswith((">", "-", "*", "#")):
            current.lines.pop()
            sections.append(Section(_title(above), 1 if "=" in line else 2, number - 1))
            return
    heading = _HTML_HEADING.search(line)
    if heading:
        sections.append(Section(_title(heading.group(2)), int(heading.group(1)), number))
        return
    summary = _SUMMARY.search(line)
    if summary and len(_title(summary.group(1))) <= 80:
        sections.append(Section(_title(summary.group(1)), LABEL_LEVEL - 1, number))
        return
    bold = _BOLD_LINE.match(line)
    if bold:
        sections.append(Section(_title(bold.group(1)), LABEL_LEVEL, number))
        return
    label = _BOLD_LABEL.match(line) or (_BOLD_LEAD.match(line) if _begins_paragraph(current, number) else None)
    if label:
        sections.append(Section(_title(label.group(1)), LABEL_LEVEL, number, [(number, label.group(2))]))
        return
    current.lines.append((number, line))


def _begins_paragraph(section: Section, number: int) -> bool:
    """Whether nothing but a blank line or the section's heading stands on the line above."""
    return not section.lines or section.lines[-1][0] < number - 1 or not section.lines[-1][1].strip()


def _in_list(section: Section) -> bool:
    """Whether an indented line would continue a list item and is no code."""
    for _, line in reversed(section.lines[-12:]):
        if re.match(r"^\s*(?:[-*+]|\d+[.)])\s", line):
            return True
        if line.strip() and not line.startswith((" ", "\t")):
            return False
    return False


def _front_matter(lines: list[str]) -> tuple[Mapping[str, Any], int]:
    """The metadata between `---` lines at the head, and the index of the first line after it."""
    if not lines or lines[0].strip() != "---":
        return {}, 0
    for index, line in enumerate(lines[1:400], 1):
        if line.strip() in ("---", "..."):
            try:
                value = parse_yaml("\n".join(lines[1:index]).encode())
            except Malformed:
                return {}, index + 1
            return (value if isinstance(value, Mapping) else {}), index + 1
    return {}, 0


def _without_comments(lines: list[str]) -> list[str]:
    """The lines with HTML comments blanked, outside fences. Their number stays."""
    kept: list[str] = []
    inside, fence = False, ""
    for line in lines:
        marker = _FENCE.match(line)
        if not inside and marker and (not fence or marker.group(1).startswith(fence)):
            fence = "" if fence else marker.group(1)
        if fence:
            kept.append(line)
            continue
        out, rest = "", line
        while rest:
            mark = rest.find("-->" if inside else "<!--")
            if mark < 0:
                out += "" if inside else rest
                break
            out += "" if inside else rest[:mark]
            rest = rest[mark + (3 if inside else 4) :]
            inside = not inside
        kept.append(out)
    return kept


def _title(text: str) -> str:
    """A heading without markup, links and emoji shortcodes."""
    text = re.sub(r"!\[[^\[\]]{0,200}\]\([^()]{0,500}\)", "", text[:400])
    text = re.sub(r"\[([^\[\]]{0,200})\](?:\([^()]{0,500}\)|\[[^\[\]]{0,200}\])", r"\1", text)
    text = re.sub(r":[a-z0-9_+-]+:|&[a-z]+;", " ", _TAG.sub(" ", text))
    return " ".join(re.sub(r"[*_`]{1,3}", "", text).split())


# --- reStructuredText and plain text --------------------------------------------------------------------------------

_ADORNMENT: Final = lazy.regex(r"^([=\-`:'\"~^_*+#<>.])\1{2,}\s*$")
_CODE_DIRECTIVE: Final = lazy.regex(r"^\s*\.\. +(?:code-block|code|sourcecode|prompt|parsed-literal)::[ \t]*(\S*)")
_NUMBERED: Final = lazy.regex(r"^\d+(?:\.\d+)*[.)]?\s+[A-Z][^.!?]{2,70}$")
_CAPITALS: Final = lazy.regex(r"^[A-Z][A-Z0-9 ,&/'-]{3,60}:?$")


def _underlined(lines: list[str]) -> list[Section]:
    """Sections by adorned titles; in text without any, by capitals and numbered lines."""
    adorned = any(_is_title(lines, index) for index in range(len(lines)))
    sections = [Section("", 0, 1)]
    levels: list[str] = []
    index = 0
    while index < len(lines) and len(sections) <= _MAX_SECTIONS:
        line = lines[index]
        if _is_title(lines, index):
            sign = lines[index + 1][0]
            if sign not in levels:
                levels.append(sign)
            if sections[-1].lines and _ADORNMENT.match(sections[-1].lines[-1][1]):
                sections[-1].lines.pop()  # the line above an over- and underlined title
            sections.append(Section(line.strip(), levels.index(sign) + 1, index + 1))
            index += 2
            continue
        if not adorned and (_CAPITALS.match(line.strip()) or _NUMBERED.match(line.strip())):
            sections.append(Section(line.strip().rstrip(":"), 1, index + 1))
            index += 1
            continue
        directive = _CODE_DIRECTIVE.match(line)
        if directive or line.rstrip().endswith("::"):
            block, after = _indented(lines, index + 1)
            if block is not None:
                language = directive.group(1).lower() if directive else ""
                sections[-1].code.append(CodeBlock(block.line, language, block.lines))
                if not directive:
                    sections[-1].lines.append((index + 1, line))
                index = after
                continue
        if not line.lstrip().startswith(".. "):
            sections[-1].lines.append((index + 1, line))
        index += 1
    return sections


def _is_title(lines: list[str], index: int) -> bool:
    """Whether the line has an underline of its own width."""
    if index + 1 >= len(lines):
        return False
    text, under = lines[index].strip(), lines[index + 1].rstrip()
    fits = len(under) >= max(3, len(text) - 1)
    return bool(text) and not _ADORNMENT.match(text) and fits and _ADORNMENT.match(under) is not None


def _indented(lines: list[str], start: int) -> tuple[CodeBlock | None, int]:
    """The indented block that begins at or after `start`, and the index after it."""
    index = start
    while index < len(lines) and (not lines[index].strip() or re.match(r"^\s+:[\w-]+:", lines[index])):
        index += 1
    first = index
    while index < len(lines) and (not lines[index].strip() or lines[index].startswith((" ", "\t"))):
        index += 1
    block = tuple(line.strip() for line in lines[first:index])
    return (CodeBlock(first + 1, "", block), index) if any(block) else (None, start)


# --- cards as data --------------------------------------------------------------------------------------------------


def _card(path: str, text: str) -> Document | None:
    try:
        value = parse_json(text.encode()) if path.lower().endswith(("json", "jsonld")) else parse_yaml(text.encode())
    except Malformed:
        return None
    if not isinstance(value, Mapping):
        return None
    lines = text.splitlines()
    sections = [Section("", 0, 1)]
    sections.extend(_keys(value, 1, lines, 1))
    return Document(path, sections, value)


def _keys(value: Any, level: int, lines: list[str], line: int) -> Iterator[Section]:
    """One section a key; what stands below it is its text or its own sections."""
    if level > _MAX_CARD_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            name = re.split(r"[:/]", str(key))[-1]  # rai:dataBiases, http://…/description
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]", " ", name)
            at = line_of(value, key) or _line_naming(lines, str(key), line)
            section = Section(words, level, at)
            section.lines = [(at, text) for text in _leaves(item)]
            yield section
            yield from _keys(item, level + 1, lines, at)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item, level, lines, line)


def _leaves(value: Any) -> list[str]:
    """The scalars that stand directly in a value; those of nested keys belong to their own sections."""
    if isinstance(value, list):
        return [text for item in value for text in _leaves(item) if not isinstance(item, Mapping)]
    if value is None or isinstance(value, Mapping):
        return []
    return [str(value)]


def _line_naming(lines: list[str], key: str, after: int) -> int:
    quoted = f'"{key}"'
    for number, line in enumerate(lines[after - 1 :], after):
        if quoted in line:
            return number
    return after
