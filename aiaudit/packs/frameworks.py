"""Loads the frameworks: `checks/frameworks/*.yaml`, one file a framework. They ship with the tool and judge nothing.

A file that departs from the form is a `PackError` with its place in the file.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aiaudit import lazy
from aiaudit.model import framework as model
from aiaudit.packs.problems import PackError, Problem, did_you_mean
from aiaudit.project.cache import engine_id
from aiaudit.resources import path_of

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache

_DATE: Final = lazy.regex(r"\d{4}(-\d{2}(-\d{2})?)?")
_CHECK: Final = lazy.regex(r"[A-Z]+-\d{3}")
_TOP: Final = frozenset(
    {"schema", "framework", "scheme", "title", "edition", "source", "licence", "trust", "note", "effective", "groups"}
)
_GROUP: Final = frozenset({"title", "effective", "controls"})
_CONTROL: Final = frozenset({"id", "title", "reason", "effective", "checks"})


def load(kept: Cache | None = None) -> tuple[model.Framework, ...]:
    """Every shipped framework, in the order of their file names; as they are `kept`, where that is so.

    Raises:
        PackError: a file is broken.
    """
    folder = path_of("checks") / "frameworks"
    if folder not in _loaded:
        _loaded[folder] = _load(sorted(folder.glob("*.yaml")), kept)
    return _loaded[folder]


_loaded: Final[dict[Path, tuple[model.Framework, ...]]] = {}


def _load(files: list[Path], kept: Cache | None) -> tuple[model.Framework, ...]:
    """From YAML, or, ten times as fast, as they are kept: named by all their bytes and by those of what reads them."""
    if kept is None:
        return tuple(map(read, files))
    decisive = [*files, Path(__file__), Path(model.__file__)]
    name = hashlib.blake2b(b"\0".join(path.read_bytes() for path in decisive), digest_size=20).digest()
    slot = engine_id("frameworks", "")
    parts = kept.kept(slot, name)
    if parts:
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.json.decode(parts[0], type=tuple[model.Framework, ...])
    found = tuple(map(read, files))
    kept.keep(slot, name, [msgspec.json.encode(found)])
    return found


def find(framework: str) -> model.Framework:
    """The shipped framework of this id.

    Raises:
        PackError: there is none; the message names those there are.
    """
    known = {one.id: one for one in load()}
    if framework not in known:
        hint = did_you_mean(framework, known) or f"; there are: {', '.join(known)}"
        raise PackError([Problem(None, f"--framework {framework}: no such framework{hint}")])
    return known[framework]


def read(path: Path) -> model.Framework:
    """Read one framework's file.

    Raises:
        PackError: it cannot be used; the message names the field.
    """
    import yaml

    try:
        data = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
        return _framework(_object(data, "the file", _TOP))
    except (yaml.YAMLError, _FormError) as error:
        raise PackError([Problem(None, f"checks/frameworks/{path.name}: {error}")]) from None


class _FormError(ValueError):
    """A field that is not of the form."""


def _framework(data: Mapping[str, Any]) -> model.Framework:
    if data.get("schema") != 1:
        raise _FormError(f"schema is {data.get('schema')!r}, not 1")
    controls = tuple(control for group in _list(data, "groups") for control in _group(group))
    seen: set[str] = set()
    for control in controls:
        if control.id in seen:
            raise _FormError(f"control {control.id} stands twice")
        seen.add(control.id)
    return model.Framework(
        id=_text(data, "framework"),
        scheme=_text(data, "scheme"),
        title=_text(data, "title"),
        edition=_text(data, "edition"),
        source=_text(data, "source"),
        licence=_text(data, "licence"),
        trust=_trust(data),
        effective=tuple(_effective(item) for item in _list(data, "effective")),
        controls=controls,
        note=_text(data, "note", ""),
    )


def _group(item: Any) -> list[model.Control]:
    """The controls of a group; its date of application is that of each which names none of its own."""
    data = _object(item, "a group", _GROUP)
    title, applies = _text(data, "title"), _effective(data["effective"]) if "effective" in data else None
    return [_control(one, title, applies) for one in _list(data, "controls")]


def _control(item: Any, group: str, applies: model.EffectiveDate | None) -> model.Control:
    data = _object(item, "a control", _CONTROL)
    name = _text(data, "id")
    checks = tuple(_mapping(one, name) for one in data.get("checks") or ())
    if len({one.check for one in checks}) < len(checks):
        raise _FormError(f"control {name} names a check twice")
    reason = _text(data, "reason", "")
    if checks and not reason:
        raise _FormError(f"control {name} maps checks and gives no reason")
    return model.Control(
        id=name,
        group=group,
        title=_text(data, "title"),
        reason=reason,
        effective=_effective(data["effective"]) if "effective" in data else applies,
        checks=checks,
    )


def _mapping(item: Any, control: str) -> model.Mapping:
    data = {"check": item} if isinstance(item, str) else _object(item, f"a check of {control}", {"check", "reason"})
    check = _text(data, "check")
    if not _CHECK.fullmatch(check):
        raise _FormError(f"control {control}: {check!r} is no check id")
    return model.Mapping(check, _text(data, "reason", ""))


def _effective(item: Any) -> model.EffectiveDate:
    data = _object(item, "a date of application", {"date", "what", "trust"})
    date = _text(data, "date")
    if not _DATE.fullmatch(date):
        raise _FormError(f"date {date!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
    return model.EffectiveDate(date, _text(data, "what"), _trust(data))


def _trust(data: Mapping[str, Any]) -> model.Trust:
    word = _text(data, "trust")
    if word not in set(model.Trust):
        raise _FormError(f"trust {word!r}: there are {', '.join(model.Trust)}")
    return model.Trust(word)


def _object(item: Any, what: str, known: frozenset[str] | set[str]) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise _FormError(f"{what} is not an object")
    for key in item:
        if key not in known:
            raise _FormError(f"{what}: unknown field {key!r}{did_you_mean(str(key), known)}")
    return item


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list) or not value:
        raise _FormError(f"{key} is not a list of at least one")
    return value


def _text(data: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = data.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise _FormError(f"{key} is missing or no text")
    return value
