"""The language versions that a project runs on, from version files, metadata, conda environments, projects of .NET
and CI.

A version counts where it is what runs. A lower bound (`requires-python = ">=3.8"`) admits newer ones and says nothing;
bounds that admit only some minor versions name the newest of them. Versions in a matrix of CI are a test of
compatibility and say nothing either; the one version that a job is given beside a matrix does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.base import Context
from aiaudit.probes.config import images
from aiaudit.probes.config.docker import is_development
from aiaudit.probes.config.dockerfile import stages
from aiaudit.probes.dependencies.lines import LineFinder
from aiaudit.probes.dependencies.versions import poetry_to_pep440, satisfies_npm, satisfies_pep440
from aiaudit.probes.reading import Files

# path, line, name as in the table of end dates (python:3.8, node:18), and whether only CI or a container for
# development runs on it
Runtime = tuple[str, int, str, bool]

_PYTHONS: Final = tuple(range(31))  # minor versions of Python 3
_NODES: Final = tuple(range(4, 61))  # major versions of Node.js
_VERSION_FILES: Final = {
    ".python-version": ("python", r"^\s*(?:cpython-|python-)?(\d+\.\d+)"),
    "runtime.txt": ("python", r"^\s*python-(\d+\.\d+)"),
    ".nvmrc": ("node", r"^\s*v?(\d+)"),
    ".node-version": ("node", r"^\s*v?(\d+)"),
    ".tool-versions": ("", r"^\s*(python|nodejs|node)\s+v?(\d+(?:\.\d+)?)"),
}
_DOCKERFILES: Final = ("**/Dockerfile*", "**/*.Dockerfile", "**/Containerfile*")
_FUNCTIONS: Final = ("**/*.tf", "**/serverless.{yml,yaml}", "**/{template,app,samconfig}.{yml,yaml}")
_RUNTIME: Final = r"(?:[^#]*[{,])?\s*[rR]untime\s*[=:]\s*[\"']?(python|nodejs)(\d+(?:\.\d+)?)\b"
# Conda keeps to no name: what stands in a list and begins with `python=` is read in each of these.
_CONDA_FILES: Final = tuple(f"**/*{word}*.{end}" for word in ("env", "conda") for end in ("yml", "yaml"))
_CONDA: Final = r"(?:\s*-|[^#]*[\[,])\s*[\"']?python\s*={1,2}\s*(\d+\.\d+)"
# One target is what a program is built for; several (`TargetFrameworks`) are those that a library admits.
_DOTNET: Final = r"\s*<TargetFramework>\s*net(?:coreapp)?(\d+)\.(\d+)"
_PIPFILE: Final = r"\s*python_(?:full_)?version\s*=\s*[\"'](\d+\.\d+)"
_CI: Final = (
    r"^\s*-?\s*(?:with:\s*\{\s*)?(python|node)-version:\s*(?:\[\s*)?[\"']?v?(\d+(?:\.\d+)?)[\w.]*[\"']?"
    r"\s*\]?\s*\}?\s*(?:#.*)?$"
)
_CI_LIST: Final = (
    r"(?m)^ *(?:- )?(python|node)-version:[ ]*\n *- [\"']?v?(\d+(?:\.\d+)?)[\w.]*[\"']?[ ]*(?:#.*)?$"
    r"(?!\n *- [\"']?v?\d)"
)
_INSTALLED: Final = r"(?!\s*#).*\bdeb\.nodesource\.com/(?:setup_|node_)(\d+)\.x"
_MAX_TEXT: Final = 200_000  # characters of a workflow
_DEVELOPMENT: Final = (
    r".*[\"']image[\"']\s*:\s*[\"'][\w./-]*/(?:typescript-|javascript-)?(python|node):(?:\d+-)?(\d+(?:\.\d+)?)"
)


def runtimes(context: Context) -> list[Runtime]:
    """Every place that fixes a language version, sorted."""
    files = Files(context.project)
    found = [
        *_version_files(files),
        *_lines(files, _CONDA_FILES, _CONDA, "python"),
        *_lines(files, ("**/Pipfile",), _PIPFILE, "python"),
        *_dotnet(files),
        *_functions(files),
        *_images(files),
        *_installed(files),
        *_workflows(files),
        *_development(files),
        *_python_bounds(files),
        *_node_bounds(files),
    ]
    return sorted(set(found))


def _version_files(files: Files) -> Iterator[Runtime]:
    for name, (language, pattern) in _VERSION_FILES.items():
        yield from _lines(files, (f"**/{name}",), pattern, language)


def _lines(files: Files, globs: tuple[str, ...], pattern: str, language: str) -> Iterator[Runtime]:
    for entry in files.matching(globs):
        for number, line in enumerate((files.text(entry.path) or "").splitlines()[:5_000], 1):
            match = re.match(pattern, line[:300])
            if match and (name := _name(language or match.group(1), match.group(match.lastindex or 1))):
                yield entry.path, number, name, False


def _dotnet(files: Files) -> Iterator[Runtime]:
    """The .NET that programs are built for; what only tests do says nothing of what runs."""
    for entry in files.running("**/*.{csproj,fsproj,vbproj}"):
        text = files.text(entry.path) or ""
        if "Microsoft.NET.Test.Sdk" in text:
            continue
        for number, line in enumerate(text.splitlines()[:5_000], 1):
            if match := re.match(_DOTNET, line[:300]):
                yield entry.path, number, f"dotnet:{match.group(1)}.{match.group(2)}", False


def _functions(files: Files) -> Iterator[Runtime]:
    """The runtimes that functions of a cloud are given."""
    for entry in files.running(_FUNCTIONS):
        for number, line in enumerate((files.text(entry.path) or "").splitlines()[:5_000], 1):
            match = re.match(_RUNTIME, line[:300])
            if match and (name := _name(*_spelt(match.group(1), match.group(2)))):
                yield entry.path, number, name, False


def _spelt(language: str, version: str) -> tuple[str, str]:
    """`python` and `3.9` of `python39`, the way App Engine writes it."""
    if language == "nodejs":
        return "node", version
    return language, version if "." in version else f"{version[:1]}.{version[1:]}" if len(version) > 1 else version


def _images(files: Files) -> Iterator[Runtime]:
    """Base images of Python and Node.js whose tag a variable with a default fills in; those that are written out are
    found by their text."""
    for entry in files.matching(_DOCKERFILES):
        text = files.text(entry.path) or ""
        if "$" not in text or is_development(entry.path, entry.role):
            continue
        for stage in stages(text):
            if "$" not in stage.written or not (image := images.parse(stage.base or "")):
                continue
            match = re.match(r"(\d+(?:\.\d+)?)", image.tag)
            language = image.short.rpartition("/")[2]
            if match and language in ("python", "node") and (name := _name(language, match.group(1))):
                yield entry.path, stage.line, name, False


def _installed(files: Files) -> Iterator[Runtime]:
    """Node.js as a script of its packagers installs it into an image (`curl …/setup_20.x | bash`)."""
    for entry in files.matching(_DOCKERFILES):
        if "nodesource.com" in (files.text(entry.path) or "") and not is_development(entry.path, entry.role):
            yield from _lines(files, (entry.path,), _INSTALLED, "node")


def _workflows(files: Files) -> Iterator[Runtime]:
    """Versions in workflows that name one version of a language only, in matrices or beside them: several are a test
    of compatibility."""
    for entry in files.matching((".github/workflows/*.yml", ".github/workflows/*.yaml")):
        tried = _in_matrix(files.text(entry.path) or "")
        found = [*_lines(files, (entry.path,), _CI, ""), *_lists_of_one(entry.path, files.text(entry.path) or "")]
        for path, line, name, _ in found:
            language = name.partition(":")[0]
            beside = {
                other for _, at, other, _ in found if other.startswith(language) and (at in tried) == (line in tried)
            }
            if len(beside) == 1:
                yield path, line, name, True


def _lists_of_one(path: str, text: str) -> Iterator[Runtime]:
    """Versions that stand as the one item of a list below `python-version:`."""
    for found in re.finditer(_CI_LIST, text[:_MAX_TEXT]):
        if name := _name(found.group(1), found.group(2)):
            yield path, text.count("\n", 0, found.start(2)) + 1, name, False


def _development(files: Files) -> Iterator[Runtime]:
    """The language of a development container, by the tag of its image."""
    globs = (".devcontainer/**/devcontainer.json", ".devcontainer.json")
    for path, line, name, _ in _lines(files, globs, _DEVELOPMENT, ""):
        yield path, line, name, True


def _in_matrix(text: str) -> set[int]:
    """The lines of a workflow that stand in a matrix: what is tried, one after the other."""
    found: set[int] = set()
    outer = -1  # the indentation of the matrix that the line stands in
    for number, line in enumerate(text.splitlines()[:5_000], 1):
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if outer >= 0 and indent <= outer:
            outer = -1
        if outer >= 0:
            found.add(number)
        elif re.match(r"\s*matrix:\s*(?:#.*)?$", line[:300]):
            outer = indent
    return found


def _name(language: str, version: str) -> str:
    """`python:3.8`, `node:18`; "" for a number that says too little (`3`)."""
    if language == "python":
        return f"python:{version}" if "." in version or version == "2" else ""
    return f"node:{version.partition('.')[0]}"


def _python_bounds(files: Files) -> Iterator[Runtime]:
    for entry in files.matching("**/pyproject.toml"):
        data = files.toml(entry.path) or {}
        spec = _get(data, "project", "requires-python")
        poetry = _get(data, "tool", "poetry", "dependencies", "python")
        if not isinstance(spec, str):
            spec = poetry_to_pep440(poetry) if isinstance(poetry, str) else None
        if not spec:
            continue
        newest = max((n for n in _PYTHONS if _admits(spec, n)), default=None)
        if newest is not None and newest != _PYTHONS[-1]:
            lines = LineFinder(files.text(entry.path) or "")
            line = lines.key("requires-python", lines.key("python", lines.header("tool.poetry.dependencies")))
            yield entry.path, line, f"python:3.{newest}", False


def _admits(spec: str, minor: int) -> bool:
    """Whether some release of Python 3.`minor` meets the condition."""
    return any(satisfies_pep440(f"3.{minor}.{patch}", spec) for patch in (0, 1, 5, 12, 20, 99))


def _node_bounds(files: Files) -> Iterator[Runtime]:
    for entry in files.matching("**/package.json"):
        spec = _get(files.json(entry.path), "engines", "node")
        if not isinstance(spec, str):
            continue
        newest = max(
            (n for n in _NODES if any(satisfies_npm(f"{n}.{m}.0", spec) for m in (0, 9, 19, 99))), default=None
        )
        if newest is not None and newest != _NODES[-1]:
            lines = LineFinder(files.text(entry.path) or "")
            yield entry.path, lines.key("node", lines.key("engines")), f"node:{newest}", False


def _get(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
