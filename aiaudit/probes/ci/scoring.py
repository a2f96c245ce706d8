"""Scripts for scoring that Azure ML calls behind an endpoint: by the name that a program or a description gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.ci.task import join
from aiaudit.probes.reading import Files
from aiaudit.project.roles import Role

# `CodeConfiguration(code="src", scoring_script="score.py")`, `InferenceConfig(entry_script="score.py")`, and in YAML.
_NAMED: Final = lazy.regex(r"(?m)\b(scoring_script|entry_script)\s{0,9}[=:]\s{0,9}[\"']?([\w./-]{1,200}\.py)\b")
_CODE: Final = lazy.regex(r"(?m)\b(?:code|source_directory)\s{0,9}[=:]\s{0,9}[\"']?([\w./-]{1,200})")
_MOST_FILES: Final = 300


def scoring_scripts(context: Context, files: Files, importers: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The file of each such script in the tree, and where it is named. `importers`: programs that use Azure ML."""
    described = [
        entry.path for entry in context.project.matching(["**/*.{yaml,yml}"])[:_MOST_FILES] if entry.role != Role.TEST
    ]
    for path in dict.fromkeys((*importers, *described)):
        text = files.text(path) or ""
        if "scoring_script" not in text and "entry_script" not in text:
            continue
        folder = path.rpartition("/")[0]
        folders = [folder, *(_CODE.findall(text)), ""]
        for match in _NAMED.finditer(text):
            found = _file(files, match.group(2), folder, folders)
            if found:
                line = text.count("\n", 0, match.start()) + 1
                yield found, f"{path}:{line} {match.group(1)} {match.group(2)}"


def _file(files: Files, script: str, beside: str, folders: list[str]) -> str | None:
    """Beside the file that names it, in the folder of code that is named there, or from the root."""
    for folder in folders:
        for start in (folder, f"{beside}/{folder}" if beside else folder):
            path = join(start, script)
            if path is not None and files.exists(path):
                return path
    return None
