"""What the functions of the rule language do. Their names and types stand in `library`.

Functions of CEL keep CEL's meaning, errors included. An implementation takes the meter and values; what is not of a
type it knows ends as that value's own unknown or error, or as a type error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.rules.comparison import as_double, contains, equality_key, less
from aiaudit.rules.lexer import INT_MAX, INT_MIN
from aiaudit.rules.patterns import PatternError, charge, glob_pattern, search
from aiaudit.rules.values import Failed, Incomplete, Meter, Range, first_not_a_value, kind_of, not_a_value


def refuse(name: str, *args: Any) -> Unknown | Failed:
    """What a call gives on arguments it cannot use: their own unknown or error, or a type error."""
    return first_not_a_value(*args) or Failed(f"{name} cannot be used on ({', '.join(map(kind_of, args))})")


# -- CEL ---------------------------------------------------------------------------------------------------------------


def size(_meter: Meter, value: Any) -> Any:
    kind = type(value)
    if kind is list or kind is str or kind is dict:
        return len(value)
    return value.size if kind is Incomplete else refuse("size()", value)


def starts_with(_meter: Meter, text: Any, prefix: Any) -> Any:
    if type(text) is str and type(prefix) is str:
        return text.startswith(prefix)
    return refuse("startsWith()", text, prefix)


def ends_with(_meter: Meter, text: Any, suffix: Any) -> Any:
    if type(text) is str and type(suffix) is str:
        return text.endswith(suffix)
    return refuse("endsWith()", text, suffix)


def has_part(meter: Meter, text: Any, part: Any) -> Any:
    if type(text) is str and type(part) is str:
        if len(text) > 64:
            meter.spend(len(text) >> 5)
        return part in text
    return refuse("contains()", text, part)


def matches(meter: Meter, text: Any, pattern: Any) -> Any:
    if type(text) is not str or type(pattern) is not str:
        return refuse("matches()", text, pattern)
    try:
        charge(meter, pattern)
        return search(meter, pattern, text)
    except PatternError as error:
        return Failed(str(error))


def lower_ascii(meter: Meter, text: Any) -> Any:
    if type(text) is not str:
        return refuse("lowerAscii()", text)
    meter.make(len(text))
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")  # bytes: A-Z only


# A run of capitals up to the one that begins a word (`HTTPClient`), or a word with or without one (`ragStore`).
_WORD: Final = lazy.regex(r"[A-Z][A-Z0-9]*(?![a-z])|[A-Z]?[^\W_A-Z]+")


def words(meter: Meter, text: Any) -> Any:
    """The words of a name, in lower case with a blank between: `src/ragStore_v2.py` gives `src rag store v2 py`.

    A pattern can then ask for a whole word (`\\brag\\b`), and finds none inside another ("storage")."""
    if type(text) is not str:
        return refuse("words()", text)
    meter.make(2 * len(text))
    return " ".join(_WORD.findall(text)).lower()


def trim(meter: Meter, text: Any) -> Any:
    if type(text) is not str:
        return refuse("trim()", text)
    meter.make(len(text))
    return text.strip(_SPACE)


# Unicode White_Space, as CEL's trim; Python's strip() would also take the separators U+001C to U+001F.
_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def split(meter: Meter, text: Any, separator: Any, limit: Any = -1) -> Any:
    if type(text) is not str or type(separator) is not str or type(limit) is not int:
        return refuse("split()", text, separator, limit)
    if limit == 0:
        return []
    if not text:
        return [""]
    # Charged before it is made: an empty separator makes one string a character.
    pieces = (len(text) if separator == "" else text.count(separator)) + 1
    meter.make(len(text) + 4 * (pieces if limit < 0 else min(pieces, limit)))
    if separator == "":
        return list(text) if limit < 0 or limit >= len(text) else [*text[: limit - 1], text[limit - 1 :]]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def join(meter: Meter, items: Any, separator: Any = "") -> Any:
    if type(items) is not list or type(separator) is not str:
        return refuse("join()", items, separator)
    meter.spend(len(items))
    length = len(separator) * max(len(items) - 1, 0)
    for item in items:
        if type(item) is not str:
            return not_a_value(item) or Failed(f"join() cannot be used on a list with {kind_of(item)}")
        length += len(item)
    meter.make(length)
    return separator.join(items)


_INT_TEXT: Final = lazy.regex(r"[ \t\n\v\f\r]*([+-]?[0-9]{1,25})[ \t\n\v\f\r]*")
_DOUBLE_TEXT: Final = lazy.regex(
    r"[ \t\n\v\f\r]*([+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan))[ \t\n\v\f\r]*",
    re.IGNORECASE | re.ASCII,
)


def to_int(meter: Meter, value: Any) -> Any:
    kind = type(value)
    if kind is int:
        return value if INT_MIN <= value <= INT_MAX else Failed("int(): beyond 64 bits")
    if kind is bool:
        return int(value)  # only through dyn(), as cel-cpp
    if kind is float:
        return int(value) if -(2.0**63) < value < 2.0**63 else Failed("int(): beyond 64 bits")
    if kind is str:
        meter.spend(8)
        found = _INT_TEXT.fullmatch(value) if len(value) <= 64 else None
        number = int(found[1]) if found else INT_MAX + 1
        return number if INT_MIN <= number <= INT_MAX else Failed("int(): the text is no integer of 64 bits")
    if kind is Range:
        return _map_range(value, lambda x: to_int(meter, x))
    return refuse("int()", value)


def to_double(meter: Meter, value: Any) -> Any:
    kind = type(value)
    if kind is float:
        return value
    if kind is int:
        return as_double(value)
    if kind is str:
        meter.spend(8)
        found = _DOUBLE_TEXT.fullmatch(value) if len(value) <= 512 else None
        return float(found[1]) if found else Failed("double(): the text is no number")
    if kind is Range:
        return _map_range(value, float)
    return refuse("double()", value)


def _map_range(value: Range, change: Callable[[int | float], Any]) -> Any:
    low, high = change(value.low), change(value.high)
    return value.why if type(low) is Failed or type(high) is Failed else Range(low, high, value.why)


def to_string(meter: Meter, value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value
    if kind is bool:
        return "true" if value else "false"
    if kind is float or (kind is int and INT_MIN <= value <= INT_MAX):
        text = str(value) if kind is int else double_text(value)
        meter.spend(8)
        meter.make(len(text))
        return text
    return refuse("string()", value)


def double_text(value: float) -> str:
    """A double as CEL writes it: shortest digits that read back the same, an exponent below 1e-4 and from 1e6 on."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or 0) + (len(whole) - 1 if whole.strip("0") else len(fraction.lstrip("0")) - len(fraction) - 1)
    digits = digits.rstrip("0")
    if power < -4 or power >= 6:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    head, rest = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{sign}{head}.{rest}" if rest else f"{sign}{head}"


def dyn(_meter: Meter, value: Any) -> Any:
    return value


# -- ours --------------------------------------------------------------------------------------------------------------


def unique(meter: Meter, items: Any) -> Any:
    if type(items) is Incomplete:
        sure = unique(meter, items.sure)
        if type(sure) is not list:
            return sure
        maybe = [item for item in items.maybe if contains(sure, item, meter) is not True]
        meter.make(len(maybe))
        return Incomplete(sure, maybe, items.why, items.open)
    if type(items) is not list:
        return refuse("unique()", items)
    meter.spend(3 * len(items))
    kept: list[Any] = []
    seen: set[Hashable] = set()
    loose: list[Any] = []  # of those that are kept: what has no key, and is compared one by one
    for item in items:
        key = equality_key(item, meter)
        if key is None:
            bad = not_a_value(item)
            if bad is not None:
                return bad
        elif key in seen:
            continue
        among = kept if key is None else loose
        same = contains(among, item, meter) if among else False
        if same is True:
            continue
        if same is not False:
            return same
        if key is None:
            loose.append(item)
        else:
            seen.add(key)
        kept.append(item)
    meter.make(len(kept))
    return kept


def total(meter: Meter, items: Any) -> Any:
    if type(items) is not list:
        return refuse("sum()", items)
    meter.spend(len(items))
    total: int | float = 0
    for item in items:
        if type(item) is not int and type(item) is not float:
            return not_a_value(item) or Failed(f"sum() cannot be used on a list with {kind_of(item)}")
        total += item if type(total) is int and type(item) is int else as_double(item)
    return Failed("integer overflow") if type(total) is int and not INT_MIN <= total <= INT_MAX else total


def extreme(name: str, *, least: bool) -> Callable[[Meter, Any], Any]:
    """`min()` or `max()`."""

    def run(meter: Meter, items: Any) -> Any:
        if type(items) is not list:
            return refuse(name, items)
        if not items:
            return Failed(f"{name} of an empty list")
        meter.spend(len(items))
        best = items[0]
        for item in items:
            lower = less(item, best, meter)
            if lower is None:
                return refuse(name, item, best)
            if lower if least else less(best, item, meter):
                best = item
        return best

    return run


def glob(meter: Meter, path: Any, pattern: Any) -> Any:
    if type(path) is not str or type(pattern) is not str:
        return refuse("glob()", path, pattern)
    try:
        expression = glob_pattern(pattern)
        charge(meter, expression)
        return search(meter, expression, path)
    except PatternError as error:
        return Failed(str(error))


def unknown(_meter: Meter, reason: Any) -> Any:
    """What nobody can tell, by a pack's own judgement: it spreads as any unknown does, and its reason is reported."""
    return Unknown(reason) if type(reason) is str else refuse("unknown()", reason)
