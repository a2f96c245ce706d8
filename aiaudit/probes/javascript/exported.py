"""Handlers that a file exports (Next, SvelteKit, functions, workers) and methods with decorators (Nest)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.calls import properties
from aiaudit.probes.javascript.handlers import names_a_check
from aiaudit.probes.javascript.module import FUNCTIONS, first_named
from aiaudit.probes.javascript.refusals import TURNED, parameters_of, turns_away
from aiaudit.probes.javascript.route_rows import RouteRows

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_EXPORTED: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_NITRO: Final = lazy.regex(r"^(?:\w*[eE]ventHandler)$")
# Parts of an event that only those of HTTP have, beside the status with which it is answered.
_ANY_SIZE: Final = lazy.regex(r"\bbodyParser\s*:\s*false\b")  # of Next, which else reads up to one MiB
_EVENT: Final = lazy.regex(
    r"\bevent\??\.(?:body|queryStringParameters|pathParameters|requestContext|rawPath|httpMethod)\b"
)
_ASSIGNED: Final = lazy.regex(r"^(?:module\s*\.\s*)?exports\s*\.\s*(\w+)$")
_ASSIGNS: Final = r"^(?:module\s*\.\s*)?exports\s*\.\s*\w+\s*="
_NEST: Final = lazy.regex(r"^@(Get|Post|Put|Patch|Delete|All)\(\s*(?:['\"`]([^'\"`]*)['\"`])?")
_CLASSES: Final = ("class_declaration", "abstract_class_declaration")
_DRAWN: Final = ("jsx_element", "jsx_self_closing_element")
_SERVER_FILE: Final = lazy.regex(r"\s*+(?:(?>//[^\n]*+\n|/\*.*?\*/)\s*+)*+[\"']use server[\"']", re.DOTALL)
# A function of AWS that is asked over HTTP, by the type of its event.
_LAMBDA: Final = lazy.regex(r"\b(?:APIGateway|ALB|LambdaFunctionURL)(?:Proxy)?(?:Request)?Event")
_PUBLIC: Final = lazy.regex(
    r"@(?:Is)?(?:Public|SkipAuth|AllowAnonymous|AllowAny|NoAuth|Unprotected|AllowUnauthorized)\w*\("
)
_FOR_ALL: Final = lazy.regex(
    r"\bprovide\s*:\s*APP_GUARD\s*,\s*useClass\s*:\s*(\w+)|\buseGlobalGuards\(\s*(?:new\s+)?([\w.]+)"
)
_TYPED: Final = lazy.regex(
    r"@(?:Body|Query)\([^)]*\)\s*\w+\s*:\s*\w*(?:Dto|DTO|Input|Request|Schema)\b|(?:Zod|Validation|Parse\w+)Pipe"
)


def _draws(name: str, function: SgNode) -> bool:
    """Whether it is a page or a part of one that a server draws: a name such as components have, and JSX handed back.
    Nobody calls it by a request of his own, though its file says "use server"."""
    if name and not name[0].isupper():
        return False
    return any(
        one.find({"rule": {"any": [{"kind": kind} for kind in _DRAWN]}}) is not None
        for one in function.find_all({"rule": {"kind": "return_statement"}})[:20]
    )


class ExportedHandlers:
    """Adds to `rows` what a file serves by what it exports and decorates."""

    def __init__(self, rows: RouteRows) -> None:
        self.rows = rows
        self.module = rows.module

    def find(self) -> None:
        """Looks through exports, and decorators where there are some."""
        self._exported()
        if "@" in self.module.text:
            self._nest()

    def _exported(self) -> None:
        server_file = _SERVER_FILE.match(self.module.text) is not None
        for node in self.module.exports:
            default = any(one.kind() == "default" for one in node.children())
            for one in node.children():
                self._export(one, default, server_file)
        if "exports." in self.module.text:
            self._assigned()

    def _assigned(self) -> None:
        """`exports.handler = async (event) => …` and `exports.handler = answer`: what CommonJS exports."""
        for node in self.module.root.find_all(kind="assignment_expression", regex=_ASSIGNS)[:50]:
            left, right = node.field("left"), node.field("right")
            name = _ASSIGNED.match(left.text()) if left is not None else None
            if right is not None and right.kind() == "identifier":
                bound = self.module.bound(right.text(), node.range().start.index)
                right = bound.node if bound is not None else None
            if name is not None and right is not None and right.kind() in FUNCTIONS:
                self._exported_one(right, name.group(1), False, False, right)

    def _export(self, node: SgNode, default: bool, action: bool) -> None:
        kind = node.kind()
        if kind in FUNCTIONS:
            name = node.field("name")
            self._exported_one(node, name.text() if name is not None else "", default, action, node)
        elif kind in ("lexical_declaration", "variable_declaration"):
            for one in node.children():
                name, value = (
                    (one.field("name"), one.field("value")) if one.kind() == "variable_declarator" else (None, None)
                )
                if name is not None and value is not None:
                    self._exported_one(one, name.text(), False, action, value)
        elif kind == "export_clause":
            for one in node.children():
                alias = one.field("alias") or one.field("name") if one.kind() == "export_specifier" else None
                name = one.field("name") if one.kind() == "export_specifier" else None
                if alias is not None and name is not None and alias.text() in _EXPORTED:
                    self._exported_one(one, alias.text(), False, False, name)
        elif default and node.is_named() and kind in ("identifier", "call_expression", "object"):
            self._exported_one(node, "", True, False, node)

    def _exported_one(self, place: SgNode, name: str, default: bool, action: bool, value: SgNode) -> None:
        if name in _EXPORTED and not default:
            self.rows.add(place, "next", "export", "", [name], [value])
        elif not default and (
            (name == "handler" and _LAMBDA.search(self.module.text))
            or (name and value.kind() in FUNCTIONS and _takes_events(value))
        ):
            row = self.rows.add(place, "lambda", "route", "", [], [value])
            row["reads"] = True
        elif name in ("action", "loader") and not default and not action and value.kind() in FUNCTIONS:
            self.rows.add(place, "remix", "export", "", ["POST" if name == "action" else "GET"], [value])
        elif name == "actions" and not default and not action:
            self._form_actions(value)
        elif action and value.kind() in FUNCTIONS:
            if self.module.jsx and _draws(name, value):
                return
            row = self.rows.add(place, "next", "action", name, ["POST"], [value])
            parameters = value.field("parameters")
            row["reads"] = parameters is not None and first_named(parameters) is not None
            if not row.get("checks") and self._turns_away(value):
                row["checks"] = TURNED
        elif default:
            served = properties(value).get("fetch") if value.kind() == "object" else None
            if value.kind() == "object" and (served is None or served.kind() not in FUNCTIONS):
                return
            called = value.field("function") if value.kind() == "call_expression" else None
            if called is not None and _NITRO.match(called.text()):
                self.rows.add(place, "nitro", "default", "", [], [value])
                return
            kind = "worker" if value.kind() == "object" else "default"
            row = self.rows.add(place, "workers" if kind == "worker" else "next", kind, "", [], [value])
            row["parsed"] = kind == "default" and not _ANY_SIZE.search(self.module.text)

    def _turns_away(self, action: SgNode) -> bool:
        """Whether a server action, or a function of this file that it hands what comes in, refuses some of it."""
        given = parameters_of(action)
        if turns_away(action.text()[:60_000], given, action=True):
            return True
        for call in action.find_all(kind="call_expression")[:40]:
            called, handed = call.field("function"), call.field("arguments")
            if called is None or handed is None or called.kind() != "identifier":
                continue
            bound = self.module.bound(called.text(), call.range().start.index)
            made = bound.node if bound is not None else None
            if made is None or made.kind() not in FUNCTIONS or not {one.text() for one in handed.children()} & {*given}:
                continue
            if turns_away(made.text()[:60_000], parameters_of(made), action=True):
                return True
        return False

    def _form_actions(self, value: SgNode) -> None:
        """`export const actions = {default: async ({request}) => …}` of SvelteKit."""
        while value.kind() in ("satisfies_expression", "as_expression", "parenthesized_expression"):
            inner = first_named(value)
            if inner is None:
                return
            value = inner
        for name, one in properties(value).items() if value.kind() == "object" else ():
            if one is not None and one.kind() in FUNCTIONS:
                row = self.rows.add(one, "sveltekit", "export", name, ["POST"], [one])
                row["form"] = True

    def guard_of_all(self) -> str:
        """The guard that Nest puts before every handler, where it is one of callers."""
        for one in _FOR_ALL.findall(self.module.text):
            name = one[0] or one[1]
            if names_a_check(name):
                return str(name)
        return ""

    def _nest(self) -> None:
        for decorator in self.module.root.find_all(
            {"rule": {"kind": "decorator", "regex": r"^@(Get|Post|Put|Patch|Delete|All)\("}}
        )[:300]:
            match = _NEST.match(decorator.text())
            if match is None:
                continue
            method = decorator.next()
            others = [decorator.text()]
            while method is not None and method.kind() in ("decorator", "comment"):
                others.append(method.text())
                method = method.next()
            if method is None or method.kind() != "method_definition":
                continue
            before = decorator.prev()
            while before is not None and before.kind() == "decorator":
                others.append(before.text())
                before = before.prev()
            self._nest_route(decorator, match, method, others)

    def _nest_route(self, decorator: SgNode, match: re.Match[str], method: SgNode, others: list[str]) -> None:
        outer = ""
        for one in decorator.ancestors():
            if one.kind().endswith("class_declaration") or one.kind() == "export_statement":
                outer += one.text()[:400].partition("class ")[0]
        prefix = re.search(r"@Controller\(\s*['\"`]([^'\"`]*)", outer)
        parts = [prefix.group(1) if prefix else "", match.group(2) or ""]
        route = "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))
        verb = match.group(1).upper()
        row = self.rows.add(decorator, "nest", "route", route, [] if verb == "ALL" else [verb], [method])
        parameters = method.field("parameters")
        text = parameters.text() if parameters is not None else ""
        if re.search(r"@(?:Body|Query|UploadedFile)", text):
            row["reads"] = True
            if _TYPED.search(text):
                row["checks"] = row.get("checks") or "DTO"
        guards = " ".join([*others, outer])
        if re.search(r"@UseGuards\([^)]{0,200}Throttler|@Throttle\(", guards) and "@SkipThrottle" not in guards:
            limit = {"line": row["line"], "key": "address", "always": True, "ends": "answer", "what": "ThrottlerGuard"}
            row["limits"] = [*row.get("limits", []), limit]
        own = self._own_limits(decorator)
        if own:
            row["limits"] = [*row.get("limits", []), *own][:60]
        guard = re.search(r"@UseGuards\(\s*([\w.]+)", guards)
        if guard and not re.search(r"Throttler", guard.group(1)):
            row["auth"] = guard.group(1)
        if _PUBLIC.search(guards):
            row["public"] = True

    def _own_limits(self, decorator: SgNode) -> list[dict[str, Any]]:
        """Guards of the project before a handler or its class, each of which may count how often one caller asks."""
        found: list[dict[str, Any]] = []
        beside = decorator.parent()
        homes = [beside] if beside is not None else []
        homes += [one for one in decorator.ancestors() if one.kind() in (*_CLASSES, "export_statement")]
        of_method, place = [decorator], decorator.prev()
        while place is not None and place.kind() in ("decorator", "comment"):
            of_method.append(place)
            place = place.prev()
        place = decorator.next()
        while place is not None and place.kind() in ("decorator", "comment"):
            of_method.append(place)
            place = place.next()
        of_class = [one for home in homes if home.kind() != "class_body" for one in home.children()]
        for one in [*of_method, *of_class]:
            if one.kind() != "decorator" or not one.text().startswith("@UseGuards("):
                continue
            for name in one.find_all(kind="identifier")[1:10]:
                found += self.rows.handlers.limits.guard(name)
        return found


def _takes_events(function: SgNode) -> bool:
    """Whether a function of a cloud is asked over HTTP: by what it reads of its event and how it answers."""
    text = function.text()[:60_000]
    return "statusCode" in text and _EVENT.search(text) is not None
