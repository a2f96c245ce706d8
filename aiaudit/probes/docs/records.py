"""What the probes of records share: the documents that a query or an attestation names, dates, and cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.docs.common import library, read
from aiaudit.probes.docs.document import Document

_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, 1)}
_ISO: Final = lazy.regex(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_DAY_FIRST: Final = lazy.regex(r"\b(\d{1,2})(?:st|nd|rd|th)? ([A-Z][a-z]{2})[a-z]{0,6}\.?,? (20\d\d)\b")
_MONTH_FIRST: Final = lazy.regex(r"\b([A-Z][a-z]{2})[a-z]{0,6}\.? (\d{1,2})(?:st|nd|rd|th)?,? (20\d\d)\b")


def dates_in(text: str) -> list[dt.date]:
    """The dates of a text (2026-10-15, 15 October 2026, October 15, 2026); what is no day of the calendar is none."""
    found = [(int(y), int(m), int(d)) for y, m, d in _ISO.findall(text)]
    found += [(int(y), _MONTHS.get(m.lower(), 0), int(d)) for d, m, y in _DAY_FIRST.findall(text)]
    found += [(int(y), _MONTHS.get(m.lower(), 0), int(d)) for m, d, y in _MONTH_FIRST.findall(text)]
    days = []
    for year, month, day in found:
        try:
            days.append(dt.date(year, month, day))
        except ValueError:
            continue
    return days


def documents_of(
    context: Context, files: Sequence[str], roles: Sequence[str], check: str
) -> tuple[list[Document], list[tuple[str, str]], set[str]]:
    """The documents that the globs name and those that the attestation of `check` gives as evidence, what of them could
    not be read with its reason, and the paths of the evidence."""
    from aiaudit.probes.attestations import evidence_paths

    found = library(context, files, roles)
    documents, unread = list(found.documents), list(found.unread)
    known = {document.path for document in documents} | {path for path, _ in unread}
    named: set[str] = set()
    for path in evidence_paths(context, check) if check else ():
        entry = context.project.entry(path)
        if entry is None or entry.kind != "file":
            continue
        named.add(entry.display)
        if entry.display in known:
            continue
        document = read(context, entry)
        if isinstance(document, Document):
            documents.append(document)
        else:
            unread.append((entry.display, document))
    return documents, unread, named


def newest(days: Iterable[dt.date], today: dt.date) -> int:
    """Days from the newest of these dates that is not in the future to `today`; -1 where there is none."""
    past = [(today - day).days for day in days if day <= today]
    return min(past, default=-1)
