"""Paragraphs of prose: which line goes on with the one above. Where an author or an editor breaks a sentence says
nothing, so what is read line by line is read with the paragraph on one line."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

MAX_PARAGRAPH: Final = 2_000  # characters that are put on one line

_BEGINS: Final = lazy.regex(
    r"\s*+(?:#|>|\||[-*+•] |\d{1,3}[.)] |<|```|~~~|:::|\$\$|!\[|\[[^\]\n]{1,80}\]:|\.\. |:\w[\w -]*:|@|=+\s*$|-+\s*$"
    r"|\*\*[^*\n]{1,80}\*\*|__[^_\n]{1,80}__|[A-Z][\w -]{0,40}:(?:\s|$)|- ?\[|[^|\n]{0,200}\|)"
)
"""What stands by itself: a heading, a quotation, a row, an item, a block, a label such as `Owner:`."""
_ENDS: Final = lazy.regex(r"(?:^\s*(?:#|>|\||<|```|~~~|:::|\$\$|!\[|\.\. |=+\s*$|-+\s*$)|  $|\\$|\||<br\s*/?>\s*$)")
"""What nothing goes on with: a heading, a row, a block, a break that was asked for."""


def goes_on(above: str, line: str) -> bool:
    """Whether a line belongs to the paragraph or the item whose last line stands above it."""
    return bool(above.strip() and line.strip()) and not (_BEGINS.match(line) or _ENDS.search(above))


def joined(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Numbered lines with each paragraph on its first."""
    found: list[tuple[int, str]] = []
    last, above = 0, ""
    for number, line in lines:
        if found and number == last + 1 and len(found[-1][1]) < MAX_PARAGRAPH and goes_on(above, line):
            found[-1] = (found[-1][0], f"{found[-1][1].rstrip()} {line.strip()}")
        else:
            found.append((number, line))
        last, above = number, line
    return found
