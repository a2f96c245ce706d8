"""Names that are written in other letters than Python reads: it folds every identifier by NFKC (PEP 3131), so that
`ｐｉｃｋｌｅ.ｌｏａｄ` is `pickle.load`. A search of the bytes would pass over them."""

from __future__ import annotations

import io
import tokenize
import unicodedata
from collections.abc import Iterator
from typing import Final

from aiaudit import lazy

# A letter that folds to one of ASCII; digits alone begin no name.
_LETTER: Final = lazy.regex("[ªºĲĳſǇ-ǌǱ-ǳʰ-ʸˡ-ˣᴬ-ᵪᶜ-ᶻⁱⁿₐ-ₜℂ-ⅉⅠ-ⅿⱼⱽꟲ-ꟴﬀ-ﬆ︳︴﹍-﹏Ａ-Ｚ＿ａ-ｚ𐞥𝐀-𝟿]")
_ASCII: Final = bytes(range(0x80))
_BEFORE: Final = lazy.regex(r"(?:\.|\b(?:import|from|as|class|def)[ \t]+)$")
_AFTER: Final = lazy.regex(r"[ \t\\\n]*[.(=,)\];:]")
_LOOK_BACK: Final = 16


def folded(data: bytes) -> bytes:
    """The source with such names in plain letters; the same object where it has none or is no UTF-8. Lines stay."""
    if data.isascii():
        return data
    try:
        if _LETTER.search(data.translate(None, _ASCII).decode()) is None:  # the few characters beyond ASCII alone
            return data
        text = data.decode()
    except UnicodeDecodeError:
        return data
    if not any(_may_be_name(text, *span) for span in _words(text)):
        return data
    lines = text.split("\n")
    names = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
            if token.type == tokenize.NAME and not token.string.isascii():
                names.append((token.start[0] - 1, token.start[1], token.end[1]))
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass  # what came before the fault is told apart
    for row, start, end in reversed(names):
        line = lines[row]
        lines[row] = line[:start] + unicodedata.normalize("NFKC", line[start:end]) + line[end:]
    return "\n".join(lines).encode()


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each word with such a letter, in time linear in the text: `\\w*x\\w*` takes the square of it."""
    end = 0
    for match in _LETTER.finditer(text):
        if match.start() < end:
            continue
        start, before = match.start(), end
        while start > before and _is_of_word(text[start - 1]):
            start -= 1
        end = match.end()
        while end < len(text) and _is_of_word(text[end]):
            end += 1
        yield start, end


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _may_be_name(text: str, start: int, end: int) -> bool:
    """Whether the word is ASCII when folded, and stands as a name of code may: prose in such letters is common."""
    if not unicodedata.normalize("NFKC", text[start:end]).isascii():
        return False
    return _AFTER.match(text, end) is not None or _BEFORE.search(text[max(0, start - _LOOK_BACK) : start]) is not None
