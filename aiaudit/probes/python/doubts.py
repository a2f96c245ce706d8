"""Whether a call fits the conditions of a pattern, and which of them could not be decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from aiaudit.model.types import Unknown
from aiaudit.probes.python.match import PERHAPS
from aiaudit.probes.python.project import SYMBOL

if TYPE_CHECKING:
    from aiaudit.probes.python.probe_calls import CallPattern

NO_DEFAULT: Final = " beyond its default"  # of a keyword that hands on a parameter, which by itself is another value


def doubts_of(call: dict[str, Any], pattern: CallPattern) -> list[str] | None:
    """None where a condition fails; else the conditions that could not be decided."""
    given = {**(call["ctor_kw"] if pattern.or_ctor else {}), **call["kw"]}
    args = call["args"]
    for keyword, position in pattern.pos.items():
        if keyword not in given and position < len(args):
            given[keyword] = args[position]
    hidden = call["star_kw"] or (pattern.or_ctor and call["ctor_star"]) or Unknown("*") in args
    perhaps = None if (pattern.or_ctor and call["ctor_star"]) or Unknown("*") in args else call["perhaps"]

    def hides(keyword: str) -> bool:
        return bool(hidden and (perhaps is None or keyword.partition(".")[0] in perhaps))

    doubts: list[str] = []
    for keyword, value in pattern.kw.items():
        at = len(doubts)
        if value is None and _is_something(keyword, given, call["defaults"]):
            return None
        if not _holds(keyword, value, given, hides(keyword), doubts):
            return None
        if doubts[at:] == [keyword] and keyword in call["defaults"] and call["defaults"][keyword] != value:
            doubts[at] = f"{keyword}{NO_DEFAULT}"
    for keyword, value in pattern.unless_kw.items():
        doubt: list[str] = []
        if _holds(keyword, value, given, hides(keyword), doubt):
            if not doubt:
                return None
            doubts += doubt
    absent = [_is_given(keyword, given, call["defaults"]) for keyword in pattern.missing_kw]
    if True in absent:
        return None
    doubts += dict.fromkeys(one for one in absent if isinstance(one, str))
    if any(map(hides, pattern.missing_kw)):
        doubts.append("**")
    if pattern.has_kw:
        there = [_is_there(keyword, given) for keyword in pattern.has_kw]
        if True not in there:
            doubts += dict.fromkeys(one for one in there if isinstance(one, str))
            if any(map(hides, pattern.has_kw)):
                doubts.append("**")
            elif not any(there):
                return None
    if pattern.arg0_dynamic is not None and call["dynamic"] != pattern.arg0_dynamic:
        return None
    if len(args) < pattern.min_args:
        return None
    if not all(_is_made_by(given.get(keyword), makers) for keyword, makers in pattern.made_by.items()):
        return None
    return doubts


def _is_made_by(value: Any, makers: Iterable[str]) -> bool:
    """Whether a value is what a call of that name made."""
    if not isinstance(value, Unknown) or not value.reason.endswith("()"):
        return False
    name = value.reason.removesuffix("()")
    return any(fnmatchcase(name, maker) for maker in makers)


def _is_there(keyword: str, given: Mapping[str, Any]) -> bool | str:
    """Whether a keyword, or the key of a map that is a keyword's value (`json.user`), is given; its name where that is
    not known."""
    if keyword in given:
        return True
    head, _, key = keyword.partition(".")
    if not key or head not in given:
        return False
    value = given[head]
    if isinstance(value, Mapping):
        known = _is_there(key, value)
        perhaps = known is True and isinstance(value.get(key), Unknown) and value[key].reason == PERHAPS
        return head if perhaps else known
    return head if isinstance(value, Unknown) else False


def _is_given(keyword: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool | str:
    """Whether a keyword, or the key of a map that is a keyword's value (`options.num_predict`), has a value; its name
    where that is not known. None is no value; a parameter that is None where nobody says otherwise may be none."""
    head, _, key = keyword.partition(".")
    if head not in given:
        return False
    value = given[head]
    if isinstance(value, Unknown):
        if not key:  # a parameter that may be nothing, or the key of a map that one of two branches lacks
            nothing = (head in defaults and defaults[head] is None) or value.reason == PERHAPS
            return head if nothing else True
        return head
    if not key or value is None:
        return value is not None
    inner = {name.removeprefix(f"{head}."): one for name, one in defaults.items() if name.startswith(f"{head}.")}
    return _is_given(key, value, inner) if isinstance(value, Mapping) else head


def _is_something(keyword: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Whether what a keyword is given is not None, though nobody evaluates it here: a setting (`settings.timeout`), a
    number that is read from text or stands where nobody says otherwise. What a function makes, an object keeps of its
    own or a caller hands in may be."""
    value = given.get(keyword)
    if not isinstance(value, Unknown):
        return False
    if keyword in defaults and not isinstance(defaults[keyword], bool):
        return defaults[keyword] is not None
    what = value.reason
    if what.endswith("()"):
        return what in ("float()", "int()")
    return "." in what and not what.startswith((f"{SYMBOL}@.", "self.", "cls."))


def _holds(keyword: str, wanted: Any, given: Mapping[str, Any], hidden: bool, doubts: list[str]) -> bool:
    """Whether the keyword may have the wanted value; notes a doubt where it is given but not known."""
    head, _, key = keyword.partition(".")
    if keyword not in given and key and head in given:  # a key of the map that is the value
        inner = given[head]
        if isinstance(inner, Unknown):
            doubts.append(head)
            return True
        return isinstance(inner, Mapping) and _holds(key, wanted, inner, hidden=False, doubts=doubts)
    if keyword not in given:
        if hidden:
            doubts.append("**")
        return hidden
    value = given[keyword]
    options = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(value, Unknown):
        symbol = value.reason.removeprefix(SYMBOL)
        if symbol != value.reason and all(isinstance(one, str) and "." in one for one in options):
            return symbol in options  # `Loader=yaml.SafeLoader`
        doubts.append(keyword)
        return True
    return any(type(value) is type(one) and value == one for one in options)
