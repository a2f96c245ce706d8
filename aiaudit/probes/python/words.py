"""Where in a file's bytes something may stand that a pattern asks for: one linear scan, then a look around each hit.

A hit is dropped where it cannot be what is asked for: `d.get(k)` in a file that imports no HTTP client, `model.eval()`
where only the built-in is asked for, `seed=1`, `def fit(…)`. Names made by aliases are looked for later, when the
imports are known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

_IDENTIFIER: Final = re.compile(rb"\w+|\*")
_WORD_BYTES: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_RECEIVER: Final = re.compile(rb"(\w+)(?:\(\))?(?:\.\w+(?:\(\))?){0,6}$")
_FACTORY: Final = re.compile(rb"(?<![.\w])[a-z_]\w*\([^()]{0,60}\)$")
# Receivers that may be a client made in another file of the project.
_CLIENT_LIKE: Final = re.compile(rb"(?i)session|client|http|request|api|sdk|conn|pool")
_LOOK_BACK: Final = 80  # bytes
_CALL: Final = re.compile(rb"[ \t]*\(")
_NOT_CALLED: Final = re.compile(rb"[.=:]|[ \t]+=[^=]")  # what follows a name that is neither called nor handed on


class _Word(NamedTuple):
    """What the patterns say of one identifier."""

    method: bool  # `*.fit`: called on any receiver
    last: bool  # the last part of a pattern that names its module
    bare: bool  # a built-in, or a name that stands alone
    made: bool  # a class in the middle of a pattern: interesting where it is called
    below: bool  # the part before `.*`
    roots: frozenset[bytes]  # the top-level modules of the patterns with it
    prefixes: tuple[bytes, ...]  # the same with a star: `langchain*`
    after: frozenset[bytes]  # what stands before it in longer patterns: `completions` before `create`

    def is_named(self, imported: set[bytes]) -> bool:
        """Whether the file imports a module of the patterns, or the name itself, or everything of some module."""
        if not self.roots.isdisjoint(imported) or b"*" in imported:
            return True
        return bool(self.prefixes) and any(name.startswith(self.prefixes) for name in imported)


class WordFinder:
    """Finds the offsets in a file at which a pattern may match."""

    def __init__(self, patterns: Collection[str]) -> None:
        flags: dict[str, set[str]] = defaultdict(set)
        roots: dict[str, set[str]] = defaultdict(set)
        after: dict[str, set[bytes]] = defaultdict(set)
        heads: set[str] = set()
        tops: set[str] = set()
        for pattern in patterns:
            parts = pattern.split(".")
            everything = parts[-1] == "*"
            word = parts[-2] if everything else parts[-1]
            for part in parts[:-1]:
                if part[:1].isupper() and "*" not in part:
                    flags[part].add("made")
                    roots[part].add(parts[0])
            roots[word].add(parts[0])
            flags[word].add(_kind(parts))
            if len(parts) > 2 and not everything:
                after[word].add(parts[-2].encode())
            if len(parts) > 1 and parts[0].isidentifier():
                tops.add(parts[0])
                if not everything and parts[-2].isidentifier():
                    heads.add(parts[-2])
        self._table = {
            word.encode(): _Word(
                "method" in kinds,
                "last" in kinds,
                "bare" in kinds,
                "made" in kinds,
                "below" in kinds,
                frozenset(root.encode() for root in roots[word] if "*" not in root),
                tuple(root.rstrip("*").encode() for root in roots[word] if len(root) > 1 and root.endswith("*")),
                frozenset(after.get(word, ())),
            )
            for word, kinds in flags.items()
        }
        self.words = frozenset(flags)
        open_ended = {word for word, kinds in flags.items() if "below" in kinds}
        self._regex = _compile(self.words - open_ended, open_ended, heads, tops) if flags else None

    def offsets(self, data: bytes) -> list[int]:
        """Rising offsets of the words that may matter."""
        if self._regex is None:
            return []
        spans = [match.span() for match in self._regex.finditer(data)]
        if not spans:
            return []
        imported = _imported(data)
        named: dict[bytes, bool] = {}
        found: list[int] = []
        for at, after in spans:
            end = after
            about = self._table.get(word := data[at:end])
            if about is None:
                end -= 1  # the byte behind the word
                about = self._table.get(word := data[at:end])
            if about is None:  # one of the other branches
                found.append(at)
                continue
            here = named.get(word)
            if here is None:
                here = named[word] = about.is_named(imported)
            known = here and (word in imported or b"*" in imported)
            if _may_match(data, (at, end), about, named=here, known=known):
                found.append(at)
            elif not here and (about.last or about.method) and _CALL.match(data, end):
                # An object or function that another file of the project makes or hands on.
                if data[at - 1 : at] == b".":
                    keep = about.last and _on_client(data, at, about, imported)
                else:
                    keep = word in imported and data[at - 4 : at] != b"def "
                if keep:
                    found.append(at)
        return [at for at in found if not _is_text(data, at)]


def _may_match(data: bytes, span: tuple[int, int], about: _Word, *, named: bool, known: bool) -> bool:
    """Whether one of the patterns may match at this word, by what stands around it. `named`: its module is imported;
    `known`: the word itself is."""
    at, end = span
    before = data[at - 1 : at]
    if data[at - 4 : at] == b"def ":
        return False
    if about.method and (before == b"." or known) and _CALL.match(data, end):
        return True
    if about.made and _CALL.match(data, end) and data[at - 6 : at] != b"class ":
        return True
    if about.below and named:
        return True
    if not (about.last or about.bare) or _NOT_CALLED.match(data, end):
        return False
    if before == b".":
        return about.last and named
    if before in (b'"', b"'"):  # getattr(torch, "load")
        return named
    return known or about.bare


def _is_text(data: bytes, at: int) -> bool:
    """Whether the line is a comment, or an example in a docstring."""
    return data[data.rfind(b"\n", 0, at) + 1 : at].lstrip().startswith((b"#", b">>>", b"..."))


def _on_client(data: bytes, at: int, about: _Word, imported: set[bytes]) -> bool:
    """Whether what stands before `.word(` may be an object made elsewhere in the project."""
    behind = data[max(0, at - _LOOK_BACK) : at - 1]
    if behind.endswith(b")"):
        return bool(_FACTORY.search(behind))
    receiver = _last_word(behind)
    if receiver in about.after or b"*" in imported or _CLIENT_LIKE.search(receiver):
        return True
    chain = _RECEIVER.search(behind)
    return chain is not None and chain.group(1) in imported


def _last_word(text: bytes) -> bytes:
    at = len(text)
    while at and (text[at - 1] in _WORD_BYTES):
        at -= 1
    return text[at:]


def _imported(data: bytes) -> set[bytes]:
    """All identifiers in statements that import something."""
    found: set[bytes] = set()
    at = data.find(b"import ")
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        end = data.find(b")" if data[at + 7 : at + 8] == b"(" else b"\n", at)
        end = len(data) if end < 0 else end
        line = data[start:end]
        if line.lstrip().startswith((b"import ", b"from ")):
            found.update(_IDENTIFIER.findall(line))
        at = data.find(b"import ", end)
    return found


def _kind(parts: list[str]) -> str:
    if parts[-1] == "*":
        return "below"
    if len(parts) == 1:
        return "bare"
    return "method" if parts[0][0] in "*?" else "last"  # `*Trainer.train` names no module either


def _compile(words: Iterable[str], below: Iterable[str], heads: Iterable[str], modules: Iterable[str]) -> Any:
    """One expression for all words; one followed by `.`, `=` or `:` is neither called nor handed on, unless it is the
    part before `.*`. The other branches find `getattr(pickle, name)` and `require("torch")`."""
    import re2

    options = re2.Options()
    options.max_mem = 256 << 20
    return re2.compile(
        rb"\b(?:" + _either(words) + rb")(?:[^\w.=:]|$)|\b(?:" + _either(below) + rb")\b"
        rb"|\bgetattr\((?:" + _either(heads) + rb"),|\([\"'](?:" + _either(modules) + rb")[\"'][,)]",
        options,
    )


def _either(words: Iterable[str]) -> bytes:
    return b"|".join(sorted(word.encode() for word in words)) or rb"-\b-"


def any_of(words: Iterable[str]) -> re.Pattern[bytes]:
    """A pattern for the few names of one file, each as a whole identifier."""
    return re.compile(rb"\b(?:" + b"|".join(re.escape(word.encode()) for word in sorted(words)) + rb")\b")
