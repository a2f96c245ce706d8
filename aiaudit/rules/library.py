"""The table of functions: their names, types and how they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of, map_of
from aiaudit.rules import functions as do

Style = Literal["function", "method", "both"]  # f(x), x.f(), or either
Result = Type | Callable[[Sequence[Type]], Type]


class Overload(Struct, frozen=True):
    """Parameter types (a method's receiver first) and the type of the result."""

    params: tuple[Type, ...]
    result: Result


class Function(Struct, frozen=True):
    """One function. `ours` marks what CEL does not have."""

    name: str
    style: Style
    overloads: tuple[Overload, ...]
    run: Callable[..., Any]
    ours: bool = False


def _item(args: Sequence[Type]) -> Type:
    return args[0].item or DYN


def _same(args: Sequence[Type]) -> Type:
    return args[0]


def _each(params: Sequence[Type], result: Result) -> tuple[Overload, ...]:
    """One overload a type, each of one parameter."""
    return tuple(Overload((param,), result) for param in params)


_LIST: Final = list_of(DYN)
_STRINGS: Final = list_of(STRING)
_NUMBERS: Final = (list_of(INT), list_of(DOUBLE))
_ABOUT_TEXT: Final = (Overload((STRING, STRING), BOOL),)
_SPLIT: Final = (Overload((STRING, STRING), _STRINGS), Overload((STRING, STRING, INT), _STRINGS))
_JOIN: Final = (Overload((_STRINGS,), STRING), Overload((_STRINGS, STRING), STRING))

FUNCTIONS: Final[dict[str, Function]] = {
    function.name: function
    for function in (
        Function("size", "both", _each((STRING, _LIST, map_of(DYN)), INT), do.size),
        Function("startsWith", "method", _ABOUT_TEXT, do.starts_with),
        Function("endsWith", "method", _ABOUT_TEXT, do.ends_with),
        Function("contains", "method", _ABOUT_TEXT, do.has_part),
        Function("matches", "both", _ABOUT_TEXT, do.matches),
        Function("lowerAscii", "method", _each((STRING,), STRING), do.lower_ascii),
        Function("trim", "method", _each((STRING,), STRING), do.trim),
        Function("words", "method", _each((STRING,), STRING), do.words, ours=True),
        Function("split", "method", _SPLIT, do.split),
        Function("join", "method", _JOIN, do.join),
        Function("int", "function", _each((INT, DOUBLE, STRING), INT), do.to_int),
        Function("double", "function", _each((INT, DOUBLE, STRING), DOUBLE), do.to_double),
        Function("string", "function", _each((STRING, BOOL, INT, DOUBLE), STRING), do.to_string),
        Function("dyn", "function", _each((DYN,), DYN), do.dyn),
        Function("unique", "function", _each((_LIST,), _same), do.unique, ours=True),
        Function("sum", "function", _each(_NUMBERS, _item), do.total, ours=True),
        Function("min", "function", _each((*_NUMBERS, _STRINGS), _item), do.extreme("min()", least=True), ours=True),
        Function("max", "function", _each((*_NUMBERS, _STRINGS), _item), do.extreme("max()", least=False), ours=True),
        Function("glob", "function", _ABOUT_TEXT, do.glob, ours=True),
        Function("unknown", "function", _each((STRING,), BOOL), do.unknown, ours=True),
    )
}
