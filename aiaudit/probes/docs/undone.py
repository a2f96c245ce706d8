"""Sentences that say of a thing that it was not done or decided: they name it, and it is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from aiaudit import lazy

_DEED: Final = (
    r"(?:tried|tested|measured|assessed|done|run|performed|conducted|evaluated|exercised|decided|determined|approved"
    r"|signed|agreed|reviewed|held|rehearsed|started|written|assigned|named|verified|recorded|settled|defined)"
)
_UNDONE: Final = lazy.regex(
    rf"\b(?:not|never) (?:yet )?(?:been )?{_DEED}\b|\bnot yet\b"
    r"|\b(?:is|are|was|were|remains?) (?:still )?(?:undecided|open|pending|unclear|unknown|not (?:clear|known))"
    r"(?: yet)?\s*(?:[.,;:)]|$)"
    r"|\bno(?:body|ne| \w+)? .{0,60}\b(?:so far|yet|until now|up to now|to date)\b"
    rf"|\bno \w+(?: \w+){{0,2}} (?:was|were|has been|have been) (?:ever )?{_DEED}\b"
    r"|\bto be (?:approved|signed|reviewed|agreed|tested|held|rehearsed)\b",
    re.IGNORECASE,
)
# A rule for what is not done ("must stop where no review was held") is no confession.
_RULE: Final = lazy.regex(
    r"\b(?:[Ii]f|[Uu]nless|[Ww]hen|[Ww]here|[Oo]nce|[Uu]ntil|[Ww]hile|must|shall|may|should|that)\b"
)
# Of what has to be done already: that it is planned or wanted, was cancelled, or did not work.
_TO_COME: Final = lazy.regex(
    r"\b(?:it is|it's) not (?:yet )?(?:clear|known)\b"
    r"|\b(?:was|were|is|are|has been|have been) (?:cancell?ed|postponed|skipped)\b"
    r"|\b(?:is|are|was|were) (?:still )?(?:planned|foreseen|scheduled) (?:for|in|on)\b"
    r"|\bwe (?:aim|plan|intend|hope) (?:for|to)\b"
    r"|\b(?:tests?|trial|drill|exercise|rehearsal|tabletop|deletion|erasure)\b[^.;]{0,60}"
    r"\b(?:failed|did not (?:work|succeed))\b",
    re.IGNORECASE,
)
_OF_THE_PAGE: Final = lazy.regex(
    r"\b(?:last|latest) (?:changed?|updated?|edit|edited|modified)\b|^\W*(?:page|document|version|updated)\b",
    re.IGNORECASE,
)
_SENTENCE: Final = lazy.regex(r"(?<=[.!?;])\s+")
_SHARE: Final = lazy.regex(
    r"(?<![\w.])(\d{1,3}(?:\.\d+)?) ?(?:%|per ?cent\b)|(?<![\w.])(\d{1,6}) (?:out )?of (?:the |all )?(\d{1,6})\b"
)
_WANTED: Final = lazy.regex(r"\b(?:target|goal|aim|plan(?:ned)?|should|must)\b", re.IGNORECASE)


def done(line: str, *, already: bool = False) -> str:
    """The line without the sentences that say that something was not done or decided; where it has to be done
    `already`, also without those of what is planned, was cancelled or did not work."""
    if not _UNDONE.search(line) and not (already and _TO_COME.search(line)):
        return line
    kept = (one for one in _SENTENCE.split(line) if not _says_so(one) and not (already and _TO_COME.search(one)))
    return " ".join(kept)


def of_the_work(line: str) -> str:
    """The line without the sentences that tell when the page itself was changed."""
    if not _OF_THE_PAGE.search(line):
        return line
    return " ".join(sentence for sentence in _SENTENCE.split(line) if not _OF_THE_PAGE.search(sentence))


def _says_so(sentence: str) -> bool:
    found = _UNDONE.search(sentence)
    return found is not None and not _RULE.search(sentence[: found.start()])


def shares(lines: Iterable[str]) -> list[float]:
    """The shares that lines tell, in percent (93 %, 3 of 40), in order; those that are only wanted do not count."""
    found = []
    for line in lines:
        for sentence in _SENTENCE.split(line):
            if _WANTED.search(sentence):
                continue
            for percent, part, whole in _SHARE.findall(sentence):
                if percent:
                    found.append(float(percent))
                elif int(whole) > 0 and int(part) <= int(whole):
                    found.append(round(100.0 * int(part) / int(whole), 1))
    return found[:20]
