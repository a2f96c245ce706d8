"""Which values of log lines and prints nobody could tell to be harmless by how they are made.

`logged` says what certainly comes from outside. Here the question is turned round: a constant, a figure, a length, a
path or a time that the file itself makes is known; what is left is told with its name, and whether a name such as
`attempts` or `content` is worth a word is for the check to say. Nothing is followed beyond the function and its class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.bindings import Binding
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.logged import ALSO, call_that_logs, masks
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import children_of, expressions, header, statements, walk

MAX_ROWS: Final = 60  # different names of one file
MORE: Final = "further values"  # the name of those that were not looked at
MAX_PARTS: Final = 16  # of one log line are looked at
MAX_DEPTH: Final = 6
MAX_BINDINGS: Final = 4
MAX_SHOWN: Final = 8  # characters by which a key or a number is told from others, and not read
# Calls that give figures, times, kinds of things, places in the file system or random names, whatever they are given.
_FIGURES: Final = name_set(
    "describe len int float bool round sum abs count id hash type isinstance issubclass time perf_counter monotonic now"
    " utcnow today time_ns perf_counter_ns total_seconds timestamp isoformat strftime process_time timedelta"
    " uuid4 uuid1 token_hex range enumerate size numel getsize nunique mean std var median argmax argmin"
    " cpu_count is_available device_count getpid memory_allocated memory_reserved max_memory_allocated Path"
    " exists is_file is_dir mkdir getcwd gethostname isnull isna hexdigest __sizeof__ any all bit_length"
    " time_since elapsed ctime shape keys accuracy_score f1_score roc_auc_score precision_score recall_score"
    " mean_squared_error mean_absolute_error r2_score score evaluate"
)
# Calls that hand on what they are given; `min` and `max` of figures are figures.
_HANDS_ON: Final = name_set(
    "str repr format dict list tuple set sorted dumps pformat min max join next iter reversed frozenset ascii"
    " print gather zip map filter"
)
_OF_OWNER: Final = name_set(
    "strip lstrip rstrip lower upper title capitalize replace encode decode model_dump model_dump_json dict"
    " json to_dict copy split rsplit splitlines join tolist item to_json tobytes values items read text"
    " partition rpartition ljust rjust zfill format cpu detach numpy to_string head"
)
_KINDS: Final = name_set(  # annotations of what is no text of anybody
    "int float bool Path PosixPath PurePath datetime date time timedelta UUID Decimal complex ndarray Tensor"
    " Literal Enum device dtype type Callable Namespace Logger"
)
_ERRORS: Final = lazy.regex(r"(?:Exception|Error|Warning|BaseException)$")
_CAUGHT: Final = lazy.regex(rb"\bexcept\b[^:]{0,300}?\bas[ \t]+(\w{1,60})[ \t]*:")
_HANDLES: Final = lazy.linear(ALSO)
_UPPER: Final = lazy.regex(r"^_*[A-Z][A-Z0-9_]*$")
_NUMBER: Final = lazy.regex(r"^[<>=^+\- #0-9,_]*(?:\.\d+)?[bcdoxXeEfFgGn%]$|^[\d]*,?\.\d+$|^,$")
_PLACE: Final = lazy.regex(r"%(?:\(\w+\))?[-+ #0-9.*]*([a-zA-Z%])")
_SETTINGS: Final = lazy.regex(r"(?i)^(?:self\.|app\.|cls\.)?_?(?:settings|config|cfg|conf|hparams)\.")


def counts(data: bytes, at: int) -> bool:
    """Whether the call at this offset may be a log line of a service: a print is one only in a file that answers."""
    return not data.startswith(b"print", at) or _answers(data)


@lru_cache(maxsize=2)
def _answers(data: bytes) -> bool:
    return _HANDLES.search(data)


class LogValues:
    """The rows of one file."""

    def __init__(self, view: FileView) -> None:
        self.view = view
        self.resolver = view.resolver
        self.caught = {one.decode() for one in _CAUGHT.findall(view.source.data)}
        self._seen: set[tuple[int, int]] = set()

    def rows(self) -> list[dict[str, Any]]:
        """One row a name (`kind`: open, or error for what was caught), at the first line that logs it."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for scope, statement in self.view.marked_statements():
            for node in expressions(header(statement)):
                if isinstance(node, ast.Call) and (call := call_that_logs(node)):
                    if len(found) >= MAX_ROWS:  # what is not looked at is not known
                        place = self.view.place(node, scope)
                        return [
                            *found.values(),
                            {**place, "call": call, "name": MORE, "source": "open", "source_name": MORE},
                        ]
                    for kind, name, shown in self._of_line(node, scope):
                        key = (kind if kind == "error" else name, "print" if call == "print" else "log")
                        if key not in found:
                            place = self.view.place(node, scope)
                            found[key] = {**place, "call": call, "name": name, "source": kind, "source_name": shown}
        return list(found.values())

    def _of_line(self, call: ast.Call, scope: Scope) -> Iterator[tuple[str, str, str]]:
        given = [*_not_numbers(call), *(one.value for one in call.keywords if one.arg not in _NO_VALUES)]
        self._seen.clear()
        for count, told in enumerate(one for node in given for one in self._parts(node, scope, 0)):
            yield told if count < MAX_PARTS else ("open", MORE, MORE)
            if count >= MAX_PARTS:
                return

    def _parts(self, node: ast.AST | None, scope: Scope, depth: int) -> Iterator[tuple[str, str, str]]:
        """(kind, name, as it is written) of each part of an expression that is not known."""
        key = (id(node), id(scope))
        if node is None or key in self._seen:
            return
        self._seen.add(key)
        if depth > MAX_DEPTH:
            yield "open", last_name(node) if isinstance(node, ast.expr) else "", ""
            return
        match node:
            case ast.Constant() | ast.Compare() | ast.Lambda() | ast.UnaryOp(op=ast.Not()):
                return
            case ast.FormattedValue(value=inner, format_spec=spec):
                if not _is_number(spec):
                    yield from self._parts(inner, scope, depth)
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text)), right=right):
                values = right.elts if isinstance(right, ast.Tuple) else [right]
                for value in _of_places(text, values):
                    yield from self._parts(value, scope, depth)
            case ast.BinOp(op=ast.Add() | ast.BitOr(), left=left, right=right):
                yield from self._parts(left, scope, depth)
                yield from self._parts(right, scope, depth)
            case ast.BinOp():  # a figure
                return
            case ast.IfExp(body=left, orelse=right):
                yield from self._parts(left, scope, depth)
                yield from self._parts(right, scope, depth)
            case ast.Await(value=inner) | ast.Starred(value=inner) | ast.NamedExpr(value=inner):
                yield from self._parts(inner, scope, depth)
            case ast.Subscript(value=inner, slice=ast.Constant(value=str(key_name))):
                if not self._is_setting(node) and not _UPPER.match(last_name(inner)):
                    yield "open", key_name, f"{dotted(inner) or '…'}[{key_name}]"
            case ast.Subscript(value=inner, slice=cut):
                if not _is_short(cut):
                    yield from self._parts(inner, scope, depth)
            case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner):
                yield from self._parts(inner, scope, depth)
            case ast.Call():
                yield from self._call(node, scope, depth)
            case ast.Name(id=name):
                yield from self._name(node, name, scope, depth)
            case ast.Attribute():
                yield from self._attribute(node, scope, depth)
            case _:
                for child in children_of(node):
                    if isinstance(child, ast.expr):
                        yield from self._parts(child, scope, depth)

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> Iterator[tuple[str, str, str]]:
        last = last_name(node.func)
        if last in _FIGURES or masks(node) or (last == "get" and self._is_setting(node.func)):
            return
        if last in ("get", "pop", "getattr") and node.args:
            keys = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if keys:
                owner = dotted(node.func.value) if isinstance(node.func, ast.Attribute) else dotted(node.args[0])
                yield "open", keys[0], f"{owner or '…'}[{keys[0]}]"
                return
        if last in _HANDS_ON and (
            isinstance(node.func, ast.Name) or last in ("dumps", "pformat", "join", "format", "gather")
        ):
            for one in node.args:
                yield from self._parts(one, scope, depth)
        if last in _OF_OWNER and isinstance(node.func, ast.Attribute):
            yield from self._parts(node.func.value, scope, depth)
            return
        if last in _HANDS_ON:
            return
        own = next((one.local for one in self.resolver.names(node.func, scope) if one.local is not None), None)
        if own is not None and own.kind == "function" and depth < MAX_DEPTH // 2:
            returns = [one for one, _ in statements(own) if isinstance(one, ast.Return)]
            if returns and not any(True for one in returns for _ in self._parts(one.value, own, depth + 2)):
                return
        yield "open", last, f"{dotted(node.func) or last}()"

    def _name(self, node: ast.Name, name: str, scope: Scope, depth: int) -> Iterator[tuple[str, str, str]]:
        if _UPPER.match(name):
            return
        bound = self.resolver.bindings(name, scope, node.lineno)
        if name in self.caught and not any(one.kind != "import" for one in bound or ()):
            yield "error", name, name
            return
        if not bound or len(bound) > MAX_BINDINGS:
            yield "open", name, name
            return
        kinds = {kind for one in bound for kind in self._binding(one, scope, depth)}
        if kinds:
            yield ("error" if kinds == {"error"} else "open"), name, name

    def _binding(self, bound: Binding, scope: Scope, depth: int) -> Iterator[str]:
        """The kinds of what a name is bound to, as far as it is not known."""
        owner = bound.scope or scope
        if bound.kind in ("import", "def", "class"):
            return
        if bound.kind in ("param", "annotated"):
            annotation = bound.node.annotation if isinstance(bound.node, ast.arg) else bound.node
            names = (
                {last_name(one) for one in walk(annotation) if isinstance(one, ast.Name | ast.Attribute)}
                if annotation
                else set()
            )
            if any(_ERRORS.search(one) for one in names):
                yield "error"
            elif not names & _KINDS or "str" in names:
                yield "open"
            return
        if bound.kind == "item" and isinstance(bound.node, ast.Call) and last_name(bound.node.func) == "enumerate":
            # The number before each item is known, the item is not: which of them a name is, its place would tell.
            yield "open"
            return
        for kind, _, _ in self._parts(bound.node, owner, depth + 1):
            yield kind

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> Iterator[tuple[str, str, str]]:
        if node.attr in ("__name__", "__class__", "shape", "dtype", "device") or _UPPER.match(node.attr):
            return
        if self._is_setting(node):
            return
        if isinstance(node.value, ast.Name) and node.value.id in self.caught:
            yield "error", node.attr, dotted(node)
            return
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            owner = scope.enclosing_class()
            bound = owner.attributes(node.attr) if owner is not None else ()
            if (
                bound
                and len(bound) <= MAX_BINDINGS
                and not any(True for one in bound for _ in self._binding(one, scope, depth))
            ):
                return
        named = last_name(node.value) if node.attr == "value" else ""  # of a member of an enumeration
        yield "open", named or node.attr, dotted(node) or node.attr

    def _is_setting(self, node: ast.expr) -> bool:
        """Whether it is read from the project's own settings, by the usual names of them."""
        return _SETTINGS.match(dotted(node.value if isinstance(node, ast.Subscript) else node) or "") is not None or (
            isinstance(node, ast.Subscript) and _SETTINGS.match(f"{dotted(node.value)}.") is not None
        )


_NO_VALUES: Final = frozenset(("exc_info", "stack_info", "file", "stacklevel", "end", "sep", "flush"))


def _not_numbers(call: ast.Call) -> list[ast.expr]:
    """The arguments of a log line, without those that its text puts in as figures (`%d`, `%.2f`)."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and "%" in first.value:
        return _of_places(first.value, call.args[1:])
    return list(call.args)


def _of_places(text: str, values: list[ast.expr]) -> list[ast.expr]:
    places = [one for one in _PLACE.findall(text) if one != "%"]
    if len(places) != len(values):
        return values
    return [value for value, place in zip(values, places, strict=True) if place in "srav"]


def _is_short(cut: ast.expr) -> bool:
    """Whether a slice leaves a few characters only: `key[:4]`, `number[-4:]`."""
    match cut:
        case ast.Slice(lower=None, upper=ast.Constant(value=int(most)), step=None):
            return 0 < most <= MAX_SHOWN
        case ast.Slice(lower=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(most))), upper=None, step=None):
            return most <= MAX_SHOWN
    return False


def _is_number(spec: ast.expr | None) -> bool:
    """Whether a format can only hold a figure: `.2f`, `,`, `05d`."""
    if not isinstance(spec, ast.JoinedStr) or len(spec.values) != 1 or not isinstance(spec.values[0], ast.Constant):
        return False
    return _NUMBER.match(str(spec.values[0].value)) is not None
