"""Every fixed sentence of the reports, from one file a language: `templates/words/<language>.yaml`.

English is complete; another language may lack strings, which then stand in English, and the report says how many. What
is no string, a key that English does not have and a place holder that nothing fills are errors when the file is loaded,
with the key. The folder of `--templates` may hold files of the same names: they go before the shipped ones.
"""

from __future__ import annotations

import difflib
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

from aiaudit.resources import path_of

ENGLISH: Final = "en"
FORMS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})
"""The forms of a counted string, named as in the Unicode CLDR; `other` is always there, `zero` replaces it for none."""

_PLURAL: Final = "plural"
_SLAVIC_FEW: Final = (2, 3, 4)


def _slavic(count: int) -> str:
    if count % 10 == 1 and count % 100 != 11:
        return "one"
    return "few" if count % 10 in _SLAVIC_FEW and count % 100 - count % 10 != 10 else "many"


PLURALS: Final[Mapping[str, Callable[[int], str]]] = {
    "one": lambda count: "one" if count == 1 else "other",  # English, German, Spanish, …
    "upto_one": lambda count: "one" if count in (0, 1) else "other",  # French
    "slavic": _slavic,  # Ukrainian, Polish (nearly), …
    "none": lambda _: "other",  # Japanese, Chinese, …
}


class StringsError(ValueError):
    """A file of words that cannot be used, or a string that is not there; the message names file and key."""


class Strings:
    """The strings of one language, those of English where it has none."""

    def __init__(self, language: str, own: Mapping[str, Any], english: Strings | None = None) -> None:
        self.language: str = language
        self._own = own
        self._english = english
        self.marked: dict[str, Markup] = {}
        self._forms = PLURALS[str(own.get(_PLURAL, "one"))]
        self.missing: int = len(english.keys() - own.keys()) if english else 0
        """How many strings stand in English."""

    def keys(self) -> frozenset[str]:
        return frozenset(self._own)

    def group(self, prefix: str) -> tuple[str, ...]:
        """The last parts of the keys right under a prefix, in the order of the English file."""
        keys = (self._english or self)._own
        return tuple(key[len(prefix) + 1 :] for key in keys if key.rpartition(".")[0] == prefix)

    def text(self, key: str, count: int | None = None) -> str:
        """The string with its place holders, in the form for a count. Raises `StringsError` where there is none."""
        found, forms = self._own.get(key), self._forms
        if found is None and self._english:
            found, forms = self._english._own.get(key), self._english._forms
        if isinstance(found, dict) and count is not None:
            form = "zero" if count == 0 and "zero" in found else forms(abs(count))
            found = found.get(form, found["other"])
        if not isinstance(found, str):
            raise StringsError(f"words/{self.language}.yaml: {key}: no such string" + _meant(key, self._all()))
        return found

    def listed(self, key: str) -> tuple[str, ...]:
        """A list of strings, such as the names of the months."""
        found = self._own.get(key) or (self._english._own.get(key) if self._english else None)
        if not isinstance(found, tuple):
            raise StringsError(f"words/{self.language}.yaml: {key}: no such list")
        return found

    def _all(self) -> Mapping[str, Any]:
        return self._english._own if self._english else self._own


_OWN: Final[ContextVar[Path | None]] = ContextVar("folder of the caller's templates", default=None)
_SPOKEN: Final[ContextVar[Strings | None]] = ContextVar("strings of the report that is rendered", default=None)


@contextmanager
def speaking(language: str) -> Iterator[Strings]:
    """Render in a language, such as `de` or `de-AT`; in English where there is no file for it."""
    token = _SPOKEN.set(load(language))
    try:
        yield current()
    finally:
        _SPOKEN.reset(token)


@contextmanager
def from_folder(folder: Path) -> Iterator[None]:
    """Look for files of words in a folder of the caller's first."""
    token = _OWN.set(folder)
    try:
        yield
    finally:
        _OWN.reset(token)


def current() -> Strings:
    """The strings of the report that is rendered now; English outside of one."""
    return _SPOKEN.get() or load(ENGLISH)


def say(key: str, /, count: int | None = None, **values: Any) -> str:
    """A string with its place holders filled. `count` chooses the form, and is `{n}` where nothing else is."""
    text = current().text(key, count)
    if count is not None and "n" not in values:
        values["n"] = f"{count:,}"
    return text.format(**values) if "{" in text else text


def say_markup(key: str, /, count: int | None = None, **values: Any) -> Markup:
    """The same for HTML: all of it escaped but values that are markup; what stands between backticks is code."""
    spoken = current()
    if count is None and not values:  # most of a page: the labels of its cells
        marked = spoken.marked.get(key)
        if marked is None:
            marked = spoken.marked[key] = _marked(spoken.text(key))
        return marked
    text = _marked(spoken.text(key, count))
    if count is not None and "n" not in values:
        values["n"] = f"{count:,}"
    return text.format(**values) if "{" in text else text


def load(language: str) -> Strings:
    """The strings for a language tag: its own file, else that of its first part, else English.

    Raises `StringsError` for a file that does not hold.
    """
    return _load(language, _OWN.get())


@lru_cache(maxsize=64)
def _load(language: str, own: Path | None) -> Strings:
    english = _english(own)
    for tag in (language.lower(), language.lower().partition("-")[0]):
        found = _read(tag, own)
        if tag == ENGLISH:
            return english
        if found:
            _check(tag, found, english)
            return Strings(tag, found, english)
    return english


@cache
def _english(own: Path | None) -> Strings:
    shipped = Strings(ENGLISH, _flat(path_of("templates") / "words" / f"{ENGLISH}.yaml"))
    changed = _flat(own / "words" / f"{ENGLISH}.yaml") if own else {}
    _check(ENGLISH, changed, shipped)
    return Strings(ENGLISH, {**shipped._own, **changed})


def _read(tag: str, own: Path | None) -> dict[str, Any]:
    if not tag.replace("-", "").isalnum():  # a tag is part of a file's name
        return {}
    folders = [path_of("templates"), *([own] if own else [])]
    return {key: text for folder in folders for key, text in _flat(folder / "words" / f"{tag}.yaml").items()}


@cache
def _flat(file: Path) -> dict[str, Any]:
    """The strings of a file by dotted key; none where there is no such file."""
    from aiaudit.project.parse import Malformed, parse_yaml

    if not file.is_file():
        return {}
    try:
        data = parse_yaml(file.read_bytes())
    except (OSError, Malformed) as error:
        raise StringsError(f"{file}: {error}") from None
    if not isinstance(data, dict):
        raise StringsError(f"{file}: must be a mapping of keys to strings")
    found: dict[str, Any] = {}
    _flatten(file, data, "", found)
    if found.get(_PLURAL, "one") not in PLURALS:
        raise StringsError(f"{file}: {_PLURAL}: no such rule; there are: {', '.join(PLURALS)}")
    return found


def _flatten(file: Path, data: Mapping[Any, Any], prefix: str, found: dict[str, Any]) -> None:
    for name, value in data.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and not ("other" in value and FORMS.issuperset(value)):
            _flatten(file, value, f"{key}.", found)
            continue
        texts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
        for text in texts:
            if not isinstance(text, str):
                raise StringsError(f"{file}: {key}: must be text; put quotes round it")
            try:
                _holders(text)
            except ValueError as error:
                raise StringsError(f"{file}: {key}: {error}") from None
        found[key] = tuple(value) if isinstance(value, list) else value


def _check(tag: str, own: Mapping[str, Any], english: Strings) -> None:
    """Raise where a key or a place holder is none of the English file, or a list has another length."""
    for key, value in own.items():
        model = english._own.get(key)
        place = f"words/{tag}.yaml: {key}"
        if key == _PLURAL:
            continue
        if model is None:
            raise StringsError(f"{place}: no such string" + _meant(key, english._own))
        if isinstance(model, tuple) != isinstance(value, tuple) or (
            isinstance(model, tuple) and len(model) != len(value)
        ):
            raise StringsError(f"{place}: must be {_kind(model)}")
        if isinstance(value, dict) and not isinstance(model, dict):
            raise StringsError(f"{place}: must be {_kind(model)}")
        if isinstance(value, tuple):
            continue
        unknown = _all_holders(value) - _all_holders(model)
        if unknown:
            raise StringsError(f"{place}: {{{min(unknown)}}} is nothing that this string is given")


def _kind(model: Any) -> str:
    return f"a list of {len(model)} strings" if isinstance(model, tuple) else "one text"


def _all_holders(value: Any) -> set[str]:
    texts = value.values() if isinstance(value, dict) else [value]
    held = set().union(*map(_holders, texts))
    return held | {"n"} if isinstance(value, dict) else held


def _holders(text: str) -> set[str]:
    """The names between braces. Raises `ValueError` where they are more than plain names."""
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if not name.isalpha() or spec or conversion:
            raise ValueError("a place holder is a plain name in braces, such as {name}")
        names.add(name)
    return names


def _meant(key: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


@lru_cache(maxsize=4096)
def _marked(text: str) -> Markup:
    parts = str(escape(text)).split("`")
    if len(parts) % 2 == 0:
        return Markup("`".join(parts))  # noqa: S704 (escaped above)
    marked = "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
    return Markup(marked)  # noqa: S704 (escaped above)
