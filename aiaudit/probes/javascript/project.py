"""Names across files: what an import stands for when relative paths, tsconfig's aliases and workspaces are followed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from msgspec import Struct, convert, field

from aiaudit.model.types import Unknown, from_json
from aiaudit.probes.base import Context
from aiaudit.probes.javascript.lost import Lost
from aiaudit.probes.javascript.names import GLOBAL, LOCAL, UNKNOWN, dotted
from aiaudit.project.entry import Entry
from aiaudit.project.found import errors_in, without
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

MAX_STEPS: Final = 8
_MEMO: Final = "javascript.project"
_SUFFIXES: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
# Why a file was not parsed that no person writes: such files are told of, and count as generated.
GENERATED_REASONS: Final = ("minified", "larger than")


class Found(Struct):
    """What a name stands for: its dotted name; the file of the project that defines it, and the name in it."""

    name: str
    kw: dict[str, Any] = field(default_factory=dict)
    star: bool = False
    known: bool = False  # the call that made the object was seen
    path: str = ""
    local: str = ""


class JavaScriptProject:
    """All scanned JavaScript and TypeScript files of a project."""

    def __init__(
        self,
        scans: Mapping[str, dict[str, Any]],
        aliases: Mapping[str, list[tuple[str, str]]] | None = None,
        packages: Mapping[str, str] | None = None,
        tests: Iterable[str] = (),
        extensions: Iterable[str] = (),
    ) -> None:
        """`aliases`: folder of a tsconfig -> (pattern, target) of its paths. `packages`: name -> folder. `tests`: the
        files that test others. `extensions`: folders of what a browser is extended by. `lost`: what may stand in the
        files that could not be parsed, where their text tells. `failed`: by file, the extractors that broke on it."""
        self.unparsed = errors_in(scans)
        self.lost = {path: convert(one, Lost) for path in self.unparsed if (one := scans[path].get("lost"))}
        self.failed = {
            path: (broke, self.unparsed[path]) for path in sorted(self.lost) if (broke := scans[path].get("failed"))
        }
        self.records = without(scans, {path for path in self.unparsed if "base" not in scans[path]})
        self.calls: dict[str, list[dict[str, Any]]] = {}  # filled by javascript.calls, file by file
        self._files = set(scans)
        self._aliases = dict(aliases or {})
        self._packages = dict(packages or {})
        self._tests = frozenset(tests)
        self._extensions = tuple(f"{folder}/" if folder else "" for folder in extensions)
        self._found: dict[tuple[str, str], str | None] = {}
        self.memo: dict[str, Any] = {}  # what probes work out once of all files

    @cached_property
    def clients(self) -> set[str]:
        """Files that run in a browser only: they say so, use hooks of React, belong to an extension of it or lie in the
        folder that is handed to it as it is, or only such files import them, and they do not say to be the server's."""
        importers: dict[str, set[str]] = {}
        for path in self.records:
            if path in self._tests:  # a test imports what runs in a browser, and serves nobody
                continue
            for one in self.base(path).get("imports", ()):
                target = self.file(one[1], path) if one[4] != "type" else None
                if target is not None and target != path:
                    importers.setdefault(target, set()).add(path)
        found = {
            path
            for path, record in self.records.items()
            if record.get("client") or path.startswith(self._extensions) or "/public/" in f"/{path}"
        }
        todo = list(found)
        below: dict[str, set[str]] = {}
        for target, sources in importers.items():
            for source in sources:
                below.setdefault(source, set()).add(target)
        while todo:
            for target in below.get(todo.pop(), ()):
                known = self.records.get(target)
                if target not in found and known and not known.get("server") and importers[target] <= found:
                    found.add(target)
                    todo.append(target)
        return found

    def base(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self.records[path].get("base", {})
        return found

    def file(self, spec: str, importer: str) -> str | None:
        """The file of the project that `spec` means as `importer` imports it; None for a package."""
        if spec in (GLOBAL, LOCAL, UNKNOWN):
            return None
        key = (spec, importer.rpartition("/")[0])
        if key not in self._found:
            self._found[key] = self._file(spec, key[1])
        return self._found[key]

    def target(self, spec: str, importer: str) -> str | None:
        """Where a file would have to lie, with the ending that is written, that a relative import or one by an alias
        means; None for packages."""
        above = importer.rpartition("/")[0]
        if spec.startswith(("./", "../")):
            return posixpath.normpath(posixpath.join(above, spec))
        while True:
            for pattern, target in self._aliases.get(above, ()):
                head, star, tail = pattern.partition("*")
                if star and not tail and head.endswith("/") and spec.startswith(head) and target.count("*") == 1:
                    return posixpath.normpath(posixpath.join(above, target.replace("*", spec[len(head) :])))
            if not above:
                return None
            above = posixpath.dirname(above)

    def _file(self, spec: str, folder: str) -> str | None:
        if spec.startswith("."):
            return self._stem(posixpath.normpath(posixpath.join(folder, spec)))
        above = folder
        library = f"src/lib{spec.removeprefix('$lib')}" if spec.startswith("$lib") else ""  # SvelteKit's own alias
        while True:
            if library and (found := self._stem(posixpath.normpath(posixpath.join(above, library)))):
                return found
            for pattern, target in self._aliases.get(above, ()):
                found = self._by_alias(spec, pattern, posixpath.normpath(posixpath.join(above, target)))
                if found:
                    return found
            if not above:
                break
            above = posixpath.dirname(above)
        return self._workspace(spec)

    def _by_alias(self, spec: str, pattern: str, target: str) -> str | None:
        head, star, tail = pattern.partition("*")
        if not star:
            return self._stem(target) if spec == pattern else None
        if not spec.startswith(head) or not spec.endswith(tail) or len(spec) < len(head) + len(tail):
            return None
        return self._stem(target.replace("*", spec[len(head) : len(spec) - len(tail)], 1))

    def _workspace(self, spec: str) -> str | None:
        parts = spec.split("/")
        count = 2 if spec.startswith("@") else 1
        home = self._packages.get("/".join(parts[:count]))
        if home is None:
            return None
        rest = "/".join(parts[count:]) or "index"
        for folder in ("src", "", "lib", "source"):
            found = self._stem(posixpath.normpath(posixpath.join(home, folder, rest)))
            if found:
                return found
        return None

    def _stem(self, stem: str) -> str | None:
        stem = "" if stem == "." else stem
        if stem in self._files:
            return stem
        bare = re.sub(r"\.[mc]?jsx?$", "", stem)
        for base in dict.fromkeys((stem, bare)):
            for suffix in _SUFFIXES:
                if base + suffix in self._files:
                    return base + suffix
        for suffix in _SUFFIXES:
            index = posixpath.join(stem, f"index{suffix}")
            if index in self._files:
                return index
        return None

    def follow(self, spec: str, rest: str, importer: str) -> Found:
        """What a name stands for when the project's own files are followed."""
        found = Found(dotted(spec, rest))
        for _ in range(MAX_STEPS):
            path = self.file(spec, importer)
            if path is None:
                found.name = dotted(spec, rest)
                return found
            step = self._step(path, rest) if path in self.records else None
            if step is None:
                return Found(f"@.{rest}" if rest else "@", found.kw, found.star, found.known, path, rest or "*")
            if isinstance(step, str):
                return Found(f"@.{step}", found.kw, found.star, found.known, path, step)
            (spec, rest), row = step
            if row.get("local"):
                found.path, found.local = path, str(row["local"])
            found.kw = {**{str(key): from_json(value) for key, value in row.get("kw", {}).items()}, **found.kw}
            found.star = found.star or bool(row.get("star"))
            found.known = found.known or "kw" in row
            importer = path
        return found

    def made_at(self, spec: str, rest: str, importer: str) -> Iterator[tuple[str, str]]:
        """The files on the way to what a name stands for, each with the name there: `const save = asyncHandler(…)`
        stands for what the helper gives back, and is made where the helper is called."""
        for _ in range(MAX_STEPS):
            path = self.file(spec, importer)
            step = self._step(path, rest) if path is not None and path in self.records else None
            if path is None or step is None or isinstance(step, str):
                return
            yield path, str(step[1].get("local") or rest.partition(".")[0])
            (spec, rest), importer = step[0], path

    def _step(self, path: str, rest: str) -> tuple[tuple[str, str], dict[str, Any]] | str | None:
        """What a name exported by a file stands for elsewhere, or its name in that file, or None."""
        base = self.base(path)
        exports = base.get("exports", {})
        first, _, more = rest.partition(".")
        if first not in exports and "*" in exports:
            first, more = "*", rest
        row = exports.get(first)
        if row is not None:
            if "name" not in row or (
                row.get("call") and not more
            ):  # a factory stands for what it makes where it is called
                return f"{row.get('local', first)}.{more}" if more else str(row.get("local", first))
            spec, inner = row["name"]
            return (spec, ".".join(part for part in (inner, more) if part)), row
        for _, spec, name, alias, kind in base.get("imports", ()):
            if kind == "reexport" and alias and alias == first:
                return (spec, ".".join(part for part in ("" if name == "*" else name, more) if part)), {}
        for _, spec, name, _alias, _kind in base.get("imports", ()):
            if name == "**":
                target = self.file(spec, path)
                if target is not None and target != path and target in self.records and self._offers(target, first):
                    return (spec, rest), {}
        return None

    def _offers(self, path: str, name: str, depth: int = 0) -> bool:
        base = self.base(path)
        if name in base.get("exports", {}) or any(
            one[3] == name and one[4] == "reexport" for one in base.get("imports", ())
        ):
            return True
        return depth < 3 and any(
            one[2] == "**"
            and (target := self.file(one[1], path)) not in (None, path)
            and target in self.records
            and self._offers(target, name, depth + 1)
            for one in base.get("imports", ())
        )

    def fill(self, value: Any, importer: str) -> Any:
        """`value` with references to constants of the project's own files replaced by what they are."""
        if isinstance(value, Unknown) and value.reason.startswith("$ref "):
            spec, _, rest = value.reason[5:].partition(" ")
            found = self.follow(spec, "" if rest == "*" else rest, importer)
            constants = self.base(found.path).get("constants", {}) if found.path in self.records else {}
            if found.local in constants:
                return constants[found.local]
            return Unknown(found.name)
        if isinstance(value, list):
            return [self.fill(one, importer) for one in value]
        if isinstance(value, dict):
            return {key: self.fill(one, importer) for key, one in value.items()}
        return value


def javascript_project(context: Context) -> JavaScriptProject:
    """The project's JavaScript and TypeScript files, put together once for all queries."""
    if _MEMO not in context.memo:
        scans = context.scans.get("javascript", {})
        aliases = _aliases(context) if scans else {}
        packages = _packages(context) if scans else {}
        tests = [entry.path for entry in context.project.files if entry.role is Role.TEST] if scans else ()
        extensions = _extensions(context) if scans else ()
        context.memo[_MEMO] = JavaScriptProject(scans, aliases, packages, tests, extensions)
    made = context.memo[_MEMO]
    assert isinstance(made, JavaScriptProject)
    return made


def _aliases(context: Context) -> dict[str, list[tuple[str, str]]]:
    """The path aliases of all tsconfig and jsconfig files, by folder; longer patterns first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in context.project.matching(["**/tsconfig*.json", "**/jsconfig.json"]):
        settings = _settings(context, entry)
        options = settings.get("compilerOptions")
        if not isinstance(options, dict):
            continue
        base = options.get("baseUrl")
        base = base if isinstance(base, str) else "."
        paths = options.get("paths")
        rows = found.setdefault(entry.path.rpartition("/")[0], [])
        for pattern, targets in paths.items() if isinstance(paths, dict) else ():
            for target in targets if isinstance(targets, list) else ():
                if isinstance(target, str):
                    rows.append((str(pattern), posixpath.join(base, target)))
        if isinstance(options.get("baseUrl"), str):
            rows.append(("*", posixpath.join(base, "*")))
        rows.sort(key=lambda row: -len(row[0]))
    return found


def _packages(context: Context) -> dict[str, str]:
    """Names of the project's own packages -> folder: workspaces import each other by name."""
    found: dict[str, str] = {}
    for entry in context.project.matching("**/package.json"):
        if entry.role == "vendored" or "/" not in entry.path:
            continue
        name = _settings(context, entry).get("name")
        if isinstance(name, str) and name:
            found.setdefault(name, entry.path.rpartition("/")[0])
    return found


def _extensions(context: Context) -> list[str]:
    """Folders of browser extensions: those whose manifest says in which version of the format it is written."""
    return [
        entry.path.rpartition("/")[0]
        for entry in context.project.matching("**/manifest.json")
        if isinstance(_settings(context, entry).get("manifest_version"), int)
    ]


def _settings(context: Context, entry: Entry) -> dict[str, Any]:
    """The object that a JSON file holds; empty where it cannot be read."""
    try:
        value = context.project.json(entry.path)
    except (Unreadable, Malformed):
        return {}
    return value if isinstance(value, dict) else {}


def javascript_files(context: Context) -> list[Entry]:
    """All files that the engine looks through, also those too large or minified to parse."""
    if "javascript.files" not in context.memo:
        from aiaudit.probes.javascript.source import SUFFIXES

        context.memo["javascript.files"] = [
            entry
            for entry in context.project.files
            if entry.suffix in SUFFIXES and entry.kind == "file" and entry.role not in ("vendored", "generated")
        ]
    found: list[Entry] = context.memo["javascript.files"]
    return found


def page_files(context: Context) -> list[Entry]:
    """The HTML files whose scripts were looked through."""
    from aiaudit.probes.javascript.source import HTML

    records = javascript_project(context).records
    return [entry for entry in context.project.files if entry.suffix in HTML and entry.path in records]
