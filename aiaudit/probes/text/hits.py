"""The hits of patterns in one text: what a search names is looked for by itself, and what stands there is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiaudit.probes.comment_lines import Comments
from aiaudit.probes.spans import each_span, matches
from aiaudit.probes.text.groups import PatternGroup
from aiaudit.probes.text.one_line import OneLine, on_one_line
from aiaudit.probes.text.search import Expression, Search, compiled_pattern, placed_pattern
from aiaudit.project.entry import display

MAX_MATCH: Final = 120  # characters of a hit that are kept


class Rule(NamedTuple):
    """One pattern of a group; behind the last one stands what it is to be beside."""

    key: str
    group: PatternGroup
    number: int

    @property
    def expression(self) -> Expression:
        return Expression(self.group.regexes[self.number], self.group.ignore_case)

    def unfolded(self, text: bytes) -> Iterable[Rule]:
        """The rule itself, or all patterns of its group where what they are to be beside is there."""
        if not self.group.beside:
            return (self,)
        if not matches(placed_pattern(*self.expression), text):
            return ()
        return (self._replace(number=number) for number in range(len(self.group.patterns)))

    @property
    def unless(self) -> Any:
        """The group's `unless`, compiled, or None."""
        return compiled_pattern(self.group.unless, self.group.ignore_case) if self.group.unless else None

    def places(self, text: bytes) -> Iterator[tuple[int, int, Any]]:
        """Start, end and match of all that the pattern finds; None for the match where no judge asks for it."""
        if self.group.judge is None:
            return ((start, end, None) for start, end in each_span(placed_pattern(*self.expression), text))
        return ((*match.span(), match) for match in compiled_pattern(*self.expression).finditer(text))


def rules_of(groups: Mapping[str, PatternGroup], keys: Iterable[str]) -> list[Rule]:
    """What a search looks for: of a group that is to be beside something, only that."""
    return [Rule(key, groups[key], number) for key in keys for number in groups[key].numbers]


class RuleSearch(NamedTuple):
    """What is looked for in one scan. None: what nobody asks for."""

    rules: Sequence[Rule | None]
    search: Search

    def likely(self, text: bytes, keys: frozenset[str]) -> Iterator[Rule]:
        """The rules of these keys that may be in the text."""
        for index in self.search.candidates(text):
            rule = self.rules[index]
            if rule is not None and rule.key in keys:
                yield from rule.unfolded(text)


def looked_through(
    text: bytes, searches: Iterable[RuleSearch], keys: Iterable[str], comments: str, suffix: str
) -> dict[str, list[list[Any]]]:
    """The hits of the groups of these keys in the text of a file with this suffix and this kind of comments."""
    meant = frozenset(keys)
    shown = on_one_line(text, suffix)
    text = shown.text
    passed_over = Comments(comments, text)
    hits: dict[str, list[list[Any]]] = {}
    quoted: list[_Quoted] = []
    for search in searches:
        for rule in search.likely(text, meant):
            if found := _hits(shown, rule, quoted, passed_over):
                hits.setdefault(rule.key, []).extend(found)
    if quoted:
        _quote(text, quoted)
    return {key: sorted(hits[key], key=lambda hit: (hit[1], hit[0])) for key in sorted(hits)}


class _Quoted(NamedTuple):
    """A hit whose text is kept, and where that stands."""

    hit: list[Any]
    start: int
    end: int


def _hits(shown: OneLine, rule: Rule, quoted: list[_Quoted], comments: Comments) -> list[list[Any]]:
    """The hits of one pattern, one a line at most. Those whose text is kept go to `quoted` too."""
    text = shown.text
    group, number, unless = rule.group, rule.number, rule.unless
    found: list[list[Any]] = []
    line, counted, last = 1, 0, 0
    for start, end, match in rule.places(text):
        begin = max(_begin(text, start, end), counted)
        line += shown.lines_between(counted, begin)
        counted = begin
        if line == last or (unless is not None and unless.search(_line(text, begin))):
            continue
        if not group.comments and comments.have(start, end):
            continue
        hit: list[Any] = [number, line, ""]
        if group.judge is not None:
            hit[2] = group.judge(group.patterns[number], match, text)
            if hit[2] is None:
                continue
        elif group.keep:
            quoted.append(_Quoted(hit, start, end))
        last = line
        found.append(hit)
        if len(found) >= group.most:
            break
    return found


def _quote(text: bytes, quoted: Sequence[_Quoted]) -> None:
    """Give hits their texts, without the secrets in them."""
    from aiaudit.probes.secrets.hide import shown  # it uses this module

    told = shown(text, [(one.start, one.end) for one in quoted])
    for (hit, _, _), said in zip(quoted, told, strict=True):
        hit[2] = display(said.strip()[:MAX_MATCH])


def _begin(text: bytes, start: int, end: int) -> int:
    """Where a hit has its first character that is no space: `^\\s*` also takes the empty lines before the one meant."""
    begin = start
    while begin < end and text[begin] in b" \t\r\n":
        begin += 1
    return begin if begin < end else start


def _line(text: bytes, position: int) -> bytes:
    """The line around a position (its first 4,096 bytes on either side)."""
    start = text.rfind(b"\n", max(0, position - 4096), position) + 1 or max(0, position - 4096)
    end = text.find(b"\n", position, position + 4096)
    return text[start : end if end >= 0 else position + 4096]
