"""The probe `python.readable`: whether most of the code is in a language in which calls are followed."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Final, Literal

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, Type
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.project.roles import Role

LANGUAGES: Final = {
    "python": (".py", ".pyw", ".pyx", ".ipynb"),
    "javascript": (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte"),
    "java": (".java",),
    "kotlin": (".kt",),
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
    "shell": (".sh", ".bash", ".zsh"),
}
_LANGUAGE_OF: Final = {suffix: name for name, suffixes in LANGUAGES.items() for suffix in suffixes}
_TITLES: Final = {"c": "C or C++", "matlab": "MATLAB", "php": "PHP"}
_APPLE: Final = frozenset((".mm", ".swift", ".xib", ".storyboard"))  # beside them `.m` is Objective-C
NOTEBOOK_SHARE: Final = 0.2  # of a notebook's bytes; the rest is outputs and JSON


class ReadableQuery(Query):
    """also: languages that the asking fact covers by other probes. Known and true where most of the project's own code
    is in Python or one of these; unknown, never false, where most of it is in another language; absent without code."""

    also: list[Literal["javascript"]] = Field(default_factory=list)


class ReadableProbe(Probe[ReadableQuery]):
    name: ClassVar[str] = "python.readable"
    title: ClassVar[str] = "Most of the code is in a language whose calls are followed; unknown where it is not"
    query: ClassVar[type[Query]] = ReadableQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ReadableQuery) -> Type:
        return BOOL

    def answer(self, fact_id: str, query: ReadableQuery, context: Context) -> Fact:
        sizes: Counter[str] = Counter()
        files: Counter[str] = Counter()
        largest: dict[str, tuple[int, str]] = {}
        for entry in context.project.files:
            language = _LANGUAGE_OF.get(entry.suffix)
            if language is None or entry.role not in (Role.CODE, Role.NOTEBOOK) or entry.ignored:
                continue
            size = int(entry.size * NOTEBOOK_SHARE) if entry.suffix == ".ipynb" else entry.size
            sizes[language] += size
            files[language] += 1
            largest[language] = max(largest.get(language, (0, "")), (size, entry.path))
        covered = {"python", "shell", *query.also}
        read = sum(size for language, size in sizes.items() if language in covered)
        other = sum(sizes.values()) - read
        method = "bytes of code files by language"
        if other > read:
            name = max((language for language in sizes if language not in covered), key=lambda one: sizes[one])
            title = _TITLES.get(name, name.title())
            if name == "matlab" and any(entry.suffix in _APPLE for entry in context.project.files):
                title = "Objective-C"
            reason = f"most of the code ({files[name]} files) is in {title}, which this fact does not read"
            evidence = (Evidence(largest[name][1], None, f"the largest of {files[name]} files"),)
            scope = Scope(sum(files.values()), sum(files[language] for language in covered))
            return Fact(
                fact_id, State.UNKNOWN, None, Level.CONTENT, method, evidence=evidence, scope=scope, reason=reason
            )
        return Fact(
            fact_id, State.KNOWN, True, Level.CONTENT, method, scope=Scope(sum(files.values()), sum(files.values()))
        )
