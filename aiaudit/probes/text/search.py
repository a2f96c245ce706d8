"""Many regular expressions in one scan of a text: which of them may match there.

`LiteralSearch` looks for the literals that the expressions cannot do without, all at once, by Hyperscan. `WholeSearch`
gives it the expressions, which pays for much text. `SetSearch` asks RE2's sets, where Hyperscan is not there: slower,
to the same end. What any of them names is then searched by itself: RE2 decides, in linear time.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self

from aiaudit import lazy
from aiaudit.probes.text.compiled import Compiled, compiled_for, compiled_name, database, is_shipped
from aiaudit.probes.text.literals import Alternative, anchored_inside, folds, required
from aiaudit.probes.text.wider import over_bytes, wider
from aiaudit.resources import precompiled

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

MAX_PATTERN: Final = 512
_BROAD: Final = lazy.regex(r"(?:\[\^[^\]]*\]|(?<!\\)\.|\\S|\\w)(?:\{\d*,\d+\}|\*|\+)")
_BROAD_AT_ONCE: Final = 6
Rows = list[list[list[str]]]  # `Alternative`s as plain JSON
Needs = tuple[Alternative, ...] | None
_TELLING: Final = 3  # bytes of a literal that is not in every other text
_FEW: Final = 400  # expressions of a search that is remembered
_SIMPLE: Final = 80  # characters of an expression that costs little to compile


class Expression(NamedTuple):
    """A regular expression in RE2's syntax."""

    regex: str
    ignore_case: bool = False


class Search(Protocol):
    """Expressions compiled for many texts."""

    def candidates(self, text: bytes) -> Iterable[int]:
        """The numbers of all expressions that match somewhere in the text, and perhaps of some that do not."""


def search_for(
    expressions: Sequence[Expression], *, much: bool = False, cache: Cache | None = None, purpose: str = ""
) -> Search:
    """The fastest search that this machine has; `much`: there is so much text that a long preparation pays. What a
    wheel carries compiled needs none. `cache` keeps what was compiled, for each `purpose`."""
    if cache is None and len(expressions) <= _FEW:
        return _small(tuple(expressions), much)
    return _made(expressions, much, cache, purpose)


def _made(expressions: Sequence[Expression], much: bool, cache: Cache | None = None, purpose: str = "") -> Search:
    try:
        whole = much or is_shipped(WholeSearch.name_of(expressions))
        return (WholeSearch if whole else LiteralSearch)(expressions, cache, purpose)
    except (ImportError, OSError, RuntimeError):  # no wheel for this machine, or not this processor
        return SetSearch(expressions)


_small = lru_cache(maxsize=8)(_made)
"""For whoever looks through many small trees in one process, as the cases of a check are."""


def is_fast() -> bool:
    """Whether one search for all expressions costs as little as one for a few."""
    try:
        import hyperscan  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


class LiteralSearch:
    """By the literals that each expression needs, and by the few expressions that need none of more than two bytes.

    Hyperscan counts bytes where RE2 counts characters: each character beyond ASCII is made one byte for it. Raises
    `ImportError` where Hyperscan is not installed, `RuntimeError` where it does not run on this processor.
    """

    kind = "literals"

    def __init__(self, expressions: Sequence[Expression], cache: Cache | None = None, purpose: str = "") -> None:
        self._all = range(len(expressions))
        compiled = compiled_for(
            self.name_of(expressions), lambda: self._compiled(expressions), cache, f"{self.kind} {purpose}"
        )
        self._take(compiled)

    @classmethod
    def of(cls, compiled: Compiled, expressions: int) -> Self:
        """The search for so many expressions that were compiled before."""
        made = cls.__new__(cls)
        made._all = range(expressions)
        made._take(compiled)
        return made

    @classmethod
    def name_of(cls, expressions: Sequence[Expression]) -> bytes:
        """What this search for these expressions is known by, where it is kept."""
        return compiled_name([cls.kind, *([one.regex, one.ignore_case] for one in expressions)])

    def _take(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._always, uses, self._database = compiled
        self._uses: dict[int, list[tuple[int, list[frozenset[int]]]]] = {}
        for literal, number, others in uses:
            self._uses.setdefault(literal, []).append((number, others))

    def _compiled(self, expressions: Sequence[Expression]) -> Compiled:
        """Compile them. Raises `ImportError` and `RuntimeError`."""
        _take_shipped()
        needs = [_required(expression.regex) for expression in expressions]
        whole = self._whole(expressions, needs)
        try:
            return self._parts(expressions, needs, whole)
        except RuntimeError:  # an expression that only RE2 knows: literals do for it, and not for all others too
            taken = frozenset(n for n in whole if _is_taken(expressions[n]))
            return self._parts(expressions, needs, taken if taken < whole else frozenset())

    def _whole(self, expressions: Sequence[Expression], needs: Sequence[Needs]) -> frozenset[int]:
        """The expressions that are looked for themselves."""
        return frozenset(
            number
            for number, (expression, alternatives) in enumerate(zip(expressions, needs, strict=True))
            if len(expression.regex) <= _SIMPLE and not _tells(alternatives) and _plain(expression.regex)
        )

    def _parts(self, expressions: Sequence[Expression], needs: Sequence[Needs], whole: frozenset[int]) -> Compiled:
        """Compile these expressions as a `whole`, and the literals that the others need."""
        import hyperscan

        always = [number for number in self._all if number not in whole and needs[number] is None]
        rest = [(number, one) for number in self._all if number not in whole for one in needs[number] or ()]
        literals = sorted({literal for _, alternative in rest for clause in alternative for literal in clause})
        ids = {literal: len(expressions) + at for at, literal in enumerate(literals)}
        uses = [
            (ids[literal], number, [frozenset(ids[word] for word in clause) for clause in others])
            for number, (first, *others) in rest
            for literal in sorted(first)
        ]
        once, caseless = hyperscan.HS_FLAG_SINGLEMATCH, hyperscan.HS_FLAG_CASELESS
        asked = [_asked(expressions[n], n) for n in sorted(whole)]
        asked += [(re.escape(literal), made, once | caseless) for literal, made in ids.items()]
        return Compiled(always, uses, database(asked) if asked else None)

    def candidates(self, text: bytes) -> Iterable[int]:
        """See `Search`; in their order."""
        if folds(text):
            return self._all
        there: list[int] = []
        if self._database is not None and text:
            self._database.scan(_one_byte_each(text), match_event_handler=_note, context=there)
        present = set(there)
        found = {*self._always, *(number for number in there if number < len(self._all))}
        for made in there:
            for number, others in self._uses.get(made, ()):
                if number not in found and not any(present.isdisjoint(clause) for clause in others):
                    found.add(number)
        return sorted(found)


class WholeSearch(LiteralSearch):
    """By the expressions themselves, all at once, which takes a second to compile. Those that Hyperscan has not go by
    their literals."""

    kind = "whole"

    def _whole(self, expressions: Sequence[Expression], needs: Sequence[Needs]) -> frozenset[int]:
        return frozenset(number for number in self._all if _plain(expressions[number].regex))


def _asked(expression: Expression, number: int) -> tuple[bytes, int, int]:
    """The expression as Hyperscan is given it, the number by which it is told, and its flags."""
    import hyperscan

    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_MULTILINE
    return _for_hyperscan(expression.regex), number, flags | hyperscan.HS_FLAG_CASELESS * expression.ignore_case


def _is_taken(expression: Expression) -> bool:
    """Whether Hyperscan takes this expression by itself."""
    try:
        database([_asked(expression, 0)])
    except RuntimeError:
        return False
    return True


def _for_hyperscan(regex: str) -> bytes:
    """What matches in every text in which this expression does. Hyperscan has no anchors inside."""
    told = over_bytes(regex)
    assert told is not None  # see `_plain`
    return wider(told, anchored=not anchored_inside(told)).encode()


def _tells(needs: Needs) -> bool:
    """Whether each alternative needs a literal that is not in every other text."""
    return needs is not None and all(min(map(len, first)) >= _TELLING for first, *_ in needs)


def _plain(regex: str) -> bool:
    """Whether Hyperscan, over bytes, finds whatever RE2 finds, of what is made of it for that."""
    told = over_bytes(regex)
    return told is not None and "\\x" not in told and anchored_inside(told) is not None


_CONTINUED: Final = bytes(range(0x80, 0xC0))  # what follows the first byte of a character in UTF-8
_ONE_BYTE: Final = bytes(range(0xC0)) + b"\x7f" * 0x40
_CHARACTER: Final = lazy.regex(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]"
)


def _one_byte_each(text: bytes) -> bytes:
    """The text with one byte for each character beyond ASCII, and for each that is none: one that, like it, is no
    letter, digit or space to RE2."""
    if text.isascii():
        return text
    try:
        text.decode()
    except UnicodeDecodeError:
        return _CHARACTER.sub(b"\x7f", text)
    return text.translate(_ONE_BYTE, _CONTINUED)


def _note(number: int, start: int, end: int, flags: int, found: Any) -> None:
    """Called by Hyperscan for each literal that is there."""
    found.append(number)


_needs: dict[str, Needs] = {}


def _required(regex: str) -> Needs:
    if regex not in _needs:
        _needs[regex] = required(regex)
    return _needs[regex]


def needs_of(regexes: Iterable[str]) -> dict[str, Rows | None]:
    """What each of these expressions needs, as plain JSON."""
    return {regex: _as_rows(_required(regex)) for regex in regexes}


def _as_rows(needs: Needs) -> Rows | None:
    return None if needs is None else [[sorted(w.decode() for w in clause) for clause in one] for one in needs]


def _from_rows(rows: Rows | None) -> Needs:
    return None if rows is None else tuple(tuple(frozenset(w.encode() for w in c) for c in one) for one in rows)


@cache
def _take_shipped() -> None:
    """Take what a wheel knows of the expressions of its packs."""
    file = precompiled("literals.json")
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        rows = {} if file is None else json.loads(file.read_bytes())
        _needs.update({regex: _from_rows(some) for regex, some in rows.items() if regex not in _needs})


class SetSearch:
    """By a few RE2 sets.

    A pattern that repeats almost any character stays alive over much of a text. Each of two such patterns may be at any
    place while the other is at any of its own: together they make RE2 build states without end, at a thirtieth of its
    speed. So these are searched a few at a time, and all others at once.
    """

    def __init__(self, expressions: Sequence[Expression]) -> None:
        import re2

        numbers = range(len(expressions))
        broad = [number for number in numbers if _BROAD.search(expressions[number].regex)]
        parts = [[number for number in numbers if not _BROAD.search(expressions[number].regex)]]
        parts += [broad[at : at + _BROAD_AT_ONCE] for at in range(0, len(broad), _BROAD_AT_ONCE)]
        self._sets: list[tuple[Any, list[int]]] = []
        for part in filter(None, parts):
            some = re2.Set.SearchSet(options())
            for number in part:
                some.Add(source(*expressions[number]))
            some.Compile()
            self._sets.append((some, part))

    def candidates(self, text: bytes) -> Iterator[int]:
        """See `Search`; only those that do match."""
        for some, numbers in self._sets:
            for index in some.Match(text) or ():
                yield numbers[index]


def source(regex: str, ignore_case: bool) -> bytes:
    """`^` and `$` are those of a line."""
    return (f"(?im:{regex})" if ignore_case else f"(?m:{regex})").encode()


def compile_pattern(regex: str, ignore_case: bool = False) -> Any:
    """A pattern over UTF-8 bytes. Raises `ValueError` where RE2 cannot read it or it would match anywhere."""
    import re2

    if len(regex) > MAX_PATTERN:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN} characters")
    try:
        compiled = re2.compile(source(regex, ignore_case), options())
    except re2.error as error:
        said = error.args[0] if error.args else "not a pattern"
        raise ValueError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None
    if compiled.search(b"") is not None:
        raise ValueError("the pattern matches the empty text")
    return compiled


compiled_pattern: Final = cache(compile_pattern)


@cache
def placed_pattern(regex: str, ignore_case: bool = False) -> Any:
    """The same pattern for who asks only where it matches: to know what each group took costs as much again."""
    import re2

    return re2.compile(source(regex, ignore_case), options(groups=False))


def options(*, groups: bool = True) -> Any:
    """RE2's options: bytes as UTF-8, and memory enough for a set of a thousand patterns."""
    import re2

    made = re2.Options()
    made.never_capture = not groups
    made.log_errors = False
    made.max_mem = 64 * 1024 * 1024
    return made
