"""The probe `attestations`: what a named person answers for, and whether the answer still counts.

Answers stand in `attestations.yaml` in the project's root, or inline under `attestations:` of `aiaudit.yaml`; the file
of its own wins. An answer is valid with an owner, evidence that is there and was not changed since, and a date that has
not run out.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from msgspec import Struct
from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.attestation_changes import changes
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import prose, read
from aiaudit.probes.docs.document import Document
from aiaudit.probes.docs.office import BROKEN, SUFFIXES
from aiaudit.probes.docs.persons import is_nobody
from aiaudit.probes.docs.substance import is_gap, weigh
from aiaudit.project.config import AttestationEntry, ConfigError, sound_answers
from aiaudit.project.parse import Malformed, line_of
from aiaudit.project.reader import Unreadable

FILE: Final = "attestations.yaml"
MONTHS: Final = 12  # after which an answer without a review date has run out
DRILL_MONTHS: Final = 6
MOST_MONTHS: Final = 24  # the furthest review date that is believed
DRILLS: Final = frozenset({"GOV-010", "GOV-015", "OPS-013"})  # rehearsed, not only written
_LEAST_WORDS: Final = 10  # of a document that is to be evidence
_PROSE: Final = (".md", ".rst", ".txt", ".adoc", ".markdown")
_MOST: Final = 1024 * 1024
_NO_RECORD: Final = lazy.regex(
    r"(?:licen[cs]e|copying|notice)(?:\.\w+)?|requirements[\w.-]*\.txt|package(?:-lock)?\.json|pyproject\.toml|[\w.-]+\.lock"
    r"|\.git(?:ignore|keep|attributes)",
    re.IGNORECASE,
)
# Of links: hosts that a template names, those that RFC 2606 and 6761 keep for examples, and those of one machine.
_NO_PLACE: Final = lazy.regex(
    r"^(?:todo|tbd|xxx|your-)"
    r"|(?:^|\.)(?:your|my)[_-]?(?:company|org|organi[sz]ation|domain|team|project|site|wiki)\b"
    r"|(?:^|\.)(?:company|domain|website)\.(?:com|org|net)$",
    re.IGNORECASE,
)
_RESERVED: Final = lazy.regex(r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|invalid|test)$", re.IGNORECASE)
_ONE_MACHINE: Final = lazy.regex(r"(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|::1", re.IGNORECASE)
# Pages on which anybody reads the same: laws, standards, encyclopaedias, searches, assistants.
_PUBLIC: Final = lazy.regex(
    r"(?:[\w-]+\.)*(?:wikipedia\.org|eur-lex\.europa\.eu|artificialintelligenceact\.eu|iso\.org|nist\.gov|owasp\.org"
    r"|atlas\.mitre\.org|chatgpt\.com|chat\.openai\.com|claude\.ai|gemini\.google\.com|stackoverflow\.com|bing\.com"
    r"|duckduckgo\.com)|(?:www\.)?google\.[a-z.]{2,6}",
    re.IGNORECASE,
)
_LATER: Final = lazy.regex(r"TODO|TBD|TBA|FIXME|XXX+|placeholder|lorem-ipsum")
# The page on which a company or a service greets everybody.
_HOME: Final = lazy.regex(
    r"(?:www\.)?[\w-]+\.[a-z]{2,}|(?:drive|docs|mail|sites|calendar)\.google\.com|[\w-]+\.(?:atlassian\.net|slack\.com)",
    re.IGNORECASE,
)

RECORD: Final = record(
    "attestation",
    answered=BOOL,
    answer=STRING,
    owner=STRING,
    evidence=STRING,
    evidence_form=STRING,
    reviewed=STRING,
    review_by=STRING,
    valid=BOOL,
    expired=BOOL,
    stale=BOOL,
    changes=list_of(STRING),
    problems=list_of(STRING),
    note=STRING,
    path=STRING,
    line=INT,
)


class AttestationQuery(Query):
    """check: whose answer. months: how long an answer holds that names no review date (12; 6 for drills)."""

    check: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,11}-[0-9]{3}$")
    months: int | None = Field(default=None, ge=1, le=MOST_MONTHS)


class AttestationProbe(Probe[AttestationQuery]):
    """One check's attestation as a record; `problems` says in words why it does not count.

    `evidence_form`: path, link or "". A path must be a file of the project that is neither empty nor template; a link
    is only looked at, never opened. `stale`: evidence was changed since the review (`attestation_changes`).
    """

    name: ClassVar[str] = "attestations"
    title: ClassVar[str] = "what a person answers for a check, and whether it still counts"
    query: ClassVar[type[AttestationQuery]] = AttestationQuery
    max_level: ClassVar[Level] = Level.EXISTS

    def value_type(self, query: AttestationQuery) -> Type:
        return RECORD

    def answer(self, fact_id: str, query: AttestationQuery, context: Context) -> Fact:
        written = _written(context)
        found = written.entries.get(query.check)
        trouble = written.wrong.get(query.check) or written.problem
        if found is None and trouble:  # a mistake must not look like a question that nobody answered
            return Fact(fact_id, State.UNKNOWN, reason=trouble, method="attestation")
        if found is None:
            return Fact(fact_id, State.ABSENT, level=Level.CLAIM, method="attestation")
        months = query.months or (DRILL_MONTHS if query.check in DRILLS else MONTHS)
        value = _weighed(query.check, found.entry, months, context)
        value |= {"path": found.path, "line": found.line}
        note = f'"{value["answer"]}" by {value["owner"] or "nobody named"}'
        return Fact(
            fact_id,
            State.KNOWN,
            value,
            level=Level.EXISTS if value["valid"] else Level.CLAIM,
            method="attestation",
            evidence=(Evidence(found.path, found.line, note),),
        )


class _Placed(Struct, frozen=True):
    entry: AttestationEntry
    path: str
    line: int


class _Written(Struct, frozen=True):
    """All answers by check id. `wrong`: why one was left out; `problem`: why the file of answers cannot be used."""

    entries: dict[str, _Placed]
    wrong: dict[str, str]
    problem: str = ""


def _written(context: Context) -> _Written:
    known = context.memo.get("attestations")
    if isinstance(known, _Written):
        return known
    config = context.config
    entries: dict[str, _Placed] = {}
    for check, entry in config.attestations.items():
        place = config.place("attestations", check)
        entries[check] = _Placed(entry, place.file if place else config.file, place.line if place else 1)
    wrong = dict(config.wrong_answers)
    problem = ""
    if context.project.entry(FILE) is not None:
        try:
            given, told = sound_answers(context.project.head(FILE, _MOST), FILE)
            lines = _lines(context)
            wrong |= {check: problems[0] for check, problems in told.items()}
            entries |= {check: _Placed(entry, FILE, lines.get(check, 1)) for check, entry in given.items()}
        except ConfigError as error:
            problem = error.problems[0]
        except Unreadable as error:
            problem = f"{FILE}: {error.reason}"
    found = context.memo["attestations"] = _Written(
        {check: placed for check, placed in entries.items() if check not in wrong}, wrong, problem
    )
    return found


def _lines(context: Context) -> dict[str, int]:
    """Where each answer stands in the file."""
    try:
        source = context.project.yaml(FILE)
    except (Malformed, Unreadable):
        return {}
    inner = source.get("attestations") if isinstance(source, dict) else None
    table = inner if isinstance(inner, dict) else source
    return {str(key): line_of(table, key) or 1 for key in table} if isinstance(table, dict) else {}


def _weighed(check: str, entry: AttestationEntry, months: int, context: Context) -> dict[str, Any]:
    problems: list[str] = []
    if not entry.owner:
        problems.append("no owner is named")
    elif is_nobody(entry.owner):
        problems.append(f"the owner {entry.owner!r} is a placeholder")
    given = [entry.evidence] if isinstance(entry.evidence, str) else list(entry.evidence)
    form, trouble = _evidence([one for one in given if one], context)
    problems.extend(trouble)
    changed = _changed(check, entry, context)
    problems.extend(changed)
    until = _until(entry, months)
    if entry.reviewed is None:
        problems.append("it bears no date")
    elif entry.reviewed > context.as_of:
        problems.append(f"its date {entry.reviewed} lies in the future")
    expired = until is not None and until < context.as_of
    if expired:
        problems.append(f"its review was due on {until}")
    return {
        "answered": True,
        "answer": entry.answer,
        "owner": entry.owner,
        "evidence": ", ".join(given),
        "evidence_form": form,
        "reviewed": entry.reviewed.isoformat() if entry.reviewed else "",
        "review_by": until.isoformat() if until else "",
        "valid": not problems,
        "expired": expired,
        "stale": bool(changed),
        "changes": changed,
        "problems": problems,
        "note": entry.note,
    }


def _until(entry: AttestationEntry, months: int) -> dt.date | None:
    """The last day on which the answer counts."""
    if entry.reviewed is None:
        return entry.review_by
    furthest = months_after(entry.reviewed, MOST_MONTHS)
    return min(entry.review_by, furthest) if entry.review_by else months_after(entry.reviewed, months)


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day `months` later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _evidence(given: list[str], context: Context) -> tuple[str, list[str]]:
    """The form of the evidence, and what is wrong with it."""
    if not given:
        return "", ["no evidence is named"]
    problems = []
    forms = []
    for one in given:
        form, problem = _one_evidence(one, context)
        forms.append(form)
        if problem:
            problems.append(problem)
    return ("path" if "path" in forms else forms[0]), problems


def _changed(check: str, entry: AttestationEntry, context: Context) -> list[str]:
    """What was changed among the evidence since the review."""
    given = [entry.evidence] if isinstance(entry.evidence, str) else list(entry.evidence)
    hashes = [entry.evidence_sha256] if isinstance(entry.evidence_sha256, str) else list(entry.evidence_sha256)
    here = set(evidence_paths(context, check))
    pairs = [(_path(text), hashes[n] if n < len(hashes) else "") for n, text in enumerate(given)]
    files = [pair for pair in pairs if pair[0] in here]
    if not files:
        return []
    named = context.memo.get("attestations.named")
    if not isinstance(named, list):
        named = [path for one in _written(context).entries for path in evidence_paths(context, one)]
        context.memo["attestations.named"] = named
    return changes(files, entry.reviewed, named, context)


def evidence_paths(context: Context, check: str) -> list[str]:
    """The files of the project that the attestation of `check` names as evidence, as paths; none without one."""
    placed = _written(context).entries.get(check)
    if placed is None:
        return []
    given = [placed.entry.evidence] if isinstance(placed.entry.evidence, str) else list(placed.entry.evidence)
    paths = [_path(text) for text in given if text and "://" not in text]
    return [path for path in paths if context.project.entry(path) is not None]


def _path(text: str) -> str:
    """The path of an evidence without its anchor or line."""
    return re.sub(r":\d+$", "", text.partition("#")[0].strip()).removeprefix("./").rstrip("/")


def _one_evidence(text: str, context: Context) -> tuple[str, str]:
    if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        return "link", _link_problem(text)
    if is_gap(text):
        return "", f"the evidence {text!r} is a placeholder"
    path = _path(text)
    if path.startswith(("/", "~")) or ".." in path.split("/") or re.match(r"[A-Za-z]:[\\/]", path):
        return "path", f"the evidence {text!r} lies outside the project"
    entry = context.project.entry(path)
    if entry is None:
        inside = [one for one in context.project.files if one.path.startswith(f"{path}/")]
        if inside:
            return "path", "" if any(one.size > 0 for one in inside) else f"the evidence {text!r} is empty"
        if "/" in path or re.search(r"\.\w{1,8}$", path):
            return "path", f"the evidence {text!r} is not in the project"
        return "", f"the evidence {text!r} is neither a path nor a link"
    if entry.kind != "file":
        return "path", f"the evidence {text!r} is not a regular file"
    if path == FILE:
        return "path", f"the evidence {text!r} is the answer itself"
    if _NO_RECORD.fullmatch(path.rpartition("/")[2]):
        return "path", f"the evidence {text!r} is a licence or a list of packages"
    if entry.size == 0:
        return "path", f"the evidence {text!r} is empty"
    closed = entry.path.lower().endswith(SUFFIXES)
    if not closed and not entry.path.lower().endswith(_PROSE):
        return "path", ""
    document = read(context, entry)
    if closed and isinstance(document, str) and not document.startswith(BROKEN):
        return "path", ""  # it is there and closed (a password, a scan): as a link, it is not opened
    if not isinstance(document, Document):
        return "path", f"the evidence {text!r} cannot be read: {document}"
    weight = weigh(prose(document.sections))
    if weight.words < _LEAST_WORDS or weight.placeholder_ratio > 0.5:
        return "path", f"the evidence {text!r} is template text or says nothing"
    return "path", ""


def _link_problem(link: str) -> str:
    """What is wrong with the form of a link; it is not opened."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return f"the evidence {link!r} is no link"
    if parts.scheme.lower() not in ("http", "https"):
        return f"the evidence {link!r} is no web address"
    if not host or re.search(r"[<>{}\s]", link) or _NO_PLACE.search(host):
        return f"the evidence {link!r} names no place"
    if _RESERVED.search(host):
        return f"the evidence {link!r} is an address for examples"
    if _ONE_MACHINE.fullmatch(host):
        return f"the evidence {link!r} is an address that only one machine sees"
    if _PUBLIC.fullmatch(host):
        return f"the evidence {link!r} is a page for everybody and no record of this system"
    if any(_LATER.fullmatch(segment) for segment in re.split(r"[/?#=&]", f"{parts.path}?{parts.query}")):
        return f"the evidence {link!r} is a placeholder"
    if not (parts.path.strip("/") or parts.query or parts.fragment) and _HOME.fullmatch(host):
        return f"the evidence {link!r} is a home page and no record"
    return ""
