"""Requests, files, statements that are no text where they are run, and pages that a server puts together; and whether
an address begins with a place of the project's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import WRAPPERS, Module, first_named
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from aiaudit.probes.javascript.flows import FlowFinder

MAX_STEPS: Final = 16
_FETCHES: Final = lazy.regex(
    r"^(?:(?:globalThis\.|window\.|undici\.|node-fetch\.?|cross-fetch\.?)?fetch|(?:node|cross|isomorphic)-fetch|isomorphic-unfetch|node-fetch-native|axios(?:\.(?:get|post|put|patch|delete|head|request))?|got(?:\.\w+)?|ky(?:\.\w+)?|ofetch\.(?:ofetch|\$fetch)|\$fetch)$"
)
_WRITES: Final = lazy.regex(
    r"^(?:fs|fs/promises|fs-extra|fs\.promises)\.(?:promises\.)?(?:writeFile(?:Sync)?|appendFile(?:Sync)?|unlink(?:Sync)?|rm(?:Sync)?)$|^Bun\.write$|^Deno\.(?:writeTextFile|writeFile|remove)$"
)
# A store of files: what is asked for by its name is handed out or taken away, whoever put it there.
_STORED: Final = lazy.regex(r"^@vercel/blob\.(?:get|del)$")
_RUNS_STATEMENT: Final = lazy.regex(
    r"(?i)(?:^|\.|_)(?:session|tx|transaction|driver|db|database|pool|client|conn|connection|neo4j|pg|mysql|sqlite|duckdb|graph)\.(?:query|execute|executeQuery|run|all|prepare|exec)$"
)
_METHODS: Final = name_set("query execute executeQuery run all prepare exec send html end write")
_NO_DATABASE: Final = lazy.regex(r"(?i)queryclient|apollo|redis|convex|supabase|trpc|openai|anthropic|mcp")
_CONSTANT: Final = lazy.regex(r"^[A-Z][A-Z0-9_]+$")
_TAG: Final = lazy.regex(r"(?i)<(?:!doctype|html|body|div|p|span|h[1-6]|ul|table|article)\b")
_ANSWERS: Final = lazy.regex(r"^(?:_?res|response|reply|c|ctx|context)\b")


def reaching(call: SgNode, name: str, given: list[SgNode]) -> tuple[str, str, SgNode | None] | None:
    """A request, a file, a statement that is no text here, or a page that a server puts together."""
    if _FETCHES.match(name):
        options = given[0] if given[0].kind() == "object" else None  # `axios({url, …})`
        return "url", name[-60:], property_of(options, "url") if options is not None else given[0]
    if _WRITES.match(name) or _STORED.match(name):
        return "file", name[-60:], given[0]
    if name.rpartition(".")[2] not in _METHODS or (called := call.field("function")) is None:
        return None
    written = called.text()[-80:]
    put_together = given[0].kind() in ("identifier", "member_expression", "binary_expression", "template_string")
    if put_together and _RUNS_STATEMENT.search(written) and not _NO_DATABASE.search(f"{name} {written}"):
        return "sql", written[-60:], given[0]
    last = written.rpartition(".")[2]
    if _ANSWERS.match(written) and last in ("send", "html", "end", "write") and _is_page(given[0]):
        return "html", written[-60:], given[0]
    return None


def pages(module: Module) -> Iterator[tuple[SgNode, str, SgNode]]:
    """`new Response(page, {headers: {"Content-Type": "text/html"}})`."""
    if "text/html" not in module.text:
        return
    for node in module.root.find_all({"rule": {"kind": "new_expression", "regex": r"^new\s+(?:Next)?Response\("}})[
        :100
    ]:
        arguments = node.field("arguments")
        given = [one for one in arguments.children() if one.is_named()] if arguments is not None else []
        if len(given) > 1 and "text/html" in given[1].text()[:2000]:
            yield node, "the page that is answered", given[0]


class Addresses:
    """Where the addresses of one file come from."""

    def __init__(self, finder: FlowFinder) -> None:
        self.finder = finder

    def of(self, node: SgNode | None, steps: int = 0) -> tuple[Any, Any, int]:
        """The same of an address. What it begins with decides: where that is the project's own, the rest does no harm;
        behind a host that is spelled out every part counts."""
        told = node.text()[:60] if node is not None and node.kind() == "identifier" else ""
        if _CONSTANT.match(told):
            return "constant", "", 0
        node = self._spelled_out(node)
        line = node.range().start.line + 1 if node is not None else 0
        if node is None or steps > MAX_STEPS:
            return "unknown", "", line
        if node.kind() in ("call_expression", "new_expression"):
            inner = self._of_url(node)
            found = self.of(inner, steps + 1) if inner is not None else self.finder.source_of(node)
            return _by_its_name(found, told)
        first: SgNode | None = node
        while first is not None and first.kind() == "binary_expression":
            first = first.field("left")
        if first is not None and first.kind() == "template_string":
            words = first.text().lstrip("`")
            if words.startswith("${"):
                begins = first.find(kind="template_substitution")
                return self.of(first_named(begins) if begins is not None else None, steps + 1)
            return ("constant", "", line) if words.startswith("/") else self.finder.source_of(node)
        if first is not None and first.kind() == "string":
            own = first.text()[1:2] == "/"
            return ("constant", "", line) if own or first is node else self.finder.source_of(node)
        found = self.finder.source_of(first if first is not None else node)
        return _by_its_name(found, told)

    def _spelled_out(self, node: SgNode | None) -> SgNode | None:
        """What a name stands for that is given once."""
        for _ in range(MAX_STEPS):
            if node is not None and node.kind() in WRAPPERS:
                node = first_named(node)
                continue
            if node is None or node.kind() != "identifier":
                break
            bound = self.finder.module.bound(node.text(), node.range().start.index)
            if bound is None or bound.kind != "value" or bound.path or bound.node is None or bound.assigned:
                break
            if bound.node.kind() == "variable_declarator":
                break
            node = bound.node
        return node

    def _of_url(self, node: SgNode) -> SgNode | None:
        """What `new URL(path, base)` begins with, also as a text."""
        arguments = node.field("arguments")
        if node.kind() == "new_expression":
            made = node.field("constructor")
            given = [one for one in arguments.children() if one.is_named()] if arguments is not None else []
            return given[-1] if made is not None and made.text() == "URL" and given else None
        called = node.field("function")
        member = called.field("property") if called is not None else None
        if called is None or member is None or member.text() not in ("toString", "replace", "trim", "concat"):
            return None
        return self._spelled_out(called.field("object"))


def _by_its_name(found: tuple[Any, Any, int], told: str) -> tuple[Any, Any, int]:
    """What is not known by the name that it has where it is used, unless a function of a telling name made it."""
    telling = isinstance(found[1], str) and found[1].startswith("@")
    return (found[0], told, found[2]) if told and found[0] == "unknown" and not telling else found


def property_of(node: SgNode, name: str) -> SgNode | None:
    """What an object literal holds under a name."""
    for one in node.children():
        if one.kind() == "pair" and (key := one.field("key")) is not None and key.text().strip("\"'") == name:
            return one.field("value")
        if one.kind() == "shorthand_property_identifier" and one.text() == name:
            return one
    return None


def _is_page(node: SgNode) -> bool:
    """Whether a text that is put together has tags."""
    return node.kind() == "template_string" and bool(_TAG.search(node.text()[:4000]))
