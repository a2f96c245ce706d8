"""What of a text says something. Template text, reminders, badges, bare links and repeated sentences do not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

from aiaudit import lazy

_MAX_NUMBERS: Final = 100

_IMAGE: Final = lazy.regex(r"\[?!\[[^\[\]]{0,300}\](?:\([^()]{0,500}\)|\[[^\[\]]{0,200}\])\]?(?:\([^()]{0,500}\))?")
_LINK: Final = lazy.regex(r"\[([^\[\]]{0,300})\](?:\([^()]{0,500}\)|\[[^\[\]]{0,200}\])")
_URL: Final = lazy.regex(r"<?\b(?:https?|ftp)://[^\s<>)\]]{1,2000}>?|\bwww\.[^\s<>)\]]{1,500}", re.IGNORECASE)
_TAG: Final = lazy.regex(r"</?[a-zA-Z][^<>]{0,300}>")
_PLACEHOLDER: Final = lazy.regex(
    r"""
    \[\s*(?:more\ information\ needed | needs?\ more\ information | (?:insert|describe|your|add|fill|replace|todo|tbd
        |project|company|model|name\ of|e\.g\.)\b[^\]]{0,120} | \.{3} | … | x{2,} )\s*\](?!\()
    | \{\{[^}]{0,200}\}\} | \{%[^%]{0,200}%\} | <\s*(?:your|insert|add|fill|todo|placeholder|describe)\b[^>]{0,80}>
    | \b(?:TODO|TBD|TBA|TBC|FIXME|XXX+)\b
    | \blorem\ ipsum\b | \bdolor\ sit\ amet\b | \bconsectetur\b
    | \bcoming\ soon\b
    | \bto\ be\ (?:added|announced|confirmed|completed|decided|defined|determined|done|filled|written)\b
    | \b(?:fill|write|add|put|insert|enter|describe)\ (?:me|this|it|in\ (?:here|later))\b
    | \b(?:fill|write|add|put|insert|enter|describe)\ (?:your|the)\ \w+(?:\ \w+)?\ here\b
    | \byour\ \w+(?:\ \w+)?\ (?:goes\ )?here\b | \bplaceholder\ text\b | \bwork\ in\ progress\b
    | \bmore\ information\ needed\b | \bunder\ construction\b | \bchange\ ?me\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Sentences of the common card and datasheet templates, as they stand before anybody has filled them in.
_TEMPLATE: Final = lazy.regex(
    r"""
    this\ model\ ?card\ aims\ to\ be\ a\ base\ template
    | (?:this|the)\ (?:data\ ?set|model)\ card\ has\ been\ (?:automatically\ )?generated
    | this\ is\ the\ (?:model|data\ ?set)\ card\ of\ a
    | provide\ a\ (?:quick|longer|short|basic)\ summary
    | should\ be\ made\ aware\ of\ the\ risks,\ biases\ and\ limitations\ of\ the
    | carbon\ emissions\ can\ be\ estimated\ using\ the
    | use\ the\ code\ below\ to\ get\ started\ with\ the\ model
    | this\ section\ (?:describes|provides|is\ meant\ to|addresses|should)\b
    | address\ questions\ around\ how\ the\ (?:model|data\ ?set)\ is\ intended
    | this\ should\ link\ to\ a
    | (?:hardware\ type|hours\ used|cloud\ provider|compute\ region|carbon\ emitted)\s*:?\s*$
    | state\ whether\b | ideally\ with\ a\ link\ to
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD: Final = lazy.regex(r"[^\W\d_][\w'’-]*|\d[\w.,%/-]*", re.UNICODE)
_ASKS: Final = lazy.regex(r"(?:please|describe|explain|if (?:so|not|yes|any)|any other|e\.g\.)\b", re.IGNORECASE)
_DENSE: Final = lazy.regex(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts without blanks between words
_NUMBER: Final = lazy.regex(
    r"(?<![\w.])[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?"
    r"|(?<![\w.,])[-+]?\d+,\d{1,2}%?(?![\w,])"
    r"|(?<![\w.])[-+]?\d+(?:\.\d+)?%?(?![\w])"
)


class Substance(Struct, frozen=True):
    """`words` that say something, `empty` words of placeholders and templates, and the numbers that stand there."""

    words: int
    empty: int
    numbers: tuple[float, ...]

    @property
    def placeholder_ratio(self) -> float:
        """The share of placeholder words among all words; 0 for an empty text."""
        total = self.words + self.empty
        return round(self.empty / total, 3) if total else 0.0


def weigh(lines: Iterable[str], hollow: Collection[str] = ()) -> Substance:
    """Weigh prose line by line. A sentence that was seen before does not count again, and one of `hollow` never."""
    words = empty = 0
    numbers: list[float] = []
    seen: set[str] = set(hollow)
    for line in lines:
        text = readable(line)
        if _PLACEHOLDER.search(_URL.sub(" ", _IMAGE.sub(" ", line))) or _TEMPLATE.search(text) or _is_prompt(text):
            empty += max(1, _count(text))
            continue
        for sentence in _sentences(text):
            key = _key(sentence)
            if not key or (key in seen and len(key) > 12):
                continue
            seen.add(key)
            words += _count(sentence)
        numbers.extend(numbers_in(text))
    return Substance(words, empty, tuple(numbers[:_MAX_NUMBERS]))


def repeated(sections: Iterable[Iterable[str]]) -> frozenset[str]:
    """The sentences, for `weigh`, that stand in three sections or more: they say nothing of any of them."""
    held: Counter[str] = Counter()
    for lines in sections:
        held.update({key for line in lines for one in _sentences(readable(line)) if (key := _key(one)).count(" ") >= 5})
    return frozenset(key for key, count in held.items() if count >= 3)


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)


def _key(sentence: str) -> str:
    return " ".join(_WORD.findall(sentence.lower()))


_LATER: Final = lazy.regex(r"to be \w+(?: (?:later|soon|with \w+))?")


def is_gap(text: str) -> bool:
    """Whether a short value (a name, a date, a sentence) is a placeholder or says nothing."""
    plain = text.strip().strip(".-–—_?/ ").lower()
    return plain in (
        *("", "na", "n/a", "none", "unknown", "not known", "unclear", "not clear", "see legal", "ask legal", "me"),
        *("someone", "xxx", "yes", "no"),
    ) or bool(_LATER.fullmatch(plain) or _PLACEHOLDER.search(text))


def readable(line: str) -> str:
    """A line without images, badges, link targets, addresses, tags and table rules."""
    text = _IMAGE.sub(" ", line)
    only_links = not re.sub(r"[\s|*•·,/:>-]+", "", _LINK.sub("", _URL.sub("", text)))
    text = "" if only_links else _LINK.sub(r"\1", text)
    text = _TAG.sub(" ", _URL.sub(" ", text))
    return text.replace("|", " ").replace("`", " ").strip()


def numbers_in(text: str) -> list[float]:
    """The numbers of a text as they stand (a percentage keeps its figure: 93 % is 93). One or two digits behind a comma
    are decimals, as most of Europe writes them; three are thousands."""
    return [_value(found.rstrip("%")) for found in _NUMBER.findall(text)]


def _value(text: str) -> float:
    whole, comma, rest = text.rpartition(",")
    return float(f"{whole}.{rest}") if comma and len(rest) < 3 else float(text.replace(",", ""))


def _is_prompt(text: str) -> bool:
    """A question that a template asks and nobody has answered: the whole line is the question."""
    stripped = text.strip(" *_-#>0123456789.)")
    if len(stripped) <= 12:
        return False
    if stripped.endswith("?"):
        return True
    if stripped.count("?") < 2:
        return False
    return all(one.rstrip(" *_").endswith("?") or _ASKS.match(one) for one in _sentences(stripped))


def _count(text: str) -> int:
    dense = len(_DENSE.findall(text))
    return len([word for word in _WORD.findall(_DENSE.sub(" ", text)) if len(word) > 1 or word in "aAI"]) + dense // 2
