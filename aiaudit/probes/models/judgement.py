"""What is concluded of one model file: a verdict, the reasons for it, and facts that its headers give."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from msgspec import Struct, field

MAX_REASONS: Final = 8
MAX_NAME: Final = 100  # characters of a name that the file gives


class Verdict(IntEnum):
    """The worse, the higher. `UNKNOWN` (could not be looked through) is no pass, and does not hide what was seen."""

    SAFE = 0
    REVIEW = 1
    UNKNOWN = 2
    DANGEROUS = 3


class Judgement(Struct):
    """Verdict, reasons (`(verdict, technique, what)`, the worst first when told) and facts of the file's header."""

    verdict: Verdict = Verdict.SAFE
    reasons: list[tuple[Verdict, str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def add(self, verdict: Verdict, technique: str, what: str) -> None:
        """Note a reason; the verdict becomes the worst of all."""
        self.verdict = max(self.verdict, verdict)
        reason = (verdict, technique, what)
        if reason not in self.reasons and (len(self.reasons) < 64 or verdict == Verdict.DANGEROUS):
            self.reasons.append(reason)

    def join(self, other: Judgement, where: str = "") -> None:
        """Take in what was concluded of a part."""
        self.verdict = max(self.verdict, other.verdict)
        for verdict, technique, what in other.reasons:
            self.add(verdict, technique, f"{where}: {what}" if where else what)
        for key, value in other.facts.items():
            self.facts.setdefault(key, value)

    def told(self) -> list[dict[str, str]]:
        """The reasons as plain data, the worst first."""
        ordered = sorted(self.reasons, key=lambda one: -one[0])[:MAX_REASONS]
        return [{"verdict": v.name.lower(), "technique": t, "what": w} for v, t, w in ordered]


class Budget(Struct):
    """What may be spent on one file: opcodes of pickles, inflated bytes, members of archives; and whether the other
    scanner is asked."""

    opcodes: int = 2_000_000
    inflated: int = 256 * 1024 * 1024
    members: int = 20_000
    second_opinion: bool = True


def named(raw: bytes | str) -> str:
    """A name that the file gives, made printable and short."""
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    text = "".join(char if char.isprintable() else "?" for char in text[: MAX_NAME + 1])
    return text if len(text) <= MAX_NAME else text[:MAX_NAME] + "…"
