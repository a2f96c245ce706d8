"""The probe `docs.parts`: which of the parts that a document must have are there, by heading or by words."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query, was_checked
from aiaudit.probes.docs.common import TOLD_ROLES, Globs, names, paragraphs, prose
from aiaudit.probes.docs.document import Document
from aiaudit.probes.docs.language import other_language
from aiaudit.probes.docs.records import dates_in, documents_of, newest
from aiaudit.probes.docs.rows import markdown_rows
from aiaudit.probes.docs.substance import is_gap, readable, weigh
from aiaudit.probes.docs.undone import done, of_the_work, shares
from aiaudit.project.entry import display
from aiaudit.project.roles import CODE_SUFFIXES

_QUOTE: Final = 160  # characters of a line that are shown
_OF_WEAKNESS: Final = lazy.regex(
    r"limit|risk|gap|open|assum|weak|fail|caveat", re.IGNORECASE
)  # what is not done belongs
_PART: Final = record("part", name=STRING, found=BOOL, line=INT, text=STRING, numbers=list_of(DOUBLE),
               shares=list_of(DOUBLE), days_old=INT, ahead=BOOL)  # fmt: skip
_LACK: Final = record("missing part", path=STRING, line=INT, part=STRING)
TYPE: Final = record(
    "document", path=STRING, line=INT, words=INT, hollow=BOOL, evidence=BOOL, opened=BOOL, code=BOOL, days_old=INT,
    filled=INT, parts=list_of(_PART), missing=list_of(STRING), lacks=list_of(_LACK),
)  # fmt: skip


class PartQuery(BaseModel):
    """headings: see docs.sections; a section counts with `min_words` of substance. words: a RE2 pattern, case does not
    count, that a line of substance may hold instead. columns: headers of a table, written as headings, of which a
    filled cell may stand for the part. needs: a pattern that the section or line must hold as well, where the document
    is in English. A sentence that says that something was not done or decided counts for none, nor do dates at which
    the page was changed. already: nor one that says that it is planned, was cancelled or did not work."""

    model_config = ConfigDict(extra="forbid")
    headings: list[str] = Field(default=[])
    words: str = ""
    columns: list[str] = Field(default=[])
    needs: str = ""
    already: bool = False

    @field_validator("words", "needs")
    @classmethod
    def _compiles(cls, pattern: str, info: ValidationInfo) -> str:
        if not was_checked(info):
            _compiled(pattern)
        return pattern


class PartsQuery(Query):
    """files: globs of documents of the kind. parts: name -> how the part is told. evidence_of: the check whose
    attestation names further documents. min_words: of a section under a heading."""

    files: Globs = Field(min_length=1)
    parts: dict[str, PartQuery] = Field(min_length=1)
    evidence_of: str = ""
    min_words: int = Field(default=4, ge=1, le=500)
    roles: list[str] = Field(default=[str(role) for role in TOLD_ROLES])


class PartsProbe(Probe[PartsQuery]):
    """The documents, evidence first, then the one with most parts. `hollow`: nothing but template text or fewer than
    twenty words. `days_old`: days since the newest date in it that is not in the future, -1 without one; the same for
    the line or section of a part. `shares`: what that tells in percent (93 %, 3 of 40). `lacks`: the parts that are not
    there; of a document that is not in English, and in which none is found, all are unknown. `ahead`: a part holds a
    date in the future. Evidence that is no text is listed with `opened` false; `code`: by its name it is a program, a
    script or a page."""

    name: ClassVar[str] = "docs.parts"
    title: ClassVar[str] = "parts that a document must have, by heading or by words, with the place of each"
    query: ClassVar[type[PartsQuery]] = PartsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: PartsQuery) -> Type:
        return list_of(TYPE)

    def answer(self, fact_id: str, query: PartsQuery, context: Context) -> Fact:
        documents, unread, evidence = documents_of(context, query.files, query.roles, query.evidence_of)
        scope = Scope(len(documents) + len(unread), len(documents), tuple(path for path, _ in unread[:10]))
        found = [_record(one, query, context.as_of, one.path in evidence) for one in documents]
        closed = {
            "line": 1,
            "words": 0,
            "hollow": False,
            "evidence": True,
            "opened": False,
            "days_old": -1,
            "filled": 0,
        }
        lists: dict[str, Any] = {"parts": [], "missing": [], "lacks": []}
        found += [{"path": path, "code": _is_code(path), **closed, **lists} for path, _ in unread if path in evidence]
        if not found and unread:
            reason = "; ".join(f"{path}: not opened, {why}" for path, why in unread[:3])
            return Fact(fact_id, State.UNKNOWN, reason=reason, method="parts", scope=scope)
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "parts", scope=scope)
        found.sort(key=lambda one: (not one["evidence"], -one["filled"], -one["words"], one["path"]))
        for one in found:
            _leave_open(one)
        notes = tuple(Evidence(one["path"], part["line"], f"{part['name']}: {part['text']}")
                      for one in found[:2] for part in one["parts"] if part["found"] is True)  # fmt: skip
        places = notes or tuple(Evidence(one["path"], 1, "no part found") for one in found[:3])
        return Fact(fact_id, State.KNOWN, found, Level.CONTENT, "parts", evidence=places[:10], scope=scope)


def _is_code(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in CODE_SUFFIXES | {".ipynb"}


def _record(document: Document, query: PartsQuery, today: dt.date, evidence: bool) -> dict[str, Any]:
    whole = weigh(prose(document.sections))
    lines = [*prose(document.sections), *(section.title for section in document.sections)]
    foreign = other_language(lines) if any(part.needs for part in query.parts.values()) else ""
    parts = [_part(document, name, part, query.min_words, today, bool(foreign)) for name, part in query.parts.items()]
    missing = [part["name"] for part in parts if not part["found"]]
    language = foreign or (other_language(lines) if missing else "")
    unread = f" (the document is in {language}, and its words are not understood)" if language else ""
    front = [str(value) for value in document.front.values() if isinstance(value, (str, dt.date))]
    return {
        "path": document.path,
        "line": 1,
        "words": whole.words,
        "hollow": whole.words < 20 or whole.placeholder_ratio > 0.5,
        "evidence": evidence,
        "opened": True,
        "code": _is_code(document.path),
        "days_old": newest((day for line in [*lines, *front] for day in dates_in(line)), today),
        "filled": len(parts) - len(missing),
        "parts": parts,
        "missing": missing,
        "lacks": [{"path": document.path, "line": 1, "part": name + unread} for name in missing],
        "language": language,
    }


def _leave_open(record: dict[str, Any]) -> None:
    """What stands in a document is not known where it is in a language whose words are not understood, and none of its
    parts was found: all of them may be there."""
    language = record.pop("language", "")
    if not language or record["filled"]:
        return
    told = Unknown(f"{record['path']} is in {language}, and its words are not understood")
    for part in record["parts"]:
        part["found"] = told
    record["filled"] = record["missing"] = record["lacks"] = told


def _part(
    document: Document, name: str, query: PartQuery, min_words: int, today: dt.date, foreign: bool
) -> dict[str, Any]:
    needs = _compiled(query.needs) if query.needs and not foreign else None
    best: dict[str, Any] = {
        "name": name, "found": False, "line": 0, "text": "", "numbers": [], "shares": [], "days_old": -1,
        "ahead": False,
    }  # fmt: skip
    pattern = _compiled(query.words) if query.words else None
    for index, section in enumerate(document.sections):
        if not any(names(section.title, heading) for heading in query.headings):
            continue
        lines = paragraphs(document.with_children(index))
        if not _OF_WEAKNESS.search(name):
            said, lines = lines, [done(line, already=query.already) for line in lines]
            again = query.already and any(dates_in(of_the_work(line)) for line in lines)  # and then it was done
            if pattern and not again and any(map(pattern.search, said)) and not any(map(pattern.search, lines)):
                continue  # what the part is about is spoken of, and was not done
        if weigh(lines).words >= min_words and (needs is None or any(needs.search(line) for line in lines)):
            dated = lines if "review" in name else [of_the_work(line) for line in lines]
            return best | _told(section.line, lines, [section.title, *dated], today)
    if query.columns and (cell := _cell(document, query.columns, today)):
        return best | cell
    if pattern is None:
        return best
    for section in document.sections:
        for number, line in [(section.line, section.title), *section.paragraphs]:
            if not pattern.search(line) or (needs is not None and not needs.search(line)):
                continue
            rest = line if _OF_WEAKNESS.search(name) else done(line, already=query.already)
            if (rest is line or pattern.search(rest)) and weigh([rest]).words >= 3:
                return best | _told(number, [rest], [rest], today)
    return best


def _told(number: int, lines: list[str], dated: list[str], today: dt.date) -> dict[str, Any]:
    """What lines that stand for a part tell."""
    first = next((readable(line) for line in lines if readable(line)), "")
    return {
        "found": True,
        "line": number,
        "text": display(first[:_QUOTE]),
        "numbers": list(weigh(lines).numbers),
        "shares": shares(lines),
        "days_old": newest((day for line in dated for day in dates_in(line)), today),
        "ahead": any(day > today for line in dated for day in dates_in(line)),
    }


def _cell(document: Document, columns: list[str], today: dt.date) -> dict[str, Any]:
    """The cells of the first column of a table with such a header, told as a part; empty where none is filled."""
    header: list[str] = []
    places: list[int] = []
    filled: list[tuple[int, str]] = []
    for number, cells in markdown_rows(document):
        if not cells or not header:
            header = cells
            places = [n for n, text in enumerate(cells) if any(names(text, one) for one in columns)]
            continue
        texts = [cells[place] for place in places[:1] if place < len(cells)]
        filled += [(number, text) for text in texts if not is_gap(text)]
    return _told(filled[0][0], [text for _, text in filled], [text for _, text in filled], today) if filled else {}


def _compiled(pattern: str) -> Any:
    """A RE2 pattern in which case does not count. Raises `ValueError` for what is none."""
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from None
