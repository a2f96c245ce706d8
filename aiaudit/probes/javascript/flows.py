"""Places that run, query or render text, and where that text comes from: followed through names inside one file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript import filters
from aiaudit.probes.javascript.addresses import Addresses, pages, reaching
from aiaudit.probes.javascript.calls import own_spec
from aiaudit.probes.javascript.groups import expanded
from aiaudit.probes.javascript.model_requests import ModelRequests
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, Scope, first_named, named_in
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.python.match import Patterns

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(
    rb"\beval\b|\bFunction\s*\(|\bvm\d?\b|child_process|dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
    rb"|RawUnsafe|\bsql\b|\.raw\s*\(|\.query\s*\(|\bexeca\b|zx\b|\bexec(?:Sync)?\s*\(|rehype-?[Rr]aw"
    rb"|\b(?:fetch|axios|got|ky|ofetch|\$fetch)\b[^\n]{0,40}\(|\bwriteFile(?:Sync)?\(|@vercel/blob|text/html|\.html\("
    rb"|"
    + filters.MARK
    + rb"|\b(?:session|tx|driver|db|pool|client|conn|connection|database)\.(?:run|execute|executeQuery|all|prepare)\("
)
_CODE: Final = lazy.regex(
    r"^(?:eval|Function|setTimeout\.string|vm\.(?:runIn\w+|Script|compileFunction)|vm2\.VM(?:\.run)?|(?:globalThis|window)\.eval)$"
)
_SHELL: Final = lazy.regex(
    r"^(?:child_process\.(?:exec|execSync)|child_process\.promises\.exec|execa\.(?:execaCommand\w*|command\w*)|shelljs\.exec|util\.promisify)$"
)
_SQL: Final = lazy.regex(
    r"(?:\$(?:query|execute)RawUnsafe|(?:^|\.)sql\.(?:raw|unsafe)|\.unsafe|knex\.raw|sequelize\.query|literal)$"
)
_QUERY: Final = lazy.regex(r"(?i)^[`\"']\s*(?:select|insert|update|delete|create|drop|alter|with)\b")
_HTML: Final = lazy.regex(r"(?:document\.write(?:ln)?|insertAdjacentHTML)$")
_CLEANS: Final = lazy.regex(
    r"(?i)dompurify|sanitize|escape(?:Html|HTML)?\(|\bxss\(|encodeURIComponent|shell-?quote|JSON\.stringify|Prism\.|hljs|highlight|katex|shiki|codeToHtml|renderToS(?:tring|taticMarkup)"
)
_REQUEST: Final = lazy.regex(
    r"\b(?:req|request|ctx\.request|c\.req)\b\s*\??\.|\bevent\s*\??\.\s*(?:body|queryStringParameters|pathParameters)\b"
)
_ENVIRONMENT: Final = lazy.regex(r"^(?:Deno\.env\.get|process\.env|import\.meta\.env|Netlify\.env\.get)\b")
_OF_ENVIRONMENT: Final = lazy.regex(r"^(?:process|Bun|import\.meta)\.env(?:\.\w+|\[[\"']\w+[\"']\])$")
# What these make of a text is HTML with all that stood in it.
_OF_MARKDOWN: Final = lazy.regex(r"^(?:marked|markdown-it|showdown|snarkdown|micromark|md-to-html|markdown)\b")
_CONVERTS: Final = lazy.regex(r"^(?:Number|parseInt|parseFloat|Boolean)$|\.(?:safeParse|parse)$")
ASSIGNS: Final = ("assignment_expression", "augmented_assignment_expression")
MAX_STEPS: Final = 16
MOST_CALLS: Final = 200  # of a function of the file: with more of them nothing is said of what they hand over
MOST_RETURNS: Final = 6  # of a function that is called where it is written; of more nothing is said


class FlowFinder:
    """Rows of sinks; `source`: llm, user, constant, call (a function of the project, judged later) or unknown."""

    most_steps = MAX_STEPS

    def __init__(self, module: Module, resolver: Resolver) -> None:
        self.module = module
        self.resolver = resolver
        self.models = completions()
        self.requests = ModelRequests(module)
        self.addresses = Addresses(self)
        self._names: dict[tuple[str, int], tuple[Any, Any, int]] = {}  # (name, start of its scope) -> its source

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for call in self.module.calls:
            sink = self._sink(call)
            if sink is not None:
                found.append(self._row(call, *sink))
        for node, name, value in (*self._html(), *pages(self.module)):
            found.append(self._row(node, "html", name, value))
        for node, name, told, line in filters.filters(self.module):
            found.append(
                {**self._row(node, "filter", name, node), "source": "user", "source_name": told, "source_line": line}
            )
        return [row for row in found if row["source"] != "constant"]

    def answering(self) -> list[str]:
        """The file's functions in which a model is called."""
        names: set[str] = set()
        for call in self.module.calls:
            named = self.resolver.called(call)
            known = named.spec not in (LOCAL, UNKNOWN) and self.models.match(dotted(named.spec, named.rest))
            if known or self.requests.asks(call, named):
                names.add(self.module.function_at(call.range().start.index))
        return sorted(names - {""})

    def _sink(self, call: SgNode) -> tuple[str, str, SgNode | None] | None:
        named = self.resolver.called(call)
        name = dotted(named.spec, named.rest)
        arguments = call.field("arguments")
        if arguments is None:
            return None
        if arguments.kind() == "template_string":
            return None  # a tagged template: the tag binds its values
        given = named_in(arguments)
        if not given:
            return None
        if _CODE.match(name):
            return "code", name, given[-1] if name == "Function" else given[0]
        if _SHELL.match(name) and name != "util.promisify":
            return "shell", name, given[0]
        if name.startswith("child_process.spawn") and re.search(r"\bshell\s*:\s*true", arguments.text()[-300:]):
            return "shell", name, given[0]
        if self._promised(call) or (_SQL.search(name) and not name.endswith(".literal")):
            return ("shell", "child_process.exec", given[0]) if self._promised(call) else ("sql", name[-60:], given[0])
        if (
            name.endswith((".query", ".execute", ".prepare"))
            and given[0].kind() == "template_string"
            and _QUERY.match(given[0].text())
        ):
            return "sql", name[-60:], given[0]
        if _HTML.search(name):
            return "html", name[-60:], given[-1]
        return reaching(call, name, given)

    def _promised(self, call: SgNode) -> bool:
        """`const run = promisify(exec); run(command)`."""
        called = call.field("function")
        if called is None or called.kind() != "identifier":
            return False
        bound = self.module.bound(called.text(), call.range().start.index)
        text = bound.node.text()[:100] if bound is not None and bound.node is not None and bound.kind == "value" else ""
        match = re.match(r"(?:util\.)?promisify\(\s*([\w.]+)", text)
        if match is None or bound is None:
            return False
        local = self.module.bound(match.group(1), bound.scope.end - 1)
        imported = local.imported if local is not None else None
        return (
            imported is not None and imported.spec.removeprefix("node:") == "child_process" and imported.name == "exec"
        )

    def _html(self) -> Iterator[tuple[SgNode, str, SgNode]]:
        """(place, sink, what is rendered)."""
        text = self.module.text
        if self.module.jsx and "ehypeRaw" in text:
            yield from self._raw_markdown()
        if self.module.jsx and "dangerouslySetInnerHTML" in text:
            for node in self.module.root.find_all(
                {"rule": {"kind": "jsx_attribute", "regex": "^dangerouslySetInnerHTML"}}
            )[:200]:
                element = node.parent()
                if element is not None and re.match(r"<style\b", element.text()):
                    continue  # a style sheet
                pairs = node.find_all(kind="pair")[:1]
                for pair in pairs:
                    value = pair.field("value")
                    if value is not None:
                        yield value, "dangerouslySetInnerHTML", value
                given = None if pairs else node.find(kind="jsx_expression")
                for value in given.children()[1:2] if given is not None else ():  # a name, or a call that makes it
                    yield value, "dangerouslySetInnerHTML", value
        if "nnerHTML" in text or "outerHTML" in text:
            put = r"^[^=;\n]{1,200}\.(?:inner|outer)HTML\s*\+?="  # `$("#one .two").innerHTML =`
            for node in self.module.root.find_all(
                {"rule": {"any": [{"kind": kind} for kind in ASSIGNS], "regex": put}}
            )[:200]:
                value = node.field("right")
                if value is not None:
                    yield value, "innerHTML", value

    def _raw_markdown(self) -> Iterator[tuple[SgNode, str, SgNode]]:
        """`<ReactMarkdown rehypePlugins={[rehypeRaw]}>{answer}</ReactMarkdown>`: HTML in it is rendered as it is."""
        for node in self.module.root.find_all({"rule": {"kind": "jsx_attribute", "regex": "^rehypePlugins"}})[:50]:
            plugins = node.text()
            named = re.match(r"rehypePlugins\s*=\s*\{\s*(\w+)\s*\}$", plugins)
            if named is not None:
                bound = self.module.bound(named.group(1), node.range().start.index)
                plugins = bound.node.text()[:1000] if bound is not None and bound.node is not None else ""
            if "ehypeRaw" not in plugins or re.search(r"(?i)sanitize|harden", plugins):
                continue  # a sanitiser among the plug-ins takes out what could run
            opening = node.parent()
            if opening is None:
                continue
            value: SgNode | None = None
            element = opening.parent()
            if opening.kind() == "jsx_opening_element" and element is not None:
                inner = [one for one in element.children() if one.kind() == "jsx_expression"]
                value = first_named(inner[0]) if inner else None
            else:
                for one in opening.children():
                    if one.kind() == "jsx_attribute" and one.text().startswith("children"):
                        value = one.children()[-1]
            yield node, "rehype-raw", value if value is not None else node

    def _row(self, node: SgNode, kind: str, sink: str, value: SgNode | None) -> dict[str, Any]:
        place = node.range()
        source, name, line = self.addresses.of(value) if kind == "url" else self._source(value, 0)
        return {
            "line": place.start.line + 1,
            "function": self.module.function_at(place.start.index),
            "sink": sink,
            "kind": kind,
            "source": source,
            "source_name": name,
            "source_line": line,
            "sanitised": value is not None and self._cleaned(value),
        }

    def _cleaned(self, value: SgNode) -> bool:
        if _CLEANS.search(value.text()[:2000]):
            return True
        if value.kind() in ("identifier", "member_expression"):
            bound = self.module.bound(value.text().partition(".")[0].partition("?")[0], value.range().start.index)
            return (
                bound is not None
                and bound.node is not None
                and bound.kind == "value"
                and bool(_CLEANS.search(bound.node.text()[:2000]))
            )
        return False

    def source_of(self, node: SgNode) -> tuple[Any, Any, int]:
        """(source, name, line) of the most telling part of an expression."""
        return self._source(node, 0)

    def _source(self, node: SgNode | None, steps: int) -> tuple[Any, Any, int]:
        """(source, name, line) of the most telling part of an expression."""
        if node is None or steps > self.most_steps:
            return "unknown", "", 0
        kind = node.kind()
        line = node.range().start.line + 1
        if kind in ("string", "number", "regex", "true", "false", "null", *FUNCTIONS):
            return "constant", "", line
        if kind in WRAPPERS:
            return self._source(first_named(node), steps + 1)
        if kind in ("call_expression", "new_expression"):
            return self._called(node, line, steps)
        if _REQUEST.search(node.text()[:200]) and kind in ("member_expression", "subscript_expression"):
            return "user", node.text()[:60], line
        if kind in ("member_expression", "subscript_expression"):
            if _OF_ENVIRONMENT.match(node.text()[:120]):
                return "constant", "", line  # whoever runs it sets it
            found = self._source(node.field("object"), steps + 1)
            return (found[0], node.text()[:60], found[2]) if found[0] == "unknown" else found
        if kind in ("identifier", "shorthand_property_identifier"):
            return self._named(node, line, steps)
        parts = [
            self._source(one, steps + 1)
            for one in node.children()
            if one.is_named() and one.kind() not in ("comment", "string_fragment")
        ]
        if kind == "template_string" and not any(one.kind() == "template_substitution" for one in node.children()):
            return "constant", "", line
        for wanted in ("llm", "user", "call", "unknown"):
            for found in parts:
                if found[0] == wanted:
                    return found
        return "constant", "", line

    def _called(self, node: SgNode, line: int, steps: int) -> tuple[Any, Any, int]:
        if _ENVIRONMENT.match(node.text()[:40]):
            return "constant", "", line  # whoever runs it sets it
        named = self.resolver.called(node)
        name = dotted(named.spec, named.rest)
        if named.spec not in (LOCAL, UNKNOWN, GLOBAL) and self.models.match(name):
            return "llm", name, line
        if self.requests.asks(node, named):
            return "llm", name, line
        if named.spec == LOCAL and named.rest in self.answering():
            return "llm", named.rest, line
        if _CONVERTS.search(name) and name.partition(".")[0] != "JSON" and not _OF_MARKDOWN.match(name):
            return "constant", "", line
        if not self.lets_through(node):
            return ("call", [named.spec, named.rest], line) if own_spec(named.spec) else ("unknown", name[-60:], line)
        arguments = node.field("arguments")
        inner = (
            self._source(arguments, steps + 1)
            if arguments is not None and arguments.kind() == "arguments"
            else ("constant", "", line)
        )
        if inner[0] in ("llm", "user"):
            return inner
        called = node.field("function")
        if called is not None and self._is_own_text(called):
            return "constant", "", line
        at_once = called is not None and called.kind() in WRAPPERS
        if called is not None and at_once and arguments is not None and first_named(arguments) is None:
            return self._made_at_once(first_named(called), line, steps)
        if called is not None and called.kind() == "member_expression":
            receiver = self._source(called.field("object"), steps + 1)
            if receiver[0] in ("llm", "user"):
                return receiver
        if own_spec(named.spec):
            return "call", [named.spec, named.rest], line
        return "unknown", name[-60:], line

    def lets_through(self, call: SgNode) -> bool:
        """Whether what a call gives back is still made of what it was given."""
        return True

    def _is_own_text(self, called: SgNode) -> bool:
        """`show.toString` of a function of the same file: its own words, for a script that a page begins with."""
        property_, owner = called.field("property"), called.field("object")
        if property_ is None or property_.text() != "toString" or owner is None or owner.kind() != "identifier":
            return False
        bound = self.module.bound(owner.text(), owner.range().start.index)
        return bound is not None and bound.kind == "function"

    def _made_at_once(self, node: SgNode | None, line: int, steps: int) -> tuple[Any, Any, int]:
        """What a function gives back that is called where it is written: `(() => { …; return text })()`."""
        if node is None or node.kind() not in FUNCTIONS:
            return "unknown", "", line
        given = list(node.find_all(kind="return_statement"))
        if len(given) > MOST_RETURNS:
            return "unknown", "", line
        found = [self._source(first_named(one), steps + 1) for one in given]
        for wanted in ("llm", "user", "call", "unknown"):
            for one in found:
                if one[0] == wanted:
                    return one
        return ("constant" if found else "unknown"), "", line

    def _named(self, node: SgNode, line: int, steps: int) -> tuple[Any, Any, int]:
        bound = self.module.bound(node.text(), node.range().start.index)
        if bound is None or bound.imported is not None or bound.kind in ("function", "class"):
            return ("constant" if bound is not None else "unknown"), node.text()[:60], line
        if bound.kind == "param" and bound.scope.kind == "for_in_statement" and bound.scope.node is not None:
            return self._source(bound.scope.node.field("right"), steps + 1)  # `for await (const part of stream)`
        if bound.kind == "param" and not bound.path and bound.scope.kind in FUNCTIONS:
            return self._handed(node.text(), bound.scope, line, steps)
        if (
            bound.kind == "param"
            or bound.node is None
            or (bound.node.kind() == "variable_declarator" and not bound.assigned)
        ):
            return "unknown", node.text()[:60], line
        key = (node.text(), bound.scope.start)
        if key not in self._names:
            self._names[key] = "constant", node.text()[:60], line  # a text that is put together from itself
            values = [bound.node, *bound.assigned][:6]
            found = [self._source(one, steps + 1) for one in values if one.kind() != "variable_declarator"]
            for wanted in ("unknown", "call", "user", "llm"):
                self._names[key] = next((one for one in found if one[0] == wanted), self._names[key])
        return self._names[key]

    def _handed(self, name: str, scope: Scope, line: int, steps: int) -> tuple[Any, Any, int]:
        """What the calls of a function hand over as a parameter, where the file keeps the function to itself."""
        key = (name, scope.start)
        if key in self._names:
            return self._names[key]
        self._names[key] = unknown = "unknown", name[:60], line
        own, made = scope.name, scope.node
        if not own or made is None or made.kind() == "method_definition" or len(self.module.bindings[own]) != 1:
            return unknown
        word = re.escape(own)
        calls = [one for one in self.module.calls if (at := one.field("function")) is not None and at.text() == own]
        named = len(re.findall(rf"(?<![\w$.]){word}(?![\w$])", self.module.text))
        shared = re.search(
            rf"\bexport\s+(?:default\s+)?(?:async\s+)?(?:const|let|var|function\*?)\s+{word}\b", self.module.text
        )
        place = place_of(name, made)
        if shared is not None or place is None or not calls or len(calls) > MOST_CALLS or named != len(calls) + 1:
            return unknown
        given = [_argument_at(one, place) for one in calls]
        found = [("constant", "", line) if one is None else self._source(one, steps + 2) for one in given]
        for wanted in ("llm", "user", "call", "unknown", "constant"):
            for one in found:
                if one[0] == wanted:
                    self._names[key] = one
                    return one
        return unknown


def place_of(name: str, made: SgNode) -> int | None:
    """Which parameter of a function a name is."""
    single, listed = made.field("parameter"), made.field("parameters")
    given = [single] if single is not None else list(listed.children()) if listed is not None else []
    for place, one in enumerate(one for one in given if one.is_named() and one.kind() != "comment"):
        pattern = one.field("pattern") or one.field("left") or one
        if pattern.kind() == "identifier" and pattern.text() == name:
            return place
    return None


def _argument_at(call: SgNode, place: int) -> SgNode | None:
    """What a call hands over at a place; all that it hands over where that cannot be told."""
    arguments = call.field("arguments")
    if arguments is None:
        return None
    given = named_in(arguments)
    if arguments.kind() == "template_string" or any(one.kind() == "spread_element" for one in given):
        return arguments
    return given[place] if place < len(given) else None


@cache
def completions() -> Patterns:
    return Patterns(expanded(["group:llm.answer", "group:llm.run"]))
