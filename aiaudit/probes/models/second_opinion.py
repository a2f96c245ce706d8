"""What modelaudit-picklescan says of a pickle that our own walk lets pass or leaves to a person.

Its native scanner only: the call graphs that its Python part adds are read from the packages installed on the auditing
machine, so they would let a verdict depend on that machine, and take up to 11 s a file (measured).
"""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, Final

from aiaudit.probes.models.globals import FOLLOWED
from aiaudit.probes.models.judgement import Judgement, Verdict, named

MAX_BYTES: Final = 8 * 1024 * 1024
_MILD: Final = ("warning", "info")  # of what it calls suspicious at most
_PACKAGE, _NATIVE = "modelaudit_picklescan", "_rust"
# Without its hunt for pickles inside bytes and without a text search behind its limits: our own walk looks there.
_OPTIONS: Final[dict[str, float]] = {
    "timeout_s": 5.0,
    "max_opcodes": 2_000_000,
    "post_budget_scan_bytes": 0,
    "max_string_literal_scan_chars": 8 * 1024 * 1024,
    "max_nested_pickle_bytes": 2,
    "max_nested_depth": 0,
}


@cache
def _scanner() -> Any:
    """The native module by itself: through its package the call graphs are loaded too (0.5 s of 0.53 s)."""
    package = importlib.util.find_spec(_PACKAGE)
    for folder in (package.submodule_search_locations if package else None) or ():
        for suffix in EXTENSION_SUFFIXES:
            path = Path(folder) / f"{_NATIVE}{suffix}"
            spec = importlib.util.spec_from_file_location(f"{_PACKAGE}.{_NATIVE}", path) if path.is_file() else None
            if spec is not None and spec.loader is not None:
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                return module
    raise ImportError(f"{_PACKAGE} has no native scanner")


def add_second_opinion(judged: Judgement, data: bytes) -> None:
    """Raise the verdict by one step where the other scanner calls the pickle malicious. `data`: opcodes alone, since it
    takes the numbers of arrays for pickles (13 of 53 harmless files were "malicious" with them)."""
    try:
        report = _scanner().scan_bytes(data, "pickle", _OPTIONS)
        verdict, findings = str(report["verdict"]), list(report.get("findings", ()))
    except Exception as error:  # native code: whatever goes wrong there is no clean bill
        judged.add(Verdict.UNKNOWN, "second scanner", f"modelaudit-picklescan failed ({type(error).__name__})")
        return
    if verdict != "malicious":
        return
    others = [one for one in findings if not _is_followed(one) and not _is_unread(one)]
    if len(others) < len(findings) and all(one.get("severity") in _MILD for one in others):
        return
    findings = others
    raised = Verdict.DANGEROUS if judged.verdict == Verdict.REVIEW else Verdict.REVIEW
    told = str(findings[0].get("rule_code", "")) if findings else ""
    judged.add(raised, "second scanner", f"modelaudit-picklescan calls it malicious ({named(told)})")


def _is_unread(finding: Any) -> bool:
    """Whether it says no more than that a pickle may stand inside, which our options keep it from reading: our own walk
    looks into bytes and into what is written in base64 or hexadecimal. In plain text the letters of a sentence look
    like opcodes (`fee (basic), ab.`), a long name looks like base64, and the numbers of a booster like hexadecimal."""
    about = finding.get("details") or {}
    return bool(
        finding.get("rule_code") in ("S213", "S601", "S602")
        and about.get("analysis_incomplete")
        and not about.get("nested_has_execution_opcode")
    )


def _is_followed(finding: Any) -> bool:
    """Whether it says no more than that a function of dill is called, which our own walk has followed to its end."""
    about = str((finding.get("details") or {}).get("import_reference", ""))
    return finding.get("rule_code") == "DANGEROUS_CALL" and about.removesuffix(".__call__") in FOLLOWED
