"""What an expression may evaluate to besides plain JSON, and the budget of an evaluation.

Three values: a plain value, `Unknown` (could be any value) and `Failed` (an error). Two more exist only inside an
evaluation: `Incomplete`, a list of which some elements are certain and others possible, and `Range`, a number of which
only the bounds are known, such as the size of an incomplete list. They keep `list.filter(…).size() > 0` true when one
element is certain, although the whole list is not known.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct, field

from aiaudit.model.types import Unknown

Frame = list[Any]  # slot 0 is the meter, then one slot for each name and each macro variable
Run = Callable[[Frame], Any]


class Failed(Struct, frozen=True):
    """An error: the expression has no value, and never will have. Never a pass."""

    reason: str


MANY: Final = 1_000_000_000
"""How many further elements an open list may have: more than any rule compares with."""


class Incomplete(Struct, frozen=True):
    """A list that holds all of `sure` and some of `maybe`; `why` says what could not be decided.

    `open`: there may be any number of others. One of `maybe`, itself unknown, then stands for all of them.
    """

    sure: list[Any]
    maybe: list[Any]
    why: Unknown
    open: bool = False

    @property
    def size(self) -> Range:
        return Range(len(self.sure), len(self.sure) + len(self.maybe) + (MANY if self.open else 0), self.why)


def open_list(seen: list[Any], why: Unknown) -> Incomplete:
    """A list of which `seen` is what was found where it could be looked for."""
    return Incomplete(seen, [why], why, True)


class Range(Struct, frozen=True):
    """A number between `low` and `high` (both included)."""

    low: int | float
    high: int | float
    why: Unknown


class Budget(Struct, frozen=True):
    """Bounds of one evaluation. An exhausted budget is an error, never a pass.

    `steps`: a visit of an element costs one, and one more for every two parts of the condition; long texts, regular
    expressions and comparisons of lists cost by their length. `size`: characters and items of all strings, lists and
    maps that the expression makes.
    """

    steps: int = 1_000_000
    size: int = 1_000_000


class Purse:
    """Steps that the evaluations of one audit may take together, beyond those that each of them may take by itself: a
    large project has a few expressions that need more, and no tree makes all of them long.

    Measured: ten million steps take one to three seconds.
    """

    __slots__ = ("_left",)

    MOST: Final = 10_000_000
    SIZE: Final = 4_000_000

    def __init__(self, steps: int = 100_000_000) -> None:
        self._left = steps

    def budget(self) -> Budget:
        """What the next evaluation may take."""
        own = Budget().steps
        return Budget(own + min(self._left, self.MOST - own), self.SIZE)

    def took(self, steps: int) -> None:
        """Take what an evaluation needed beyond its own."""
        self._left -= min(self._left, max(0, steps - Budget().steps))


class BudgetError(Exception):
    """A budget ran out. Passes through `||` and macros, which absorb ordinary errors."""


class Meter:
    """What is left of the budget, and what the evaluation has read so far."""

    __slots__ = ("budget", "kept", "once", "partial", "patterns", "places", "read", "size", "steps", "values")

    def __init__(self, values: Mapping[str, Any], budget: Budget) -> None:
        self.values = values
        self.budget = budget
        self.steps = budget.steps
        self.size = budget.size
        self.read: set[str] = set()
        self.patterns: set[str] = set()  # regular expressions made at run time
        self.once: dict[int, Any] = {}  # values of parts that read no variable
        self.places: dict[tuple[int, str, bool], Any] = {}  # lists looked up by a field
        self.kept: list[Any] = []  # the lists that `places` names by id
        self.partial = False  # whether an `Incomplete` or `Range` was made

    def spend(self, steps: int) -> None:
        """Take steps from the budget."""
        self.steps -= steps
        if self.steps < 0:
            raise self.out_of_steps()

    def out_of_steps(self) -> BudgetError:
        """The error of a spent step budget."""
        return BudgetError(f"gave up after {self.budget.steps} steps")

    def make(self, size: int) -> None:
        """Take the size of a new string, list or map from the budget; 6 more for the object itself."""
        self.size -= size + 6
        if self.size < 0:
            raise BudgetError(f"gave up after making {self.budget.size} characters or items")


class _Unset:
    """The content of a slot whose name was not read yet."""


UNSET: Final = _Unset()
PLAIN: Final = frozenset({type(None), bool, int, float, str, list, dict, Unknown, Failed, Incomplete})
_KINDS: Final = {
    type(None): "null", bool: "bool", int: "int", float: "double", str: "string", list: "list", dict: "map",
    Incomplete: "list", Range: "number",
}  # fmt: skip


_RANKS: Final[dict[type, int]] = {Unknown: 2, Incomplete: 2, Range: 2, Failed: 1}


def kind_of(value: object) -> str:
    """The language's name for a value's type; the value itself is never shown (it may be a secret)."""
    return _KINDS.get(type(value), "value")


def not_a_value(value: Any) -> Unknown | Failed | None:
    """The value itself if it is unknown or an error; what is known only in part counts as unknown."""
    kind = type(value)
    if kind is Unknown or kind is Failed:
        return value  # type: ignore[no-any-return]
    if kind is Incomplete or kind is Range:
        return value.why  # type: ignore[no-any-return]
    return None


def first_not_a_value(*values: Any) -> Unknown | Failed | None:
    """The first of the values that is unknown or an error: operands are judged from left to right."""
    return next((bad for bad in map(not_a_value, values) if bad is not None), None)


@functools.lru_cache(maxsize=1024)
def no_field(kind: str, field: str) -> Failed:
    """The error of `.field` on a value that has none; cached, for it may arise once an element."""
    return Failed(f"{kind} has no field `{field}`")


def weigh(pending: Any, value: Any) -> Any:
    """Which of two answers that are neither true nor false stands, as in CEL's `&&`: an unknown, else the first error,
    else the first value of a wrong type. `pending` is `UNSET` at first."""
    if pending is UNSET:
        return value
    if type(value) is type(pending):
        return pending
    return value if _RANKS.get(type(value), 0) > _RANKS.get(type(pending), 0) else pending


def not_a_bool(value: Any, where: str) -> Unknown | Failed:
    """What a condition comes to whose value is neither true nor false."""
    return not_a_value(value) or _wrong_condition(where, kind_of(value))


@functools.lru_cache(maxsize=1024)
def _wrong_condition(where: str, kind: str) -> Failed:
    return Failed(f"{where} needs true or false, not {kind}")


def settle(value: Any) -> Any:
    """The value as callers see it: what is known only in part becomes `Unknown`, at any depth."""
    kind = type(value)
    if kind is Incomplete or kind is Range:
        return value.why
    if kind is list:
        return [settle(item) for item in value]
    if kind is dict:
        return {key: settle(item) for key, item in value.items()}
    return value


class Evaluation(Struct):
    """What an expression came to.

    `value`: a plain value, `Unknown` or `Failed`. A list of which only some elements are certain is `Unknown` here, and
    `incomplete` then holds it. `read`: the names that were really read. `trace`: what decided (only when asked for).
    `steps`: what it took of its budget.
    """

    value: Any
    trace: tuple[str, ...] = ()
    read: frozenset[str] = field(default=frozenset())
    incomplete: Incomplete | None = None
    steps: int = 0
