"""What modelaudit-picklescan says of a pickle that our own walk lets pass or leaves to a person.

Its native scanner only: the call graphs that its Python part adds are read from the packages installed on the auditing
machine, so they would let a verdict depend on that machine, and take up to 11 s a file (measured).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from aiaudit.probes.models.judgement import Judgement, Verdict, named

MAX_BYTES: Final = 8 * 1024 * 1024
_SECONDS: Final = 5.0


def _options() -> dict[str, float]:
    """Without its hunt for pickles inside bytes: it finds opcodes in the numbers of arrays; our walk looks there."""
    from modelaudit_picklescan import ScanOptions

    return asdict(ScanOptions(timeout_s=_SECONDS, max_opcodes=2_000_000, max_nested_depth=0, post_budget_scan_bytes=0))


def add_second_opinion(judged: Judgement, data: bytes) -> None:
    """Raise the verdict by one step where the other scanner calls the pickle malicious. `data`: opcodes alone, since it
    takes the numbers of arrays for pickles (14 of 24 files of scikit-learn were "malicious" with them)."""
    from modelaudit_picklescan import _rust  # type: ignore[attr-defined]  # native, without stubs

    try:
        report = _rust.scan_bytes(data, "pickle", _options())
        verdict, findings = str(report["verdict"]), list(report.get("findings", ()))
    except Exception as error:  # native code: whatever goes wrong there is no clean bill
        judged.add(Verdict.UNKNOWN, "second scanner", f"modelaudit-picklescan failed ({type(error).__name__})")
        return
    if verdict != "malicious":
        return
    raised = Verdict.DANGEROUS if judged.verdict == Verdict.REVIEW else Verdict.REVIEW
    told = str(findings[0].get("rule_code", "")) if findings else ""
    judged.add(raised, "second scanner", f"modelaudit-picklescan calls it malicious ({named(told)})")
