"""The languages of a project's own code: in which calls are followed, and how much of it is in others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from aiaudit.model.fact import NOT_FOLLOWED
from aiaudit.project.roles import Role

if TYPE_CHECKING:
    from aiaudit.probes.base import Context, Query
    from aiaudit.project.tree import Project

LANGUAGES: Final = {
    "python": (".py", ".pyw", ".pyx", ".ipynb"),
    "javascript": (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte"),
    "java": (".java",),
    "kotlin": (".kt", ".kts"),
    "scala": (".scala",),
    "go": (".go",),
    "rust": (".rs",),
    "c": (".c", ".h", ".cc", ".cpp", ".hpp", ".cu", ".cuh", ".mm"),
    "matlab": (".m",),
    "c#": (".cs",),
    "r": (".r",),
    "julia": (".jl",),
    "ruby": (".rb",),
    "php": (".php",),
    "swift": (".swift",),
    "dart": (".dart",),
    "elixir": (".ex", ".exs"),
    "shell": (".sh", ".bash", ".zsh"),
}
SCRIPTS: Final = frozenset({"python", "javascript", "shell"})
"""Languages whose calls, or commands, are followed."""
BUILD_FILE: Final = ".gradle.kts"
_MEMO: Final = "languages"
NOTEBOOK_SHARE: Final = 0.2  # of a notebook's bytes; the rest is outputs and JSON
TELLING_SHARE: Final = 0.3
"""From this share of the code in languages that are not read, what was not seen may well stand there. Below it lie
kernels, bindings and tools beside a project in Python."""
_LANGUAGE_OF: Final = {suffix: name for name, suffixes in LANGUAGES.items() for suffix in suffixes}
_NAMES: Final = {"javascript": "TypeScript or JavaScript", "c": "C or C++", "matlab": "MATLAB", "php": "PHP"}
_PAGES: Final = "dart"
"""The language of the pages of an app: it tells what a project does where no service beside it is read."""
_APPLE: Final = frozenset((".mm", ".swift", ".xib", ".storyboard"))  # beside them `.m` is Objective-C


class Code(Struct, frozen=True):
    """The own code of a project by language: bytes, files, and the largest file of each."""

    sizes: Counter[str]
    files: Counter[str]
    largest: dict[str, str]
    apple: bool = False  # `.m` is Objective-C

    @property
    def total(self) -> int:
        return sum(self.sizes.values())

    def beyond(self, read: Collection[str]) -> tuple[int, str]:
        """The bytes in languages other than `read`, and the one of those that has the most ("" where none)."""
        others = [language for language in self.sizes if language not in read]
        most = max(others, key=lambda one: (self.sizes[one], one), default="")
        return sum(self.sizes[one] for one in others), most


def code_of(project: Project) -> Code:
    """The project's own code by language. Where all of it is called an example, that of languages that are not read: a
    repository of samples holds code, and what stands there was not seen."""
    code = _code(project, (Role.CODE, Role.NOTEBOOK))
    if code.total:
        return code
    examples = _code(project, (Role.EXAMPLE,))
    return examples if SCRIPTS.isdisjoint(examples.sizes) else code


def _code(project: Project, roles: Collection[Role]) -> Code:
    code = Code(Counter(), Counter(), {}, any(entry.suffix in _APPLE for entry in project.files))
    largest: dict[str, tuple[int, str]] = {}
    for entry in project.files:
        language = _LANGUAGE_OF.get(entry.suffix)
        if language is None or entry.role not in roles or entry.ignored:
            continue
        if entry.path.endswith(BUILD_FILE):
            continue
        size = int(entry.size * NOTEBOOK_SHARE) if entry.suffix == ".ipynb" else entry.size
        code.sizes[language] += size
        code.files[language] += 1
        largest[language] = max(largest.get(language, (0, "")), (size, entry.display))
    if code.sizes["python"] + code.sizes["javascript"] >= TELLING_SHARE * code.total:
        del code.sizes[_PAGES]
    code.largest.update({language: path for language, (_, path) in largest.items()})
    return code


def not_read(code: Code) -> str:
    """Why there may be more than probes of Python and JavaScript have seen; nothing where they read nearly all."""
    other, most = code.beyond(SCRIPTS)
    if not most or other < TELLING_SHARE * code.total:
        return ""
    return f"{share_of(code, most)}, {NOT_FOLLOWED}"


def share_of(code: Code, language: str) -> str:
    """How much of the code is in a language, and where: part of a sentence."""
    count, largest = code.files[language], code.largest[language]
    where = largest if count == 1 else f"{count} files, the largest {largest}"
    called = "Objective-C" if language == "matlab" and code.apple else _NAMES.get(language, language.title())
    return f"{100 * code.sizes[language] / code.total:.0f} % of the code ({where}) is in {called}"


_ABOUT_READING: Final = frozenset({"python.readable", "python.parses", "javascript.unparsed"})
"""Probes that say what can be read, and not what stands in it."""
_BY_PYTHON: Final = frozenset({"datasets.used", "datasets.validation", "evals.judges", "entrypoints.reach"})
"""Probes of things that are not code, but are found by the code that reads or makes them."""
_SUFFIXES_OF_GLOB: Final = re.compile(r"\.(?:(\w+)|\{([\w,]+)\})$")
_SCRIPT_SUFFIXES: Final = frozenset(suffix[1:] for name in ("python", "javascript") for suffix in LANGUAGES[name])
_OTHER_SUFFIXES: Final = frozenset(suffix[1:] for suffix, name in _LANGUAGE_OF.items() if name not in SCRIPTS)


def follows_code(probe: str, query: Query) -> bool:
    """Whether the probe looks for something in code of Python or JavaScript alone, which code of any language could
    have: probes that follow calls, and a search of files of Python, or of scripts and nothing else (pages and settings
    are what they are in any project)."""
    if probe.startswith(("python.", "javascript.")):
        return probe not in _ABOUT_READING
    if probe in _BY_PYTHON:
        return True
    globs = [glob for glob in getattr(query, "files", ()) if glob[:1] != "!"] if probe == "text.search" else []
    named = [_suffixes(glob) for glob in globs]
    if any(suffixes & _OTHER_SUFFIXES for suffixes in named):
        return False
    if any("py" in suffixes for suffixes in named):
        return True
    return bool(named) and all(one <= _SCRIPT_SUFFIXES for one in named)


def _suffixes(glob: str) -> frozenset[str]:
    """The suffixes that a glob ends with; one that no file has where it names none."""
    found = _SUFFIXES_OF_GLOB.search(glob)
    return frozenset((found[1] or found[2]).lower().split(",")) if found else frozenset({""})


def code_beyond(context: Context) -> str:
    """`not_read` of the project, worked out once."""
    if _MEMO not in context.memo:
        context.memo[_MEMO] = not_read(code_of(context.project))
    return str(context.memo[_MEMO])
