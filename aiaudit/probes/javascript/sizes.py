"""Whether a schema in TypeScript or JavaScript limits the size of what it checks: of all of it, not of some fields."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

BOUNDS: Final = lazy.regex(r"\.(?:max|length|lte|lt)\(|\.size\s*[<>]=?|\bmax(?:Length|Items|imum)\s*[:(]|\bmaxLength\b")
# What may be of any size: a text, a list, a map, anything.
_ENDLESS: Final = lazy.regex(
    r"\b(?:z|zod|s|t|Type|yup|Yup|Joi|joi)\s*\.\s*(string|array|record|any|unknown|map|set|String|Array|Record|Any|Unknown)\s*\("
)
# What follows a text and fixes its length or its form.
_HELD: Final = lazy.regex(
    r"\.\s*(?:max|length|lte|lt|enum|regex|email|uuid|guid|url|uri|datetime|date|time|cuid2?|ulid|nanoid|ip|ipv4|ipv6|cidr"
    r"|oneOf|valid|isoDate|pattern|matches|transform|pipe|refine|superRefine|custom|test)\s*\("
)
_INSIDE: Final = lazy.regex(r"\b(?:maxLength|maxItems|maxProperties|pattern|format|enum)\b")
_MORE: Final = lazy.regex(r"\.\s*(?:passthrough|catchall)\s*\(|\blooseObject\s*\(")
_MOST: Final = 200  # pieces of one schema
_LONGEST: Final = 4000  # characters of a chain


def limits_size(text: str) -> bool:
    """Whether a schema limits something, and no text, list or map in it may be of any size."""
    return bool(BOUNDS.search(text)) and not is_endless(text)


def is_endless(text: str) -> bool:
    """Whether something in a schema may be of any size. Valibot says so in a pipe around it, which is not looked at."""
    if _MORE.search(text):
        return True
    for number, match in enumerate(_ENDLESS.finditer(text)):
        if number >= _MOST:
            return False
        end = _closed(text, match.end())
        if match.group(1)[0].isupper() and _INSIDE.search(text[match.end() : end]):
            continue
        if not _HELD.search(_chain(text, end)):
            return True
    return False


def _closed(text: str, start: int) -> int:
    """The place behind the bracket that closes the one before `start`."""
    depth, quote, at = 1, "", start
    while at < len(text) and at - start < _LONGEST:
        one = text[at]
        if quote:
            if one == "\\":
                at += 1
            elif one == quote:
                quote = ""
        elif one in "\"'`":
            quote = one
        elif one in "([{":
            depth += 1
        elif one in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return at


def _chain(text: str, start: int) -> str:
    """The methods that follow: `.min(1).max(20)`."""
    at = start
    while True:
        named = _METHOD.match(text, at)
        if named is None or at - start >= _LONGEST:
            return text[start:at]
        at = _closed(text, named.end())


_METHOD: Final = lazy.regex(r"\s*\.\s*\w+\s*\(")
