"""Text of the audited project, made fit to be shown: one line, nothing invisible, nothing endless.

Every report passes the whole result through `clean` once, before anything else reads it. Escaping for the format
(HTML, Markdown) comes after that and is the template environment's work.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from aiaudit import lazy

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"

LONGEST: Final = 1_000
"""Characters of one string that a report prints; the middle of a longer one is left out, and the report says so."""

DEEPEST: Final = 12
"""Levels of nesting of a fact's value that a report looks at."""

_SPACES = lazy.regex(r"\s+")
# Control characters, direction marks and overrides, zero-width and other format characters, lone surrogates, tags.
_INVISIBLE = lazy.regex(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED = lazy.regex(f"([{_MARKS}]{{3}})[{_MARKS}]+")  # more than three marks on one letter cover the lines above


def visible(text: str) -> str:
    """One line in which every character can be seen: escape becomes `[U+001B]`, line ends become spaces."""
    shown = _SPACES.sub(" ", text).strip()
    if not shown.isascii() or not shown.isprintable():
        shown = _STACKED.sub(r"\1", spelled(shown))
    if len(shown) > LONGEST:
        half = LONGEST // 2
        shown = f"{shown[:half]} … [{thousands(len(shown) - LONGEST)} characters left out] … {shown[-half:]}"
    return shown


def spelled(text: str) -> str:
    """The text as it is laid out, with each sign that nobody sees spelled out."""
    return _INVISIBLE.sub(lambda hit: f"[U+{ord(hit[0]):04X}]", text)


def escaped(document: str) -> str:
    """The same JSON with signs that nobody sees written as JSON's own escapes: its values stay what they are."""
    if document.isascii():
        return document
    return _INVISIBLE.sub(lambda hit: json.dumps(hit[0])[1:-1], document)


def clean(value: Any, depth: int = 0) -> Any:
    """A copy of JSON data in which every string, keys too, went through `visible`."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {visible(str(key)): clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, depth + 1) for item in value]
    return visible(str(value))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:.(") + "…"


def first_clause(text: str, limit: int) -> str:
    """At most `limit` characters, cut at the end of a clause where there is one, and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    for marks in (("; ", ": "), (", ", " (")):
        if end := _last_end(text, marks, limit):
            return text[:end] + "…"
    return shorten(text, limit)


def whole_clauses(text: str, limit: int) -> str:
    """At most `limit` characters of an advice: the first of its clauses that are an advice alone, without a mark.

    Where none is short enough: its first words, marked with an ellipsis.
    """
    if len(text) <= limit:
        return text
    end = _last_end(text, ("; ", ", and ", ", or ", ", but ", ", then ", "; then "), limit)
    return text[:end] if end else first_clause(text, limit)


def _last_end(text: str, marks: tuple[str, ...], limit: int) -> int:
    """Where the last of the marks stands that is not too far left and in no bracket; 0 where none does."""
    ends = [at for mark in marks for at in range(limit // 3, limit) if text.startswith(mark, at)]
    return max((at for at in ends if text.count("(", 0, at) == text.count(")", 0, at)), default=0)


def first_sentence(text: str) -> str:
    """The text up to its first full stop that ends a sentence."""
    hit = re.search(r"(?<=[a-z0-9)’'\"`])[.!?](?=\s+[A-Z“\"])", text)
    return text[: hit.end()] if hit else text


def beside(path: str, text: str) -> str:
    """What is said of a place, where it stands right beside the path: without the path where it begins with it."""
    rest = text.removeprefix(path)
    return rest.lstrip(": ") if path and rest != text and rest[:1] in (" ", ":") else text


def rest_of(text: str) -> str:
    """What follows the first sentence."""
    return text[len(first_sentence(text)) :].strip()


def full_stop(text: str) -> str:
    """The text with one mark at its end."""
    return text if not text or text[-1] in ".!?…:" else text + "."


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """The first letter small, unless the word is a name or an acronym ("CI runs …", "A model …")."""
    if len(text) > 1 and (text[1].isupper() or text[1].isdigit()):
        return text
    return text[:1].lower() + text[1:]


def thousands(number: int | float) -> str:
    """12,345; a minus sign, not a hyphen."""
    return f"{number:,.0f}".replace("-", MINUS)


def figure(value: float | None) -> str:
    """A score or a share as it is printed: a whole number, or a dash where there is none."""
    return "–" if value is None else f"{value:.0f}"


def amount(value: str | float | None) -> str:
    """Money or a quantity as it is printed: whole from 100 up, else three digits that tell; a dash where none is."""
    try:
        number = float(value if value is not None else "")
    except ValueError:
        return "–" if not value else str(value)
    if not math.isfinite(number):
        return "–"
    text = f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
    return text.replace("-", MINUS)


def slug(text: str) -> str:
    """Letters, digits and hyphens only: what an anchor may be made of."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "x"
