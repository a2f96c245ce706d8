"""Whether a file lies beside what a project runs: among tests and examples, or where somebody put away what is over."""

from __future__ import annotations

import functools
from typing import Final

from aiaudit import lazy

_LEFT_BEHIND: Final = lazy.regex(
    r"(?i)(?:^|/)(?:[\w .-]*[ _-])?(?:archived?|backups?|bak|old|deprecated|obsolete|unused|trash|cop(?:y|ies))"
    r"(?: ?\(?\d*\)?)?(?:[ _-][\w .-]*)?/|(?:^|/)(?:copy of [^/]*|mnt)/"
    r"|(?:[ _-]copy(?: ?\(?\d+\)?)?|[ _.-](?:bak|old|backup|orig)| ?\(\d+\))(?:\.\w+)?$"
)
"""Folders and files that somebody put away: `archive/`, `old_code/`, `main copy.py`, `app.bak.py`, `main (1).py`."""

_BESIDE: Final = lazy.regex(
    r"(?i)(?:^|/)(?:tests?|__tests__|testing|e2e|spec|fixtures?|examples?|samples?|demos?|docs?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest)\.py$|_test\.(?:py|go)$|\.(?:test|spec)\.[cm]?[jt]sx?$|\.example$"
)


@functools.lru_cache(maxsize=100_000)
def rank(path: str) -> int:
    """0 for what the project runs, 1 for tests, examples and documents, 2 for what was left behind."""
    return 2 if _LEFT_BEHIND.search(path) else 1 if _BESIDE.search(path) else 0
