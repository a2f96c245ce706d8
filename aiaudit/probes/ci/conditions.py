"""At which events a condition (`if:`) of GitHub holds, as far as the file tells.

Nothing is guessed: what is not one of a few names with known values is unknown, and a condition is only taken for false
where no unknown part can make it true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.ci.model import as_list, as_map

NUMBERED: Final = frozenset({"pull_request", "pull_request_target"})  # there the branch is `refs/pull/7/merge`
_TOKEN: Final = lazy.regex(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<op>\|\||&&|==|!=|!|\(|\)|,)|(?P<word>[\w.*-]+(?:\[[^\]]*\])?)|(?P<other>.))"
)
_WILD: Final = frozenset("*?[+!")
_MOST: Final = 400  # tokens of a condition
_DEEPEST: Final = 40
_LONGEST: Final = 300  # characters of a pattern
_MOST_STARS: Final = 12

_Value = str | bool | None
"""A text or a truth; None where it is not known."""


class Event(Struct, frozen=True):
    """A trigger of a workflow, and the branches or tags whose push starts it: None where that may be any."""

    name: str
    references: tuple[str, ...] | None = None


def events(on: Any, triggers: tuple[str, ...]) -> tuple[Event, ...]:
    """The events of a workflow, in the order of its triggers."""
    pushed = as_map(as_map(on).get("push"))
    names = [
        f"refs/{kind}/{one}"
        for key, kind in (("branches", "heads"), ("tags", "tags"))
        for one in as_list(pushed.get(key))
    ]
    open_ended = not names or "branches-ignore" in pushed or any(_WILD & set(one) for one in names)
    known = None if open_ended else tuple(names)
    heads = (trigger.partition(":")[0] for trigger in triggers)
    return tuple(Event(name, known if name == "push" else None) for name in heads)


_PROPOSALS: Final = lazy.regex(
    r"(?i)^\*\*?(?:/\*\*?)?$|^(?:dependabot|renovate|feature|feat|bugfix|fix|hotfix|chore|pr|topic)\b"
)


def pushes_proposals(on: Any) -> bool:
    """Whether a push to a branch of a proposal starts it: one to those that proposals are named by, or to any branch
    where requests start nothing of their own."""
    named = as_list(on) if not isinstance(on, Mapping) else list(on)
    pushed = as_map(on.get("push")) if isinstance(on, Mapping) else {}
    if "push" not in named:
        return False
    if "branches" in pushed:
        return any(_PROPOSALS.match(str(one)) for one in as_list(pushed["branches"]))
    return "pull_request" not in named and ("tags" not in pushed or "branches-ignore" in pushed)


def never(condition: str, event: Event) -> bool:
    """Whether a condition cannot hold at an event."""
    if event.name == "workflow_call":
        return False
    text = condition.strip()
    if text.startswith("${{") and text.endswith("}}") and text.count("${{") == 1:
        text = text[3:-2]
    elif "${{" in text:
        return False
    tokens = [(match.lastgroup or "", match.group(match.lastgroup or 0)) for match in _TOKEN.finditer(text.strip())]
    if not tokens or len(tokens) > _MOST:
        return False
    try:
        reader = _Reader(tokens, event)
        value = reader.either(0)
        return reader.at == len(tokens) and value is False
    except _UnreadableError:
        return False


class _UnreadableError(Exception):
    """The condition is not of the few forms that are read."""


class _Reader:
    """Reads and values a condition at once, with three truths."""

    def __init__(self, tokens: list[tuple[str, str]], event: Event) -> None:
        self.tokens = tokens
        self.event = event
        self.at = 0

    def either(self, depth: int) -> _Value:
        values = [self.both(depth)]
        while self._next("||"):
            values.append(self.both(depth))
        if len(values) == 1:
            return values[0]
        truths = [_truth(one) for one in values]
        return True if True in truths else None if None in truths else False

    def both(self, depth: int) -> _Value:
        values = [self.compared(depth)]
        while self._next("&&"):
            values.append(self.compared(depth))
        if len(values) == 1:
            return values[0]
        truths = [_truth(one) for one in values]
        return False if False in truths else None if None in truths else True

    def compared(self, depth: int) -> _Value:
        left, name = self.one(depth)
        for sign in ("==", "!="):
            if self._next(sign):
                right, other = self.one(depth)
                same = self._same((left, name), (right, other))
                return same if same is None or sign == "==" else not same
        return left

    def one(self, depth: int) -> tuple[_Value, str]:
        """A value, and the name that it stands for."""
        if depth > _DEEPEST or self.at >= len(self.tokens):
            raise _UnreadableError
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return text[1:-1].replace("''", "'"), ""
        if text == "!":
            truth = _truth(self.one(depth + 1)[0])
            return (None if truth is None else not truth), ""
        if text == "(":
            value = self.either(depth + 1)
            self._expect(")")
            return value, ""
        if kind == "word":
            return self._call(text, depth) if self._next("(") else (self._named(text), text)
        raise _UnreadableError

    def _call(self, name: str, depth: int) -> tuple[_Value, str]:
        given: list[tuple[_Value, str]] = []
        while not self._next(")"):
            start = self.at
            value = self.either(depth + 1)
            word = self.tokens[start][1] if self.at == start + 1 else ""
            given.append((value, word))
            if not self._next(","):
                self._expect(")")
                break
        lower = name.lower()
        if lower in ("always", "success", "failure", "cancelled"):
            return lower in ("always", "success"), ""
        if lower == "startswith" and len(given) == 2:
            return self._begins(given[0], given[1][0]), ""
        return None, ""

    def _named(self, name: str) -> _Value:
        lower = name.lower()
        if lower in ("true", "false"):
            return lower == "true"
        return self.event.name if lower == "github.event_name" else None

    def _same(self, one: tuple[_Value, str], two: tuple[_Value, str]) -> bool | None:
        for (value, name), (other, _) in ((one, two), (two, one)):
            if name.lower() in ("github.ref", "github.ref_name") and value is None and isinstance(other, str):
                found = [reference == other for reference in self._references(name.lower())]
                return None if not found else True if all(found) else None if any(found) else False
        if one[0] is None or two[0] is None:
            return None
        return str(one[0]).lower() == str(two[0]).lower()

    def _begins(self, one: tuple[_Value, str], start: _Value) -> bool | None:
        if not isinstance(start, str):
            return None
        found = [reference.startswith(start) for reference in self._references(one[1].lower())]
        return None if not found else True if all(found) else None if any(found) else False

    def _references(self, name: str) -> tuple[str, ...]:
        """What the name of the branch or tag may be; nothing where it may be any."""
        if name not in ("github.ref", "github.ref_name"):
            return ()
        if self.event.name in NUMBERED:
            full: tuple[str, ...] = ("refs/pull/1/merge",) if self.event.name == "pull_request" else ()
        else:
            full = self.event.references or ()
        return full if name == "github.ref" else tuple(one.split("/", 2)[2] for one in full)

    def _next(self, text: str) -> bool:
        found = self.at < len(self.tokens) and self.tokens[self.at] == ("op", text)
        self.at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._next(text):
            raise _UnreadableError


def _truth(value: _Value) -> bool | None:
    return value if isinstance(value, bool) or value is None else value != ""


def covered(settings: Mapping[str, Any], paths: list[str]) -> bool:
    """Whether a change of any of these files starts a workflow that is limited to paths, or ignores some."""
    wanted, ignored = as_list(settings.get("paths")), as_list(settings.get("paths-ignore"))
    if not wanted and not ignored:
        return True
    if wanted:
        order = [(str(one).startswith("!"), re.compile(_pattern(str(one).removeprefix("!")))) for one in wanted]
        for path in paths:
            held = False
            for negative, pattern in order:
                if pattern.match(path):
                    held = not negative
            if held:
                return True
        return False
    patterns = [re.compile(_pattern(str(one))) for one in ignored]
    return any(not any(pattern.match(path) for pattern in patterns) for path in paths)


def _pattern(glob: str) -> str:
    """A pattern of GitHub's as a regular expression; one too long for a person to have written matches all."""
    if len(glob) > _LONGEST or glob.count("*") > _MOST_STARS:
        return ""
    made = ""
    index = 0
    while index < len(glob):
        char = glob[index]
        if glob.startswith("**/", index):
            made, index = made + "(?:.*/)?", index + 3
        elif glob.startswith("**", index):
            made, index = made + ".*", index + 2
        elif char == "*":
            made, index = made + "[^/]*", index + 1
        elif char in "?+" and glob[index - 1 : index].isalnum():
            made, index = made + char, index + 1
        else:
            made, index = made + re.escape(char), index + 1
    return f"^{made}$"
