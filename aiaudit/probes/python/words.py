"""Where in a file's bytes something may stand that a pattern asks for: one linear scan, then a look around each hit.

A hit is dropped where it cannot be what is asked for: `d.get(k)` in a file that imports no HTTP client, `model.eval()`
where only the built-in is asked for, `seed=1`. Names made by aliases are looked for later, when the imports are known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Final, NamedTuple

_IMPORT_LINE: Final = rb"(?m)^[ \t]*(?:from|import)[ \t]([^\n#]*)"
_IDENTIFIER: Final = re.compile(rb"\w+|\*")
_RECEIVER: Final = re.compile(rb"(\w+)(?:\(\))?(?:\.\w+(?:\(\))?){0,6}\.$")
# Receivers that may be a client made in another file of the project, or by a function of this one.
_CLIENT_LIKE: Final = re.compile(
    rb"(?i)(?:session|client|http|requests?|api|sdk|conn|pool)\w*(?:\(\))?\.$|(?<![.\w])[a-z_]\w*\([^()]{0,60}\)\.$"
)
_LOOK_BACK: Final = 80  # bytes


class _Word(NamedTuple):
    """What the patterns say of one identifier. `anywhere`: a pattern takes it from any receiver."""

    anywhere: bool
    bare: bool  # a built-in, or a name that stands alone
    roots: frozenset[bytes]  # the top-level modules of the patterns with it
    after: frozenset[bytes]  # what stands before it in longer patterns: `completions` before `create`


class WordFinder:
    """Finds the offsets in a file at which a pattern may match."""

    def __init__(self, patterns: Collection[str]) -> None:
        anywhere: set[str] = set()
        bare: set[str] = set()
        roots: dict[str, set[bytes]] = defaultdict(set)
        after: dict[str, set[bytes]] = defaultdict(set)
        heads: set[str] = set()
        for pattern in patterns:
            parts = pattern.split(".")
            last = parts[-1] if parts[-1] != "*" else parts[0]
            words = {last, *(part for part in parts[:-1] if part[:1].isupper() and "*" not in part)}
            for word in words:
                if "*" in parts[0] or parts[0] == "?":
                    anywhere.add(word)
                roots[word].add(parts[0].encode())
            if len(parts) > 2:
                after[last].add(parts[-2].encode())
            if len(parts) == 1 or parts[-1] == "*":
                bare.add(last)
            elif parts[-2].isidentifier():
                heads.add(parts[-2])
        self._table = {
            word.encode(): _Word(word in anywhere, word in bare, frozenset(found), frozenset(after.get(word, ())))
            for word, found in roots.items()
        }
        self.words = frozenset(roots)
        tops = {pattern.partition(".")[0] for pattern in patterns if "." in pattern and not pattern.startswith("*")}
        self._regex = _compile(self.words, heads, {top for top in tops if top.isidentifier()}) if roots else None

    def offsets(self, data: bytes) -> list[int]:
        """Rising offsets of the words that may matter."""
        if self._regex is None:
            return []
        hits = [(match.start(), match.group(1)) for match in self._regex.finditer(data)]
        if not hits:
            return []
        imported: set[bytes] = set()
        for match in _imports().finditer(data):
            imported.update(_IDENTIFIER.findall(match.group(1)))
        return [at for at, word in hits if word is None or self._may_match(data, at, word, imported)]

    def _may_match(self, data: bytes, at: int, word: bytes, imported: set[bytes]) -> bool:
        about = self._table[word]
        if about.anywhere:
            return True
        before = data[at - 1 : at]
        if before == b".":
            if not about.roots.isdisjoint(imported):
                return True
            behind = data[max(0, at - _LOOK_BACK) : at]
            if _CLIENT_LIKE.search(behind) or behind.rpartition(b".")[0].rpartition(b".")[2] in about.after:
                return True
            receiver = _RECEIVER.search(behind)
            return receiver is not None and (receiver.group(1) in imported or b"*" in imported)
        if before in (b'"', b"'"):  # getattr(torch, "load")
            return not about.roots.isdisjoint(imported)
        if data[max(0, at - 4) : at] == b"def ":
            return False
        return about.bare or word in imported or b"*" in imported


def _compile(words: Iterable[str], heads: Iterable[str], modules: Iterable[str]) -> Any:
    """One expression for all words; a word that is followed by `.`, `=` or `:` is not called and not handed on. The
    other branches find `getattr(pickle, name)` and `require("torch")`."""
    import re2

    options = re2.Options()
    options.max_mem = 256 << 20
    some = b"|".join(sorted(word.encode() for word in words))
    dynamic = b"|".join(sorted(head.encode() for head in heads)) or b"-"
    named = b"|".join(sorted(module.encode() for module in modules)) or b"-"
    after = rb"(?:[(),\]}'\"\n;\[]|[ \t]+[^=\s]|[ \t]*(?:\n|$))"
    return re2.compile(
        rb"\b(" + some + rb")\b" + after + rb"|\bgetattr\((?:" + dynamic + rb"),|\([\"'](?:" + named + rb")[\"'][,)]",
        options,
    )


@cache
def _imports() -> Any:
    import re2

    return re2.compile(_IMPORT_LINE)


def any_of(words: Iterable[str]) -> re.Pattern[bytes]:
    """A pattern for the few names of one file, each as a whole identifier."""
    return re.compile(rb"\b(?:" + b"|".join(re.escape(word.encode()) for word in sorted(words)) + rb")\b")
