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
_PATTERN: Final = lazy.regex(r"[\w@*?$-][\w@*?$/-]*(\.[\w*$]+)*")


@lru_cache(maxsize=4096)
def package(spec: str) -> str:
    """A specifier as names show it: without `node:`, `npm:`, a version, a CDN's host, or a script's suffix."""
    for prefix in ("node:", "npm:", "jsr:", "https://esm.sh/", "https://cdn.skypack.dev/"):
        spec = spec.removeprefix(prefix)
    spec = _VERSION.sub("", spec)
    for suffix in (".js", ".mjs", ".cjs"):
        spec = spec.removesuffix(suffix)
    return spec.replace(".", "_")


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
