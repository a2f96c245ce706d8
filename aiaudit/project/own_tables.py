"""The tables that aiaudit itself writes, known by their columns: no data of the project that they lie in.

Each writer takes its columns from here, so that none is forgotten. What names the columns in its first line is one of
them, whatever it is called and whichever spreadsheet has saved it since. Such a file is left out wherever data, results
or documents of the project are looked for, and told as left out; secrets are looked for in it all the same.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import BinaryIO, Final, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Content
from aiaudit.project.roles import Role

FINDINGS: Final = (
    "check", "pack", "severity", "status", "title", "reason", "path", "line", "finding", "measured", "limit",
    "confidence", "evidence_level", "waived", "effort_days", "priority", "remediation", "fingerprint",
)  # fmt: skip
FRAMEWORKS: Final = (
    "framework", "edition", "control", "group", "title", "state", "check", "status", "evidence", "mapping_note",
    "applies_from", "applies_what", "applies_trust",
)  # fmt: skip
PORTFOLIO: Final = (
    "project", "owner", "as_of", "level", "score", "low", "high", "coverage", "weakest_core", "next_level",
    "next_days", "ruleset",
)  # fmt: skip
"""A column for each pack follows."""
QUESTIONS: Final = ("check", "severity", "what should hold", "question", "why", "found", "state")
"""The fields of an attestation follow."""
FOCUS: Final = (
    "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "BillingCurrency",
    "ServiceCategory", "ServiceName", "ProviderName", "ChargeCategory", "ChargeDescription", "PricingCategory",
    "PricingQuantity", "PricingUnit", "ConsumedQuantity", "ConsumedUnit", "ListUnitPrice", "ContractedUnitPrice",
    "ListCost", "ContractedCost", "EffectiveCost", "BilledCost", "x_Forecast", "x_MonthP10", "x_MonthP90",
    "x_PriceSource", "x_PriceDate",
)  # fmt: skip
"""The projected cost. A review of costs reads it as a forecast, so it is a document of the project, but no data."""

_ROLES: Final = {FINDINGS: Role.GENERATED, FRAMEWORKS: Role.GENERATED, PORTFOLIO: Role.GENERATED,
                 QUESTIONS: Role.GENERATED, FOCUS: Role.DOCS}  # fmt: skip
_SUFFIXES: Final = frozenset({".csv", ".xlsx"})
_HEAD: Final = 1024  # bytes, in which the first line ends
_MOST: Final = 2 * 1024 * 1024  # bytes of a workbook that is opened: thousands of questions
_PARTS: Final = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml")  # as openpyxl writes texts, and as Excel does
_TEXT: Final = lazy.regex(r"<t(?: [^>]{0,80})?>([^<]{0,40})</t>")


class Bytes(Protocol):
    """What reads files of the tree (`aiaudit.project.reader.Reader`)."""

    def read(self, path: str, limit: int = ...) -> Content:
        """The first `limit` bytes of a file. Raises `Unreadable`."""

    def open(self, path: str) -> BinaryIO:
        """A file as a stream. Raises `Unreadable`."""


def marked(entries: Sequence[Entry], reader: Bytes) -> tuple[Sequence[Entry], frozenset[str]]:
    """The entries, where our own tables have the role that they deserve; and the paths of those that nobody reads."""
    roles = {entry.path: role for entry in entries if _may_be(entry) and (role := _role(entry, reader)) is not None}
    if not roles:
        return entries, frozenset()
    known = tuple(replace(one, role=roles[one.path]) if one.path in roles else one for one in entries)
    return known, frozenset(path for path, role in roles.items() if role is Role.GENERATED)


def _may_be(entry: Entry) -> bool:
    return entry.suffix in _SUFFIXES and entry.kind == "file" and entry.size > 0 and not entry.sparse


def _role(entry: Entry, reader: Bytes) -> Role | None:
    try:
        if entry.suffix == ".csv":
            return role_of(_cells(reader.read(entry.path, _HEAD).data))
        if entry.size > _MOST:
            return None
        with reader.open(entry.path) as stream, ZipFile(stream) as book:
            held = {one.filename for one in book.infolist() if one.compress_type in (ZIP_STORED, ZIP_DEFLATED)}
            found = (role_of(_texts(book, part)) for part in _PARTS if part in held)
            return next((role for role in found if role is not None), None)
    except Exception:  # unreadable, or whatever zipfile and zlib make of a broken or hostile file
        return None


def _cells(data: bytes) -> list[str]:
    """The cells of the first line; spreadsheets of some countries write semicolons."""
    line = data.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r")
    try:
        return next(csv.reader([line], delimiter=max(",;\t", key=line.count)), [])
    except csv.Error:
        return []


def _texts(book: ZipFile, part: str) -> list[str]:
    with book.open(part) as stream:
        return _TEXT.findall(stream.read(8 * _HEAD).decode("utf-8", "replace"))


def role_of(cells: Sequence[str]) -> Role | None:
    """The role of a table with these columns, where it is one of ours."""
    return next((role for head, role in _ROLES.items() if tuple(cells[: len(head)]) == head), None)
