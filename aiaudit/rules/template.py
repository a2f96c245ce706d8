"""Sentences with places: `{expression}` is replaced by the expression's value in words; `{{` and `}}` are braces.

`[call loads|calls load]` is the singular after a place that came to 1, else the plural: "1 call loads", "3 calls load".
A third form, `[call loads|calls load|calls loads]`, is said of one of several: "1 of 3 calls loads".
A sentence may also be one of several, each with the condition under which it is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.types import DOUBLE, INT, STRING, Type, Unknown
from aiaudit.rules.errors import error_at
from aiaudit.rules.language import Expression, evaluate, finish
from aiaudit.rules.lexer import check_length
from aiaudit.rules.parser import parse_place
from aiaudit.rules.values import Budget, Failed
from aiaudit.rules.wording import words

# Around a part that is left out. A point before a word begins a path (`; .travis.yml`), and ends no sentence.
_LEFT_OVER: Final = lazy.regex(r"[;,:]\s*(?=[;,?]|\.(?:\s|$))|\s*\(\s*\)")
_WORD: Final = lazy.regex(r"\w")
_QUOTED: Final = 100  # characters of code that a sentence quotes; its place has the rest
FORMS: Final = lazy.regex(r"\[([^\[\]|]*)\|([^\[\]|]*)(?:\|([^\[\]|]*))?\]")


class Template(Struct, frozen=True):
    """A compiled sentence. `names` are the facts and variables that it may read.

    `choices`: the sentences that it may be, in the order in which they are tried; one without a condition is said where
    no other is. Such a template has no parts of its own.
    """

    source: str
    names: frozenset[str]
    parts: tuple[str | Expression, ...] = ()
    choices: tuple[tuple[Expression | None, Template], ...] = ()

    def told(self, values: Mapping[str, Any], shorter: Mapping[str, Any] | None = None) -> str:
        """The sentence of what is known: of an unknown text nothing is said, of an unknown number that it is one. ""
        where anything else is unknown, or the line of a `path:line`, since the sentence is about that. Never raises.

        `shorter`: the same values with shorter lists, by which it is said, but not chosen, unless it also tells numbers
        that were counted in the longer ones.
        """
        if self.choices:
            chosen = self._chosen(values)
            return "" if chosen is None else chosen.told(values, shorter)
        if shorter is not None and not any(_counted(name, values.get(name)) for name in self.names):
            values = shorter
        parts: list[str | Expression] = []
        for part in self.parts:
            value = _value(part, values, None) if isinstance(part, Expression) else None
            if not isinstance(value, Unknown | Failed):
                parts.append(part)
            elif isinstance(part, Expression) and part.type in (INT, DOUBLE):
                if isinstance(before := parts[-1] if parts else "", str) and before.endswith(":"):
                    return ""  # the line of a place
                parts.append("an unknown number" if parts else "An unknown number")
            elif isinstance(part, Expression) and part.type != STRING:
                return ""
        said = _LEFT_OVER.sub("", Template(self.source, self.names, tuple(parts)).render(values)).lstrip("; ")
        return said if _WORD.search(said) else ""

    def render(self, values: Mapping[str, Any], *, budget: Budget | None = None) -> str:
        """The sentence. An unknown value, and one that ends in an error, reads "unknown". Never raises."""
        if self.choices:
            chosen = self._chosen(values, budget)
            return words(Unknown()) if chosen is None else chosen.render(values, budget=budget)
        said: list[str] = []
        one = several = False  # whether the last number said is 1; whether it is another and "1 of" stands before it
        for number, part in enumerate(self.parts):
            if isinstance(part, str):
                said.append(FORMS.sub(_form(one, several), part))
                continue
            value = _value(part, values, budget)
            if isinstance(value, str) and len(value) > _QUOTED and self._is_quoted(number):
                value = _shortened(value)
            if not isinstance(value, str):
                is_one = value == 1 and not isinstance(value, bool)
                several = one and not is_one and said[-1:] == [" of "]
                one = is_one
            said.append(words(value))
        return "".join(said)

    def _is_quoted(self, number: int) -> bool:
        """Whether the part stands between backticks, as code does."""
        around = (self.parts[at] if 0 <= at < len(self.parts) else "" for at in (number - 1, number + 1))
        before, behind = (part if isinstance(part, str) else "" for part in around)
        return before.endswith("`") and behind.startswith("`")

    def _chosen(self, values: Mapping[str, Any], budget: Budget | None = None) -> Template | None:
        """The first whose condition holds; None where that cannot be told, since each speaks of its condition."""
        for when, text in self.choices:
            holds = True if when is None else _value(when, values, budget)
            if holds is not False:
                return text if holds is True else None
        return None


def _counted(name: str, value: Any) -> bool:
    """Whether a fact holds numbers, which may have been counted in lists."""
    return not name.startswith(("params.", "project.")) and not isinstance(value, list | str | bool | None)


def _shortened(code: str) -> str:
    """The beginning of a long command, whole words of it."""
    head = code[: _QUOTED - 2]
    return f"{head[: head.rfind(' ')] if ' ' in head[_QUOTED // 2 :] else head} …"


def choice(sentences: Sequence[tuple[Expression | None, Template]]) -> Template:
    """One of several sentences: the first whose condition holds."""
    names = [names for when, text in sentences for names in (when.names if when is not None else (), text.names)]
    source = "\n".join(text.source for _, text in sentences)
    return Template(source, frozenset().union(*names), choices=tuple(sentences))


def template(source: str, names: Mapping[str, Type]) -> Template:
    """Compile a sentence. Raises `RuleError`, placed inside the sentence."""
    check_length(source)
    parts: list[str | Expression] = []
    text: list[str] = []
    at = 0
    while at < len(source):
        char = source[at]
        if char in "{}" and source.startswith(char, at + 1):
            text.append(char)
            at += 2
        elif char == "{":
            parts.append("".join(text))
            text.clear()
            node, close = parse_place(source, at + 1)
            parts.append(finish(source, node, names))
            at = close + 1
        elif char == "}":
            raise error_at(source, at, "this `}` closes nothing", "`}}`")
        else:
            text.append(char)
            at += 1
    parts.append("".join(text))
    used = frozenset(name for part in parts if isinstance(part, Expression) for name in part.names)
    return Template(source, used, tuple(part for part in parts if part != ""))


def _form(one: bool, several: bool) -> Callable[[re.Match[str]], str]:
    """Which of the forms in brackets is said."""
    return lambda hit: hit[3] if several and hit[3] is not None else hit[1] if one else hit[2]


def _value(expr: Expression, values: Mapping[str, Any], budget: Budget | None) -> Any:
    result = evaluate(expr, values, budget=budget)
    return result.value if result.incomplete is None else result.incomplete
