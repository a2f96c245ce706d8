"""What type annotations check: of a handler's parameter, and of the fields of a request model."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import walk

_LISTS: Final = name_set("list List Sequence Iterable set Set frozenset tuple Tuple")
_MAPS: Final = name_set("dict Dict Mapping MutableMapping")
LOOSE_TYPES: Final = name_set("dict Dict Any list List Mapping MutableMapping object JSON bytes")
SCALAR_TYPES: Final = name_set(
    "int float str bool date datetime time timedelta UUID UUID4 Decimal Path EmailStr HttpUrl Literal Enum PositiveInt"
)
_SIZE_BOUNDS: Final = name_set("max_length pattern regex max_items allowed_values validate max_digits")
_RANGES: Final = name_set("ge gt le lt multiple_of")  # of a number: they say nothing of the text that stands beside it
_FIELD_BOUNDS: Final = _SIZE_BOUNDS | _RANGES
_FAR: Final = 1e9  # a number of this size is no limit of a feature,
_LONG: Final = 1e8  # nor this of a text
_PLAIN: Final = (
    LOOSE_TYPES
    | _LISTS
    | _MAPS
    | SCALAR_TYPES
    | name_set("Optional Union None Annotated ClassVar Final conlist constr")
)
_NUMBERS: Final = frozenset(
    ("int", "float", "Decimal", "PositiveInt", "PositiveFloat", "conint", "confloat", "condecimal")
)
_OF_KEYS: Final = lazy.regex(r"(?i)(?:^|_|[a-z])(?:ids|uuids|keys|codes|slugs)$")
_ANY_SIZE: Final = LOOSE_TYPES | _LISTS | _MAPS | {"str"}


def type_names(annotation: ast.AST | None) -> list[str]:
    """The last names in an annotation, outermost first: `list[Item] | None` gives list, Item, None."""
    found: list[str] = []
    stack: list[ast.AST] = [annotation] if annotation is not None else []
    while stack and len(found) < 12:
        node = stack.pop()
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                found.append(name)
            case ast.Constant(value=None):
                found.append("None")
            case ast.Constant(value=str(text)):
                found.append(text.strip("[]").rpartition(".")[2][:60])
            case ast.Subscript(value=value, slice=inner):
                if last_name(value) == "Annotated":
                    stack.append(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner)
                elif last_name(value) == "Literal":
                    found.append("Literal")
                else:
                    stack += [inner, value]
            case ast.BinOp(left=left, right=right):
                stack += [right, left]
            case ast.Tuple(elts=elements):
                stack += list(reversed(elements))
    return found


def annotated(annotation: ast.AST | None) -> str:
    """The marker in `Annotated[X, Depends(f)]`."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[_, *markers])):
            return next((last_name(one.func) for one in markers if isinstance(one, ast.Call)), "")
    return ""


def annotated_argument(annotation: ast.AST | None) -> str:
    match annotation:
        case ast.Subscript(slice=ast.Tuple(elts=[_, ast.Call(args=[first, *_]), *_])):
            return dotted(first)
    return ""


def bounded(default: ast.AST | None) -> bool:
    """`= Query(ge=0)`, `= Field(max_length=10)`; not `Field(ge=-1e12, le=1e12)`, which lets everything in."""
    return isinstance(default, ast.Call) and any(
        keyword.arg in _FIELD_BOUNDS and not _endless(keyword) for keyword in default.keywords
    )


def _endless(keyword: ast.keyword) -> bool:
    """Whether a limit is so far away that no value meets it."""
    value = keyword.value.operand if isinstance(keyword.value, ast.UnaryOp) else keyword.value
    match value:
        case ast.Constant(value=int(limit) | float(limit)) if not isinstance(limit, bool):
            return abs(limit) >= (_FAR if keyword.arg in _RANGES else _LONG)
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))]):
            return "inf" in text.lower()
        case ast.Attribute(attr="inf" | "maxsize"):
            return True
    return False


def bounded_annotation(annotation: ast.AST | None) -> bool:
    match annotation:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[_, *markers])):
            return any(bounded(one) for one in markers)
        case ast.Subscript(value=value):
            return last_name(value) == "Literal"
        case ast.Call():
            return last_name(annotation.func).startswith("con") and any(
                not _endless(one) for one in annotation.keywords
            )
    return last_name(annotation) in ("PositiveInt", "PositiveFloat", "EmailStr", "HttpUrl") if annotation else False


def ranged(default: ast.AST | None, annotation: ast.AST | None) -> bool:
    """Whether all that limits a field is the range of a number: `= Field(ge=0, le=2)`, `PositiveInt`."""
    if last_name(annotation) in ("PositiveInt", "PositiveFloat") if annotation is not None else False:
        return True
    match annotation:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[_, *markers])):
            calls = [one for one in (default, *markers) if isinstance(one, ast.Call)]
        case ast.Call():
            calls = [annotation]
        case ast.Subscript() if bounded_annotation(annotation):
            return False
        case _:
            calls = [default] if isinstance(default, ast.Call) else []
    given = {keyword.arg for call in calls for keyword in call.keywords}
    return bool(given & _RANGES) and not given & _SIZE_BOUNDS


def number(annotation: ast.AST | None) -> bool:
    """Whether a value of this type is a number."""
    return bool(set(type_names(annotation)) & _NUMBERS)


def any_size(annotation: ast.AST | None) -> bool:
    """Whether a value of this type may be of any size: a text, a list, a map. `tuple[float, float]` has two."""
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) in ("tuple", "Tuple"):
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if not any(isinstance(one, ast.Constant) and one.value is ... for one in inner):
            return any(any_size(one) for one in inner)
    return bool(set(type_names(annotation)) & _ANY_SIZE)


def is_loose(annotation: ast.expr) -> bool:
    """Whether a type checks next to nothing: `dict[str, Any]`, `list`, `Any`. `list[UUID]` and `dict[str, list[float]]`
    check each element."""
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) in LOOSE_TYPES | _LISTS:
        inner = annotation.slice.elts[-1] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
        if isinstance(inner, ast.Subscript):
            return is_loose(inner)
        if last_name(annotation.value) in _MAPS and last_name(inner) in SCALAR_TYPES:
            return False
    types = type_names(annotation)
    if types and types[0] in _LISTS and set(types[1:]) & SCALAR_TYPES and not set(types[1:]) & LOOSE_TYPES:
        return False
    return bool(types) and types[0] in LOOSE_TYPES and not set(types[1:]) - LOOSE_TYPES - SCALAR_TYPES


def _compares(validator: ast.FunctionDef) -> bool:
    """Whether a validator holds a value against something, more than that it is not empty."""
    return any(isinstance(node, ast.Compare | ast.Call) and not _is_plain(node) for node in walk(validator))


def _is_plain(node: ast.Compare | ast.Call) -> bool:
    """What says nothing of a value's size or kind: the raise itself, `strip()`, a comparison with None."""
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        return name in ("strip", "ValueError", "TypeError", "AssertionError", "len", "super") or name.endswith(
            "validator"
        )
    return all(isinstance(one, ast.Constant) and one.value in (None, 0, "") for one in node.comparators)


_MODEL_BASES: Final = name_set("BaseModel Schema Struct RootModel SQLModel Serializer ModelSerializer BaseSettings")


def request_models(view: FileView) -> dict[str, dict[str, Any]]:
    """The request models of a file: classes whose base is a validating model (or may be, from another file)."""
    found: dict[str, dict[str, Any]] = {}
    tree = view.module.scopes[0].node
    named = _named_types(tree)
    for scope in view.module.scopes:
        if not isinstance(scope.node, ast.ClassDef):
            continue
        bases = [dotted(base) for base in scope.node.bases]
        decorators = [dotted(one.func if isinstance(one, ast.Call) else one) for one in scope.node.decorator_list]
        validating = any(base.rpartition(".")[2] in _MODEL_BASES for base in bases)
        is_dataclass = any(one.rpartition(".")[2] in ("dataclass", "define", "attrs") for one in decorators)
        is_enum = any(base.rpartition(".")[2].endswith("Enum") for base in bases)
        fields = [_with_its_type(node, named) for node in scope.node.body if isinstance(node, ast.AnnAssign)]
        if not (validating or is_dataclass or is_enum or (bases and fields)):
            continue
        validators = [
            one
            for node in scope.node.body
            if isinstance(node, ast.FunctionDef) and _compares(node)
            for one in node.decorator_list
            if last_name(one.func if isinstance(one, ast.Call) else one).endswith("validator")
        ]
        checked = {name for one in validators for name in _checked_fields(one)}
        limits = [one for one in fields if bounded(one.value) or bounded_annotation(one.annotation)]
        sized = [one for one in limits if not ranged(one.value, one.annotation)]
        whole = "*" in checked
        endless = [one for one in fields if (one not in limits and any_size(one.annotation)) or _few_of_any_length(one)]
        loose_ends = [] if whole else [one for one in endless if last_name(one.target) not in checked]
        found[scope.qualname] = {
            "line": view.source.line(scope.node.lineno),
            "kind": "model" if validating else "dataclass" if is_dataclass else "enum" if is_enum else "derived",
            "bases": bases,
            "fields": len(fields),
            "bounded": len(limits),
            "sized": len(sized if endless else limits),
            "loose": sum(is_loose(one.annotation) for one in fields),
            "validators": len(validators),
            "open": (validating or is_dataclass) and (bool(loose_ends) or _takes_more(scope.node)),
            "holds": sorted({name for one in fields for name in type_names(one.annotation) if name not in _PLAIN})[:20],
            "numbers": sum(number(one.annotation) for one in fields),
            "open_numbers": sum(number(one.annotation) for one in fields if one not in limits),
        }  # fmt: skip
    for node in tree.body if isinstance(tree, ast.Module) else ():
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if last_name(call.func) == "create_model":
                    found[name] = {"line": view.source.line(node.lineno), **_created(call, tree)}
    return found


def _few_of_any_length(field: ast.AnnAssign) -> bool:
    """`texts: list[str] = Field(max_length=10)`: what is limited is how many there are. Keys are only looked up."""
    if _OF_KEYS.search(last_name(field.target)):
        return False
    match field.annotation:
        case ast.Subscript(value=value, slice=ast.Name(id="str")) if last_name(value) in _LISTS:
            return True
        case ast.Subscript(
            value=ast.Name(id="Annotated"),
            slice=ast.Tuple(elts=[ast.Subscript(value=value, slice=ast.Name(id="str")), *_]),
        ):
            return last_name(value) in _LISTS
    return False


def _named_types(tree: ast.AST) -> dict[str, ast.expr]:
    """The types that a module gives a name with what limits them: `Short = Annotated[str, Field(max_length=80)]`."""
    found: dict[str, ast.expr] = {}
    for node in tree.body if isinstance(tree, ast.Module) else ():
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.Call() as made)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Subscript() | ast.Call() as made)
            ) if bounded_annotation(made) or (isinstance(made, ast.Subscript) and last_name(made.value) == "Annotated"):
                found[name] = made
    return found


def _with_its_type(field: ast.AnnAssign, named: dict[str, ast.expr]) -> ast.AnnAssign:
    """A field with the type that its annotation names, and without the None that it may be as well."""
    kind = field.annotation
    match kind:
        case ast.BinOp(left=inner, op=ast.BitOr(), right=ast.Constant(value=None)):
            kind = inner
        case ast.Subscript(value=value, slice=inner) if last_name(value) == "Optional":
            kind = inner
    if isinstance(kind, ast.Name) and kind.id in named:
        kind = named[kind.id]
    elif not bounded_annotation(kind):  # `str | None` stays what it is
        return field
    return ast.copy_location(ast.AnnAssign(field.target, kind, field.value, field.simple), field)


def _checked_fields(decorator: ast.expr) -> list[str]:
    """The fields that a validator looks at; `*` where it looks at all of them, as that of a model does."""
    if not isinstance(decorator, ast.Call) or last_name(decorator.func) in ("model_validator", "root_validator"):
        return ["*"]
    named = [one.value if isinstance(one, ast.Constant) else "*" for one in decorator.args]
    return [str(one) for one in named] or ["*"]


def _takes_more(node: ast.ClassDef) -> bool:
    """Whether a model keeps what it has no field for: `extra="allow"`."""
    given = [one for one in node.keywords if one.arg == "extra"]
    for inner in walk(node):
        if isinstance(inner, ast.Call) and last_name(inner.func) in ("ConfigDict", "SettingsConfigDict"):
            given += [one for one in inner.keywords if one.arg == "extra"]
    values = [one.value for one in given]
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and inner.name == "Config":
            values += [
                one.value for one in inner.body if isinstance(one, ast.Assign) and last_name(one.targets[0]) == "extra"
            ]
        if isinstance(inner, ast.Assign) and last_name(inner.targets[0]) == "model_config":
            values += _extra_of(inner.value)
    return any(
        (isinstance(one, ast.Constant) and one.value == "allow")
        or (isinstance(one, ast.Attribute) and one.attr == "allow")
        for one in values
    )


def _extra_of(value: ast.expr) -> list[ast.expr]:
    if not isinstance(value, ast.Dict):
        return []
    return [held for key, held in zip(value.keys, value.values, strict=True) if _text(key) == "extra"]


def _created(call: ast.Call, tree: ast.AST) -> dict[str, Any]:
    """A model that pydantic's `create_model` puts together, from keywords or from a map that the file fills.

    Without a base that may hold more, a map that cannot be read leaves `bounded` at None: it is not known.
    """
    bases = [dotted(one.value) for one in call.keywords if one.arg == "__base__"]
    spread = {dotted(one.value) for one in call.keywords if one.arg is None}
    fields = [one.value for one in call.keywords if one.arg and not one.arg.startswith("__")]
    named = {
        target.id: node.value
        for node in walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    filled = [value for name in spread for _, value in _filled(name, tree, named)]
    shapes = [one.elts for one in [*fields, *filled] if isinstance(one, ast.Tuple) and len(one.elts) == 2]
    limited = sum(
        bounded(default)
        or bounded_annotation(named.get(kind.id) if isinstance(kind, ast.Name) else kind)
        or any(key in _FIELD_BOUNDS for name in _spread(default) for key, _ in _filled(name, tree, named))
        for kind, default in shapes
    )
    return {
        "kind": "model",
        "bases": bases,
        "fields": len(shapes),
        "bounded": limited if limited or not spread else None,
        "sized": limited if limited or not spread else None,
        "loose": sum(is_loose(kind) for kind, _ in shapes),
        "open": False,
        "holds": [],
        "validators": sum(one.arg == "__validators__" for one in call.keywords),
    }


def _filled(name: str, tree: ast.AST, named: dict[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    """What a map holds, with its keys ("" for one that is computed): those of its literal, and those it is given."""
    literal = named.get(name)
    if isinstance(literal, ast.Dict):
        yield from ((_text(key), value) for key, value in zip(literal.keys, literal.values, strict=True))
    for node in walk(tree):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=owner), slice=key)], value=value) if owner == name:
                yield _text(key), value


def _text(key: ast.expr | None) -> str:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


def _spread(default: ast.expr) -> list[str]:
    """The names of maps that a call takes as `**name`."""
    return [dotted(one.value) for one in default.keywords if one.arg is None] if isinstance(default, ast.Call) else []
