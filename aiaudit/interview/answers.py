"""Answers on disk: read with the project file's own schema, written entry by entry, comments of people kept."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aiaudit import lazy
from aiaudit.project.config import AttestationEntry, ConfigError, parse_attestations, project_text
from aiaudit.project.config_errors import problems as problems_of
from aiaudit.project.edit import quoted

FILE: Final = "attestations.yaml"
FIELDS: Final = ("answer", "owner", "evidence", "reviewed", "review_by", "note")
KEPT: Final = (*FIELDS, "evidence_sha256")  # what the file may hold; a sheet has no hashes
ANSWERS: Final = ("yes", "partly", "no", "not_applicable")
_DIGITS: Final = 16  # of a hash: enough to name a content, short enough to read
_KEY: Final = lazy.regex(r"^([A-Z][A-Z0-9]{1,11}-[0-9]{3}):")


def load(root: Path) -> dict[str, dict[str, Any]]:
    """The answers of a project by check; none where it has no file of them. Raises `ConfigError`."""
    entries = parse_attestations(text_of(root).encode(), FILE)
    return {check: _plain(entry) for check, entry in entries.items()}


def text_of(root: Path) -> str:
    """The project's file of answers, read guarded; "" where there is none. Raises `ConfigError`."""
    return project_text(root, FILE) or ""


def checked(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with its days as days and empty fields left out. Raises `ConfigError` with what is wrong."""
    from pydantic import ValidationError

    kept = {key: value for key, value in answer.items() if key in KEPT and value not in (None, "", [])}
    try:
        return _plain(AttestationEntry.model_validate(kept))
    except ValidationError as error:
        told = problems_of(error, kept, "", AttestationEntry)
        raise ConfigError([line.partition(": ")[2] for line in told]) from None  # a sheet has no lines and columns


def sealed(answer: Mapping[str, Any], root: Path, today: dt.date) -> dict[str, Any]:
    """The answer with the hashes of its evidence, where it was reviewed today and the evidence is files of the project.

    So a change after the review is seen wherever the project is copied to. An older review gets none: what the files
    were on that day is not known.
    """
    given = answer.get("evidence") or []
    paths = [given] if isinstance(given, str) else list(given)
    if answer.get("reviewed") != today or not paths:
        return dict(answer)
    hashes = [_hash(root, path) for path in paths]
    if not any(hashes):
        return dict(answer)
    return {**answer, "evidence_sha256": hashes[0] if isinstance(given, str) else hashes}


def _hash(root: Path, evidence: str) -> str:
    """The first digits of the SHA-256 of a file of the project; "" for a link, a folder or what is not there."""
    from aiaudit.project.reader import Reader, Unreadable

    path = evidence.partition("#")[0].strip().removeprefix("./")
    if "://" in evidence or not path or path.startswith(("/", "~")) or ".." in path.split("/"):
        return ""
    reader = Reader(str(root))
    try:
        with reader.open(path) as stream:
            made = hashlib.sha256()
            while block := stream.read(1 << 20):
                made.update(block)
            return made.hexdigest()[:_DIGITS]
    except (Unreadable, OSError):
        return ""
    finally:
        reader.close()


def with_answer(text: str, check: str, answer: Mapping[str, Any]) -> str:
    """The file's text with this answer in the place of the check's earlier one, or at its end."""
    lines = text.splitlines()
    block = [
        f"{check}:",
        *(f"  {key}: {_value(key, answer[key])}" for key in KEPT if answer.get(key) not in (None, "", [])),
    ]
    start = next((n for n, line in enumerate(lines) if line.startswith(f"{check}:")), None)
    if start is None:
        return "\n".join([*lines, *block]) + "\n"
    end = start + 1
    while end < len(lines) and not _KEY.match(lines[end]) and (not lines[end].strip() or lines[end][0].isspace()):
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:start], *block, *lines[end:]]) + "\n"


def default_review(reviewed: dt.date, check: str = "") -> dt.date:
    """The day until which an answer is taken to hold: a year after its review, half a year for what is rehearsed."""
    from aiaudit.probes.attestations import DRILL_MONTHS, DRILLS, MONTHS, months_after

    return months_after(reviewed, DRILL_MONTHS if check in DRILLS else MONTHS)


def _plain(entry: AttestationEntry) -> dict[str, Any]:
    values = {field: getattr(entry, field) for field in KEPT}
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _value(key: str, value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(_value(key, one) for one in value)}]"
    if key == "answer" and value in ANSWERS:  # anywhere else a bare `yes` would be read as true
        return str(value)
    return quoted(str(value))
