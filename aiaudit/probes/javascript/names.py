"""How things are named: a module specifier and what follows it, and the dotted name that queries use.

`import OpenAI from "openai"; new OpenAI().chat.completions.create` is `openai.chat.completions.create`; with a named
import it is `openai.OpenAI.chat.completions.create`. A default export has the name of its package. Names of the
project's own modules stay apart as (specifier, rest) until all files are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from aiaudit import lazy

GLOBAL: Final = ""  # `fetch`, `process`, `eval`
LOCAL: Final = "@"  # a function or class of this file
UNKNOWN: Final = "?"  # what the receiver is could not be told

_VERSION: Final = lazy.regex(r"(?<=.)@[\d^~*][^/]*")
_ANY_VERSION: Final = lazy.regex(r"(?<=[^/])@[^/]*")
# An address from which a package is taken as the script runs: a CDN for packages of npm.
_CDN: Final = lazy.regex(
    r"(?i)(?:https?:)?//(?:(?:esm\.run|unpkg\.com|(?:cdn\.)?skypack\.dev|cdn\.pika\.dev|aistudiocdn\.com)/"
    r"|(?:[\w-]+\.)?jsdelivr\.net/npm/|(?:esm\.sh|esm\.unpkg\.com)/(?:(?:v\d+|stable)/)?\*?"
    r"|(?:\w+\.)?jspm\.(?:io|dev)/(?:npm:)?)(?!gh/|github/)"
)
_FIREBASE: Final = lazy.regex(
    r"(?i)(?:https?:)?//www\.gstatic\.com/firebasejs/[^/]+/firebase-([\w-]+?)(?:-compat)?\.js"
)
_ELSEWHERE: Final = lazy.regex(r"(?i)(?:https?:)?//(?:deno\.land/x/(openai)@?[^/]*(?:/mod\.ts)?$|jsr\.io/)")
# What is built of a package, by the name of its file: it stands for the package itself.
_BUILT: Final = lazy.regex(
    r"/(?:\+esm|(?:dist|build|bundles?|esm|cjs|umd|es\d{4}|esnext|mode=[^/]*)(?:/.*)?|(?:index|main|mod|module)(?:\.\w+)*)$"
)
_SAME: Final = {"@openai/openai": "openai"}  # the name of openai's own package on jsr.io
_PATTERN: Final = lazy.regex(r"[\w@*?$-][\w@*?$/-]*(\.[\w*$]+)*")


@lru_cache(maxsize=4096)
def package(spec: str) -> str:
    """A specifier as names show it: without `node:`, `npm:`, a version, a CDN's host, or a script's suffix."""
    spec = _fetched(spec) if far(spec) else _VERSION.sub("", spec.removeprefix("node:"))
    for suffix in (".js", ".mjs", ".cjs"):
        spec = spec.removesuffix(suffix)
    return spec.replace(".", "_")


def far(spec: str) -> bool:
    """Whether a specifier is an address, or names the registry: such a module is no file of the project."""
    return spec.startswith(("https://", "http://", "//", "npm:", "jsr:"))


def _fetched(spec: str) -> str:
    """The package that an address or `npm:openai@4/helpers` stands for, and what is below it; else the specifier."""
    bare = spec.partition("?")[0].partition("#")[0]
    if found := _FIREBASE.fullmatch(bare):
        return f"firebase/{found[1]}"
    for prefix in ("npm:", "jsr:"):
        if bare.startswith(prefix):
            bare = bare.removeprefix(prefix).removeprefix("/")
            break
    else:
        found = _CDN.match(bare) or _ELSEWHERE.match(bare)
        if found is None:
            return _VERSION.sub("", spec)
        bare = found[1] if found.re.groups and found[1] else bare[found.end() :]
        if bare.startswith(("pin/", "-/")):  # as Skypack writes it
            bare = bare.partition("/")[2]
        bare = bare.removeprefix("jsr/")
    bare = _BUILT.sub("", _ANY_VERSION.sub("", bare).rstrip("/"), count=1)
    return _SAME.get(bare, bare)


def dotted(spec: str, rest: str) -> str:
    """The name that queries see: `openai.OpenAI`, `fetch`, `@.handler` (this file's), `?.get` (unknown receiver)."""
    if spec == GLOBAL:
        return rest
    head = "@" if spec == LOCAL else "?" if spec == UNKNOWN else package(spec)
    return f"{head}.{rest}" if rest else head


def check_pattern(pattern: str) -> str:
    """The pattern itself, or ValueError with the reason: for query models."""
    if not _PATTERN.fullmatch(pattern) or len(pattern) > 200:
        raise ValueError(f"{pattern[:60]!r} is not a name such as `openai.chat.completions.create` (with stars)")
    root, _, last = pattern.rpartition(".")
    if "*" in last and (last != "*" or not root or "*" in root):
        raise ValueError(f"{pattern!r}: a star in the last part must be all of it, after a plain name (`zod.*`)")
    return pattern


def roots(patterns: Iterable[str]) -> set[str]:
    """What stands before the first dot: packages (`@ai-sdk/openai`), globals, `*`."""
    return {pattern.partition(".")[0] for pattern in patterns}
