"""What is wrong with a project file, in single lines with their place and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from aiaudit.project.entry import display
from aiaudit.project.parse import Map, Seq

_DAY = "a day such as 2027-01-31"
_KINDS = {
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DAY),
    "dict_type": "a mapping (`key: value`)",
    "model_type": "a mapping (`key: value`)",
    "model_attributes_type": "a mapping (`key: value`)",
    "list_type": "a list (`[one, two]`)",
}
_PATTERNS = {"^[A-Z]{3}$": "the three capitals of a currency, such as EUR"}


def problems(
    error: ValidationError, source: Any, file: str, model: type[BaseModel], above: tuple[str | int, ...] = ()
) -> list[str]:
    """One line for each mistake, in the order of the file."""
    lines: dict[tuple[str | int, ...], tuple[tuple[int, int], list[str]]] = {}
    for one in error.errors(include_url=False, include_context=True):
        path = _real_path(source, (*above, *one["loc"]))
        mark = mark_of(source, path, key=one["type"] == "extra_forbidden")
        said = lines.setdefault(path, (mark, []))[1]
        text = _say(one, model, path[len(above) :])
        if text not in said:
            said.append(text)
    return [
        at(file, mark, f"{_dotted(path)}: {' or '.join(said)}" if path else " or ".join(said))
        for path, (mark, said) in sorted(lines.items(), key=lambda item: item[1][0])
    ]


def _say(error: Any, model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    match error["type"]:
        case "extra_forbidden":
            around = _model_at(model, path[:-1])
            known, deeper = _keys(around), _deeper(around)
            near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.6)
            below = difflib.get_close_matches(str(path[-1]), deeper, n=1, cutoff=0.8)
            if below and (not near or _alike(path[-1], below[0]) > _alike(path[-1], near[0])):
                near = [f"{deeper[below[0]]}.{below[0]}"]
            return f"unknown key; did you mean '{near[0]}'?" if near else f"unknown key; known are {', '.join(known)}"
        case "missing":
            return "is missing"
        case "literal_error":
            given = error["input"]
            choices = [word for word in _literals(model, path) if word]
            near = difflib.get_close_matches(str(given), choices, n=1, cutoff=0.6)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            return f"{_shown(given)} is none of {', '.join(choices) or error['ctx']['expected']}{hint}"
        case "string_pattern_mismatch" if error["ctx"]["pattern"] in _PATTERNS:
            return f"must be {_PATTERNS[error['ctx']['pattern']]}, not {_shown(error['input'])}"
        case kind if kind in _KINDS:
            return f"must be {_KINDS[kind]}, not {_shown(error['input'])}"
        case _:
            text = str(error["msg"]).replace("Input should be", "must be").replace("String should", "must")
            text = text.split(" or instance of ")[0].split(", unable to ")[0]
            return f"{text[:1].lower()}{text[1:]}, not {_shown(error['input'])}"


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    return display(repr(value)[:60])


def at(file: str, mark: tuple[int, int], text: str) -> str:
    return f"{file}:{mark[0]}:{mark[1]}: {text}"


def _dotted(path: tuple[str | int, ...]) -> str:
    out = ""
    for part in path:
        out += f"[{part + 1}]" if isinstance(part, int) else f".{display(part)}" if out else display(part)
    return out


def _real_path(source: Any, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path in the file: pydantic's location also names the branches of unions, which are not in the file."""
    path: list[str | int] = []
    node = source
    for number, part in enumerate(loc):
        if isinstance(node, dict) and isinstance(part, str):
            if part in node:
                path.append(part)
                node = node[part]
            elif number == len(loc) - 1 and not _is_branch(part):
                path.append(part)  # a key that is missing
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            path.append(part)
            node = node[part]
    return tuple(path)


def _is_branch(part: str) -> bool:
    return part in ("str", "int", "float", "bool", "date", "none") or part.endswith("]") or "literal" in part


def mark_of(source: Any, path: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
    """Where the value (or, with `key`, the key) at `path` stands; the nearest enclosing place where it does not."""
    node, mark = source, (1, 1)
    for number, part in enumerate(path):
        last = number == len(path) - 1
        if isinstance(node, Map) and isinstance(part, str) and part in node:
            mark = node.at(part) if last and key else node.value_at(part)
            node = node[part]
        elif isinstance(node, Seq) and isinstance(part, int) and part < len(node):
            mark = node.at(part)
            node = node[part]
        else:
            break
    return mark


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _deeper(model: type[BaseModel] | None) -> dict[str, str]:
    """The keys of the parts below a model, each with the first part that has it."""
    found: dict[str, str] = {}
    for name, field in model.model_fields.items() if model else ():
        part = next((one for one in _options(field.annotation) if _is_model(one)), None)
        for key in _keys(part):
            found.setdefault(key, field.alias or name)
    return found


def _alike(said: object, key: str) -> float:
    return difflib.SequenceMatcher(None, str(said), key).ratio()


def _model_at(model: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the part at `path`."""
    return next((one for one in _options(_annotation_at(model, path)) if _is_model(one)), None)


def _annotation_at(model: type[BaseModel], path: tuple[str | int, ...]) -> Any:
    found: Any = model
    for part in path:
        found = next((inner for one in _options(found) if (inner := _inside(one, part)) is not None), None)
    return found


def _inside(annotation: Any, part: str | int) -> Any:
    """The annotation of a model's field, a list's items or a mapping's values; None where there is none."""
    if _is_model(annotation):
        return next((f.annotation for k, f in annotation.model_fields.items() if part in (k, f.alias)), None)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list and isinstance(part, int):
        return arguments[0]
    if origin is dict and isinstance(part, str):
        return arguments[1]
    return None


def _options(annotation: Any) -> list[Any]:
    """The branches of a union, without what `Annotated` adds."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [one for part in get_args(annotation) if part is not NoneType for one in _options(part)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _literals(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    options = _options(_annotation_at(model, path))
    return [str(word) for one in options if get_origin(one) is Literal for word in get_args(one)]
