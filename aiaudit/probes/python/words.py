"""Where in a file's bytes something may stand that a pattern asks for: one linear scan, then a look around each hit.

A hit is dropped where it cannot be what is asked for: `d.get(k)` in a file that imports no HTTP client, `model.eval()`
where only the built-in is asked for, `seed=1`, `def fit(…)`. Names made by aliases are looked for later, when the
imports are known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.import_lines import ImportLines
from aiaudit.probes.python.outline import Outline, outline
from aiaudit.probes.spans import spans

_WORD_BYTES: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_RECEIVER: Final = lazy.regex(rb"(\w+)(?:\(\))?(?:\.\w+(?:\(\))?){0,6}$")
_FACTORY: Final = lazy.regex(rb"(?<![.\w])[a-z_]\w*\([^()]{0,60}\)$")
# Receivers that may be a client made in another file of the project.
_CLIENT_LIKE: Final = lazy.regex(rb"(?i)session|client|http|request|api|sdk|conn|pool")
_LOOK_BACK: Final = 80  # bytes
_WORD: Final = lazy.regex(rb"\w+")
_OPENED: Final = ord("(")
_WORD_CHARS: Final = frozenset(bytes((one,)) for one in _WORD_BYTES)
_CHAIN: Final = bytes(sorted(_WORD_BYTES)) + b"."
_CHAIN_CALLED: Final = _CHAIN + b"()"
_MADE_BY: Final = lazy.regex(rb"(\w+)\.([A-Z]\w*)")  # `torch.Generator(device)` before `.seed(0)`
_MADE_BY_A_FUNCTION: Final = ["boto3", "client"]  # another file may get what it gives: whose it is has to be seen
MAX_KNOWN: Final = 20_000  # texts of matches that are remembered


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

    def takes(self, roots: frozenset[bytes]) -> bool:
        """Whether a pattern begins with one of these top-level modules, or with any."""
        return self.method or not self.roots.isdisjoint(roots) or any(root.startswith(self.prefixes) for root in roots)

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
        heads: dict[str, set[bytes]] = defaultdict(set)
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
            if len(parts) > 2 and parts[:2] == _MADE_BY_A_FUNCTION:
                flags[parts[1]].add("last")
                roots[parts[1]].add(parts[0])
            if len(parts) > 2 and not everything:
                after[word].add(parts[-2].encode())
            if len(parts) > 1 and parts[0].isidentifier():
                tops.add(parts[0])
                if not everything and parts[-2].isidentifier():
                    heads[parts[-2]].add(parts[0].encode())
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
        self._heads = {head.encode(): roots for head, roots in heads.items()}
        self._known: dict[bytes, tuple[bytes, _Word | None]] = {}
        self.words = frozenset(flags)
        below = {word for word, kinds in flags.items() if "below" in kinds}
        called = {word for word, kinds in flags.items() if kinds <= {"method", "made"}}
        self._regex = _compile(self.words - below - called, called, below, heads, tops) if flags else None

    def offsets(self, data: bytes, outlined: Outline | None = None) -> list[int]:
        """Rising offsets of the words that may matter."""
        hits = spans(self._regex, data) if self._regex is not None else []
        if not hits:
            return []
        lines = ImportLines(data, outlined or outline(data))
        named: dict[bytes, bool] = {}
        found: list[int] = []
        known = self._known.get
        for at, after in hits:
            text = data[at:after]
            word, about = known(text) or self._read(text)
            if about is None:  # one of the other branches
                if self._may_get(text, lines.names):
                    found.append(at)
                continue
            here = named.get(word)
            if here is None:
                here = named[word] = about.is_named(lines.names)
            called = data[after - 1] == _OPENED
            if not here and not called and not about.bare:
                continue  # a name like any other
            end = at + len(word)
            if _may_match(data, (at, end), about, lines, named=here, called=called):
                found.append(at)
            elif called and not here and (about.last or about.method):
                # An object or function that another file of the project makes or hands on.
                if data[at - 1 : at] == b".":
                    keep = about.last and (_on_client(data, at, about, lines.names) or lines.makes(_receiver(data, at)))
                else:
                    keep = word in lines.names and data[at - 4 : at] != b"def "
                if keep and not _is_foreign(data, at, end, about, lines):
                    found.append(at)
        return [at for at in found if not _is_text(data, at)]

    def _read(self, text: bytes) -> tuple[bytes, _Word | None]:
        """The word with which a match begins, and what the patterns say of it; remembered, for files say the same."""
        matched = _WORD.match(text)
        word = matched.group() if matched is not None else b""
        found = (word, self._table.get(word))
        if len(self._known) < MAX_KNOWN:
            self._known[text] = found
        return found

    def _may_get(self, text: bytes, imported: set[bytes]) -> bool:
        """Of `getattr(torch,`: whether the object, or a module of the patterns that go through it, is imported."""
        head = text[8:-1] if text.startswith(b"getattr(") else b""
        roots = self._heads.get(head)
        return roots is None or head in imported or b"*" in imported or not roots.isdisjoint(imported)


_BLANKS: Final = (b" ", b"\t", b"\f", b"\n")


def _may_match(
    data: bytes, span: tuple[int, int], about: _Word, lines: ImportLines, *, named: bool, called: bool
) -> bool:
    """Whether one of the patterns may match at this word, by what stands around it. `named`: its module is imported.
    `called`: a parenthesis follows."""
    at, end = span
    before = beside = data[at - 1 : at]
    if data[at - 4 : at] == b"def ":
        return False
    if before in _BLANKS:  # `pickle . load`, and a point at the end of the line above
        before = data[max(0, at - _LOOK_BACK) : at].rstrip(b" \t\f\n\\")[-1:]
    dotted = before == b"."
    if about.below and named:
        return True
    if not about.bare and not named and not about.made and not (about.method and dotted):
        return False
    known = named and (data[at:end] in lines.names or b"*" in lines.names)
    if called and about.method and (dotted or known):
        return True
    if called and about.made and data[at - 6 : at] != b"class " and not _is_foreign(data, at, end, about, lines):
        return True
    if dotted:
        return about.last and named and not _is_foreign(data, at, end, about, lines)
    if beside in (b'"', b"'"):  # not one that ends the line above: a docstring's
        behind = data[max(0, at - _LOOK_BACK) : at]
        return about.last and named and any(sign in behind for sign in _BY_TEXT)
    return about.bare or (about.last and known and not _is_foreign(data, at, end, about, lines))


_BY_TEXT: Final = (
    b"getattr(",
    b"attrgetter(",
    b"methodcaller(",
    b"__dict__[",
    b"globals()[",
    b"vars(",
)  # what takes a function by its name's text


def _is_foreign(data: bytes, at: int, end: int, about: _Word, lines: ImportLines) -> bool:
    """Whether the name, or what stands before it, is imported from a library that no pattern with this word names."""
    if data[at - 1 : at] != b".":
        roots = lines.foreign_roots(data[at:end])
        return bool(roots) and not about.takes(roots)
    behind = data[max(0, at - _LOOK_BACK) : at - 1]
    if behind.endswith(b")"):
        made = _maker(behind)
        if made is None or made.group(2) in about.after:
            return False
        roots = lines.foreign_roots(made.group(1))
        return bool(roots) and not (about.takes(roots) and any(b"*" in one for one in about.after))
    start = len(behind.rstrip(_CHAIN))
    if behind[start - 1 : start] in (b")", b"]"):
        return False
    roots = lines.foreign_roots(behind[start:].partition(b".")[0])
    return bool(roots) and not about.takes(roots)


def _maker(behind: bytes) -> re.Match[bytes] | None:
    """The module and the class of `module.Class(…)` at the end; None where that is not plain."""
    opened = behind.rfind(b"(")
    if opened < 0 or behind.find(b")", opened) != len(behind) - 1:
        return None
    return _MADE_BY.fullmatch(behind, len(behind[:opened].rstrip(_CHAIN)), opened)


def _is_text(data: bytes, at: int) -> bool:
    """Whether it stands in a comment, in an example in a docstring, or inside a string on its line: behind one double
    quote or three of them, where nothing else on the line makes that doubtful."""
    begin = data.rfind(b"\n", max(0, at - _LONG), at) + 1
    if not begin and at > _LONG:
        return False  # nobody writes such a line, and to look through it for each word takes the square of its length
    line = data[begin:at]
    if line.lstrip().startswith((b"#", b">>>", b"...")):
        return True
    if line.count(b'"') % 2 == 0 or line.endswith(b'"'):
        return False
    return not any(sign in line for sign in _DOUBTFUL)


_LONG: Final = 4000  # bytes of a line before a word
_DOUBTFUL: Final = (b"'", b"{", b"\\", b'"""')


def _on_client(data: bytes, at: int, about: _Word, imported: set[bytes]) -> bool:
    """Whether what stands before `.word(` may be an object made elsewhere in the project."""
    behind = data[max(0, at - _LOOK_BACK) : at - 1]
    if behind.endswith(b")"):
        return bool(_FACTORY.search(behind))
    receiver = _last_word(behind)
    if receiver in about.after or b"*" in imported or _CLIENT_LIKE.search(receiver):
        return True
    chain = _RECEIVER.search(behind, len(behind.rstrip(_CHAIN_CALLED)))
    return chain is not None and chain.group(1) in imported


def _receiver(data: bytes, at: int) -> bytes:
    """The name before `.word(`: `bedrock` of `self.bedrock.converse(`; nothing where a call or a subscript stands
    there."""
    return _last_word(data[max(0, at - _LOOK_BACK) : at - 1])


def _last_word(text: bytes) -> bytes:
    at = len(text)
    while at and (text[at - 1] in _WORD_BYTES):
        at -= 1
    return text[at:]


def _kind(parts: list[str]) -> str:
    if parts[-1] == "*":
        return "below"
    if len(parts) == 1:
        return "bare"
    return "method" if parts[0][0] in "*?" else "last"  # `*Trainer.train` names no module either


def _compile(
    words: Iterable[str], called: Iterable[str], below: Iterable[str], heads: Iterable[str], modules: Iterable[str]
) -> Any:
    """One expression for all words, where they may be code: followed by what may follow a function that is called or
    handed on, by a parenthesis where only a call counts, or, of the part before `.*`, by anything but prose. The other
    branches find `getattr(pickle, name)`, `attrgetter(name)` and `require("torch")`."""
    import re2

    options = re2.Options()
    options.max_mem = 256 << 20
    return re2.compile(
        rb"\b(?:"
        + _either(words)
        + rb")"
        + _HANDED_ON
        + rb"|\b(?:"
        + _either(called)
        + rb")(?:[ \t]*\(|"
        + _TYPED
        + rb")"
        rb"|\b(?:" + _either(below) + rb")" + _NO_PROSE + rb"|\bgetattr\((?:" + _either(heads) + rb"),"
        rb"|\b(?:attrgetter|methodcaller)\("
        rb"|\([\"'](?:" + _either(modules) + rb")[\"'][,)]",
        options,
    )


# After a name of code: no other name but an operator's, and no backtick. After a function that is not called at once:
# the end of an element or of the statement, a choice, a comment.
_NO_PROSE: Final = rb"(?:[^\w`\t ]|[ \t]+[^\w`\t ]|[ \t]+(?:if|else|and|or|is|in|not|for|async|as|import)\b|[ \t]*$)"
_TYPED: Final = rb"\[[^\n()]{1,120}\]\("  # a class with the types it works on: `Agent[Context](`
_HANDED_ON: Final = rb"(?:[ \t]*[(,)\]};\n\\#\"'?|]|[ \t]+(?:if|else|and|or|for|async)\b|[ \t]*$|" + _TYPED + rb")"


def _either(words: Iterable[str]) -> bytes:
    return b"|".join(sorted(word.encode() for word in words)) or rb"-\b-"


def offsets_of(names: Iterable[str], data: bytes) -> list[int]:
    """Where the few names of one file stand as whole identifiers; rising."""
    found: list[int] = []
    for name in names:
        word = name.encode()
        at = data.find(word)
        while at >= 0:
            end = at + len(word)
            if data[at - 1 : at] not in _WORD_CHARS and data[end : end + 1] not in _WORD_CHARS:
                found.append(at)
            at = data.find(word, end)
    return sorted(found)


@lru_cache(maxsize=64)
def word_finder(patterns: tuple[str, ...]) -> WordFinder:
    """The finder for these patterns; made once."""
    return WordFinder(patterns)
