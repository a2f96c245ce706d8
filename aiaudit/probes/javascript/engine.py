"""The engine: runs once over each JavaScript and TypeScript file, and finds what all queries ask for.

A file in which nothing stands that is asked for is not parsed: only its imports are read off its text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.debug import show_where
from aiaudit.model.fact import PART_FAILED
from aiaudit.probes.javascript import open_loops
from aiaudit.probes.javascript.base_record import base_record, light_record
from aiaudit.probes.javascript.calls import CallFinder
from aiaudit.probes.javascript.module import Module, TooLarge
from aiaudit.probes.javascript.names import roots
from aiaudit.probes.javascript.prepared import CALLED
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.source import HTML, MAX_SOURCE, PAGES, PLAIN, SUFFIXES, Unparsed, parse, scripts_of
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.match import patterns_of
from aiaudit.project.reader import WIDE_MARKS, decode

if TYPE_CHECKING:
    from aiaudit.probes.base import Query
    from aiaudit.project.tree import Entry

NAME: Final = "javascript"
VERSION: Final = 115  # of the records; part of the cache key
LEFT_OUT: Final = frozenset({"vendored", "generated"})
_CLIENT: Final = lazy.linear(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:(?://[^\n]*\n|/\*[^*]*\*/)\s*)*[\"']use client[\"']"
    rb"|\bfrom [\"']react-dom(?:/client)?[\"']"
    rb"|\buse(?:State|Effect|LayoutEffect|Ref|Reducer|Callback)\s*[(<]|\bcustomElements\.define\("
)
# What pages import of such a file are references by which they ask the server.
_SERVER: Final = lazy.linear(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:(?://[^\n]*\n|/\*(?:[^*]|\*[^/])*\*/)\s*)*[\"']use server[\"']"
    rb"|(?m:^)\s*import\s*[\"']server-only[\"']"
)
# A script that a page loads as it is: it works on the page, and neither takes nor gives anything by a module.
_OF_A_PAGE: Final = lazy.linear(
    rb"\bdocument\.(?:getElementById|querySelector(?:All)?|createElement|addEventListener|body|forms)\b"
    rb"|\bwindow\.(?:addEventListener|location|onload)\b"
)
_BY_A_MODULE: Final = lazy.regex(
    rb"(?m)^\s*(?:import|export)\b|\brequire\s*\(|\bimport\s*\(|\bmodule\.exports\b|\bexports\.\w|\b(?:Deno|Bun)\.\w|\bprocess\.\w"
)
_FEATURES: Final = (
    "routes",
    "prompts",
    "flows",
    "rescues",
    "parses",
    "tools",
    "instructions",
    "loops",
    "logged",
    "log_values",
    "caught",
    "records",
)


def _runs(data: bytes, client: bool) -> dict[str, bool]:
    """`client`: in a browser only; `server`: never there, whoever imports it."""
    if _SERVER.search(data):
        return {"server": True}
    return {"client": True} if client or _CLIENT.search(data) else {}


class JavaScriptEngine:
    """See `aiaudit.probes.base.Engine`. Built from the queries of all probes that use it."""

    name = NAME

    def __init__(self, queries: Iterable[Query]) -> None:
        wanted: set[str] = set()
        features: set[str] = set()
        self.whole = False  # all files are parsed, also those in which nothing stands that is asked for
        for query in queries:
            wanted.update(getattr(query, "names", tuple)())
            features.update(getattr(query, "features", ()))
            self.whole = self.whole or getattr(query, "whole", False)
        self.patterns = patterns_of(sorted(wanted))
        self.features = tuple(one for one in _FEATURES if one in features)
        self._wanted = wanted

    @cached_property
    def _marks(self) -> Any:
        return _marks(self._wanted)

    def key(self) -> str:
        asked = json.dumps([VERSION, self.patterns.all, self.features, self.whole])
        return hashlib.sha256(asked.encode()).hexdigest()

    def wants(self, entry: Entry) -> bool:
        """Also files that are too large or minified, so that they are told of; not vendored or generated ones."""
        if entry.suffix in HTML and "flows" not in self.features:
            return False
        return (
            (entry.suffix in SUFFIXES or entry.suffix in HTML) and entry.kind == "file" and entry.role not in LEFT_OUT
        )

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        """The record of one file; `{"error": reason}` where it cannot be parsed."""
        if entry.suffix in HTML:
            return self._of_page(data)
        try:
            return self._scan(data, entry.suffix)
        except Unparsed as error:
            return {"error": str(error), **self._by_text(data, entry)}
        except TooLarge:
            return {"error": "too many calls and names to follow", **self._by_text(data, entry)}
        except RecursionError:
            return {"error": "nested too deeply"}

    def _of_page(self, data: bytes) -> dict[str, Any]:
        """What the scripts of a page put into it. One that cannot be read is nobody's module."""
        from aiaudit.probes.javascript import page_flows

        if len(data) > MAX_SOURCE or not page_flows.MARKS.search(data):
            return {}
        try:
            root, text = parse(scripts_of(data)[0], ".js")
            module = Module(root, text)
            rows = page_flows.PageFlows(module, Resolver(module)).rows()
        except (Unparsed, TooLarge, RecursionError):
            return {}
        return {"flows": rows} if rows else {}

    def _by_text(self, data: bytes, entry: Entry) -> dict[str, Any]:
        """What may stand in a file that is not parsed, where its bytes show it."""
        from aiaudit.probes.javascript import lost

        found = lost.lost_in(data, entry.path, self.patterns.all, _signs())
        return {"lost": found} if found else {}

    def _scan(self, data: bytes, suffix: str) -> dict[str, Any]:
        from aiaudit.probes.javascript import asked_errors, log_values, logged

        if data.startswith(WIDE_MARKS):  # as PowerShell saves it
            data = decode(data).encode("utf-8", "replace")
        client = suffix in PAGES  # what Vue and Svelte write is for the browser
        client = client or bool(suffix == ".js" and _OF_A_PAGE.search(data) and not _BY_A_MODULE.search(data))
        if suffix in PAGES and len(data) <= MAX_SOURCE:
            data, suffix = scripts_of(data)
        if not self.whole and len(data) <= MAX_SOURCE and not self._matters(data, client):
            return light_record(data) | _runs(data, client)
        root, text = parse(data, suffix)
        module = Module(root, text, jsx=suffix not in PLAIN)
        resolver = Resolver(module)
        values = Values(resolver)
        record: dict[str, Any] = {"base": base_record(module, resolver, values)}
        finder = CallFinder(module, resolver, values, self.patterns)
        calls = finder.rows()
        if calls:
            record["calls"] = calls
        if "loops" in self.features:
            record |= open_loops.OpenLoopFinder(module, resolver, finder).record()
        runs = _runs(data, client)
        record |= runs
        logs = logged.MARKS.search(data) or asked_errors.MARKS.search(data)
        if "log_values" in self.features and "client" not in runs and logs:
            record |= log_values.LogValuesFinder(module, resolver).record()
        failed: dict[str, Exception] = {}
        record |= self._extracted(data, module, resolver, values, failed)
        if failed:
            why = ", ".join(f"{name}: {type(error).__name__}" for name, error in failed.items())
            record["error"] = f"{PART_FAILED} ({why}); the rest was read"
            record["lost"] = {"words": [], "packages": [], "marks": sorted(failed)}
            record["failed"] = sorted(failed)
        return record

    def _extracted(
        self, data: bytes, module: Module, resolver: Resolver, values: Values, failed: dict[str, Exception]
    ) -> dict[str, Any]:
        """What the extractors find. `failed` takes those that broke, and why."""
        from aiaudit.probes.javascript import (
            caught,
            error_values,
            flows,
            instructions,
            logged,
            page_flows,
            parses,
            prompts,
            records,
            rescues,
            routes,
            sentries,
            steps,
            tools,
        )

        found: dict[str, Any] = {}

        def take(feature: str, look: Callable[[], Mapping[str, Any]]) -> None:
            """What one extractor finds. One that breaks leaves open only what it alone is asked for."""
            try:
                found.update(look())
            except (TooLarge, RecursionError, MemoryError):  # of the file, whoever looks at it
                raise
            except Exception as error:
                show_where()
                failed[feature] = error

        def rows(feature: str, part: str, look: Callable[[], Sequence[Any]]) -> None:
            """The same of one that finds rows, where there are any."""
            take(feature, lambda: {part: found_rows} if (found_rows := look()) else {})

        if "rescues" in self.features or "tools" in self.features:
            take("rescues", lambda: steps.StepFinder(module, resolver, values).record())
            failed |= {"tools": failed["rescues"]} if failed else {}
        if "rescues" in self.features and rescues.MARKS.search(data):
            rows("rescues", "rescues", lambda: rescues.rescues(module, resolver))
        if "rescues" in self.features:
            rows("rescues", "replaced", lambda: rescues.replaced(module, resolver))
        if "routes" in self.features and routes.MARKS.search(data):
            take("routes", lambda: routes.RouteFinder(module, resolver, values).record())
        if "routes" in self.features and sentries.MARKS.search(data):
            take("routes", lambda: sentries.SentryFinder(module).record())
        if "caught" in self.features and caught.MARKS.search(data):
            rows("caught", "caught", lambda: caught.CaughtFinder(module).found())
        if "caught" in self.features and error_values.MARKS.search(data) and routes.MARKS.search(data):
            told = frozenset(row["line"] for row in found.get("caught", ()))
            known = found.get("caught", [])
            rows("caught", "caught", lambda: [*known, *error_values.ErrorValues(module, resolver, told).rows()])
        if "tools" in self.features and tools.MARKS.search(data):
            rows("tools", "tools", lambda: tools.ToolFinder(module, resolver, values).found())
        if "records" in self.features and records.MARKS.search(data):
            take("records", lambda: records.RecordFinder(module, resolver).record())
        if "prompts" in self.features and prompts.MARKS.search(data):
            rows("prompts", "prompts", lambda: prompts.PromptFinder(module, resolver, values).found())
        if "flows" in self.features:
            finder = flows.FlowFinder(module, resolver)
            if page_flows.MARKS.search(data):
                rows("flows", "flows", page_flows.PageFlows(module, resolver).rows)
            elif flows.MARKS.search(data):
                rows("flows", "flows", finder.rows)
            rows("flows", "answering", finder.answering)
            if "flows" in failed:  # in which functions a model is called, all of these ask
                failed |= dict.fromkeys(("logged", "parses", "instructions"), failed["flows"])
            if "logged" in self.features and logged.MARKS.search(data):
                rows("logged", "logged", lambda: logged.LoggedFinder(finder).rows())
            if "parses" in self.features and parses.MARKS.search(data):
                rows("parses", "parses", lambda: parses.ParseFinder(finder, values).rows())
            if "instructions" in self.features and (instructions.MARKS.search(data) or routes.MARKS.search(data)):
                names = found.get("answering", [])
                take("instructions", lambda: instructions.InstructionFinder(module, resolver, names).record())
        return found

    def _matters(self, data: bytes, client: bool) -> bool:
        """Whether anything stands in the file that some query or extractor asks for."""
        from aiaudit.probes.javascript import asked_errors, logged

        marks = _signs()
        logs = logged.MARKS.search(data) or asked_errors.MARKS.search(data)
        if "log_values" in self.features and logs and not client and not _CLIENT.search(data):
            return True  # the console of a browser is no log of a service
        return self._marks.search(data) is not None or any(
            marks[one].search(data) for one in (*self.features, "sentries") if one in marks
        )


def _signs() -> dict[str, lazy.Linear]:
    """By which each extractor may find something in a file."""
    from aiaudit.probes.javascript import (
        caught,
        flows,
        instructions,
        parses,
        prompts,
        records,
        rescues,
        routes,
        sentries,
        tools,
    )

    return {
        "sentries": sentries.MARKS,
        "instructions": instructions.MARKS,
        "routes": routes.MARKS,
        "prompts": prompts.MARKS,
        "flows": flows.MARKS,
        "rescues": rescues.MARKS,
        "parses": parses.MARKS,
        "tools": tools.MARKS,
        "loops": open_loops.MARKS,
        "caught": caught.MARKS,
        "records": records.MARKS,
    }


def _marks(patterns: Iterable[str]) -> Any:
    """The packages that patterns begin with, in quotes, and the identifiers that they end in, before a bracket."""
    import re2

    patterns = sorted(patterns)
    packages = {one.replace("*", "[^\"'`]*") if "*" in one else re.escape(one) for one in roots(patterns)} - {
        "[^\"'`]*"
    }
    plain = [one.removesuffix(f".{CALLED}") for one in patterns]
    lasts = {one.rpartition(".")[2] for one in plain if "." in one or "/" not in one} - {"*"}
    parts = []
    if packages:
        parts.append(
            r"[\"'`](?:node:|npm:/?|jsr:/?|(?:https?:)?//[^\"'\n]{1,100}/\*?(?:npm:)?)?(?:"
            + "|".join(sorted(packages))
            + r")(?:[/@?][^\"'`\n]*|(?:-[\w-]+)?\.m?js(?:[@?][^\"'`\n]*)?)?[\"'`]"
        )
    if lasts:
        parts.append(r"\b(?:" + "|".join(sorted(map(re.escape, lasts))) + r")\s*(?:\?\.)?[(<`]")
    options = re2.Options()
    options.max_mem = 64 * 1024 * 1024
    return re2.compile(("|".join(parts) or "[^\\x00-\\x{10FFFF}]").encode(), options)
