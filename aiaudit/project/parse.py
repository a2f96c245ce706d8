"""Guarded parsers: bytes of the audited tree in, plain data or `Malformed` out, whatever the bytes are.

The values are plain JSON. Mappings and lists of YAML are `Map` and `Seq`, a `dict` and a `list` that also know where
their parts stand; how YAML is read is said in `aiaudit.project.yaml_builder`.
"""

from __future__ import annotations

import configparser
import datetime as dt
import json
import math
import re
from typing import Any, Final

from aiaudit import lazy
from aiaudit.project.definitions import without_definitions
from aiaudit.project.nodes import Malformed, Map, Mark, Seq, line_of
from aiaudit.project.reader import decode
from aiaudit.project.yaml_builder import MAX_DEPTH, Builder

__all__ = [
    "MAX_DEPTH", "Malformed", "Map", "Mark", "Seq", "line_of",
    "parse_ini", "parse_json", "parse_toml", "parse_yaml", "parse_yaml_all",
]  # fmt: skip

YAML_LIMIT: Final = 1024 * 1024  # bytes
TOML_LIMIT: Final = 4 * 1024 * 1024
INI_LIMIT: Final = 1024 * 1024
MAX_JSON_DEPTH: Final = 200
# What libyaml says -> what its author did, most of the time.
_YAML_HINTS: Final = {
    "cannot start any token": "YAML is indented with spaces, never with tabs, and texts with special signs need quotes",
    "tab character": "indent with spaces",
    "unexpected end of stream": "a quote that was opened is not closed",
    "mapping values are not allowed": "a text that holds `: ` needs quotes, and keys of one part begin in one column",
    "did not find expected key": "keys of one part begin in one column; what follows a closing quote belongs inside,"
    " and a text that begins with a brace needs quotes",
    "did not find expected whitespace or line break": "a text that begins with `!` needs quotes",
}


def parse_yaml(data: bytes, *, limit: int = YAML_LIMIT) -> Any:
    """The only (or first) document of a YAML file; None for an empty one. Raises `Malformed`."""
    documents = parse_yaml_all(data, limit=limit)
    return documents[0] if documents else None


def parse_yaml_all(data: bytes, *, limit: int = YAML_LIMIT) -> list[Any]:
    """All documents of a YAML file, without what custom resource definitions define. Raises `Malformed`."""
    data = without_definitions(data)
    if len(data) > limit:
        raise Malformed(f"larger than {_size(limit)}")
    import yaml

    loader = getattr(yaml, "CLoader", yaml.Loader)  # used for its events alone: it constructs nothing
    builder = Builder()
    try:
        for event in yaml.parse(decode(data), Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "not YAML"
        reason += next((f"; {hint}" for said, hint in _YAML_HINTS.items() if said in reason), "")
        raise Malformed(reason, *((mark.line + 1, mark.column + 1) if mark else ())) from None
    except yaml.YAMLError as error:
        raise Malformed(str(error).splitlines()[0] if str(error) else "not YAML") from None
    return builder.documents


def parse_json(data: bytes) -> Any:
    """A JSON document; comments and trailing commas are let pass. NaN and infinities are text. Raises `Malformed`."""
    text = decode(data)
    try:
        try:
            value = json.loads(text, parse_constant=str)
        except json.JSONDecodeError as error:
            relaxed = _COMMENT_OR_COMMA.sub(_blank, text)
            if relaxed == text:
                raise
            try:
                value = json.loads(relaxed, parse_constant=str)
            except json.JSONDecodeError:
                raise error from None
    except json.JSONDecodeError as error:
        raise Malformed(error.msg.lower(), error.lineno, error.colno) from None
    except RecursionError:
        raise Malformed(f"nested deeper than {MAX_JSON_DEPTH}") from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise Malformed(str(error).split(":")[0].lower()) from None
    return _plain(value, whole=not _SURROGATE.search(text))


_SURROGATE: Final = lazy.regex(r"\\u[dD][89a-fA-F]")


def _whole(value: Any) -> Any:
    """`value` with half surrogate pairs, which no encoding can hold, replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


# A string is matched first and kept, so that what looks like a comment inside it stays. Possessive repeats, and ends
# that may be missing, keep it linear on any input.
_COMMENT_OR_COMMA: Final = lazy.regex(
    r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|,(?=\s*+(?://[^\n]*+\s*+)*+[\]}])'
)


def _blank(found: re.Match[str]) -> str:
    text = found.group()
    return text if text.startswith('"') else re.sub(r"[^\n]", " ", text)


def parse_toml(data: bytes, *, limit: int = TOML_LIMIT) -> dict[str, Any]:
    """A TOML document; dates and times are ISO text. Raises `Malformed`."""
    if len(data) > limit:
        raise Malformed(f"larger than {_size(limit)}")
    import tomllib

    try:
        value = tomllib.loads(decode(data).replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        reason = str(error).split(" (at ")[0]
        raise Malformed(reason[:1].lower() + reason[1:], *(map(int, found.groups()) if found else ())) from None
    except (RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(":")[0].lower()
        raise Malformed(reason) from None
    plain: dict[str, Any] = _plain(value)
    return plain


def parse_ini(data: bytes, *, limit: int = INI_LIMIT) -> dict[str, dict[str, str]]:
    """An INI file as section -> key -> text; nothing is interpolated. Raises `Malformed`."""
    if len(data) > limit:
        raise Malformed(f"larger than {_size(limit)}")
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="DEFAULT")
    try:
        parser.read_string(decode(data))
    except configparser.MissingSectionHeaderError as error:
        raise Malformed("no section header", error.lineno, 1) from None
    except configparser.ParsingError as error:
        line = error.errors[0][0] if error.errors else None
        raise Malformed("not a key and a value", line, 1 if line else None) from None
    except (configparser.Error, RecursionError, ValueError, TypeError, AttributeError) as error:
        raise Malformed(str(error).splitlines()[0] if str(error) else "not INI") from None
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    defaults = dict(parser.defaults())
    if defaults:
        sections["DEFAULT"] = defaults
    return {name: {key: value or "" for key, value in items.items()} for name, items in sections.items()}


_SIMPLE: Final = frozenset({str, int, bool, type(None)})


def _plain(value: Any, *, whole: bool = True) -> Any:
    """What a parser made, with dates, non-finite numbers and, unless it is `whole`, half surrogate pairs as JSON can
    hold them. Raises `Malformed` where containers are nested too deep. Level by level, without recursion; most parts
    are looked at once."""
    finite = True
    level: list[Any] = [[value]]
    for _ in range(MAX_JSON_DEPTH + 1):
        parts = [
            part
            for container in level
            for part in (container.values() if type(container) is dict else container)
            if type(part) not in _SIMPLE
        ]
        level = [part for part in parts if type(part) is dict or type(part) is list]
        if finite and len(level) < len(parts):
            finite = all(
                type(part) is float and math.isfinite(part) for part in parts if type(part) not in (dict, list)
            )
        if not level:
            value = value if whole else _whole(value)
            return value if finite else _finite(value)
    raise Malformed(f"nested deeper than {MAX_JSON_DEPTH}")


def _finite(value: Any) -> Any:
    """`value` with dates and non-finite numbers as text: what JSON can hold. Depth was checked before."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list, float, dt.date, dt.time)):
                value[key] = _finite(item)
        return value
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list, float, dt.date, dt.time)):
                value[index] = _finite(item)
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return value


def _size(limit: int) -> str:
    return f"{limit // (1024 * 1024)} MB"
