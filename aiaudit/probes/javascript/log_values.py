"""Which values of log lines in TypeScript and JavaScript nobody could tell to be harmless by how they are made.

The counterpart of `python.log_values`: constants, figures, lengths and times are known; what is left is told with its
name, and whether a name is worth a word is for the check to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.asked_errors import HANDED, NOTHING, REQUEST, AskedErrors
from aiaudit.probes.javascript.logged import LOG
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from aiaudit.probes.javascript.resolve import Resolver

MAX_ROWS: Final = 60  # different names of one file
MAX_PARTS: Final = 16  # of one log line are looked at
MAX_DEPTH: Final = 6
MAX_TEXT: Final = 60
MORE: Final = "further values"  # the name of those that were not looked at, as in `python.log_values`
_CONSTANT: Final = frozenset(
    (
        "string",
        "number",
        "regex",
        "true",
        "false",
        "null",
        "undefined",
        "this",
        "arrow_function",
        "function_expression",
        "unary_expression",
        "update_expression",
        "comment",
        "string_fragment",
        "escape_sequence",
    )
)
_COMPARES: Final = name_set("== === != !== < > <= >= - * / % ** instanceof in")
_FIGURES: Final = name_set(
    "Number parseInt parseFloat Boolean toFixed toISOString now getTime floor round ceil abs keys isArray"
    " toLocaleString toLocaleTimeString toLocaleDateString toPrecision cwd uptime memoryUsage randomUUID Date"
    " indexOf findIndex hrtime size length includes has every some startsWith endsWith test isNaN isFinite max"
    " min basename resolve extname dirname"
)
_HANDS_ON: Final = name_set("stringify String inspect entries values fromEntries from assign concat join map filter")
_OF_OWNER: Final = name_set(
    "slice substring substr trim toString toLowerCase toUpperCase replace replaceAll json text join split map"
    " filter pop at shift flat concat reverse sort padEnd padStart data"
)
_FIGURE_OF: Final = name_set("length size status statusCode code name byteLength")
_MASKS: Final = lazy.regex(r"(?i)mask|redact|hash|scrub|obfuscat|anonymi|pseudonym|shorten|fingerprint|sanitiz")
_SHORT: Final = lazy.regex(r"^\(\s*(?:0\s*,\s*[1-8]|-[1-8])\s*\)$")  # a few characters, by which it is told from others
_UPPER: Final = lazy.regex(r"^_*[A-Z][A-Z0-9_]*$")
_ERROR: Final = lazy.regex(r"^(?:_?e|ex|err|error|exception|reason|\w+(?:Error|Err))\d?$")
_TEXT_OF: Final = lazy.regex(r"\??\.(?:message|stack)$")
_SETTINGS: Final = lazy.regex(r"^(?:this\.)?(?:process\.env|import\.meta|config|settings|env|argv)\b")


class LogValuesFinder:
    """The rows of one file, with the fields of `python.log_values`."""

    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self._seen: set[tuple[int, int]] = set()
        self.errors = AskedErrors(module, resolver)

    def record(self) -> dict[str, Any]:
        """The rows; with what the functions of this file tell others of their requests, and what of other files may
        have thrown an error that is logged whole."""
        rows, handed = self._rows()
        parts = {"log_values": rows, "handed_errors": handed, "keyed_requests": self.errors.keyed()}
        return {name: part for name, part in parts.items() if part}

    def _rows(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        found: dict[str, dict[str, Any]] = {}
        handed: dict[str, dict[str, Any]] = {}
        for call in self.module.calls:
            function, arguments = call.field("function"), call.field("arguments")
            if function is None or arguments is None or arguments.kind() != "arguments":
                continue
            name = function.text() if function.kind() == "member_expression" else ""
            if len(name) >= 40 or not LOG.match(name):
                continue
            self._seen.clear()
            for count, part in enumerate(self._parts(arguments, 0)):
                all_of_it = count < MAX_PARTS and len(found) < MAX_ROWS
                kind, told, shown = part if all_of_it else ("open", MORE, MORE)  # what is not looked at is not known
                key = shown if kind == "error" else told
                if kind == "error" and shown == told:  # the whole of it
                    of, thrown = self.errors.of(shown, call)
                    if of == NOTHING:
                        continue
                    begun = f"{shown}:{thrown.range().start.index if thrown is not None else 0}"
                    kind, key = (REQUEST, begun) if of == REQUEST else (kind, key)
                    if thrown is not None and of != REQUEST and len(handed) < MAX_ROWS and begun not in handed:
                        row = self._row(call, name, told, HANDED, shown)
                        handed[begun] = {**row, "by": self.errors.handed(thrown)}
                if key not in found:
                    found[key] = self._row(call, name, told, kind, shown)
        return list(found.values()), [one for one in handed.values() if one["by"]]

    def _row(self, call: SgNode, name: str, told: str, kind: str, shown: str) -> dict[str, Any]:
        at = call.range().start
        where = {"line": at.line + 1, "function": self.module.function_at(at.index), "call": name}
        return {**where, "name": told, "source": kind, "source_name": shown[:MAX_TEXT]}

    def _parts(self, node: SgNode | None, depth: int) -> Iterator[tuple[str, str, str]]:
        """(kind, name, as it is written) of each part of an expression that is not known."""
        if node is None:
            return
        kind, at = node.kind(), node.range()
        key = (at.start.index, at.end.index)
        if kind in _CONSTANT or kind in FUNCTIONS or key in self._seen:
            return
        self._seen.add(key)
        if depth > MAX_DEPTH:
            yield "open", node.text()[:MAX_TEXT], node.text()
        elif kind in ("identifier", "shorthand_property_identifier"):
            yield from self._name(node, depth)
        elif kind == "member_expression":
            yield from self._member(node)
        elif kind == "subscript_expression":
            yield from self._subscript(node, depth)
        elif kind in ("call_expression", "new_expression"):
            yield from self._call(node, depth)
        elif kind == "binary_expression":
            operator = node.field("operator")
            if operator is None or operator.text() not in _COMPARES:
                yield from self._parts(node.field("left"), depth)
                if not _is_text_of(node.field("left"), node.field("right")):
                    yield from self._parts(node.field("right"), depth)
        elif kind == "ternary_expression":
            yield from self._parts(node.field("consequence"), depth)
            if not _is_text_of(node.field("consequence"), node.field("alternative")):
                yield from self._parts(node.field("alternative"), depth)
        elif kind == "pair":
            yield from self._parts(node.field("value"), depth)
        else:  # templates, objects, arrays, arguments, wrappers
            for one in node.children():
                if one.is_named():
                    yield from self._parts(one, depth)

    def _name(self, node: SgNode, depth: int) -> Iterator[tuple[str, str, str]]:
        name = node.text()
        if _UPPER.match(name) or name == "undefined":
            return
        bound = self.module.bound(name, node.range().start.index)
        if self._is_error(name, node):
            yield "error", name, name
            return
        if bound is not None and (bound.imported is not None or bound.kind in ("function", "class")):
            return
        if bound is None or bound.kind == "param" or bound.node is None or bound.path:
            yield "open", bound.path.rpartition(".")[2] if bound is not None and bound.path else name, name
            return
        values = [one for one in (bound.node, *bound.assigned) if one.kind() != "variable_declarator"]
        kinds = {kind for one in values[:MAX_PARTS] for kind, _, _ in self._parts(one, depth + 1)}
        if kinds or not values:
            yield ("error" if kinds == {"error"} else "open"), name, name

    def _is_error(self, name: str, node: SgNode) -> bool:
        """Whether a name is that of an error, or was caught."""
        if _ERROR.match(name):
            return True
        bound = self.module.bound(name, node.range().start.index)
        return bound is not None and bound.scope.kind == "catch_clause" and bound.kind == "param"

    def _member(self, node: SgNode) -> Iterator[tuple[str, str, str]]:
        property_, owner = node.field("property"), node.field("object")
        text = node.text().replace("?.", ".")
        if property_ is None or owner is None or _UPPER.match(property_.text()) or _SETTINGS.match(text):
            return
        if property_.text() in _FIGURE_OF and property_.text() != "name":
            return
        root = text.lstrip("(").partition(".")[0].partition(" ")[0].rstrip("!")  # `(err as Error).message`
        if self._is_error(root, node) or _ERROR.match(property_.text()):
            yield "error", property_.text(), text
        elif not text.endswith("constructor.name"):
            yield "open", property_.text(), text

    def _subscript(self, node: SgNode, depth: int) -> Iterator[tuple[str, str, str]]:
        index, owner = node.field("index"), node.field("object")
        if _SETTINGS.match(node.text()):
            return
        if index is not None and index.kind() == "string":
            yield "open", index.text().strip("\"'"), node.text()
        else:
            yield from self._parts(owner, depth)

    def _call(self, node: SgNode, depth: int) -> Iterator[tuple[str, str, str]]:
        function, arguments = node.field("function") or node.field("constructor"), node.field("arguments")
        if function is None:
            return
        member = function.kind() == "member_expression"
        last = (function.field("property") or function).text() if member else function.text()
        if last in _FIGURES or _MASKS.search(function.text()) or node.text().startswith("Object.keys("):
            return
        if last in _HANDS_ON and function.text().partition(".")[0] in (
            "JSON",
            "String",
            "util",
            "Object",
            "Array",
            "inspect",
        ):
            first = first_named(arguments) if arguments is not None else None
            yield from self._parts(first, depth)
        elif member and _SHORT.match(node.text()[len(function.text()) :]) and last in ("slice", "substring", "substr"):
            return
        elif member and last in _OF_OWNER:
            yield from self._parts(function.field("object"), depth)
        elif function.kind() in WRAPPERS:
            yield from self._parts(first_named(function), depth)
        else:
            yield "open", last, f"{function.text()}()"


def _is_text_of(text: SgNode | None, error: SgNode | None) -> bool:
    """`err?.message || err`: the whole is logged only of what is no error and has no text."""
    return text is not None and error is not None and _TEXT_OF.sub("", text.text()) == error.text() != text.text()
