"""Secrets taken out of what probes quote: engines' results before they are cached, facts before anybody sees them.

The same rules that find secrets in files decide here. A name beside the value counts, as it does in a file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.fact import Fact
from aiaudit.plain_json import encode, encode_each
from aiaudit.probes.base import Engine
from aiaudit.probes.secrets import checks
from aiaudit.probes.secrets.judge import judge
from aiaudit.probes.secrets.rules import VERSION, digest, patterns, rules
from aiaudit.probes.text.groups import Pattern
from aiaudit.probes.text.sets import PatternSets
from aiaudit.project.entry import Entry

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

HIDDEN: Final = "[secret]"
_ANY_TEXT: Final = (
    "surrogatepass"  # Python sources may hold '\\ud800', which is no text elsewhere: there and back unchanged
)
_ANY_NAME: Final = "surrogateescape"  # names of files need not be UTF-8
_AT_ONCE: Final = 64  # elements of a list
_CUT_SHORT: Final = "cut short"  # no rule's name
_LEAST: Final = 8  # characters of a text that may hold a secret
_PLACE_BITS: Final = 3  # no object is smaller than 8 bytes
_PAGE_BITS: Final = 15
_PAGE_BYTES: Final = 1 << _PAGE_BITS - 3
_IN_PAGE: Final = _PAGE_BYTES - 1
# A key whose end was cut off when its text was shortened.
_CUT: Final = lazy.regex(
    r"(?:\b(?P<key>(?:sk-|hf_|gsk_|r8_|pcsk_|lsv2_|tgp_v1_|nvapi-|gh[pousr]_|github_pat_|glpat-|npm_|pypi-|xox[abpores]-|xapp-|"
    r"[sr]k_live_|SG\.|AKIA|AIza|eyJ|tvly-|dapi)[\w.-]{8,})|://[^\s:@/\"']{0,80}:(?P<password>[^\s@/\"'{}$<>]{6,}))(?:…|\.\.\.)?$"
)


class Discreet:
    """An engine whose results quote no secret."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)  # what an engine may have besides

    def key(self) -> str:
        return f"{self._engine.key()} without secrets {VERSION} {digest()}"

    def wants(self, entry: Entry) -> bool:
        return self._engine.wants(entry)

    def prepare(self, size: int, cache: Cache | None = None) -> None:
        """Make ready before workers are forked, which then share what is made here."""
        prepare_sets(cache)
        if (prepare := getattr(self._engine, "prepare", None)) is not None:
            prepare(size, cache)

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        found: dict[str, Any] = hide_in(self._engine.scan(data, entry))
        return found


class Seen(Struct):
    """Records that were looked through, by `id`: facts of large projects share most of theirs. They are held, so that
    no other has their `id`. Paths likewise, by their text.

    A bit for each place in memory where a record may begin: in a dictionary 200,000 of them would take 20 MB.
    """

    held: list[Any] = field(default_factory=list)
    cleared: dict[int, Any] = field(default_factory=dict)  # what stands for those that held a secret
    paths: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)  # what stands for those that are named by a secret
    _pages: dict[int, bytearray] = field(default_factory=dict)

    def take(self, records: Iterable[Any]) -> list[Any]:
        """Those that were not looked through, which from now on count as if they were."""
        new: list[Any] = []
        pages = self._pages
        for record in records:
            at = id(record) >> _PLACE_BITS
            page = pages.get(at >> _PAGE_BITS)
            if page is None:
                page = pages[at >> _PAGE_BITS] = bytearray(_PAGE_BYTES)
            place, bit = (at >> 3) & _IN_PAGE, 1 << (at & 7)
            if not page[place] & bit:
                page[place] |= bit
                new.append(record)
        self.held += new
        return new

    def drop(self, records: Sequence[Any]) -> None:
        """Take it back for the last ones that were taken: nobody looked through them."""
        del self.held[len(self.held) - len(records) :]
        for record in records:
            at = id(record) >> _PLACE_BITS
            self._pages[at >> _PAGE_BITS][(at >> 3) & _IN_PAGE] &= ~(1 << (at & 7))
            self.cleared.pop(id(record), None)

    def look_at(self, paths: Iterable[str]) -> None:
        """Find those that are named by a secret: one look at all that are new."""
        new = sorted(set(paths) - self.paths)
        self.paths.update(new)
        if new and _suspicious(new):
            self.renamed.update((path, clear) for path in new if (clear := hide(path)) != path)


def hide_in_fact(fact: Fact, seen: Seen | None = None) -> Fact:
    """The fact with no secret in its value, its evidence with the names of files, or its reason."""
    seen = seen or Seen()
    told = [fact.reason, *(one.note for one in fact.evidence)]
    unread = fact.scope.unread if fact.scope is not None else ()
    seen.look_at(chain((one.path for one in fact.evidence if one.path is not None), unread))
    value = _clean(fact.value, seen) if isinstance(fact.value, list) else hide_in(fact.value)
    if value is fact.value and not seen.renamed and not _suspicious(told):
        return fact
    evidence = tuple(
        replace(one, path=one.path and seen.renamed.get(one.path, one.path), note=hide(one.note))
        for one in fact.evidence
    )
    scope = fact.scope and replace(fact.scope, unread=tuple(seen.renamed.get(path, path) for path in unread))
    return replace(fact, value=value, evidence=evidence, scope=scope, reason=hide(fact.reason))


def in_names(paths: Sequence[str]) -> Iterator[tuple[str, Pattern, dict[str, Any]]]:
    """The paths in which a name is a secret by its own shape: each with the rule and what may be kept of it."""
    text = b"".join(f"{path}\n".encode("utf-8", _ANY_NAME) for path in paths)
    ends = list(accumulate(len(path.encode("utf-8", _ANY_NAME)) + 1 for path in paths))
    for pattern, compiled in _sets().matching(text):
        if pattern.name == _CUT_SHORT or rules()[pattern.name].shape != "vendor":
            continue
        for match in compiled.finditer(text):
            if (kept := judge(pattern, match, text)) is not None:
                yield paths[bisect_right(ends, match.start(1))], pattern, kept


def _clean(records: list[Any], seen: Seen) -> list[Any]:
    """The list without secrets. Its elements are many and mostly clean: one look at some at once finds the few. At all
    at once it would find more literals of keys, and search all of the text for each."""
    new = seen.take(records)
    try:
        for first in range(0, len(new), _AT_ONCE):
            for record in _suspects(new[first : first + _AT_ONCE]):
                if (clear := _walk(record, "")) is not record:
                    seen.cleared[id(record)] = clear
    except BaseException:
        seen.drop(new)
        raise
    if seen.cleared.keys().isdisjoint(map(id, records)):
        return records
    return [seen.cleared.get(id(record), record) for record in records]


def _suspects(records: list[Any]) -> Iterator[Any]:
    """Those in whose texts something has the shape of a secret."""
    text = encode_each(records, str)
    spans = [match.span() for _, compiled in _sets().matching(text) for match in compiled.finditer(text)]
    if not spans:
        return
    ends = list(accumulate(len(row) + 1 for row in text.split(b"\n")))
    looked = {at for first, last in spans for at in range(bisect_right(ends, first), bisect_right(ends, last) + 1)}
    yield from (records[at] for at in sorted(looked) if at < len(records))


def hide_in(value: Any) -> Any:
    """The same JSON with each secret in its texts replaced."""
    return _walk(value, "") if _suspicious(value) else value


@lru_cache(maxsize=32768)
def hide(text: str, name: str = "") -> str:
    """The text, which stands beside `name`, with `[secret]` in the place of each secret."""
    if len(text) < _LEAST:
        return text
    before = f'{name} = "' if name else ""
    data = f'{before}{text}"'.encode("utf-8", _ANY_TEXT)
    start, end = len(before.encode("utf-8", _ANY_TEXT)), len(data) - 1
    whole = data
    for first, last in sorted(_spans(data), reverse=True):
        if first >= start and last <= end:
            data = data[:first] + HIDDEN.encode() + data[last:]
            end += len(HIDDEN) - (last - first)
    told = text if data is whole else data[start:end].decode("utf-8", _ANY_TEXT)
    cleared = _CUT.sub(_uncut, told)
    return text if cleared == text else cleared


def _uncut(match: re.Match[str]) -> str:
    """What stands in the place of a text's end with the head of a key; a name such as `hf_hub_download` stays."""
    group = "key" if match["key"] else "password"
    value = match[group]
    secret = checks.could_be_cut(value) if group == "key" else checks.password(value) is not None
    return match[0][: match.start(group) - match.start()] + HIDDEN if secret else match[0]


def shown(text: bytes, places: Sequence[tuple[int, int]]) -> list[str]:
    """What stands at each place (start, end) of a text, with secrets replaced that lie there whole or in part."""
    around = [_around(text, start, end) for start, end in places]
    lines = dict.fromkeys(text[first:last] for first, last in around)
    secrets: list[tuple[int, int]] = []
    if _anything(b"\n".join(lines)):  # one look at all: most texts hold no secret
        secrets = [
            (first + start, first + end) for first, last in _joint(around) for start, end in _spans(text[first:last])
        ]
    return [_shown(text, start, end, secrets).decode("utf-8", "replace") for start, end in places]


def _joint(parts: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same bytes, none twice: places on one long line share most of what stands around them."""
    begin, until = 0, 0
    for first, last in sorted(parts):
        if first >= until:
            if until > begin:
                yield begin, until
            begin = first
        until = max(until, last)
    if until > begin:
        yield begin, until


def _around(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The lines of a place, up to 2,048 bytes on either side."""
    left = text.rfind(b"\n", max(0, start - 2048), start) + 1 or max(0, start - 2048)
    right = text.find(b"\n", end, end + 2048)
    return left, right if right >= 0 else min(len(text), end + 2048)


def _anything(data: bytes) -> bool:
    """Whether `_spans` may find anything in some of these lines."""
    found = _sets().matching(data)
    return any(compiled.search(data) is not None for pattern, compiled in found if pattern.name != _CUT_SHORT)


def _shown(text: bytes, start: int, end: int, secrets: Iterable[tuple[int, int]]) -> bytes:
    """What stands there, without what is secret of it."""
    piece = text[start:end]
    for first, last in sorted(secrets, reverse=True):
        if first < end and last > start:
            piece = piece[: max(0, first - start)] + HIDDEN.encode() + piece[max(0, last - start) :]
    return piece


def _spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Where secrets stand; none overlaps another."""
    taken: list[tuple[int, int]] = []
    for pattern, compiled in _sets().matching(data):
        if pattern.name == _CUT_SHORT:
            continue
        group = 2 if rules()[pattern.name].check == "assigned" else 1
        for match in compiled.finditer(data):
            first, last = match.span(group)
            if judge(pattern, match, data) is not None and all(last <= a or first >= b for a, b in taken):
                taken.append((first, last))
    yield from taken


_made: list[PatternSets] = []


def looked_for() -> list[Pattern]:
    """The rules, those that know most first, and `_CUT` at the end of any text of a JSON document."""
    cut = Pattern(_CUT_SHORT, _CUT.pattern.removesuffix("$") + '"')
    return [*patterns("vendor"), *patterns("named"), *patterns("free"), cut]


def prepare_sets(kept: Cache | None = None, *, much: bool = False) -> None:
    """Compile the rules, or take them from where they are `kept`. `much`: for the results of a large tree."""
    if not _made:
        _made.append(PatternSets(looked_for(), kept, much=much))


def _sets() -> PatternSets:
    prepare_sets()
    return _made[0]


def _suspicious(value: Any) -> bool:
    """Whether anything in it has the shape of a secret."""
    text = _json_of(value)
    return len(text) >= _LEAST and _sets().anything(text)


def _json_of(value: Any) -> bytes:
    return encode(value, str)


def _walk(value: Any, name: str) -> Any:
    """The value without secrets; what holds none is not copied."""
    if isinstance(value, str):
        return hide(value, name)
    if isinstance(value, Mapping):
        changed = {key: new for key, item in value.items() if (new := _walk(item, str(key))) is not item}
        return _named({**value, **changed} if changed else value)
    if isinstance(value, list) or type(value) is tuple:
        parts = len(value) > 1  # one look at a record costs less than one at each of its texts
        if parts and all(isinstance(item, str) for item in value):
            return _walk_words(value, name)
        items = [
            item if parts and isinstance(item, Mapping | list) and not _suspicious(item) else _walk(item, name)
            for item in value
        ]
        if all(new is item for new, item in zip(items, value, strict=True)):
            return value
        return items if isinstance(value, list) else tuple(items)
    return value


def _named(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The mapping without secrets among its keys, which stay different from each other."""
    if all(not isinstance(key, str) or hide(key) == key for key in value):
        return value
    made: dict[Any, Any] = {}
    for key, item in value.items():
        clear = hide(key) if isinstance(key, str) else key
        number = 2
        while clear in made or (clear != key and clear in value):
            clear, number = f"{hide(key)} {number}", number + 1
        made[clear] = item
    return made


def _walk_words(words: Sequence[str], name: str) -> Sequence[str]:
    """The words of a command, or other texts that stand beside each other: `-u`, `me:password`."""
    line = " ".join(words)
    data = line.encode("utf-8", _ANY_TEXT)
    secrets = [data[first:last].decode("utf-8", _ANY_TEXT) for first, last in _spans(data)]
    clear = [hide(_without(word, secrets), name) for word in words]
    if all(new == word for new, word in zip(clear, words, strict=True)):
        return words
    return clear if isinstance(words, list) else tuple(clear)


def _without(word: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if secret in word:
            word = word.replace(secret, HIDDEN)
    return word
